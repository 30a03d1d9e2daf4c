"""The entries of `sources`: a clip, an image sequence, a glob, the sources of another spec."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from runner.spec.globs import Glob
from runner.spec.location import Location
from runner.spec.own import NAMES, PLAIN, Own, own_of, plain_own
from runner.spec.pairs import plain_text


@dataclass(frozen=True, slots=True)
class Clip:
    """One source with what differs for it; `path` is the pattern of an image sequence when `sequence` is set."""

    path: str
    own: Own = PLAIN
    sequence: bool = False


@dataclass(frozen=True, slots=True)
class From:
    """The sources of another spec, by its path relative to this one."""

    spec: str


Entry = str | Clip | Glob | From
_KINDS = ("path", "sequence", "glob", "from")


def entry_of(value: Any) -> Any:
    """Return an entry from plain data; what is none, or two at once, comes back as it is, for the schema to name."""
    if not isinstance(value, Mapping):
        return plain_text(value)
    given = {str(name): each for name, each in value.items()}
    kinds = [name for name in _KINDS if name in given]
    own = own_of(given)
    if len(kinds) != 1 or own is None or not isinstance(given[kinds[0]], str):
        return value
    return _entry(kinds[0], given, own) or value


def _entry(kind: str, given: Mapping[str, Any], own: Own) -> Entry | None:
    text = str(given[kind])
    if kind == "glob":
        return _glob(text, given, own)
    if kind == "from":
        return From(text) if len(given) == 1 else None
    return simple(Clip(text, own, kind == "sequence")) if given.keys() <= {kind, *NAMES} else None


def _glob(pattern: str, given: Mapping[str, Any], own: Own) -> Glob | None:
    exclude, unusable = given.get("exclude", ()), given.get("on_unusable", "error")
    if given.keys() - {"glob", "exclude", "on_unusable", *NAMES} or not isinstance(unusable, str):
        return None
    if not isinstance(exclude, list | tuple) or not all(isinstance(each, str) for each in exclude):
        return None
    return Glob(pattern, tuple(map(str, exclude)), str(unusable), own)


def simple(clip: Clip) -> str | Clip:
    """Return a clip of which nothing is said but its path as that path: the one form of it."""
    return clip.path if clip.own == PLAIN and not clip.sequence else clip


def clip_of(entry: Entry) -> Clip | None:
    """Return an entry as the one clip that it is; None for globs and other specs' sources."""
    if isinstance(entry, str):
        return Clip(entry)
    return entry if isinstance(entry, Clip) else None


def clips_of(entries: Iterable[Entry]) -> tuple[Clip, ...]:
    """Return the clips among entries; all of them, in a resolved spec."""
    return tuple(clip for entry in entries if (clip := clip_of(entry)))


def settled(entry: Entry, location: Location | str) -> str | Clip:
    """Return the clip that an entry makes of a file: its place, and all that the entry says of it."""
    if isinstance(entry, Clip):
        return simple(replace(entry, path=str(location)))
    return simple(Clip(str(location), entry.own if isinstance(entry, Glob) else PLAIN))


def plain_entry(entry: Entry) -> Any:
    """Return an entry as plain data, defaults left out."""
    if isinstance(entry, From):
        return {"from": entry.spec}
    if isinstance(entry, Clip):
        return {"sequence" if entry.sequence else "path": entry.path, **plain_own(entry.own)}
    if not isinstance(entry, Glob):
        return entry
    data: dict[str, Any] = {"glob": entry.pattern}
    if entry.exclude:
        data["exclude"] = list(entry.exclude)
    data |= {"on_unusable": entry.on_unusable} if entry.on_unusable != "error" else {}
    return data | plain_own(entry.own)


def globs_of(entries: Iterable[Entry]) -> tuple[Glob, ...]:
    """Return the globs among entries."""
    return tuple(entry for entry in entries if isinstance(entry, Glob))
