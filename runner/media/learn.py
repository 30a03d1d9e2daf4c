"""What `lock` does with a spec: find its sources on this machine's disk, learn their facts, compare with the lock."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from runner.errors import JobspecError, Problem, problem
from runner.media.expand import expand
from runner.media.facts import Facts
from runner.media.lock import Header, Lock, Locked, drift, numbered
from runner.media.source import content_of_source, probe_source
from runner.spec.globs import Glob
from runner.spec.location import Location, Mounts, parse_location
from runner.spec.presence import left_root
from runner.spec.sources import Entry, clip_of


@dataclass(slots=True)
class Found:
    """What the disk holds of a spec's entries: its sources with the entry each comes from, and what is wrong."""

    places: dict[Location, int] = field(default_factory=dict)
    settling: dict[Location, float] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Learnt:
    """A lock as it should be now, how that differs from the one there was, and what prevents it.

    `drift` gives words for each place; `settling` the seconds since a left-out file moved.
    """

    lock: Lock
    drift: tuple[tuple[str, str], ...]
    settling: tuple[tuple[str, float], ...]
    problems: tuple[Problem, ...]


def _moved(path: Path) -> float:
    """Return the seconds since a file's content or size moved: ctime too, for copying tools set mtimes back.

    A time to come says nothing about that: cameras' clocks are wrong by years.
    """
    status = path.stat()
    ages = [time.time() - moment for moment in (status.st_mtime, status.st_ctime)]
    return min((age for age in ages if age >= 0), default=0)


def find(entries: Sequence[Entry], mounts: Mounts, settle: float = 0) -> Found:
    """Return the places that a spec's entries name or match on this disk.

    Files that moved within the last `settle` seconds are left out. Raises JobspecError for an unmounted root.
    """
    found = Found()
    for number, entry in enumerate(entries):
        clip = clip_of(entry)
        places = expand(entry, mounts) if isinstance(entry, Glob) else [parse_location(clip.path)] if clip else []
        if not places:
            found.problems.append(problem("JS117", ("sources", number), found=str(getattr(entry, "pattern", entry))))
        for place in places:
            _take(found, place, number, mounts, settle)
    return found


def _take(found: Found, place: Location, number: int, mounts: Mounts, settle: float) -> None:
    if wrong := left_root(place, mounts) or _unspeakable(place):
        found.problems.append(wrong.within(("sources", number)))
        return
    path = mounts.bind(place)
    if settle and path.exists() and (age := _moved(path)) < settle:
        found.settling[place] = age
    else:
        found.places.setdefault(place, number)


def _unspeakable(place: Location) -> Problem | None:
    """Return the problem of a file whose name no lock can hold: one that is not UTF-8."""
    try:
        parse_location(str(place))
    except ValueError as error:
        return problem("JS027", found=str(place), reason=str(error))
    return None


def _same(path: Path, facts: Facts, sequence: bool) -> bool:
    """Say whether what lies there now is what the lock knows."""
    if sequence != (facts.sequence is not None) or not (sequence or path.is_file()):
        return False
    return content_of_source(path, sequence=sequence) == facts.content


def _source(place: Location, sequence: bool, old: Locked | None, mounts: Mounts) -> Locked | JobspecError:
    """Return a source with its facts, those of the lock when its content is still the same. The index comes later."""
    path, text = mounts.bind(place), str(place)
    try:
        if old and old.facts and _same(path, old.facts, sequence):
            return old
        return Locked(location=text, index=0, facts=probe_source(path, text, sequence=sequence))
    except JobspecError as error:
        return error
    except OSError as error:
        return JobspecError(problem("JS062", found=text, reason=error.strerror or str(error)))


def _unusable(place: Location, error: JobspecError, number: int, entry: Entry) -> tuple[Locked | None, list[Problem]]:
    """Return a line that says why a file is unusable, or the problem, as the entry's on_unusable says."""
    if isinstance(entry, Glob) and entry.on_unusable == "skip":
        reason = "; ".join(each.message for each in error.problems)
        return Locked(location=str(place), index=0, unusable=reason), []
    return None, [each.within(("sources", number)) for each in error.problems]


def _differences(
    old: Lock | None, new: Sequence[Locked], settling: Mapping[Location, float], problems: Sequence[Problem]
) -> Iterator[tuple[str, str]]:
    """Yield each place with the words for how it moved against the old lock."""
    before = {each.location: each for each in old.sources} if old else {}
    for each in new:
        earlier = before.get(each.location)
        words = drift(earlier, each) if earlier else ["is new"]
        if earlier and not words and earlier.index != each.index:
            words = [f"index {earlier.index:03d} → {each.index:03d}"]
        if words:
            yield each.location, ", ".join(words)
    there = {each.location for each in new} | {str(place) for place in settling}
    wrong = {each.found: each for each in problems}
    yield from ((location, _gone(wrong.get(location))) for location in before if location not in there)


def _gone(wrong: Problem | None) -> str:
    """Return why a source that the lock holds is none any more; `wrong` is what was said of it now."""
    if wrong is None:
        return "vanished, or is no longer in the spec"
    return "vanished" if wrong.code == "JS060" else f"is unusable now: {wrong.message}"


def learn(
    entries: Sequence[Entry],
    old: Lock | None,
    header: Header,
    mounts: Mounts,
    *,
    settle: float = 0,
    workers: int = 4,
    tell: Callable[[Location], None] = lambda _: None,
) -> Learnt:
    """Return the lock that these entries have now; probes only sources whose content the old lock does not know.

    `tell` hears of each source that was looked at, from several threads. Raises JobspecError for an unmounted root.
    """
    found = find(entries, mounts, settle)
    known = {each.location: each for each in old.sources} if old else {}

    def look(place: Location) -> Locked | JobspecError:
        clip = clip_of(entries[found.places[place]])
        sequence = clip is not None and clip.sequence
        source = _source(place, sequence, known.get(str(place)), mounts)
        tell(place)
        return source

    with ThreadPoolExecutor(workers) as pool:
        looked = zip(found.places.items(), pool.map(look, found.places), strict=True)
        sources, problems = _sorted_out(entries, looked)
    kept = [known[str(place)] for place in found.settling if str(place) in known]
    numbers = numbered([each.location for each in (*sources, *kept)], old)
    new = [_numbered(each, numbers[each.location]) for each in (*sources, *kept)]
    lock = Lock(header, tuple(sorted(new, key=lambda each: each.location)))
    moved = tuple(_differences(old, lock.sources, found.settling, problems))
    settling = tuple((str(place), age) for place, age in found.settling.items())
    return Learnt(lock, moved, settling, (*found.problems, *problems))


def _sorted_out(
    entries: Sequence[Entry], looked: "zip[tuple[tuple[Location, int], Locked | JobspecError]]"
) -> tuple[list[Locked], list[Problem]]:
    """Return the lines of the sources, and the problems of those that stop the lock."""
    sources: list[Locked] = []
    problems: list[Problem] = []
    for (place, number), source in looked:
        if isinstance(source, JobspecError):
            line, wrong = _unusable(place, source, number, entries[number])
            sources += [line] if line else []
            problems += wrong
        else:
            sources.append(source)
    return sources, problems


def _numbered(each: Locked, index: int) -> Locked:
    return Locked(location=each.location, index=index, facts=each.facts, unusable=each.unusable)
