"""What the tags of a file say: its start timecode, reel and clip name. Keys are compared in small letters."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from runner.spec.rates import Timecode, parse_timecode

# Each in order of trust. Where two streams carry one, the picture's own counts before any other.
_REELS = (
    "reel_name",  # the source reference of a tmcd track (QuickTime), the tape package of an MXF, REEL_NAME of a mkv
    "com.apple.proapps.reel",  # Final Cut's key, written by DJI, Z CAM and Atomos
    "reel",
    "tape",
)
_CLIPS = (
    "material_package_name",  # MXF: the clip as Avid shows it (SMPTE ST 377-1)
    "com.apple.proapps.clipname",
    "com.apple.proapps.clipfilename",  # DJI
    "com.apple.proapps.clipid",  # Z CAM, P2 cards imported by Final Cut
    "clip_name",
)
# A UMID (SMPTE ST 330), which Resolve writes where the reel belongs: no name that a person gave.
_UMID = re.compile(r"(?:0x)?060a2b34[0-9a-f]{16,}", re.IGNORECASE)
_CREATED = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z", re.ASCII)
_DROP = re.compile(r"(\d{2}:\d{2}:\d{2})[.;](\d{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of a file, those nearest to the picture first."""

    holders: tuple[dict[str, str], ...]

    def first(self, names: Iterable[str]) -> str | None:
        """Return the first of these tags that is a name."""
        found = (holder[name] for name in names for holder in self.holders if holder.get(name))
        return next((value for value in found if not _UMID.fullmatch(value)), None)

    @property
    def reel(self) -> str | None:
        """The reel, or tape, that the recording is on."""
        return self.first(_REELS)

    @property
    def clip(self) -> str | None:
        """The name that the camera or the editor gave to the clip."""
        return self.first(_CLIPS)

    @property
    def created(self) -> str | None:
        """When the recording began by the camera's clock: of the file, for its streams repeat it."""
        told = self.holders[-1].get("creation_time", "")
        return told if _CREATED.fullmatch(told) else None


def tags_of(container: Any, picture: Any, others: Iterable[Any]) -> Tags:
    """Return the tags of the picture, of other streams, and of the file, in this order."""
    every = [picture.metadata, *(stream.metadata for stream in others), container.metadata]
    return Tags(tuple({key.lower(): value.strip() for key, value in each.items()} for each in every))


def timecodes(tags: Tags, sound: Sequence[Any], rate: Fraction) -> tuple[str | None, tuple[str, ...]]:
    """Return the start timecode and those that disagree with it, in order of trust.

    1. the picture's: FFmpeg writes there what the timecode track says that a mov ties to it, and the source package
       of an MXF, which is what Avid and Resolve show;
    2. other tracks of timecode: a mov may tie one to nothing;
    3. the file's: what remuxing leaves standing when it renews the picture's, and the other way round in mkv;
    4. BWF `time_reference` of the sound: it says when sound was recorded, by a clock that need not be the picture's.
    """
    told = [normal for holder in tags.holders if (normal := normal_timecode(holder.get("timecode", "")))]
    codes = list(dict.fromkeys(told))
    for code in _of_samples(tags, sound, rate):
        if not codes or not _same(codes[0], code, rate):
            codes.append(str(code))
    return (codes[0] if codes else None), tuple(codes[1:])


def normal_timecode(code: str) -> str:
    """Return a code with ";" before the frames where it drops: some writers set a point there."""
    return _DROP.sub(r"\1;\2", code)


def _same(told: str, code: Timecode, rate: Fraction) -> bool:
    try:
        return parse_timecode(told, rate).frames == code.frames
    except ValueError:
        return False


def _of_samples(tags: Tags, sound: Sequence[Any], rate: Fraction) -> Iterator[Timecode]:
    """Yield what the sound's recorder wrote: samples since midnight. 0 is what stands there when it knew no time."""
    told_by = [{key.lower(): value for key, value in stream.metadata.items()} for stream in sound]
    references = [each.get("time_reference") for each in told_by] + [tags.first(["time_reference"])]
    told = next((text for text in references if text and text.isascii() and text.isdecimal()), "0")
    if sound and len(told) <= 15 and int(told):
        yield Timecode.from_samples(int(told), sound[0].codec_context.sample_rate, rate)
