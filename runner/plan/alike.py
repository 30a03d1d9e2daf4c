"""Clips that are alike: all that is true of one but its content, length and labels, which no two clips share.

A camera's clips differ in little else, and nearly all that a plan says of one hangs on the rest. So that is worked out
once for all that are alike, by functions that are shown no more of a clip than this.
"""

from dataclasses import dataclass, field
from operator import attrgetter

from msgspec.structs import replace

from runner.media.facts import Content, Facts, Picture, Sound

# What is each clip's own. A fact that a later version adds tells clips apart until it is listed here.
_OWN: dict[type, frozenset[str]] = {
    Facts: frozenset(("content", "timecode", "other_timecodes", "reel", "clip", "created")),
    Picture: frozenset(("frames", "seconds")),
    Sound: frozenset(("seconds",)),
}
_NO_CONTENT = Content(size=0, sample="")


def _shared(of: type[Facts | Picture | Sound], *apart: str) -> "attrgetter[tuple[object, ...]]":
    return attrgetter(*(name for name in of.__struct_fields__ if name not in _OWN[of] and name not in apart))


_facts, _picture, _sound = _shared(Facts, "picture", "sound"), _shared(Picture), _shared(Sound)


@dataclass(frozen=True, slots=True)
class Alike:
    """A clip seen without what is its own: equal for clips that are alike."""

    shape: tuple[object, ...]
    _of: Facts = field(compare=False, repr=False)

    @property
    def facts(self) -> Facts:
        """The facts of a clip of this kind: one frame of no content, without timecode, reel and names."""
        plain = replace(
            self._of, content=_NO_CONTENT, timecode=None, other_timecodes=(), reel=None, clip=None, created=None
        )
        picture = replace(self._of.picture, frames=1, seconds=None)
        return replace(plain, picture=picture, sound=tuple(replace(track, seconds=None) for track in plain.sound))


def alike(facts: Facts) -> Alike:
    """Return what clips that are alike share."""
    return Alike((_facts(facts), _picture(facts.picture), *map(_sound, facts.sound)), facts)
