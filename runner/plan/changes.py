"""Plan against plan: what was added, removed, moved, encoded or wrapped anew, and in which words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from runner import canonical
from runner.plan.model import Intent, Key, Output, Plan


class Kind(StrEnum):
    """What becomes of one output. Ordered from what costs most to what costs nothing."""

    ADDED = "added"
    REENCODED = "re-encoded"
    REWRAPPED = "re-wrapped"
    MOVED = "moved"
    OUTDATED = "outdated"
    REMOVED = "removed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """One output in two plans; `before` or `after` is None where it is in one of them only."""

    kind: Kind
    before: Output | None
    after: Output | None

    @property
    def output(self) -> Output:
        """The output as it shall be, or as it was when it goes."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def words(self) -> tuple[str, ...]:
        """How the output differs, in the words of its intent."""
        if self.before is None or self.after is None:
            return ()
        return (*_name(self.before, self.after), *differences(self.before, self.after))

    @property
    def losses(self) -> tuple[str, ...]:
        """What the output will not carry of its source any more, and did before."""
        if self.after is None:
            return ()
        known = set(self.before.losses) if self.before else set()
        worse = _worse(self.before.intent, self.after.intent) if self.before else ()
        return (*(loss for loss in self.after.losses if loss not in known), *worse)


def moved_parts(old: Key, new: Key) -> tuple[str, ...]:
    """Return the names of the parts in which two keys differ."""
    return tuple(part for part in Key.__struct_fields__ if getattr(old, part) != getattr(new, part))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{path} {key}".strip())
    else:
        yield path, value


def leaves(value: object) -> dict[str, Any]:
    """Return a value's plain data flat: "picture codec" → "h264"."""
    return dict(_leaves(canonical.plain(value)))


def differences(old: Output, new: Output) -> Iterator[str]:
    """Yield how two outputs differ, part by part: "picture codec prores_proxy → h264", "source content"."""
    before, after = leaves(old.intent), leaves(new.intent)
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            yield f"{path} {before.get(path, 'none')} → {after.get(path, 'none')}"
    if old.key.source != new.key.source:
        yield "source content"
    if old.key.toolchain != new.key.toolchain:
        yield f"FFmpeg {old.key.toolchain} → {new.key.toolchain}"
    if old.key.recipes != new.key.recipes and old.intent.picture.codec == new.intent.picture.codec:
        yield "recipe"


def _name(old: Output, new: Output) -> Iterator[str]:
    if old.location != new.location:
        yield f"name {old.location} → {new.location}"


def _worse(old: Intent, new: Intent) -> Iterator[str]:
    """Yield what gets lost between two intents although neither plan calls it a loss of its source."""
    before, after = sum(track.channels for track in old.sound), sum(track.channels for track in new.sound)
    if after < before:
        yield f"audio channels {before} → {after}"
    if new.picture.rate != old.picture.rate:
        yield f"frame rate {old.picture.rate} → {new.picture.rate}"
    if old.wrap.timecode and not new.wrap.timecode:
        yield f"timecode {old.wrap.timecode} is not carried any more"


_PICTURE = frozenset(("source", "picture", "sound"))


def kind_of(old: Output, new: Output) -> Kind:
    """Return what becomes of an output that is in both plans."""
    parts = set(moved_parts(old.key, new.key))
    if parts & _PICTURE:
        return Kind.REENCODED
    if "wrap" in parts:
        return Kind.REWRAPPED
    if old.location != new.location:
        return Kind.MOVED
    return Kind.OUTDATED if parts else Kind.UNCHANGED


def _paired(before: Iterable[Output], after: Iterable[Output]) -> Iterator[tuple[Output | None, Output | None]]:
    """Yield outputs of two plans in pairs: of one place; else of one source and equal key; else of job and source."""
    old, new = {each.location: each for each in before}, {each.location: each for each in after}
    yield from ((old[place], new[place]) for place in old.keys() & new.keys())
    gone = {place: each for place, each in old.items() if place not in new}
    come = {place: each for place, each in new.items() if place not in old}
    for same in (_same_key, _same_job):
        waiting = {same(each): place for place, each in gone.items()}
        for place, each in list(come.items()):
            if (place_before := waiting.pop(same(each), None)) is not None:
                yield gone.pop(place_before), come.pop(place)
    yield from ((each, None) for each in gone.values())
    yield from ((None, each) for each in come.values())


def _same_key(output: Output) -> object:
    return (output.source.location, output.key)


def _same_job(output: Output) -> object:
    return (output.source.location, output.job)


def compare(before: Plan, after: Plan) -> tuple[Change, ...]:
    """Return what becomes of every output of two plans, sorted by place; nothing sees how outputs are grouped."""
    changes = [
        Change(Kind.ADDED if old is None else Kind.REMOVED if new is None else kind_of(old, new), old, new)
        for old, new in _paired(before.outputs, after.outputs)
    ]
    return tuple(sorted(changes, key=lambda each: each.output.location))
