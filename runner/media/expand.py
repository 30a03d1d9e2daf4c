"""Globs → files on this machine's disk, in an order that no locale and no file system decides."""

import os
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

from runner.errors import JobspecError, problem
from runner.spec.globs import Glob
from runner.spec.location import Location, Mounts


def _entries(folder: str, below: str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as found:
            return [entry for entry in found if not entry.name.startswith(".")]
    except OSError as error:
        raise JobspecError(problem("JS062", found=below, reason=error.strerror or str(error))) from None


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _walk(folder: str, below: str, depth: int | None) -> Iterator[str]:
    """Yield the paths of all files down to `depth` folders deep; hidden ones and linked folders, which may loop, not.

    A link that leads nowhere is no folder, so that it is named like a file that cannot be read.
    """
    waiting = [(folder, below, 0)]
    while waiting:
        here, below, level = waiting.pop()
        for entry in _entries(here, below):
            path = f"{below}/{entry.name}" if below and below[-1] != "/" else below + entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting += [(entry.path, path, level + 1)] if depth is None or level < depth else []
            elif entry.is_file(follow_symlinks=False) or (entry.is_symlink() and not _is_folder(Path(entry.path))):
                yield path


def expand(glob: Glob, mounts: Mounts, but: Container[str] = ()) -> list[Location]:
    """Return the files that a glob takes, sorted by path, but for places that are known already.

    Raises JobspecError for an unmounted or unreadable folder.
    """
    place, folder = glob.place, glob.folder
    start = mounts.bind(Location(place.root, folder))
    if not _is_folder(start):
        return []
    root = str(Location(place.root, ""))  # what is known is so before anything else is asked: it may be 100,000 files
    paths = (path for path in _walk(str(start), folder, glob.depth) if root + path not in but)
    files = (Location(place.root, path) for path in paths)
    return sorted((each for each in files if glob.takes(each)), key=lambda each: each.path)


def unlocked(globs: Iterable[Glob], held: Container[str], mounts: Mounts) -> list[Location]:
    """Return files that globs match on this disk and that a lock does not hold. Raises JobspecError (75)."""
    return list(dict.fromkeys(place for glob in globs for place in expand(glob, mounts, held)))
