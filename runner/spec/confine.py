"""Confinement: what strangers propose may name places below roots and the repository, and no others.

The command line says so, or jobspec.toml: either is enough, and neither can take back what the other says.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from runner.errors import FieldPath, JobSpecValidationError, Place, Problem, problem
from runner.spec.globs import Glob
from runner.spec.location import REPOSITORY, Location, parse_location
from runner.spec.project import Project
from runner.spec.sources import Entry, From, clip_of
from runner.spec.tree import PROJECT_FILE, Tree


@dataclass(frozen=True, slots=True)
class Confinement:
    """What the command line wishes; `roots` are the only ones that may be used, where some are named."""

    wished: bool = False
    roots: tuple[str, ...] = ()


FREE = Confinement()


def outside(location: Location, project: Project, path: FieldPath = ()) -> Problem | None:
    """Return the problem of a place that a confined project may not use, or None; looks at its text alone."""
    if not project.confined or location.root == REPOSITORY:
        return None
    if location.root is None:
        return problem("JS213", path, found=str(location), reason="it is an absolute path; write it below a root")
    if project.confined_to and location.root not in project.confined_to:
        named = ", ".join(project.confined_to)
        return problem("JS213", path, found=str(location), reason=f"its root is none of {named}")
    return None


def confine(project: Project, wish: Confinement) -> Project:
    """Return the project under what it says itself and what the command line wishes.

    Raises JobSpecValidationError for a state folder outside.
    """
    confined = project.confined or wish.wished or bool(wish.roots)
    project = replace(project, confined=confined, confined_to=wish.roots)
    state = project.state_directory
    if state and (wrong := outside(parse_location(state), project, ("state_directory",))):
        raise JobSpecValidationError(wrong.at(Place(PROJECT_FILE, max(1, project.state_line))))
    return project


def _place(entry: Entry) -> str | None:
    """Return what of an entry is looked up on disk: of a pattern its folder."""
    if isinstance(entry, Glob):
        return str(Location(entry.place.root, entry.folder))
    clip = None if isinstance(entry, From) else clip_of(entry)
    return clip.path if clip else None


def links_out(entries: Iterable[Entry], directory: str, tree: Tree, numbers: tuple[int, ...]) -> Iterator[Problem]:
    """Yield a problem for each place in the repository that a link there leads out of it."""
    texts: list[tuple[FieldPath, str | None]] = [(("output_directory",), directory)]
    texts += [(("sources", number), _place(entry)) for number, entry in zip(numbers, entries, strict=True)]
    for path, text in texts:
        location = parse_location(text) if text else None
        if location and location.root == REPOSITORY and tree.leads_out(location.path):
            yield problem("JS213", path, found=str(location), reason="a link leads it out of the repository")
