"""Files that save work on this machine: read by their owner alone, whole or not at all, few, and gone without harm."""

import hashlib
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from runner.execution.whole import written

# Of a hundred thousand outputs one takes some fifty megabytes.
MOST_FILES, _MOST_BYTES = 8, 1 << 29
_SUFFIX = ".json"


def folder(environ: Mapping[str, str]) -> Path | None:
    """Return where a user's cache lies, by the XDG base directory specification; None for nobody's."""
    home = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", ""), ".cache"))
    return home / "jobspec" if home.is_absolute() else None


def load(where: Path, name: str) -> bytes | None:
    """Return what `save` wrote, or None when it is not there, damaged, or could be anyone else's."""
    path = where / f"{name}{_SUFFIX}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not _ours(os.fstat(descriptor)):
                return None
            digest, _, data = file.read(_MOST_BYTES).partition(b"\n")
    except OSError:
        return None
    with suppress(OSError):  # what was read is as good where nothing can be written
        os.utime(path)
    return data if digest.decode("ascii", "replace") == hashlib.sha256(data).hexdigest() else None


def _ours(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o077


def save(where: Path, name: str, data: bytes) -> None:
    """Write a file for `load`, and remove those that were used longest ago; where that cannot be, nothing is lost."""
    with suppress(OSError):
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        with written(where / f"{name}{_SUFFIX}", mode=0o600, durable=False) as file:
            file.write(hashlib.sha256(data).hexdigest().encode() + b"\n")
            file.write(data)
        _prune(where)


def _prune(where: Path) -> None:
    kept = sorted(where.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in kept[MOST_FILES:]:
        path.unlink(missing_ok=True)
