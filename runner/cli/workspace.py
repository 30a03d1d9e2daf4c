"""What every verb needs: the named specs, read and judged, with their project and this machine's mounts."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from runner.errors import JobspecError, Problem, errors, problem
from runner.media.facts import Facts
from runner.plan import recipes
from runner.plan.build import Request, build
from runner.plan.model import Plan
from runner.spec.location import Mounts, parse_location
from runner.spec.model import roots_of
from runner.spec.project import Project, mounts_here, read_project
from runner.spec.repository import SUFFIXES, Reading, find_specs, read_spec, resolved, same_job_ids, same_outputs
from runner.spec.tree import SPECS, WorkTree, repository_of

F = TypeVar("F", bound=Callable[..., Any])


def _roots(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    wrong = [name for name, equals, folder in pairs if not (name and equals and folder)]
    if wrong:
        raise click.BadParameter(f"{wrong[0]}: write --root NAME=FOLDER")
    return {name: folder for name, _, folder in pairs}


def specs_argument(function: F) -> F:
    """Give a verb its SPEC arguments: files or folders, none for specs/."""
    return click.argument("specs", nargs=-1, metavar="[SPEC]...", type=click.Path())(function)


def root_option(function: F) -> F:
    """Give a verb --root, which says where a root is mounted on this machine."""
    text = "Where a root is mounted here; before JOBSPEC_ROOT_NAME and the user's configuration."
    return click.option("--root", "roots", multiple=True, metavar="NAME=FOLDER", callback=_roots, help=text)(function)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The specs that a command was given, with their repository."""

    top: Path
    project: Project
    readings: tuple[Reading, ...]
    mounts: Mounts

    def shown(self, found: Problem) -> Problem:
        """Return a problem with its file named as seen from the working directory."""
        if not found.place:
            return found
        file = os.path.relpath(self.top / found.place.file)
        return replace(found, place=replace(found.place, file=file))

    @property
    def toolchain(self) -> str:
        """The FFmpeg release line that plans are made for."""
        from runner.media.toolchain import DECLARED

        return self.project.ffmpeg or DECLARED

    def problems(self) -> list[Problem]:
        """Return every problem and note of every spec, alone and against each other, in order."""
        alone = [each for reading in self.readings for each in reading.problems]
        return [self.shown(each) for each in (*alone, *same_job_ids(self.readings), *same_outputs(self.readings))]


def _top(specs: Sequence[str]) -> Path:
    """Return the repository that all named specs belong to."""
    tops = dict.fromkeys(repository_of(Path(spec)) for spec in specs)
    if len(tops) > 1:
        raise click.UsageError(f"these specs are of different repositories: {', '.join(map(str, tops))}")
    return next(iter(tops))


def _files(tree: WorkTree, specs: Iterable[str]) -> list[str]:
    """Return the spec files that the arguments name, folders expanded, below the repository's top."""
    files: list[str] = []
    for spec in specs:
        path = os.path.relpath(os.path.abspath(spec), tree.top)
        if Path(spec).is_dir():
            found = list(find_specs(tree, "" if path == "." else path))
            if not found:
                raise JobspecError(problem("JS009", (spec,)))
            files += found
        elif os.path.lexists(spec):
            files.append(path)
        else:
            raise JobspecError(problem("JS008", found=spec))
    return list(dict.fromkeys(files))


def open_workspace(specs: Sequence[str], roots: dict[str, str]) -> Workspace:
    """Read the named specs, or all below specs/. Raises JobspecError only for what prevents reading any."""
    specs = specs or [str(repository_of(Path.cwd()) / SPECS)]
    tree = WorkTree(_top(specs))
    project = read_project(tree)
    readings = tuple(read_spec(tree, file, project) for file in _files(tree, specs))
    used = {root for each in readings if each.spec for root in roots_of(each.spec)}
    declared = {root.name for root in project.roots}
    return Workspace(tree.top, project, readings, mounts_here(tree.top, used | declared, roots, os.environ))


def probe_all(sources: Sequence[str], mounts: Mounts) -> list[Facts | JobspecError]:
    """Return the facts of each source, or why it has none; reads them in parallel."""
    from runner.execution.local import cores
    from runner.media.probe import probe

    def learn(text: str) -> Facts | JobspecError:
        try:
            return probe(mounts.bind(parse_location(text)), text)
        except JobspecError as error:
            return error

    with ThreadPoolExecutor(2 * cores()) as pool:
        return list(pool.map(learn, sources))


def _request(workspace: Workspace, reading: Reading) -> tuple[Request | None, list[Problem]]:
    """Return the request of one spec, or the problems of its sources."""
    spec = resolved(reading)
    found: list[Problem] = []
    facts: list[Facts] = []
    for index, learnt in enumerate(probe_all(spec.sources, workspace.mounts)):
        if isinstance(learnt, Facts):
            facts.append(learnt)
            continue
        path = ("sources", index)
        place = reading.document.place(path) if reading.document else None
        found += [workspace.shown(each.within(path).at(place)) for each in learnt.problems]
    request = Request(spec=spec, facts=tuple(facts), state=workspace.project.state_directory, origin=reading.document)
    return (None if found else request), found


def _once(found: Iterable[Problem]) -> tuple[Problem, ...]:
    """Name an unmounted root once, not for each of its sources."""
    first: dict[object, Problem] = {}
    for each in found:
        first.setdefault((each.code, each.found) if each.code == "JS051" else id(each), each)
    return tuple(first.values())


def plan_of(workspace: Workspace) -> Plan:
    """Return the plan of a workspace; probes every source. Raises JobspecError with all problems of all specs."""
    if wrong := errors(workspace.problems()):
        raise JobspecError(wrong)
    requested = [_request(workspace, reading) for reading in workspace.readings]
    if wrong := _once(each for _, found in requested for each in found):
        raise JobspecError(wrong)
    try:
        requests = [request for request, _ in requested if request]
        return build(requests, toolchain=workspace.toolchain, number=recipes.DECLARED)
    except JobspecError as error:
        raise JobspecError([workspace.shown(each) for each in error.problems]) from None


def is_spec(path: str) -> bool:
    """Say whether an argument looks like a spec rather than a saved JobSpec."""
    return Path(path).is_dir() or path.endswith(SUFFIXES)
