"""Globs → files on this machine's disk, in an order that no locale and no file system decides."""

import os
from collections.abc import Iterator
from pathlib import Path

from runner.errors import JobspecError, problem
from runner.spec.location import Location, Mounts
from runner.spec.sources import Glob


def _walk(folder: Path, below: str) -> Iterator[str]:
    """Yield the paths of all files under a folder; hidden ones and linked folders, which may loop, left out."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise JobspecError(problem("JS062", found=below, reason=error.strerror or str(error))) from None
    for entry in entries:
        path = f"{below}/{entry.name}" if below else entry.name
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), path)
        elif entry.is_file():
            yield path


def expand(glob: Glob, mounts: Mounts) -> list[Location]:
    """Return the files that a glob takes, sorted by path. Raises JobspecError for an unmounted or unreadable folder."""
    place, folder = glob.place, glob.folder
    start = mounts.bind(Location(place.root, folder or ("/" if place.root is None else "")))
    if not start.is_dir():
        return []
    files = (Location(place.root, path) for path in _walk(start, folder))
    return sorted((each for each in files if glob.takes(each)), key=lambda each: each.path)
