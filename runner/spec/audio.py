"""The field `audio` as a value, and which container holds which sound."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import Problem, problem
from runner.spec.own import NONE
from runner.spec.pairs import mapping_of

PRESERVE = "preserve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """What a source's sound shall be; None where the container's first choice, or the source's channels, stand.

    `sample_rate` is in Hz; `channels` are those of each track; not `kept` means that the output has no sound.
    """

    kept: bool = True
    codec: str | None = None
    sample_rate: int | None = None
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """The sound codecs that a container holds, the first being its own choice, and why it holds no others."""

    codecs: tuple[str, ...]
    why: str


# Measured with FFmpeg 5.1.9 and 9.0.2: what is listed was written and read back, the rest was refused for the reason
# given (tests/acceptance/test_sound.py repeats both with the bundled build, but for the faults of 5.1 in mp4).
HOLDS: Mapping[str, Holds] = {
    "mov": Holds(("pcm_s24le", "pcm_s16le", "aac"), "QuickTime has no agreed sample entry for Opus and FLAC"),
    "mp4": Holds(
        ("aac", "opus"), "FFmpeg 5.1 misreads PCM in mp4 and writes FLAC only as an experiment; mov and mkv hold PCM"
    ),
    "mkv": Holds(("pcm_s24le", "pcm_s16le", "aac", "opus", "flac"), ""),
    "webm": Holds(("opus",), "WebM is Opus or Vorbis by definition"),
    "mxf": Holds(("pcm_s24le", "pcm_s16le"), "FFmpeg knows no MXF essence mapping for compressed sound"),
}
# Rates in Hz; a codec or container that is not named takes any. FFmpeg's encoders refuse the others.
CODEC_RATES: Mapping[str, tuple[int, ...]] = {
    "aac": (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000),
    "opus": (48000,),
}
CONTAINER_RATES: Mapping[str, tuple[int, ...]] = {"mxf": (48000,)}


def parse_audio(value: Any) -> Audio:
    """Read the field as a word, a mapping, or its pairs; the schema has judged it."""
    if isinstance(value, str):
        return Audio(kept=value != NONE)
    return Audio(**dict(mapping_of(value)))


def audio_of(own: Any, spec: Any) -> Audio:
    """Return what holds for one source: the word of its own entry, where it has one, replaces the spec's."""
    return parse_audio(spec if own is None else own)


def rates_of(codec: str, container: str) -> tuple[int, ...]:
    """Return the sample rates in Hz that a codec has in a container; none listed means any."""
    return CONTAINER_RATES.get(container) or CODEC_RATES.get(codec, ())


def judge_audio(value: Any, container: str) -> Iterator[Problem]:
    """Yield why a container cannot hold the sound that is asked for, each with its path below the field."""
    audio, holds = parse_audio(value), HOLDS[container]
    codec = audio.codec or holds.codecs[0]
    if codec not in holds.codecs:
        yield problem("JS140", ("codec",), found=codec, container=container, reason=holds.why, legal=holds.codecs)
        return
    rates = rates_of(codec, container)
    if audio.sample_rate and rates and audio.sample_rate not in rates:
        found = str(audio.sample_rate)
        yield problem("JS141", ("sample_rate",), found=found, codec=codec, container=container, legal=map(str, rates))
