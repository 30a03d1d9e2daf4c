"""Work folder → final name, in one step, never replacing what is not ours."""

import ctypes
import errno
import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Rung = Literal["renameat2", "link", "checked-rename"]
_AT_FDCWD = -100
_NOREPLACE, _EXCHANGE = 1, 2
_BLOCK = 1 << 22
# What kernels and file systems answer to what they do not have: NFS EINVAL, exFAT EPERM or EOPNOTSUPP.
_UNSUPPORTED = frozenset((errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EMLINK))


class Stopped(Exception):
    """The run was told to stop while this was under way."""


class Stranded(Exception):
    """What stood under the final name is no file of ours, lies in the work folder and cannot be put back."""


def _renameat2(old: Path, new: Path, flags: int) -> None:
    """Call renameat2(2). Raises OSError; ENOSYS where the C library has none."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    if call(_AT_FDCWD, os.fsencode(old), _AT_FDCWD, os.fsencode(new), flags):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(new))


def _link(old: Path, new: Path) -> None:
    os.link(old, new, follow_symlinks=False)
    old.unlink()


def _checked(old: Path, new: Path) -> None:
    """Rename unless the name is taken: the weakest rung, with a moment between look and rename."""
    if os.path.lexists(new):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(new))
    old.rename(new)


_LADDER: tuple[tuple[Rung, Callable[[Path, Path], None]], ...] = (
    ("renameat2", lambda old, new: _renameat2(old, new, _NOREPLACE)),
    ("link", _link),
    ("checked-rename", _checked),
)


def sync(path: Path) -> None:
    """Flush a file or folder to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path, stopped: Callable[[], bool] = lambda: False) -> str:
    """Return the SHA-256 of a whole file, tagged: "sha256:…". Raises OSError, and Stopped when told to stop."""
    hashed = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while data := file.read(_BLOCK):
            hashed.update(data)
            if stopped():
                raise Stopped
    return f"sha256:{hashed.hexdigest()}"


def publish(encoded: Path, final: Path) -> Rung:
    """Give `encoded` its final name in one step and return the rung that held.

    Raises FileExistsError when anything, a dangling link included, has that name; OSError otherwise.
    """
    for rung, step in _LADDER:
        try:
            step(encoded, final)
        except OSError as error:
            if error.errno not in _UNSUPPORTED or rung == _LADDER[-1][0]:
                raise
        else:
            sync(final.parent)
            return rung
    raise AssertionError("the last rung either holds or raises")


def replace(encoded: Path, final: Path, ours: str, stopped: Callable[[], bool] = lambda: False) -> None:
    """Put `encoded` in the place of our own older file, whose SHA-256 is `ours`, and remove that one.

    The old file is hashed before anything moves. With an atomic exchange it is hashed again after it has left the
    name, so nothing else can be lost; where the file system has none, a moment remains, between that hash and the
    rename, in which a file that took its place would be replaced.
    Raises FileExistsError when what stood there was not the file of our record; it then stands there again.
    """
    _refuse_other(final, ours, final, stopped)
    try:
        _renameat2(encoded, final, _EXCHANGE)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        encoded.replace(final)
    else:
        try:
            _refuse_other(encoded, ours, final)
        except OSError:
            _back(encoded, final)
            raise
        encoded.unlink()
    sync(final.parent)


def _back(encoded: Path, final: Path) -> None:
    try:
        _renameat2(encoded, final, _EXCHANGE)
    except OSError as error:
        raise Stranded(str(encoded)) from error


def _refuse_other(path: Path, ours: str, final: Path, stopped: Callable[[], bool] = lambda: False) -> None:
    if path.is_symlink() or not path.is_file() or sha256(path, stopped) != ours:
        raise FileExistsError(errno.EEXIST, "it is not the file that was recorded", str(final))


@dataclass(frozen=True, slots=True)
class Ladder:
    """What a folder's file system allows: the rung that gives names, and whether old and new exchange in one step."""

    rung: Rung
    exchanges: bool

    @property
    def weak(self) -> bool:
        """Whether a moment remains in which a name may be taken between the look and the rename."""
        return self.rung == _LADDER[-1][0]


def try_ladder(folder: Path) -> Ladder:
    """Return what holds in a folder that is there, tried with small files of our own, which then are gone again.

    Raises OSError when nothing can be written there, or when a rung that says it holds replaces a file that has
    the name: such a file system is not fit to publish on.
    """
    descriptor, name = tempfile.mkstemp(prefix=".jobspec-ladder-", dir=folder)
    os.close(descriptor)
    new, old = Path(name), Path(f"{name}-old")
    try:
        rung = publish(new, old)
        new.write_bytes(b"newer")
        _refuses_taken(new, old)
        return Ladder(rung, _exchanges(new, old))
    finally:
        for path in (new, old):
            with suppress(OSError):
                path.unlink()


def _refuses_taken(new: Path, old: Path) -> None:
    try:
        publish(new, old)
    except FileExistsError:
        return
    raise OSError(errno.ENOTSUP, "the file system replaces files although it was told not to", str(old.parent))


def _exchanges(new: Path, old: Path) -> bool:
    try:
        _renameat2(new, old, _EXCHANGE)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        return False
    return old.read_bytes() == b"newer"
