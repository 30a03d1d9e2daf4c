"""Whoever reads what we print may go away; what is made does not depend on it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

# A pipe that was closed, a terminal that was.
GONE = frozenset((errno.EPIPE, errno.EIO))


@contextmanager
def reader_may_be_gone() -> Iterator[None]:
    """Go on when nobody reads what is printed here any more. Raises every other OSError."""
    try:
        yield
    except OSError as error:
        if error.errno not in GONE:
            raise
