"""Burn-ins as a spec says them: typed, with their defaults, and judged against each other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import FieldPath, Problem, problem
from runner.spec.fields import POSITIONS
from runner.spec.pairs import Pairs

# Where each kind stands when nothing is said: what is read while cutting below, what names the clip above.
_USUAL = {"source_name": "top-left", "timecode": "bottom-left", "frame": "bottom-right", "text": "top-right"}
SIZE, OPACITY = 5, 100
TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """One burn-in: `size` is the letters' height in percent of the picture's, `opacity` in percent."""

    show: str
    text: str | None = None
    position: str
    size: int = SIZE
    opacity: int = OPACITY


def _overlay(given: Mapping[str, Any]) -> Overlay:
    return Overlay(**{"position": _USUAL[str(given["show"])], **given})


def overlays_of(overlay: Iterable[Pairs]) -> tuple[Overlay, ...]:
    """Return the burn-ins of a spec that was judged fine."""
    return tuple(_overlay(dict(pairs)) for pairs in overlay)


def _listed(value: Any) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """Yield each burn-in with its path; one alone may stand without a list."""
    if isinstance(value, Mapping):
        yield ("overlay",), value
    else:
        yield from ((("overlay", number), each) for number, each in enumerate(value or ()))


def judge_overlay(value: Any) -> Iterator[Problem]:
    """Yield what burn-ins, as plain data of the right shape, say that cannot be."""
    first: dict[str, str] = {}
    taken = {_overlay(given).position for _, given in _listed(value)}
    free = ", ".join(position for position in POSITIONS if position not in taken)
    for path, given in _listed(value):
        show = str(given["show"])
        if show == TEXT and "text" not in given:
            yield problem("JS152", path)
        if show != TEXT and "text" in given:
            yield problem("JS153", (*path, "text"), show=show)
        position = _overlay(given).position
        if position in first:
            field = (*path, "position") if "position" in given else path
            yield problem("JS154", field, found=position, other=first[position], free=free)
        first.setdefault(position, show)
