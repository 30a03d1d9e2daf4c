"""The specs of a tree, as far as they can be expanded without media: readings, locks, requests.

The same for the work tree and for a git revision; reads the tree, and nothing else.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count

from runner.errors import JobSpecValidationError, Place, Problem, errors, problem
from runner.media.lock import MOST_BYTES, Cover, Lock, cover, lock_of, read_lock, unmatchable
from runner.plan.build import Request
from runner.spec.globs import Glob
from runner.spec.location import parse_location
from runner.spec.project import Project
from runner.spec.repository import Reading, read_spec, resolved
from runner.spec.sources import Clip, clip_of, globs_of, settled
from runner.spec.tree import Tree

# From bytes, the lock's file and its spec's.
ReadLock = Callable[[bytes, str, str], Lock]


@dataclass(frozen=True, slots=True)
class Expanded:
    """One spec with its lock. `request` is there when the lock, or an empty list of sources, says all about it.

    `unlocked` are the sources that a probe has to look at, which is only possible where there are no globs.
    """

    reading: Reading
    lock: Lock | None
    problems: tuple[Problem, ...]
    request: Request | None = None

    @property
    def unlocked(self) -> bool:
        """Whether the facts of its sources have to be probed: it has no lock, and needs none."""
        return self.lock is None and self.reading.spec is not None and not globs_of(self.reading.spec.sources)


def _lock(tree: Tree, file: str, read: ReadLock) -> tuple[Lock | None, tuple[Problem, ...]]:
    """Return the lock beside a spec, or what is wrong with it; neither when there is none."""
    path = lock_of(file)
    try:
        return read(tree.read(path, MOST_BYTES), path, file), ()
    except JobSpecValidationError as error:
        return None, error.problems
    except FileNotFoundError:
        return None, ()
    except OSError as error:
        return None, (problem("JS001", place=Place(path), reason=error.strerror or str(error)),)


def _uncovered(reading: Reading, lock: Lock | None, covered: Cover | None) -> Iterator[Problem]:
    """Yield what a lock should say and does not: the paths it lacks, the globs it knows nothing of."""
    assert reading.spec is not None and reading.document is not None
    entries = reading.spec.sources
    for number, entry in enumerate(entries):
        path = ("sources", reading.numbers[number])
        place = reading.document.place(path)
        if isinstance(entry, Glob) and (covered is None or number in covered.unmatched):
            yield problem("JS116", path, place=place, spec=reading.file)
        elif covered is not None and number in covered.lacking:
            found = clip.path if (clip := clip_of(entry)) else str(entry)
            yield problem("JS115", path, found=found, place=place, spec=reading.file)


def _unusable(covered: Cover, reading: Reading) -> Iterator[Problem]:
    """Yield a note, or a problem, for each locked source that cannot be used."""
    assert reading.spec is not None
    skipping = [entry for entry in globs_of(reading.spec.sources) if entry.on_unusable == "skip"]
    for each in covered.sources:
        if each.unusable is None:
            continue
        place = parse_location(each.location)
        skipped = any(glob.takes(place) for glob in skipping)
        yield problem("JS118" if skipped else "JS125", ("sources",), found=each.location, reason=each.unusable)


def _settled(reading: Reading, covered: Cover) -> tuple[str | Clip, ...]:
    """Return the usable sources, each with what its entry says of it."""
    assert reading.spec is not None
    entries = reading.spec.sources
    numbered = zip(covered.sources, covered.entries, strict=True)
    return tuple(settled(entries[entry], each.location) for each, entry in numbered if each.facts is not None)


def _request(reading: Reading, lock: Lock, covered: Cover, project: Project) -> Request:
    """Return what planning needs, all of it from the lock."""
    numbered = zip(covered.sources, covered.entries, strict=True)
    usable = [(each, each.facts, reading.numbers[entry]) for each, entry in numbered if each.facts is not None]
    sources = _settled(reading, covered)
    skipped = [(each.location, each.unusable) for each in covered.sources if each.unusable is not None]
    return Request(
        spec=replace(resolved(reading), sources=sources),
        facts=tuple(facts for _, facts, _ in usable),
        indices=tuple(each.index for each, _, _ in usable),
        entries=tuple(entry for _, _, entry in usable),
        skipped=tuple(skipped),
        state=project.state_directory,
        file=reading.file,
        toolchain=lock.header.toolchain,
        number=lock.header.recipes,
        origin=reading.document,
        luts=reading.luts,
    )


def expand_reading(tree: Tree, reading: Reading, project: Project, read: ReadLock = read_lock) -> Expanded:
    """Return one spec with its lock. Problems come back, they are not raised."""
    if reading.spec is None:
        return Expanded(reading, None, reading.problems)
    lock, damaged = _lock(tree, reading.file, read)
    if lock and reading.document and (endless := unmatchable(reading.spec.sources, lock)):
        place = reading.document.place(endless.path)
        return Expanded(reading, lock, (*reading.problems, endless.at(place)))
    covered = cover(reading.spec.sources, lock) if lock else None
    found: list[Problem] = [*reading.problems, *damaged]
    if not damaged:
        found += _uncovered(reading, lock, covered)
    if covered and reading.document:
        found += [each.at(reading.document.place(each.path)) for each in _unusable(covered, reading)]
    if lock is None or covered is None or errors(found):
        return Expanded(reading, lock, tuple(found))
    judged = tuple(each for each in found if each.code != "JS049")
    return Expanded(reading, lock, judged, _request(reading, lock, covered, project))


def expand(tree: Tree, files: Iterable[str], project: Project, read: ReadLock = read_lock) -> tuple[Expanded, ...]:
    """Read, judge and expand the specs of a tree, each alone; `read` reads a lock as `read_lock` does."""
    return tuple(expand_reading(tree, read_spec(tree, file, project), project, read) for file in files)


@dataclass(frozen=True, slots=True)
class _Watch:
    """A glob with the entry of the spec that it stands in; `order` is its place among all of them."""

    order: int
    glob: Glob
    reading: Reading
    number: int

    def problem(self, job: str, text: str) -> Problem:
        """Return the problem of an output that this glob would make a source."""
        assert self.reading.document is not None
        path = ("sources", self.reading.numbers[self.number])
        return problem("JS056", path, found=text, job=job, place=self.reading.document.place(path))


def _watches(readings: Iterable[Reading]) -> dict[str | None, dict[str, list[_Watch]]]:
    """Return all globs by root and by the folder from which on they look at the disk."""
    found: dict[str | None, dict[str, list[_Watch]]] = {}
    order = count()
    for reading in readings:
        for number, entry in enumerate(reading.spec.sources if reading.spec and reading.document else ()):
            if isinstance(entry, Glob):
                folders = found.setdefault(entry.place.root, {})
                folders.setdefault(entry.folder, []).append(_Watch(next(order), entry, reading, number))
    return found


def _folders(path: str) -> Iterator[str]:
    """Yield the folders that a path lies in, itself first."""
    yield path
    while path:
        path = path[: max(path.rfind("/"), 0)]
        yield path
    yield "/"


def caught(readings: Iterable[Reading], outputs: Iterable[tuple[str, str]]) -> list[Problem]:
    """Return a problem for each planned output, given as (job, place), that a glob would make a source."""
    watches = _watches(readings)
    found = []
    for job, text in outputs:
        place = parse_location(text)
        folders = watches.get(place.root)
        if not folders:
            continue
        here = [each for folder in _folders(place.path) for each in folders.get(folder, ()) if each.glob.takes(place)]
        found += [each.problem(job, text) for each in sorted(here, key=lambda each: each.order)]
    return found
