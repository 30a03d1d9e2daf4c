"""What the gate shall find in the encoded file, worked out from what it shall be."""

from fractions import Fraction

from runner.media.facts import Facts
from runner.plan import sound, timing
from runner.plan.common import Common
from runner.plan.model import Expectation, WrapIntent
from runner.plan.setting import Setting

# An AAC or Opus track is padded to whole packets, and FFmpeg may round a track's end to one more.
_SOUND_SLACK = Fraction(1, 10)


def expectation(
    setting: Setting, facts: Facts, shared: Common, carried: WrapIntent, frames: int, off: int, seconds: Fraction
) -> Expectation:
    """Return what the gate measures, given how many frames the output has, by how many that may be off, its length."""
    seen, lengths = shared.picture, sound.lengths(facts, setting.sound, seconds)
    return Expectation(
        frames=frames,
        frames_off=off,
        rate=seen.rate,
        seconds=seconds,
        longest=_longest(facts, shared, seconds, lengths),
        codec=setting.recipe.decodes_as,
        width=seen.width,
        height=seen.height,
        sar=seen.sar,
        pixel_format=seen.pixel_format,
        timecode=carried.timecode,
        channels=shared.channels,
        sounds=lengths,
        scan=seen.scan,
        colour=seen.colour,
        reel=carried.reel,
        sample_rates=shared.sample_rates,
        target=shared.target,
    )


def _longest(facts: Facts, shared: Common, seconds: Fraction, lengths: tuple[Fraction | None, ...]) -> Fraction | None:
    """Return what the file may last with its sound, in seconds; None where the length of a track is not known."""
    known = [length for length in lengths if length is not None]
    if len(known) != len(lengths):
        return None
    longest = max([timing.shown(facts, shared.picture, seconds), *known]) + _SOUND_SLACK
    return longest + abs(facts.offset) / timing.speed(facts.picture, shared.picture) if facts.offset else longest
