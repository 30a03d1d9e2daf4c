"""The places a spec names, and where the roots among them lie on this machine."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from runner.errors import JobspecError, problem

# The one root that needs no declaration: a relative path is relative to the repository of its spec.
REPOSITORY = "repo"
_NO_UTF8 = re.compile("[\ud800-\udfff]")
_ROOTED = re.compile(r"([A-Za-z][A-Za-z0-9_-]+):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Location:
    """A place as specs, plans, locks and ledgers hold it: below a root, or absolute (root None)."""

    root: str | None
    path: str

    def __str__(self) -> str:
        return self.path if self.root is None else f"{self.root}:{self.path}"

    def __truediv__(self, name: str) -> "Location":
        return Location(self.root, posixpath.join(self.path, name))


@lru_cache(maxsize=1 << 19)
def parse_location(text: str) -> Location:
    """Read root:path, an absolute path, or a path relative to the repository.

    Raises ValueError, with the reason, for an empty path, a NUL, bytes that are no UTF-8 (plans, locks and ledgers
    could not say them), and for ".." below a root.
    """
    if not text or "\0" in text:
        raise ValueError("it is empty" if not text else "it holds a NUL")
    if _NO_UTF8.search(text):
        raise ValueError("it is not UTF-8")
    if text.startswith("/"):
        return Location(None, posixpath.normpath(text) if ".." not in text.split("/") else str(text))
    match = _ROOTED.fullmatch(text)
    root, path = (match[1], match[2]) if match else (REPOSITORY, text)
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError('".." and a leading "/" would leave the root')
    normal = posixpath.normpath(path)
    return Location(root, "" if normal == "." else normal)


def is_location(text: str) -> bool:
    """Say whether `parse_location` reads `text`."""
    try:
        parse_location(text)
    except ValueError:
        return False
    return True


def variable(root: str) -> str:
    """Return the environment variable that mounts a root: media → JOBSPEC_ROOT_MEDIA."""
    return f"JOBSPEC_ROOT_{root.upper().replace('-', '_')}"


@dataclass(frozen=True, slots=True)
class Mounts:
    """Where each root lies on this machine. No plan, lock or ledger holds one."""

    folders: Mapping[str, Path] = field(default_factory=dict)

    def bind(self, location: Location) -> Path:
        """Return the path on this machine. Raises JobspecError (75) when the root is not mounted."""
        return Path(location.path) if location.root is None else self._folder(location.root) / location.path

    def spelled(self, location: Location) -> str:
        """Return the path on this machine as text: a hundred thousand are faster looked at so. Raises as `bind`."""
        return location.path if location.root is None else posixpath.join(self._folder(location.root), location.path)

    def _folder(self, root: str) -> Path:
        folder = self.folders.get(root)
        if folder is None:
            raise JobspecError(problem("JS051", found=root, name=root, variable=variable(root)))
        return folder
