"""Facts ⇄ the lock file: a header, then a line a source, sorted by place, so that git can merge two by union.

Pure: reading the file itself is the tree's business, learning facts the probe's.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from runner import canonical
from runner.canonical import Value
from runner.errors import JobSpecValidationError, Place, Problem, problem
from runner.media.facts import Count, Facts
from runner.spec.globs import Glob
from runner.spec.location import Location, parse_location
from runner.spec.rates import rate_label
from runner.spec.sources import Entry, clip_of

FORMAT = 1
SUFFIX = ".lock.jsonl"
MOST_BYTES = 64 << 20
LONGEST_LINE = 64 << 10
# More than twice the sources that one spec is meant for.
MOST_LINES = 1 << 18
# Patterns times sources: forty patterns for a hundred thousand sources, which takes some seconds.
MOST_MATCHES = 4_000_000


class Header(Value, frozen=True, kw_only=True, tag="header", tag_field="line"):
    """What plans made from this lock are made for: FFmpeg's release line and the recipe number."""

    format: int
    toolchain: str
    recipes: int


class Locked(Value, frozen=True, kw_only=True, tag="source", tag_field="line"):
    """One source: its facts, or the reason why it is unusable. `index` is frozen, for names may show it."""

    location: str
    index: Count
    facts: Facts | None = None
    unusable: str | None = None

    def __post_init__(self) -> None:
        if str(parse_location(self.location)) != self.location:
            raise ValueError(f"{self.location} is not how that place is written")
        if (self.facts is None) == (self.unusable is None):
            raise ValueError("a source has either facts or the reason why it is unusable")


_Line = Header | Locked


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock as read: its sources by place, sorted."""

    header: Header
    sources: tuple[Locked, ...] = ()


@dataclass(frozen=True, slots=True)
class Cover:
    """What of a spec's entries a lock covers: its sources by index, paths it lacks, globs it knows no file of.

    `entries` gives, for each source, the number of the entry that it comes from.
    """

    sources: tuple[Locked, ...]
    entries: tuple[int, ...]
    lacking: tuple[int, ...]
    unmatched: tuple[int, ...]


def lock_of(spec: str) -> str:
    """Return the path of a spec's lock: specs/day03.yaml has specs/day03.lock.jsonl."""
    return f"{spec.rpartition('.')[0]}{SUFFIX}"


def write_lock(lock: Lock) -> bytes:
    """Return the lock as it is written."""
    lines: list[_Line] = [lock.header, *sorted(lock.sources, key=lambda each: each.location)]
    return b"".join(canonical.encode(line) + b"\n" for line in lines)


def _too_large(data: bytes) -> str | None:
    """Return why a lock is not even split into lines."""
    if len(data) > MOST_BYTES:
        return f"the file is larger than {MOST_BYTES} bytes"
    if data.count(b"\n") + data.count(b"\r") > 2 * MOST_LINES:
        return f"it has more than {MOST_LINES} lines"
    return None


def _lines(data: bytes, file: str, spec: str) -> Iterator[tuple[int, _Line]]:
    seen = set[bytes]()
    for number, line in enumerate(data.splitlines(), 1):
        place = Place(file, number)
        if not line.strip() or line in seen:
            continue
        seen.add(line)
        if len(line) > LONGEST_LINE:
            reason = f"it is longer than {LONGEST_LINE} bytes"
            raise JobSpecValidationError(problem("JS110", place=place, reason=reason, spec=spec))
        try:
            yield number, canonical.decode(line, _Line)  # type: ignore[arg-type]
        except (msgspec.MsgspecError, ValueError) as error:
            raise JobSpecValidationError(problem("JS110", place=place, reason=str(error), spec=spec)) from None


def read_lock(data: bytes, file: str, spec: str) -> Lock:
    """Read a lock. Lines may stand in any order, and twice: that is what a union merge leaves.

    Raises JobSpecValidationError, each problem with its line and the command that mends it.
    """
    if reason := _too_large(data):
        raise JobSpecValidationError(problem("JS110", place=Place(file), reason=reason, spec=spec))
    lines = list(_lines(data, file, spec))
    headers = {line: number for number, line in reversed(lines) if isinstance(line, Header)}
    sources = [(number, line) for number, line in lines if isinstance(line, Locked)]
    problems = [*_headers(headers, file, spec), *_clashes(sources, file, spec)]
    if problems:
        raise JobSpecValidationError(problems)
    known = {each.location: each for _, each in sources}
    return Lock(next(iter(headers)), tuple(known[location] for location in sorted(known)))


def salvage_lock(data: bytes) -> Lock | None:
    """Return what can be read of a lock that a merge or an editor left, for `lock` to mend; None without a header.

    Of two lines for one source the first keeps its index; which of their facts hold shows a look at the source.
    """
    lines: list[_Line] = []
    if _too_large(data):
        return None
    for text in data.splitlines():
        with suppress(msgspec.MsgspecError, ValueError):
            lines.append(canonical.decode(text, _Line))  # type: ignore[arg-type]
    headers = [line for line in lines if isinstance(line, Header) and line.format == FORMAT]
    sources: dict[str, Locked] = {}
    for line in lines:
        if isinstance(line, Locked):
            sources[line.location] = _agreed(sources.get(line.location, line), line)
    return Lock(headers[0], tuple(sources[place] for place in sorted(sources))) if headers else None


def _agreed(first: Locked, second: Locked) -> Locked:
    if (first.facts, first.unusable) == (second.facts, second.unusable):
        return first
    return Locked(location=first.location, index=first.index, unusable="locked twice")


def _headers(headers: dict[Header, int], file: str, spec: str) -> Iterator[Problem]:
    if not headers:
        yield problem("JS110", place=Place(file), reason="it has no header line", spec=spec)
    for header, number in headers.items():
        if header.format != FORMAT:
            yield problem("JS111", place=Place(file, number), found=str(header.format), spec=spec)
    if len(headers) > 1:
        second = sorted(headers.values())[1]
        yield problem("JS112", place=Place(file, second), spec=spec)


def _clashes(sources: Iterable[tuple[int, Locked]], file: str, spec: str) -> Iterator[Problem]:
    """Yield what a union merge can leave: one source with two facts, one index for two sources."""
    places: dict[str, tuple[int, Locked]] = {}
    indices: dict[int, Locked] = {}
    for number, each in sources:
        here = Place(file, number)
        first, same = places.setdefault(each.location, (number, each))
        if first != number:
            if each != same:
                yield problem("JS113", place=here, found=each.location, first=first, spec=spec)
            continue
        other = indices.setdefault(each.index, each)
        if other is not each:
            index = f"{each.index:03d}"
            yield problem("JS114", place=here, found=each.location, index=index, other=other.location, spec=spec)


def unmatchable(entries: Iterable[Entry], lock: Lock) -> Problem | None:
    """Return the problem of a spec whose patterns would be held against its locked sources without end, or None."""
    patterns = sum(1 + len(entry.exclude) for entry in entries if isinstance(entry, Glob))
    if patterns * len(lock.sources) <= MOST_MATCHES:
        return None
    return problem("JS211", ("sources",), patterns=patterns, sources=len(lock.sources))


def cover(entries: Sequence[Entry], lock: Lock) -> Cover:
    """Return what of these entries the lock covers. What the lock holds beyond them is no part of the job."""
    known = {parse_location(each.location): each for each in lock.sources}
    taken: dict[Location, int] = {}
    lacking: list[int] = []
    unmatched: list[int] = []
    for number, entry in enumerate(entries):
        places = [place for place in known if entry.takes(place)] if isinstance(entry, Glob) else []
        if (clip := clip_of(entry)) and (place := parse_location(clip.path)) in known:
            places = [place]
        if not places:
            (unmatched if isinstance(entry, Glob) else lacking).append(number)
        for place in places:
            taken.setdefault(place, number)
    ordered = sorted(taken, key=lambda place: known[place].index)
    return Cover(
        tuple(known[place] for place in ordered),
        tuple(taken[place] for place in ordered),
        tuple(lacking),
        tuple(unmatched),
    )


def numbered(places: Iterable[str], old: Lock | None) -> dict[str, int]:
    """Return the index of every place: the one it has, or the next free ones in the order given.

    Two places that an old lock gives one index keep it apart: the first by name keeps it.
    """
    taken: dict[int, str] = {}
    for each in sorted(old.sources, key=lambda source: source.location) if old else ():
        taken.setdefault(each.index, each.location)
    held = {place: index for index, place in taken.items()}
    following = max(taken, default=-1) + 1
    numbers: dict[str, int] = {}
    for place in places:
        if place in held:
            numbers[place] = held[place]
        else:
            numbers[place], following = following, following + 1
    return numbers


def _compared(old: Facts, new: Facts) -> Iterator[tuple[str, object, object]]:
    before, after = old.picture, new.picture
    yield "size in bytes", old.content.size, new.content.size
    yield "rate", rate_label(before.rate), rate_label(after.rate)
    yield "frames", before.frames, after.frames
    yield "picture", f"{before.width}x{before.height}", f"{after.width}x{after.height}"
    yield "codec", before.codec, after.codec
    yield "scan", before.scan, after.scan
    yield "timecode", old.timecode, new.timecode
    yield "other timecodes", list(old.other_timecodes), list(new.other_timecodes)
    yield "reel", old.reel, new.reel
    yield "clip name", old.clip, new.clip
    yield "first number", _first(old), _first(new)
    yield "audio channels", [track.channels for track in old.sound], [track.channels for track in new.sound]


def _first(facts: Facts) -> int | None:
    return facts.sequence.first if facts.sequence else None


def drift(old: Locked, new: Locked) -> list[str]:
    """Return in words how a source differs from what the lock says of it; nothing when it does not."""
    if old.facts is None or new.facts is None:
        if old.unusable == new.unusable:
            return []
        return [f"was {old.unusable or 'usable'}, is {new.unusable or 'usable'}"]
    if old.facts == new.facts:
        return []
    words = [f"{what} {before} → {after}" for what, before, after in _compared(old.facts, new.facts) if before != after]
    if old.facts.content.sample != new.facts.content.sample and old.facts.content.size == new.facts.content.size:
        words.insert(0, "content, at the same size")
    return words or ["facts beyond size, rate, frames, picture, timecode and sound"]
