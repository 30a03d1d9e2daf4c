"""What an entry of `sources` says of its own: what differs for one clip from the rest of its spec."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from runner.spec.pairs import is_pairs, mapping_of, pairs_of

NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What differs for one source; None where the spec's word stands.

    `timecode` is a code or "none"; `audio` is a word or a mapping as pairs; `lut` is a path in the repository or
    "none"; `rate` (frames a second) and `transfer` are what an image sequence cannot say of itself; `tolerate` are
    patterns of decoder messages that do not spoil this clip.
    """

    timecode: str | None = None
    audio: Any = None
    lut: str | None = None
    rate: str | None = None
    transfer: str | None = None
    tolerate: tuple[str, ...] = ()


PLAIN = Own()
NAMES = tuple(each.name for each in fields(Own))


def _words(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(each, str) for each in value)


# Which values have the shape of their field; what they say is judged by the schema.
_SHAPES: dict[str, Callable[[Any], bool]] = {
    "audio": lambda value: isinstance(value, str) or is_pairs(value),
    "tolerate": _words,
}


def _text(value: Any) -> bool:
    return isinstance(value, str)


def own_of(given: Mapping[str, Any]) -> Own | None:
    """Return what a mapping says of its own, or None when a value has not the shape of its field."""
    values = {name: pairs_of(given[name]) for name in NAMES if name in given}
    if isinstance(values.get("rate"), int | float) and not isinstance(values["rate"], bool):
        values["rate"] = str(values["rate"])
    if not all(_SHAPES.get(name, _text)(value) for name, value in values.items()):
        return None
    return Own(**values)


def plain_own(own: Own) -> dict[str, Any]:
    """Return it as plain data, with what differs only."""
    told = ((name, getattr(own, name)) for name in NAMES)
    data = {name: mapping_of(value) for name, value in told if value not in (None, ())}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in data.items()}
