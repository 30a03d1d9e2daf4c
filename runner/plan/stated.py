"""Facts as their spec states them: what a source cannot say of itself, or says wrongly, its entry says."""

from msgspec.structs import replace

from runner.media.facts import Facts, Picture
from runner.spec.colour import TRANSFERS
from runner.spec.model import JobSpec
from runner.spec.own import NONE, Own
from runner.spec.rates import parse_rate
from runner.spec.sources import Clip


def stated(facts: Facts, spec: JobSpec, clip: Clip) -> Facts:
    """Return the facts with the words of the spec in the place of the file's; the same when said twice."""
    code = clip.own.timecode or spec.timecode
    if code:
        facts = replace(facts, timecode=None if code == NONE else code, other_timecodes=())
    return replace(facts, picture=_picture(facts.picture, clip.own)) if clip.sequence else facts


def _picture(picture: Picture, own: Own) -> Picture:
    if own.transfer:
        picture = replace(picture, colour=replace(picture.colour, transfer=TRANSFERS[own.transfer]))
    return replace(picture, rate=parse_rate(own.rate)) if own.rate else picture
