"""Whether somebody opens a file, found out without asking them."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def watched(path: Path) -> Iterator[Callable[[], bool]]:
    """Put a pipe at `path` and say whether it was opened for reading: until that happens, a writer waits."""
    os.mkfifo(path)
    opened = threading.Event()

    def wait() -> None:
        os.close(os.open(path, os.O_WRONLY))
        opened.set()

    writer = threading.Thread(target=wait, daemon=True)
    writer.start()
    yield lambda: opened.wait(0.1)
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    writer.join(5)
