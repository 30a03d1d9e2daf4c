"""Where a verb's answer goes: stdout, or the file that -o names."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from runner.errors import JobspecError, problem

_LOOKED_AT = 1 << 16


def _no_text(path: Path) -> bool:
    """Say whether a file that is there cannot be an older answer of ours: it is no regular file, or no text."""
    if not os.path.lexists(path):
        return False
    if path.is_symlink() or not path.is_file():
        return True
    with path.open("rb") as file:
        data = file.read(_LOOKED_AT)
    return b"\0" in data or not _utf8(data)


def _utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start > len(data) - 4 and len(data) == _LOOKED_AT  # a letter cut in two is still text
    return True


def write(answer: str | Iterable[bytes], output: Path | None) -> None:
    """Write the answer of a verb, in UTF-8 whatever the locale; one that is large may come line by line.

    A file that is there is replaced in one step, and only if it is text: -o with the name of a camera original must
    not cost the original. Raises JobspecError when it cannot be written.
    """
    lines = [answer.encode()] if isinstance(answer, str) else answer
    if output is None:
        sys.stdout.buffer.writelines(lines)
        return
    from runner.execution.whole import written  # most answers go to stdout, and need to know no process

    try:
        if _no_text(output):
            raise JobspecError(problem("JS105", found=str(output)))
        with written(output, durable=False) as file:
            file.writelines(lines)
    except OSError as error:
        raise JobspecError(problem("JS100", reason=f"{output} cannot be written: {error.strerror}")) from None
