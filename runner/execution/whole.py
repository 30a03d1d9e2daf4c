"""Files that appear in one step, whole or not at all; what a kill left of one, the next who writes there removes."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

from runner import canonical
from runner.execution.owner import me, started

_BUFFER = 1 << 20
# Of a name as much as leaves room for what follows, however many bytes a letter has.
_LETTERS = 40
_MARKED = re.compile(r"\..+\.(?P<table>[0-9a-f]{12})-(?P<pid>[0-9]+)-(?P<start>[0-9]+)")


@lru_cache(maxsize=1)
def _table() -> str:
    """Return what tells this machine's process table, since it was started, from all others."""
    here = me()
    return canonical.short([here.host, here.machine, here.boot, here.table])[:12]


def fresh(path: Path) -> Path:
    """Return where a file is written before it is `path`: a name that says by which process."""
    return path.with_name(f".{path.name[:_LETTERS]}.{_table()}-{os.getpid()}-{started(os.getpid())}")


def clear(folder: Path) -> None:
    """Remove what processes that are proved dead were writing in a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for path in [entry.path for entry in entries if _of_the_dead(entry.name)]:
            os.unlink(path)  # noqa: PTH108 - a Path for each of a folder's files would take longer than all else


def _of_the_dead(name: str) -> bool:
    match = _MARKED.fullmatch(name) if name.startswith(".") else None
    return match is not None and match["table"] == _table() and started(int(match["pid"])) != match["start"]


@contextmanager
def written(path: Path, *, mode: int = 0o666, durable: bool = True) -> Iterator[IO[bytes]]:
    """Yield a file to write; once that ends well it is `path`, in one step, flushed to the disk if it is `durable`.

    Raises OSError.
    """
    clear(path.parent)
    new = fresh(path)
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb", _BUFFER) as file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
