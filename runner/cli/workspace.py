"""What every verb needs: the named specs, read and judged, with their project and this machine's mounts."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from runner.cli.arguments import named, once, placed, specs_argument, top_of
from runner.cli.confined import confinement
from runner.errors import JobspecError, Place, Problem, errors, problem
from runner.media.expand import unlocked
from runner.media.facts import Facts
from runner.media.lock import Lock
from runner.media.releases import DECLARED
from runner.plan import recipes
from runner.plan.build import Request, build
from runner.plan.expansion import Expanded, caught, expand
from runner.plan.model import Output, Plan
from runner.spec.confine import confine, outside
from runner.spec.location import Mounts, parse_location
from runner.spec.model import roots_of
from runner.spec.presence import absent, left_root, one_folder, read_only
from runner.spec.project import Project, mounts_here, read_project
from runner.spec.repository import SUFFIXES, Reading, find_specs, resolved, same_job_ids, same_outputs
from runner.spec.sources import Clip, globs_of, settled
from runner.spec.trace import Traced
from runner.spec.tree import Tree, WorkTree

__all__ = ["specs_argument"]


@dataclass(frozen=True, slots=True)
class Workspace:
    """The specs that a command was given, expanded as far as their locks allow, with their repository.

    `roots` are those that the specs use or the project declares; `tree` knows what was asked of the repository.
    """

    top: Path
    project: Project
    specs: tuple[Expanded, ...]
    mounts: Mounts
    roots: frozenset[str] = frozenset()
    tree: Traced | None = None

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The specs as read."""
        return tuple(each.reading for each in self.specs)

    def shown(self, found: Problem) -> Problem:
        """Return a problem with its file named as seen from the working directory."""
        return placed(found, self.top)

    @property
    def toolchain(self) -> str:
        """The FFmpeg release line that plans without a lock are made for."""
        return self.project.ffmpeg or DECLARED

    @property
    def number(self) -> int:
        """The number of the recipes that plans without a lock are made by."""
        return recipes.DECLARED if self.project.recipes is None else self.project.recipes

    def judged(self) -> list[Problem]:
        """Return what is wrong, or worth knowing, with the specs alone and against each other, short of planning."""
        alone = [each for spec in self.specs for each in spec.problems]
        return [*alone, *self._unknown(), *same_job_ids(self.readings), *same_outputs(self.readings)]

    def _unknown(self) -> list[Problem]:
        """Return a problem for each spec whose recipes are declared and are none of ours; a lock names its own."""
        if self.number in recipes.TABLES:
            return []
        found, legal = str(self.number), tuple(map(str, recipes.TABLES))
        files = [each.reading.file for each in self.specs if each.unlocked]
        return [problem("JS084", found=found, legal=legal, place=Place(file)) for file in files]

    def problems(self) -> list[Problem]:
        """Return every problem and note of every spec, alone and against each other, in order; needs no media."""
        return [self.shown(each) for each in dict.fromkeys((*self.judged(), *self._planned()))]

    def _planned(self) -> list[Problem]:
        """Return what is wrong with the plan of all specs whose facts a lock holds."""
        try:
            plan = self.build([each.request for each in self.specs if each.request])
        except JobspecError as error:
            return list(error.problems)
        return caught(self.readings, ((output.job, output.location) for output in plan.outputs))

    def build(self, requests: Sequence[Request]) -> Plan:
        """Return the plan of some requests. Raises JobspecError."""
        return build(requests, toolchain=self.toolchain, number=self.number)


def _files(tree: Tree, top: Path, specs: Iterable[str]) -> list[str]:
    """Return the spec files that the arguments name, folders expanded, below the repository's top."""
    files: list[str] = []
    for spec in specs:
        path = os.path.relpath(os.path.abspath(spec), top)
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
    """Read the named specs and their locks, or all below specs/. Raises JobspecError when none can be read."""
    specs = named(specs)
    top = top_of(specs)
    tree = Traced(WorkTree(top))
    project = confine(read_project(tree), confinement())
    expanded = expand(tree, _files(tree, top, specs), project)
    used = {root for each in expanded if each.reading.spec for root in roots_of(each.reading.spec)}
    mounted = frozenset(used | {root.name for root in project.roots})
    return Workspace(top, project, expanded, mounts_here(top, mounted, roots, os.environ), mounted, tree)


def probe_all(sources: Sequence[Clip], mounts: Mounts) -> list[Facts | JobspecError]:
    """Return the facts of each source, or why it has none; reads them in parallel."""
    from concurrent.futures import ThreadPoolExecutor

    from runner.execution.cores import cores
    from runner.media.source import probe_source

    def learn(clip: Clip) -> Facts | JobspecError:
        try:
            place = parse_location(clip.path)
            if wrong := left_root(place, mounts):
                return JobspecError(wrong)
            return probe_source(mounts.bind(place), clip.path, sequence=clip.sequence)
        except JobspecError as error:
            return error

    with ThreadPoolExecutor(2 * cores()) as pool:
        return list(pool.map(learn, sources))


def _probed(workspace: Workspace, reading: Reading) -> tuple[Request | None, list[Problem]]:
    """Return the request of a spec that has no lock, or the problems of its sources."""
    spec = resolved(reading)
    spec = replace(spec, sources=tuple(settled(clip, parse_location(clip.path)) for clip in spec.clips))
    found: list[Problem] = []
    facts: list[Facts] = []
    for number, learnt in zip(reading.numbers, probe_all(spec.clips, workspace.mounts), strict=True):
        if isinstance(learnt, Facts):
            facts.append(learnt)
            continue
        path = ("sources", number)
        place = reading.document.place(path) if reading.document else None
        found += [workspace.shown(each.within(path).at(place)) for each in learnt.problems]
    request = Request(
        spec=spec,
        facts=tuple(facts),
        entries=reading.numbers,
        state=workspace.project.state_directory,
        file=reading.file,
        origin=reading.document,
        luts=reading.luts,
    )
    return (None if found else request), found


def _requests(workspace: Workspace, locked: bool) -> tuple[list[Request], list[Problem]]:
    """Return the requests of all specs, from their locks or from their media, and what prevents one."""
    requests: list[Request] = []
    problems: list[Problem] = []
    unlocked = [each.reading.spec for each in workspace.specs if each.unlocked and not locked]
    sources = (parse_location(path).root for spec in unlocked if spec for path in spec.paths)
    if gone := absent(workspace.mounts, (root for root in sources if root)):
        return [], gone
    for each in workspace.specs:
        request, found = each.request, []
        if each.unlocked and locked:
            found = [problem("JS126", place=Place(each.reading.file), spec=each.reading.file)]
        elif each.unlocked:
            request, found = _probed(workspace, each.reading)
        requests += [request] if request else []
        problems += map(workspace.shown, found)
    return requests, problems


def plan_of(workspace: Workspace, *, locked: bool = False) -> Plan:
    """Return the plan of a workspace; probes the sources of specs that have no lock, unless `locked`.

    Raises JobspecError with all problems of all specs.
    """
    if errors(workspace.judged()):
        raise JobspecError(errors(workspace.problems()))
    requests, problems = _requests(workspace, locked)
    if wrong := once(problems):
        raise JobspecError([*errors(workspace.problems()), *wrong])
    try:
        plan = workspace.build(requests)
        if swallowed := caught(workspace.readings, ((output.job, output.location) for output in plan.outputs)):
            raise JobspecError(swallowed)
        return plan
    except JobspecError as error:
        raise JobspecError([workspace.shown(each) for each in error.problems]) from None


def probed(workspace: Workspace) -> list[Problem]:
    """Return a note for each spec that has no lock, so that its sources were probed just now."""
    files = [each.reading.file for each in workspace.specs if each.unlocked]
    return [problem("JS124", place=Place(file)) for file in files]


def unlocked_files(workspace: Workspace) -> list[Problem]:
    """Return a problem for each file that a glob matches on disk and that its lock does not hold.

    Where a root is not mounted nobody can look: that is a problem of its own (75), and prevents nothing else.
    """
    found = [each for spec in workspace.specs for each in _unlocked(workspace, spec.reading, spec.lock)]
    return list(once(found))


def _unlocked(workspace: Workspace, reading: Reading, lock: Lock | None) -> list[Problem]:
    globs = globs_of(reading.spec.sources) if reading.spec else ()
    here, held = Place(reading.file), {each.location for each in lock.sources} if lock else set()
    try:
        places = unlocked(globs, held, workspace.mounts)
    except JobspecError as error:
        return [each.at(here) for each in error.problems]
    return [problem("JS120", found=str(place), spec=reading.file, place=here) for place in places]


def _forbidden(project: Project, outputs: Iterable[Output]) -> Iterator[Problem]:
    """Yield a problem for each place that a confined project may not use: a saved plan was never judged by its specs.

    The project's own folder of records was judged with it, or is the one that the command line named.
    """
    places = (place for each in outputs for place in (each.source.location, each.location, each.state))
    for place in dict.fromkeys(places):
        if place != project.state_directory and (wrong := outside(parse_location(place), project)):
            yield wrong


def refuse_escapes(workspace: Workspace, outputs: Iterable[Output]) -> None:
    """Raise JobspecError for outputs that cannot be made safely on this machine.

    That is: a place of theirs leaves its root by a link, or lies in a read_only root; or two roots are one folder.
    """
    mounts, outputs = workspace.mounts, tuple(outputs)
    if forbidden := tuple(_forbidden(workspace.project, outputs)):
        raise JobspecError(forbidden)
    if gone := absent(mounts, _roots_of(outputs)):
        raise JobspecError(gone)
    found = one_folder(mounts, [root.name for root in workspace.project.roots])
    places = (place for each in outputs for place in (each.source.location, each.directory, each.location))
    found += [wrong for place in dict.fromkeys(places) if (wrong := left_root(parse_location(place), mounts))]
    written = dict.fromkeys(place for each in outputs for place in (each.location, each.state))
    held = (read_only(parse_location(place), mounts, workspace.project) for place in written)
    found += dict.fromkeys(wrong for wrong in held if wrong)
    if found:
        raise JobspecError(found)


def _roots_of(outputs: Iterable[Output]) -> set[str]:
    places = (place for each in outputs for place in (each.source.location, each.directory, each.state))
    return {root for place in places if (root := parse_location(place).root)}


def is_spec(path: str) -> bool:
    """Say whether an argument looks like a spec rather than a saved JobSpec."""
    return Path(path).is_dir() or path.endswith(SUFFIXES)
