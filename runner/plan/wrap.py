"""What the file around picture and sound carries: container, start timecode, reel."""

from fractions import Fraction
from pathlib import PurePosixPath

from runner.errors import Problem, problem
from runner.media.facts import Facts
from runner.plan.model import WrapIntent
from runner.plan.recipes import MUXING
from runner.spec.codecs import CONTAINERS
from runner.spec.location import parse_location
from runner.spec.rates import Timecode, can_drop, parse_timecode, rate_label

_MIDNIGHT = "00:00:00:00"
# Containers with a timecode track of their own; the others carry it as a tag of stream and file.
_TRACK = frozenset(("mov", "mp4", "mxf"))
# Both hold the reel beside the timecode: a mov in that very track, so that without the one there is none of the other.
_REEL = {"mov": "-metadata:s:v:0", "mxf": "-metadata"}
# What FFmpeg would copy by itself: timecodes and UMIDs of an MXF's sound tracks, into a mkv whose picture says another
# one; chapters, which become a text track. All that is meant to be kept is said by name.
_NOTHING_COPIED = ("-map_metadata", "-1", "-map_metadata:s", "-1", "-map_chapters", "-1")
# MXF has edit rates of its own (SMPTE ST 377-1): FFmpeg refuses all others, and of 119.88 it makes 120 (measured).
_MXF_RATES = frozenset(
    (
        *(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60)),
        *(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 72, 90, 96, 100, 120)),
    )
)


def timecode_of(facts: Facts, rate: Fraction, *, retimed: bool = False) -> Timecode | None:
    """Return the start timecode at the output's rate. Raises ValueError for one that does not exist.

    A resampled picture begins at the same instant. One that is re-timed keeps what its clock shows, as editors see it
    who conform 25 to 24: its frames are the same, only longer.
    """
    if facts.timecode is None:
        return None
    code = parse_timecode(facts.timecode, facts.picture.rate)
    return code.shown_at(rate) if retimed else code.at(rate)


def intend(container: str, facts: Facts, code: Timecode | None) -> WrapIntent:
    """Return what the file shall carry; `code` is the start timecode at the output's rate."""
    written = str(code) if code else _MIDNIGHT if container == "mxf" else None
    return WrapIntent(
        container=container,
        timecode=written,
        reel=facts.reel if container in _REEL and written else None,
        clip=facts.clip,
        created=facts.created,
    )


def options(intent: WrapIntent, source: str) -> tuple[str, ...]:
    """Return the muxer's arguments, timecode and reel the way this container wants them."""
    return (
        *MUXING[intent.container],
        *_NOTHING_COPIED,
        *(_timecode(intent.container, intent.timecode) if intent.timecode else ()),
        *((_REEL[intent.container], f"reel_name={intent.reel}") if intent.reel else ()),
        *_named(intent, source),
        *(("-metadata", f"creation_time={intent.created}") if intent.created else ()),
        *("-f", CONTAINERS[intent.container].muxer),
    )


def _named(intent: WrapIntent, source: str) -> tuple[str, ...]:
    """Return the clip's name as the container has it; MXF always has one, which Avid shows in its bins."""
    if intent.container == "mxf":
        return ("-metadata", f"material_package_name={intent.clip or _stem(source)}")
    return ("-metadata", f"title={intent.clip}") if intent.clip else ()


def _stem(source: str) -> str:
    """Return the clip's name: its file's, without root, folders and extension."""
    return PurePosixPath(parse_location(source).path).stem


def _timecode(container: str, code: str) -> tuple[str, ...]:
    if container in _TRACK:
        return ("-timecode", code)
    return ("-metadata:s:v:0", f"timecode={code}", "-metadata", f"timecode={code}")


_SAY = 'say the right one for this clip: {path: …, timecode: "01:00:00:00"}, or timecode: none'


def refusals(source: str, facts: Facts, container: str, rate: Fraction, *, retimed: bool = False) -> list[Problem]:
    """Return why the file cannot carry what it must."""
    found = []
    try:
        timecode_of(facts, rate, retimed=retimed)
    except ValueError:
        remedy = f"{_why(facts.timecode or '', facts.picture.rate)}; {_SAY}"
        clock = rate_label(rate if retimed else facts.picture.rate)
        found.append(problem("JS073", source=source, found=facts.timecode, rate=clock, remedy=remedy))
    if container == "mxf" and rate not in _MXF_RATES:
        remedy = "use mov or mkv, or an explicit rate"
        found.append(problem("JS075", source=source, rate=rate_label(rate), container=container, remedy=remedy))
    return found


def _why(code: str, rate: Fraction) -> str:
    """Return what is wrong with a code at a rate, in words."""
    if (";" in code or "." in code) and not can_drop(rate):
        return "drop-frame counting exists at multiples of 29.97 only"
    return "no clock shows that"


def losses(facts: Facts, intent: WrapIntent, rate: Fraction) -> list[str]:
    """Return what the file does not carry, in words."""
    found = []
    if facts.reel and not intent.reel:
        without = " without a timecode" if intent.container in _REEL else ""
        found.append(f"reel {facts.reel} is not carried by {intent.container}{without}")
    if facts.other_timecodes:
        others = ", ".join(facts.other_timecodes)
        found.append(f"the file has more than one timecode; {facts.timecode} is taken, {others} is not")
    if facts.timecode is None and intent.timecode:
        found.append(f"the source has no timecode; {intent.container} always has one, {intent.timecode} is written")
    if facts.timecode and rate != facts.picture.rate:
        found.append(f"start timecode {facts.timecode} becomes {intent.timecode} at {rate_label(rate)}")
    return found
