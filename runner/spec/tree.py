"""Where repository files come from: the work tree here; a git revision answers the same two questions."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PROJECT_FILE = "jobspec.toml"
SPECS = "specs"
_GIT = ".git"


class Tree(Protocol):
    """Files of one repository, by POSIX path below its top."""

    def read(self, path: str, limit: int) -> bytes:
        """Return up to `limit` + 1 bytes of a file, so that the caller sees when there are more. Raises OSError."""

    def list(self, folder: str) -> tuple[str, ...]:
        """Return the names in a folder, sorted by code point, folders with a "/" behind. Raises OSError."""

    def holds(self, path: str) -> bool:
        """Say whether a path is the tree's own, with no link on the way: a link may lead out of the repository."""

    def leads_out(self, path: str) -> bool:
        """Say whether a link on the way leads a path out of the repository."""


@dataclass(frozen=True, slots=True)
class WorkTree:
    """The files as they lie on disk below `top`."""

    top: Path

    def read(self, path: str, limit: int) -> bytes:
        """See Tree. A pipe or device is an OSError, not a wait without end."""
        descriptor = os.open(self._within(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError("not a regular file")
            return file.read(limit + 1)

    def list(self, folder: str) -> tuple[str, ...]:
        """See Tree."""
        with os.scandir(self._within(folder)) as entries:
            # A link to a folder is no folder here, as it is none in a git revision: so no circle can be walked.
            return tuple(sorted(entry.name + "/" * entry.is_dir(follow_symlinks=False) for entry in entries))

    def _within(self, path: str) -> str:
        """Return where a path leads, all links followed. Raises OSError when that is outside, or git's own folder.

        A stranger's link could lead to anything that this machine can read, and an error message shows some of it.
        """
        top = os.path.realpath(self.top)
        try:
            real = os.path.realpath(self.top / path)
        except ValueError:  # no name on disk holds a zero byte, or half a character
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None
        if real == top:
            return real
        below = real.removeprefix(f"{top.rstrip('/')}/")
        if below == real or _GIT in below.split("/"):
            raise PermissionError(errno.EACCES, "It leads out of the repository, or into git's own folder", path)
        return real

    def holds(self, path: str) -> bool:
        """See Tree."""
        try:
            return os.path.realpath(self.top / path) == str(Path(os.path.realpath(self.top), path))
        except ValueError:  # no name on disk holds a zero byte
            return False

    def leads_out(self, path: str) -> bool:
        """See Tree."""
        try:
            self._within(path)
        except PermissionError:
            return True
        except OSError:
            return False
        return False


def repository_of(path: Path) -> Path:
    """Return the top of the repository that the spec or folder at `path` belongs to, absolute.

    The nearest folder above it with a jobspec.toml, else with a .git, else the parent of its specs/,
    else its own folder. The working directory plays no part beyond making `path` absolute.
    """
    path = Path(os.path.abspath(path))
    folder = path if path.is_dir() else path.parent
    upward = (folder, *folder.parents)
    for marker in (PROJECT_FILE, _GIT):
        for candidate in upward:
            if (candidate / marker).exists():
                return candidate
    named = (candidate.parent for candidate in upward if candidate.name == SPECS)
    return next(named, folder)
