"""Does the file hold what the plan promised? Measured on the encoded file, before it gets its final name."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from runner.errors import JobspecError
from runner.execution import process
from runner.execution.complaints import meaning
from runner.execution.weight import excess
from runner.media.facts import FORMATS, MOST_PIXELS, Colour, Facts
from runner.media.probe import probe_with_length
from runner.plan.model import Expectation
from runner.spec.rates import rate_label

Mode = Literal["full", "quick"]
# Half a frame: what a container's clock may round a length by, at either end.
_HALF = Fraction(1, 2)
# Seconds by which a track may be off: AAC and Opus come in packets of up to 60 ms, with one more to begin.
_SOUND_OFF = Fraction(1, 10)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate found: reasons to refuse the file, none if it is good; `stopped` when it was told to stop.

    `ended` is how the decoding ended where that was not the file's fault: killed, too slow, or out of memory; `excess`
    is the picture's data rate in bits a second where that is above the published one, which refuses nothing.
    """

    reasons: tuple[str, ...]
    stopped: bool = False
    ended: process.Ended | None = None
    excess: int | None = None


def decode(
    ffmpeg: Path,
    file: Path,
    log: Path,
    stop: threading.Event,
    limits: process.Limits | None = None,
    threads: int = 0,
) -> process.Ended:
    """Decode the whole file, picture and sound, and count its frames; 0 threads are as many as there are cores."""
    command = (
        *(str(ffmpeg), "-hide_banner", "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode"),
        *("-protocol_whitelist", "file", "-format_whitelist", ",".join(FORMATS), "-max_pixels", str(MOST_PIXELS)),
        *("-threads", str(threads)),
        *("-i", f"file:{file}", "-map", "0:V:0", "-map", "0:a?"),
        *("-fps_mode", "passthrough", "-f", "null", "-"),
    )
    return process.run(command, folder=file.parent, log=log, stop=stop, limits=limits)


def _frames(expects: Expectation, frames: int) -> Iterator[str]:
    if abs(frames - expects.frames) > expects.frames_off:
        about = f" ± {expects.frames_off}" if expects.frames_off else ""
        yield f"{frames} frames decode, {expects.frames}{about} were planned"


def _differences(expects: Expectation, facts: Facts) -> Iterator[str]:
    rates = tuple(track.sample_rate for track in facts.sound)
    picture, size = facts.picture, f"{facts.picture.width}x{facts.picture.height}"
    rates = tuple(track.sample_rate for track in facts.sound)  # plans that are older say nothing of them
    compared: tuple[tuple[str, object, object], ...] = (
        ("codec", picture.codec, expects.codec),
        ("size", size, f"{expects.width}x{expects.height}"),
        ("chroma", _chroma(picture.pixel_format), _chroma(expects.pixel_format)),
        ("sample aspect ratio", picture.sar, expects.sar),
        ("frame rate", rate_label(picture.rate), rate_label(expects.rate)),
        ("timecode", facts.timecode, expects.timecode),
        ("audio tracks", len(facts.sound), len(expects.channels)),
        ("audio channels", tuple(track.channels for track in facts.sound), expects.channels),
        ("sample rates", rates, expects.sample_rates or rates),
        ("scan", picture.scan, expects.scan or picture.scan),
        ("reel", facts.reel, expects.reel or facts.reel),
        *_colours(picture.colour, expects.colour or Colour()),
    )
    for what, found, planned in compared:
        if found != planned:
            yield f"{what} is {found}, {planned} was planned"
    if _bits(picture.pixel_format) < _bits(expects.pixel_format):
        yield f"pixel format is {picture.pixel_format}, {expects.pixel_format} was planned"


# Names of one thing: BT.601's matrix and its primaries have two, BT.709's curve four (ITU-T H.273), of which MXF has
# one each.
_ALIKE = {
    "primaries": {"smpte240m": "smpte170m"},
    "matrix": {"bt470bg": "smpte170m"},
    "transfer": {"smpte170m": "bt709", "bt2020-10": "bt709", "bt2020-12": "bt709"},
}


def _meant(what: str, name: str | None) -> str | None:
    return _ALIKE.get(what, {}).get(name or "", name)


def _colours(found: Colour, planned: Colour) -> Iterator[tuple[str, object, object]]:
    """Yield what is compared of colour, by what it means: only what was planned to be said."""
    named = (
        ("primaries", found.primaries, planned.primaries),
        ("transfer", found.transfer, planned.transfer),
        ("matrix", found.matrix, planned.matrix),
        ("range", found.range or planned.range, planned.range),  # some decoders do not say it, and mean limited
    )
    for what, there, wanted in named:
        if wanted:
            yield what, _meant(what, there), _meant(what, wanted)


def _chroma(pixel_format: str) -> str:
    """Return subsampling and alpha: "yuv422p10le" is yuv422, "yuva444p12le" is yuva444."""
    return pixel_format.replace("yuvj", "yuv").partition("p")[0]


def _bits(pixel_format: str) -> int:
    """Return bits a sample; some decoders give more than was encoded (ProRes 4444 comes out with 12)."""
    digits = re.search(r"p(\d+)", pixel_format)
    return int(digits[1]) if digits else 8


def _length(expects: Expectation, seconds: Fraction | None) -> Iterator[str]:
    """Compare the file's length: not shorter than the picture, not longer than picture or sound."""
    if seconds is None:
        return
    frame = (1 + expects.frames_off) / expects.rate
    if seconds < expects.seconds - frame * _HALF - expects.frames_off / expects.rate:
        yield f"it lasts {float(seconds):.3f} s, {float(expects.seconds):.3f} s were planned"
    elif expects.longest is not None and seconds > expects.longest + frame:
        yield f"it lasts {float(seconds):.3f} s, {float(expects.longest):.3f} s at most were planned"


def _sounds(expects: Expectation, facts: Facts) -> Iterator[str]:
    """Compare the length of each track where both the file and the plan know it."""
    for number, (track, planned) in enumerate(zip(facts.sound, expects.sounds, strict=False)):
        if track.seconds is not None and planned is not None and abs(track.seconds - planned) > _SOUND_OFF:
            yield f"audio track {number} lasts {float(track.seconds):.3f} s, {float(planned):.3f} s were planned"


def inspect(
    file: Path,
    expects: Expectation,
    ffmpeg: Path,
    log: Path,
    stop: threading.Event,
    *,
    mode: Mode = "full",
    limits: process.Limits | None = None,
    threads: int = 0,
) -> Verdict:
    """Return what is wrong with an encoded file: looks at its tags and counts, then (`full`) decodes all of it.

    `quick` believes the container's count of frames: it finds a wrong or a short file, not a damaged one.
    """
    try:
        facts, seconds = probe_with_length(file, file.name)
    except JobspecError as error:
        return Verdict(tuple(each.message for each in error.problems))
    heavy = excess(expects, file.stat().st_size)
    differences, lengths = _differences(expects, facts), [*_length(expects, seconds), *_sounds(expects, facts)]
    if mode == "quick":
        return Verdict((*differences, *_frames(expects, facts.picture.frames), *lengths), excess=heavy)
    ended = decode(ffmpeg, file, log, stop, limits, threads)
    if ended.stopped:
        return Verdict((), stopped=True)
    if ended.cut or ended.status < 0 or meaning(ended.complaint) == "memory":
        return Verdict((), ended=ended)
    reasons = [*differences, *_frames(expects, ended.frames), *lengths]
    if not ended.clean:
        reasons.append(f"it does not decode without complaint: {ended.complaint or ended.status}")
    return Verdict(tuple(reasons), excess=heavy)
