"""Whether sources are there, by stat: the one look at files that a JobSpec takes."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from runner.errors import JobspecError, Problem, problem
from runner.spec.location import Location, Mounts, is_location, parse_location
from runner.spec.project import Project
from runner.spec.sequence import parse_pattern
from runner.spec.sources import Clip, clip_of

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def file_problem(path: Path, text: str) -> Problem | None:
    """Return why the file at `path`, `text` in the spec, cannot be a source, by stat; or None."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return problem("JS060", found=text)
    except OSError as error:
        return problem("JS062", found=text, reason=(error.strerror or str(error)).lower())
    kind = next((words for test, words in _KINDS if test(status.st_mode)), None)
    if kind:
        return problem("JS061", found=text, kind=kind)
    if not os.access(path, os.R_OK):
        return problem("JS062", found=text, reason="permission denied")
    return None if status.st_size else problem("JS065", found=text)


def sequence_problem(path: Path, text: str) -> Problem | None:
    """Return why there is nothing of an image sequence, or None; gaps are looked for when it is probed."""
    try:
        pattern = parse_pattern(path.name)
        numbers = [number for each in os.scandir(path.parent) if (number := pattern.matches(each.name)) is not None]
    except FileNotFoundError:
        numbers = []
    except (OSError, ValueError) as error:
        return problem("JS062", found=text, reason=str(error))
    return None if numbers else problem("JS132", found=text)


def missing_sources(sources: Iterable[object], mounts: Mounts) -> Iterable[Problem]:
    """Yield a problem for every source that is not an existing, regular, readable file.

    What is no place at all has a problem already, and patterns are looked up by `lock`.
    """
    for index, entry in enumerate(sources):
        clip = clip_of(entry) if isinstance(entry, str | Clip) else None
        if clip is None or not is_location(clip.path):
            continue
        try:
            path = mounts.bind(parse_location(clip.path))
            found = sequence_problem(path, clip.path) if clip.sequence else file_problem(path, clip.path)
        except JobspecError as error:
            found = error.problems[0]
        if found:
            yield Problem(code=found.code, path=("sources", index), found=found.found, values=found.values)


def left_root(location: Location, mounts: Mounts) -> Problem | None:
    """Return the problem of a place that leaves its root by a link, or None; absolute places have no root to leave."""
    if location.root is None:
        return None
    top = os.path.realpath(mounts.bind(Location(location.root, "")))
    if _below(os.path.realpath(mounts.bind(location)), top):
        return None
    return problem("JS053", found=str(location))


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def read_only(location: Location, mounts: Mounts, project: Project) -> Problem | None:
    """Return the problem of a place that would lie in a read_only root, whatever root its own text names; or None."""
    path = os.path.realpath(mounts.bind(location))
    held = [name for name, folder in mounts.folders.items() if _below(path, os.path.realpath(folder))]
    names = [name for name in held if (root := project.root(name)) and root.read_only]
    return problem("JS054", ("output_directory",), found=names[0]) if names else None


def absent(mounts: Mounts, roots: Iterable[str]) -> list[Problem]:
    """Return a problem (75) for each root whose folder is not there: a share that is not mounted is never made."""
    gone = [root for root in sorted(set(roots) & mounts.folders.keys()) if not mounts.folders[root].is_dir()]
    return [problem("JS058", found=root, folder=mounts.folders[root]) for root in gone]


def one_folder(mounts: Mounts, roots: Iterable[str]) -> list[Problem]:
    """Return a problem for each root that is, on this machine, the very folder of another."""
    first: dict[str, str] = {}
    found = []
    for root in sorted(set(roots) & mounts.folders.keys()):
        other = first.setdefault(os.path.realpath(mounts.folders[root]), root)
        if other != root:
            found.append(problem("JS057", found=root, other=other))
    return found
