"""Why outputs change: which value, in which line of which file, moved from what to what."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from runner.errors import FieldPath, spoken
from runner.media.lock import lock_of
from runner.plan.arguments import LutFile
from runner.plan.changes import Change, records_moved
from runner.plan.expansion import Expanded
from runner.plan.model import Output
from runner.review.sides import Side
from runner.spec import naming
from runner.spec.bases import FIELD as EXTENDS
from runner.spec.location import parse_location
from runner.spec.project import Project
from runner.spec.repository import resolved
from runner.spec.source import Document
from runner.spec.templates import TEMPLATES, is_template_file
from runner.spec.tree import PROJECT_FILE


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """One thing that somebody edited: the file, the line if one is known, and what moved in words."""

    file: str
    line: int
    words: str

    def __str__(self) -> str:
        named = not self.line and PurePosixPath(self.file).name in self.words
        return self.words if named else f"{self.file}{f':{self.line}' if self.line else ''} {self.words}"


# What of an output can move: its picture or sound, the file around them, its name, the tool that makes it, and where
# its records are kept. Which of these the fields of a spec bear on; beside, any field may bear on the name.
_BEARS: Mapping[str, frozenset[str]] = {
    "codec": frozenset(("picture",)),
    "container": frozenset(("wrap", "name")),
    "resolution": frozenset(("picture",)),
    "fps_mode": frozenset(("picture", "wrap")),
    "fps_explicit": frozenset(("picture", "wrap")),
    "naming_template": frozenset(("name",)),
    "output_directory": frozenset(("name",)),
    "lut": frozenset(("picture",)),
    "overlay": frozenset(("picture",)),
}
# Which fields a naming token takes its value from, where that is not the very field: tokens.NAME is one of itself.
_TOKENS: Mapping[str, frozenset[str]] = {
    "width": frozenset(("resolution",)),
    "height": frozenset(("resolution",)),
    "fps": frozenset(("fps_mode", "fps_explicit")),
    "date": frozenset(("created_at",)),
    "time": frozenset(("created_at",)),
}


@dataclass(frozen=True, slots=True)
class _Edit:
    """One cause, and what of an output it bears on."""

    cause: Cause
    bears: frozenset[str]


def _touched(old: Output, new: Output) -> frozenset[str]:
    """Return what of an output moved."""
    before, after = old.key, new.key
    moved = {
        "picture": (before.picture, before.sound) != (after.picture, after.sound),
        "wrap": before.wrap != after.wrap,
        "name": old.location != new.location,
        "tool": (before.toolchain, before.recipes) != (after.toolchain, after.recipes),
        "records": records_moved(old, new),
    }
    return frozenset(part for part, differs in moved.items() if differs)


def _tokens_of(spec: Expanded) -> frozenset[str]:
    """Return the tokens that a spec's names are made of."""
    known = resolved(spec.reading)
    return naming.parse_template(known.naming_template, frozenset(known.own_tokens)).uses


def _named_by(spec: Expanded) -> frozenset[str]:
    """Return the fields, as they are spoken, that a spec's names are made of."""
    uses = _tokens_of(spec)
    return uses.union(*(_TOKENS.get(name, frozenset()) for name in uses))


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _differing(field: str, old: Any, new: Any) -> Iterator[tuple[FieldPath, Any, Any]]:
    """Yield the path of each value that differs in a field, which may be a mapping, and the values."""
    if isinstance(old, dict) or isinstance(new, dict):
        was, now = old or {}, new or {}
        pairs: dict[FieldPath, tuple[Any, Any]] = {
            (field, key): (was.get(key), now.get(key)) for key in sorted({*was, *now})
        }
    else:
        pairs = {(field,): (old, new)}
    return ((path, *pair) for path, pair in pairs.items() if pair[0] != pair[1])


def _where(path: FieldPath, before: Document, after: Document) -> tuple[str, int]:
    """Return file and line of a value that moved: where it stands now, or the spec that no longer says it."""
    stood, stands = before.place(path), after.place(path)
    if path[:1] not in after.values:
        return after.file, 0
    if stood.file == before.file and stands.file != after.file:
        return after.file, after.place(EXTENDS).line
    return stands.file, stands.line


def _fields(old: Expanded, new: Expanded) -> Iterator[_Edit]:
    """Yield each field that moved: a value of this spec or of one of its bases."""
    assert old.reading.spec and new.reading.spec and old.reading.document and new.reading.document
    before, after = old.reading.spec.to_dict(), new.reading.spec.to_dict()
    names = _named_by(old) | _named_by(new)
    for field in sorted({*before, *after} - {"sources", "jobspec_version"}):
        for path, was, now in _differing(field, before.get(field), after.get(field)):
            bears = _BEARS.get(field, frozenset()) | ({"name"} if spoken(path) in names else set())
            file, line = _where(path, old.reading.document, new.reading.document)
            yield _Edit(Cause(file, line, f"{spoken(path)} {_shown(was)} → {_shown(now)}"), bears)


def _template(old: Expanded, new: Expanded) -> Iterator[_Edit]:
    assert old.reading.spec and new.reading.spec
    name = new.reading.spec.naming_template
    same_file = is_template_file(name) and name == old.reading.spec.naming_template
    if same_file and old.reading.template != new.reading.template:
        yield _Edit(Cause(f"{TEMPLATES}/{name}", 0, f"template {name}: name"), frozenset(("name",)))


def _lock(old: Expanded, new: Expanded) -> Iterator[_Edit]:
    """Yield what moved in the header of the lock: the toolchain, the recipes."""
    assert old.lock and new.lock
    for what, word in (("toolchain", "FFmpeg"), ("recipes", "recipes")):
        was, now = getattr(old.lock.header, what), getattr(new.lock.header, what)
        if was != now:
            yield _Edit(Cause(lock_of(new.reading.file), 1, f"{word} {was} → {now}"), frozenset(("tool",)))


def _project(old: Project, new: Project) -> Iterator[_Edit]:
    if old.state_directory != new.state_directory:
        words = f"state_directory {_shown(old.state_directory)} → {_shown(new.state_directory)}"
        yield _Edit(Cause(PROJECT_FILE, new.state_line, words), frozenset(("records",)))


def _source(old: Output, new: Output, spec: Expanded) -> Iterator[Cause]:
    """Yield what moved of a source: its content, what is known of it, its index where names show that."""
    lock = lock_of(spec.reading.file)
    if old.key.source != new.key.source:
        yield Cause(lock, 0, "source content")
    elif old.source.facts != new.source.facts:
        yield Cause(lock, 0, "source facts")
    if old.location != new.location and old.index != new.index and "index" in _tokens_of(spec):
        yield Cause(lock, 0, "source index")


def _table(old: Output, new: Output) -> Iterator[Cause]:
    """Yield the look-up table whose content moved while its name stayed."""
    was = {each.location: each.sha256 for each in old.auxiliary if isinstance(each, LutFile)}
    for each in new.auxiliary:
        if isinstance(each, LutFile) and was.get(each.location, each.sha256) != each.sha256:
            yield Cause(parse_location(each.location).path, 0, "LUT content")


@dataclass(frozen=True, slots=True)
class _Alone:
    """Why outputs of one job are on one side alone: `listed` for sources that both locks hold, else `locked`."""

    locked: Cause
    listed: Cause | None = None
    held: frozenset[str] = frozenset()

    def __call__(self, output: Output) -> Cause:
        return self.listed if self.listed and output.source.location in self.held else self.locked


def _counterpart(spec: Expanded, other: Side) -> Expanded | None:
    """Return a spec as it is on the other side: the one of its file, else of its job id."""
    assert spec.reading.spec
    same = (each for each in other.specs if each.reading.file == spec.reading.file)
    return next(same, None) or other.jobs.get(spec.reading.spec.job_id)


def _sources(spec: Expanded) -> Cause:
    """Return the cause that lies in a spec's own list of sources, which may stand in a base."""
    assert spec.reading.document
    place = spec.reading.document.place(("sources",))
    return Cause(place.file, place.line, "sources")


def _held(spec: Expanded) -> frozenset[str]:
    return frozenset(each.location for each in spec.lock.sources if each.facts) if spec.lock else frozenset()


def _come(spec: Expanded, before: Side) -> _Alone:
    """Return why a job has outputs that were not there before."""
    file, was = spec.reading.file, _counterpart(spec, before)
    if was is None:
        return _Alone(Cause(file, 0, "new spec"))
    if any(each is was for each in before.unlocked):
        return _Alone(Cause(lock_of(file), 0, "first lock"))
    if was.reading.file in before.unplanned:
        return _Alone(Cause(file, 0, "could not be planned before"))
    return _Alone(Cause(lock_of(file), 0, "new source"), _sources(spec), _held(was))


def _gone(spec: Expanded, after: Side) -> _Alone:
    """Return why a job no longer has outputs that it had."""
    now = _counterpart(spec, after)
    if now is None:
        return _Alone(Cause(spec.reading.file, 0, "spec removed"))
    return _Alone(Cause(lock_of(now.reading.file), 0, "source removed"), _sources(now), _held(now))


def finder(before: Side, after: Side) -> Callable[[Change], tuple[Cause, ...]]:
    """Return what finds the causes, at least one, of each change between two sides."""
    olds, news = before.jobs, after.jobs
    come = cache(lambda job: _come(news[job], before))
    gone = cache(lambda job: _gone(olds[job], after))

    @cache
    def edits(old: str, new: str) -> tuple[_Edit, ...]:
        pair = olds[old], news[new]
        return (*_fields(*pair), *_template(*pair), *_lock(*pair), *_project(before.project, after.project))

    def causes(change: Change) -> tuple[Cause, ...]:
        old, new = change.before, change.after
        if old and new:
            touched = _touched(old, new)
            found = [each.cause for each in edits(old.job, new.job) if each.bears & touched]
            found += (*_source(old, new, news[new.job]), *_table(old, new))
            return tuple(dict.fromkeys(found)) or (_sources(news[new.job]),)
        output = change.output
        return (come(output.job)(output) if new else gone(output.job)(output),)

    return causes
