"""Why outputs change: which value, in which line of which file, moved from what to what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import Place
from runner.media.lock import lock_of
from runner.plan.changes import Change, Kind
from runner.plan.expansion import Expanded
from runner.review.sides import Side
from runner.spec.templates import TEMPLATES, is_template_file
from runner.spec.tree import PROJECT_FILE


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """One thing that somebody edited: the file, the line if one is known, and what moved in words."""

    file: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''} {self.words}"


# Which fields of a spec bear on what: on how pictures are made, on the file around them, on names. A field that is
# not here (sources, created_at by way of names) bears on which outputs there are.
_BEARS: Mapping[str, frozenset[str]] = {
    "codec": frozenset(("picture", "name")),
    "container": frozenset(("picture", "wrap", "name")),
    "resolution": frozenset(("picture", "name")),
    "fps_mode": frozenset(("picture", "wrap", "name")),
    "fps_explicit": frozenset(("picture", "wrap", "name")),
    "naming_template": frozenset(("name",)),
    "output_directory": frozenset(("name",)),
    "job_id": frozenset(("name",)),
    "tokens": frozenset(("name",)),
    "created_at": frozenset(("name",)),
}


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return str(value) if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"


def _fields(before: Expanded, after: Expanded) -> Iterator[tuple[str, Cause]]:
    """Yield each field that moved, with its cause: a value of this spec or of one of its bases."""
    old, new = before.reading.document, after.reading.document
    if old is None or new is None:
        return
    for field in sorted({*old.data, *new.data} - {"sources", "jobspec_version"}):
        if old.data.get(field) != new.data.get(field):
            place = new.values.get((field,)) or Place(new.file, 0)
            words = f"{field} {_shown(old.data.get(field))} → {_shown(new.data.get(field))}"
            yield field, Cause(place.file, place.line, words)
    name = new.data.get("naming_template")
    same_file = is_template_file(name) and name == old.data.get("naming_template")
    if same_file and before.reading.template != after.reading.template:
        yield "naming_template", Cause(f"{TEMPLATES}/{name}", 0, "name")


def _lock(before: Expanded, after: Expanded) -> Iterator[Cause]:
    old, new = before.lock, after.lock
    if old is None or new is None:
        return
    for what in ("toolchain", "recipes"):
        was, now = getattr(old.header, what), getattr(new.header, what)
        if was != now:
            yield Cause(lock_of(after.reading.file), 1, f"{'FFmpeg' if what == 'toolchain' else what} {was} → {now}")


def _touches(change: Change) -> frozenset[str]:
    """Return what of an output moved: picture, wrap, name."""
    if change.before is None or change.after is None:
        return frozenset(("picture", "wrap", "name"))
    old, new = change.before, change.after
    touched = {"name"} if old.location != new.location else set()
    touched |= {"wrap"} if old.key.wrap != new.key.wrap else set()
    made = (old.key.picture, old.key.sound), (new.key.picture, new.key.sound)
    return frozenset(touched | ({"picture"} if made[0] != made[1] else set()))


def _jobs(side: Side) -> dict[str, Expanded]:
    return {each.reading.spec.job_id: each for each in side.specs if each.reading.spec}


def _pairs(before: Side, after: Side) -> dict[str, tuple[Expanded, Expanded]]:
    """Return both sides of every job, by its later id: a job is the same when its file, or else its id, is."""
    files, ids = {each.reading.file: each for each in before.specs}, _jobs(before)
    found = {}
    for job, new in _jobs(after).items():
        old = files.get(new.reading.file) or ids.get(job)
        if old is not None and old.reading.spec is not None:
            found[job] = (old, new)
    return found


def _spec_file(side: Side, job: str) -> str:
    return next(
        (each.reading.file for each in side.specs if each.reading.spec and each.reading.spec.job_id == job), job
    )


def _sources(change: Change, before: Side, after: Side, known: bool) -> Cause:
    """Return the cause of an output that comes, goes, or is made of other content: its spec, or its lock."""
    side, job = (after, change.output.job) if change.after else (before, change.output.job)
    file = _spec_file(side, job)
    if not known:
        return Cause(file, 0, "new spec" if change.after else "spec removed")
    words = {Kind.ADDED: "new source", Kind.REMOVED: "source removed"}.get(change.kind, "source content")
    return Cause(lock_of(file), 0, words)


@dataclass(frozen=True, slots=True)
class Finder:
    """The causes of changes between two sides, looked up by job."""

    before: Side
    after: Side
    fields: Mapping[str, tuple[tuple[str, Cause], ...]]
    headers: Mapping[str, tuple[Cause, ...]]

    def __call__(self, change: Change) -> tuple[Cause, ...]:
        """Return the causes of one change, at least one."""
        old, new, job = change.before, change.after, change.output.job
        if old is None or new is None:
            return (_sources(change, self.before, self.after, job in self.fields),)
        touched = _touches(change)
        found = [cause for field, cause in self.fields.get(job, ()) if _BEARS.get(field, frozenset()) & touched]
        if (old.key.toolchain, old.key.recipes) != (new.key.toolchain, new.key.recipes):
            found += self.headers.get(job) or self._project()
        if old.key.source != new.key.source or not found:
            found.append(_sources(change, self.before, self.after, True))
        return tuple(dict.fromkeys(found))

    def _project(self) -> list[Cause]:
        was, now = self.before.project.ffmpeg, self.after.project.ffmpeg
        return [Cause(PROJECT_FILE, 0, f"FFmpeg {was} → {now}")] if was != now else []


def finder(before: Side, after: Side) -> Finder:
    """Return what finds the causes of each change between two sides."""
    pairs = _pairs(before, after)
    fields = {job: tuple(_fields(old, new)) for job, (old, new) in pairs.items()}
    fields |= {old.reading.spec.job_id: fields[job] for job, (old, _) in pairs.items() if old.reading.spec}
    return Finder(before, after, fields, {job: tuple(_lock(old, new)) for job, (old, new) in pairs.items()})
