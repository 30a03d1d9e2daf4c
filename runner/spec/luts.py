"""The look-up tables that a spec names: files of its repository, read and checked."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from runner.errors import FieldPath, Problem, problem
from runner.spec.cube import MOST_BYTES, Lut, read_cube
from runner.spec.globs import Glob
from runner.spec.location import REPOSITORY, Location, parse_location
from runner.spec.own import NONE
from runner.spec.sources import Clip, Entry
from runner.spec.tree import Tree

if TYPE_CHECKING:
    from runner.spec.model import JobSpec


def lut_location(text: str) -> Location:
    """Return the place of a table that a spec names by its path in the repository. Raises ValueError, with the reason.

    No root can be named: a plan shall hold the digest of a file that is reviewed with its spec.
    """
    if text.startswith("/") or ".." in text.split("/"):
        raise ValueError("it leaves the repository; name a file below its top")
    return parse_location(f"{REPOSITORY}:{text}")


def _own(entries: Iterable[Entry]) -> Iterator[tuple[FieldPath, str | None]]:
    for number, entry in enumerate(entries):
        if isinstance(entry, Clip | Glob):
            yield ("sources", number, "lut"), entry.own.lut


def named_luts(spec: "JobSpec") -> Iterator[tuple[FieldPath, str]]:
    """Yield every table that a spec names, with the field that does; "none" names none."""
    for path, text in ((("lut",), spec.lut), *_own(spec.sources)):
        if text is not None and text != NONE:
            yield path, text


def _read(text: str, tree: Tree) -> Lut:
    """Read one table. Raises ValueError for what is none."""
    path = lut_location(text).path
    if not tree.holds(path):
        raise ValueError("it is a link, or behind one; put the file itself into the repository")
    try:
        return read_cube(tree.read(path, MOST_BYTES), path)
    except OSError as error:
        raise ValueError((error.strerror or str(error)).lower()) from None


def read_luts(spec: "JobSpec", tree: Tree, numbers: tuple[int, ...] = ()) -> tuple[tuple[Lut, ...], list[Problem]]:
    """Return the tables that a spec names, sorted by path, and what is wrong with each.

    `numbers` says which entry of the spec's file each source comes from, where that is not its own.
    """
    known: dict[str, Lut | str] = {}
    problems = []
    for path, text in named_luts(spec):
        if text not in known:
            try:
                known[text] = _read(text, tree)
            except ValueError as error:
                known[text] = str(error)
        if isinstance(reason := known[text], str):
            problems.append(problem("JS150", _in_file(path, numbers), found=text, reason=reason))
    fine = {each.path: each for each in known.values() if isinstance(each, Lut)}
    return tuple(fine[path] for path in sorted(fine)), problems


def _in_file(path: FieldPath, numbers: tuple[int, ...]) -> FieldPath:
    step = path[1] if len(path) > 1 else None
    return (path[0], numbers[step], *path[2:]) if isinstance(step, int) and numbers else path
