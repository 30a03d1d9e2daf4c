"""Plan against plan: what was added, removed, moved, encoded or wrapped anew, and in which words."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from runner import canonical
from runner.plan.arguments import Arg
from runner.plan.light import HDR
from runner.plan.model import Intent, Key, Output, Plan
from runner.spec.rates import rate_label


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
    def made(self) -> bool:
        """Whether the output has to be made: it is new, its key moved, or nothing is at its place yet."""
        old, new = self.before, self.after
        return new is not None and (old is None or old.key != new.key or old.location != new.location)

    @property
    def words(self) -> tuple[str, ...]:
        """How the output differs, in the words of its intent."""
        if self.before is None or self.after is None:
            return ()
        return (*_place(self.before, self.after), *differences(self.before, self.after))

    @property
    def losses(self) -> tuple[str, ...]:
        """What the output will not carry of its source any more, and did before."""
        if self.after is None:
            return ()
        if self.before is None:
            return self.after.losses
        fresh = tuple(loss for loss in self.after.losses if loss not in self.before.losses)
        return (*fresh, *_worse(self.before.intent, self.after.intent, fresh))


def moved_parts(old: Key, new: Key) -> tuple[str, ...]:
    """Return the names of the parts in which two keys differ."""
    if old == new:
        return ()
    return tuple(part for part in Key.__struct_fields__ if getattr(old, part) != getattr(new, part))


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{path} {key}".strip())
    elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        for number, each in enumerate(value, 1):
            yield from _leaves(each, f"{path} {number}")
    else:
        yield path, value


def leaves(value: object) -> dict[str, Any]:
    """Return a value's plain data flat: "picture codec" → "h264", "sound 1 channels" → 2."""
    return dict(_leaves(canonical.plain(value)))


@lru_cache(maxsize=1024)
def _moved(part: str, old: Hashable, new: Hashable) -> tuple[str, ...]:
    """Return how one part of an intent moved; most outputs of a job move alike."""
    before, after = leaves({part: old}), leaves({part: new})
    paths = (path for path in sorted({*before, *after}) if before.get(path) != after.get(path))
    return tuple(f"{path} {before.get(path, 'none')} → {after.get(path, 'none')}" for path in paths)


def differences(old: Output, new: Output) -> Iterator[str]:
    """Yield how two outputs differ, part by part: "picture codec prores_proxy → h264", "source content"."""
    if old.key.picture != new.key.picture:
        yield from _moved("picture", old.intent.picture, new.intent.picture)
    if old.key.sound != new.key.sound:
        yield from _moved("sound", old.intent.sound, new.intent.sound)
    if old.key.wrap != new.key.wrap:
        yield from _moved("wrap", old.intent.wrap, new.intent.wrap)
    if old.key.source != new.key.source:
        yield "source content"
    if old.key.toolchain != new.key.toolchain:
        yield f"FFmpeg {old.key.toolchain} → {new.key.toolchain}"
    if old.key.recipes != new.key.recipes:
        yield from _recipe(old, new)


def _recipe(old: Output, new: Output) -> Iterator[str]:
    """Yield the numbers of two recipes and, where nothing else bears on the options, how these differ."""
    before, after = old.recipes or 1, new.recipes or 1
    named = f"recipes {before} → {after}" if before != after else "recipe"
    if old.intent == new.intent:
        told = ", ".join(_options(old.arguments.writing, new.arguments.writing))
        yield f"{named}: {told}" if told else named
    elif before != after:
        yield named


def _pairs(arguments: Iterable[Arg]) -> dict[str, str]:
    """Return the options among arguments, by name: what follows one and is none itself is its value."""
    found: dict[str, str] = {}
    name = ""
    for word in (each if isinstance(each, str) else "…" for each in arguments):
        if word.startswith("-"):
            name = word
            found[name] = ""
        else:
            found[name] = word
    return found


def _options(old: Iterable[Arg], new: Iterable[Arg]) -> Iterator[str]:
    """Yield how FFmpeg's options differ: "-crf 20 → 21", "with -qscale:v 10", "without -bf 0"."""
    before, after = _pairs(old), _pairs(new)
    for name in (*after, *(each for each in before if each not in after)):
        if name not in after:
            yield f"without {name} {before[name]}".rstrip()
        elif name not in before:
            yield f"with {name} {after[name]}".rstrip()
        elif before[name] != after[name]:
            yield f"{name} {before[name]} → {after[name]}"


def records_moved(old: Output, new: Output) -> bool:
    """Say whether the same place is looked up in other ledgers, which know nothing of the file that stands there."""
    return old.state != new.state and old.directory == new.directory


def _place(old: Output, new: Output) -> Iterator[str]:
    if old.location != new.location:
        yield f"name {old.location} → {new.location}"
    if records_moved(old, new):
        yield f"records {old.state} → {new.state}"


def _worse(old: Intent, new: Intent, told: Collection[str]) -> Iterator[str]:
    """Yield what gets lost between two intents although the later plan does not call it a loss, as `told`, itself."""
    before, after = sum(track.channels for track in old.sound), sum(track.channels for track in new.sound)
    if after < before:
        yield f"audio channels {before} → {after}"
    if new.picture.rate != old.picture.rate and not any("frame rate" in loss for loss in told):
        yield f"frame rate {rate_label(old.picture.rate)} → {rate_label(new.picture.rate)}"
    if old.picture.colour.transfer in HDR and new.picture.colour.transfer not in HDR:
        yield f"HDR ({HDR[old.picture.colour.transfer]}) → SDR"
    if _has_alpha(old) and not _has_alpha(new) and not any("alpha" in loss for loss in told):
        yield "alpha is not there any more"
    if old.wrap.timecode and not new.wrap.timecode:
        yield f"timecode {old.wrap.timecode} is not carried any more"


def _has_alpha(intent: Intent) -> bool:
    return intent.picture.pixel_format.startswith("yuva")


_PICTURE = frozenset(("source", "picture", "sound"))


def kind_of(old: Output, new: Output) -> Kind:
    """Return what becomes of an output that is in both plans."""
    parts = set(moved_parts(old.key, new.key))
    if parts & _PICTURE:
        return Kind.REENCODED
    if "wrap" in parts:
        return Kind.REWRAPPED
    if old.location != new.location or records_moved(old, new):
        return Kind.MOVED
    return Kind.OUTDATED if parts else Kind.UNCHANGED


def _same_job_and_key(output: Output) -> object:
    return (output.source.location, output.job, output.key)


def _same_key(output: Output) -> object:
    return (output.source.location, output.key)


def _same_job(output: Output) -> object:
    return (output.source.location, output.job)


def _paired(before: Iterable[Output], after: Iterable[Output]) -> Iterator[tuple[Output | None, Output | None]]:
    """Yield outputs of two plans in pairs: of one place; else of one source and equal key or job, at best both."""
    old, new = {each.location: each for each in before}, {each.location: each for each in after}
    yield from ((old[place], new[place]) for place in old.keys() & new.keys())
    gone = {place: each for place, each in old.items() if place not in new}
    come = {place: each for place, each in new.items() if place not in old}
    for same in (_same_job_and_key, _same_key, _same_job):
        waiting: dict[object, list[str]] = {}
        for place, each in gone.items():
            waiting.setdefault(same(each), []).append(place)
        for place, each in list(come.items()):
            if places := waiting.get(same(each)):
                yield gone.pop(places.pop(0)), come.pop(place)
    yield from ((each, None) for each in gone.values())
    yield from ((None, each) for each in come.values())


def compare(before: Plan, after: Plan) -> tuple[Change, ...]:
    """Return what becomes of every output of two plans, sorted by place; nothing sees how outputs are grouped."""
    changes = [
        Change(Kind.ADDED if old is None else Kind.REMOVED if new is None else kind_of(old, new), old, new)
        for old, new in _paired(before.outputs, after.outputs)
    ]
    return tuple(sorted(changes, key=lambda each: each.output.location))
