"""The facts of a source: what planning may know of a file. How they are learnt is the probe's business."""

from fractions import Fraction
from typing import Annotated, Literal

import msgspec

from runner.canonical import Value

# Demuxers of files that cameras, recorders and editors write. What is not here (playlists, concat lists,
# subtitles with file references) could open other files; FFmpeg and PyAV get the same list.
FORMATS = (
    *("mov", "matroska", "mxf", "mpegts", "mpeg", "avi", "dv", "gxf", "asf", "flv", "ogg", "ivf", "h264", "hevc"),
    *("wav", "aiff", "mp3", "flac", "aac"),  # so that a sound file is told what it lacks: a picture
)

# The demuxer of image sequences. Not among the above: it opens whatever its pattern names.
IMAGES = "image2"

# Twice 8K UHD: a decoder told to allocate more than this is fed with nonsense.
MOST_PIXELS = 16384 * 8192

Scan = Literal["progressive", "tff", "bff"]
# What is read back from a lock or a saved plan may be a stranger's. Names stand in filter graphs, where a comma could
# open other files; text stands among FFmpeg's arguments, which end at a NUL; sizes are multiplied and divided.
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=2**31)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}\Z")]
# FFmpeg knows 64 loudspeakers; a filter has a word for each channel.
Channels = Annotated[int, msgspec.Meta(ge=0, le=1024)]
Layout = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9 .()+@_-]{1,256}\Z")]
Text = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*\Z")]
_MOST, _FINEST = 10**12, 10**24


def _measurable(**values: Fraction | None) -> None:
    """Raise ValueError for a fraction that nobody can have measured: floats would not hold what is made of it."""
    for name, value in values.items():
        if value is None:
            continue
        # In whole numbers: a fraction is slow to compare, and a large lock holds a hundred thousand of them.
        top, bottom = abs(value.numerator), value.denominator
        if top >= _MOST * bottom or bottom >= _FINEST:
            raise ValueError(f"{name} is out of all measure")


class Content(Value, frozen=True, kw_only=True):
    """Identity of a file's content: size in bytes and a sampled digest; never path, mtime or inode."""

    size: Count
    sample: str


class Colour(Value, frozen=True, kw_only=True):
    """Colour tags in FFmpeg's names; None where the source says nothing, which stays unsaid."""

    primaries: Name | None = None
    transfer: Name | None = None
    matrix: Name | None = None
    range: Literal["tv", "pc"] | None = None


class Picture(Value, frozen=True, kw_only=True):
    """The one picture that is encoded. Width, height and SAR are as coded, before `rotation` is applied.

    `stream` counts the real pictures of the file from 0; `rotation` is clockwise degrees (0, 90, 180, 270) that
    a player turns the picture by; `rate` is frames a second, exact, and nominal when not `constant`;
    `counted` says how `frames` was learnt: from an index, from packets, or by decoding; `seconds` is the length of
    a picture where frames and rate do not say it: its rate is not constant, or its last frame stays.
    """

    stream: Count = 0
    codec: Name
    width: Positive
    height: Positive
    sar: Fraction
    rotation: Literal[0, 90, 180, 270] = 0
    pixel_format: Name
    depth: Count
    alpha: bool = False
    rgb: bool = False
    rate: Fraction
    constant: bool = True
    frames: Positive
    counted: Literal["index", "packets", "decoded"]
    seconds: Fraction | None = None
    scan: Scan
    colour: Colour

    def __post_init__(self) -> None:
        _measurable(rate=self.rate, sar=self.sar, seconds=self.seconds)
        if min(self.rate.numerator, self.sar.numerator) <= 0:
            raise ValueError("rate and sar are above 0")


class Sound(Value, frozen=True, kw_only=True):
    """One audio track: rate in Hz, FFmpeg's layout name or None when unlabelled, seconds when the file says so.

    `stream` counts all audio tracks of the file from 0, also those that cannot be decoded.
    """

    stream: Count = 0
    codec: Name
    sample_rate: Count
    channels: Channels
    layout: Layout | None = None
    language: Text | None = None
    title: Text | None = None
    seconds: Fraction | None = None

    def __post_init__(self) -> None:
        _measurable(seconds=self.seconds)


class Sequence(Value, frozen=True, kw_only=True):
    """How the files of an image sequence are counted: the first one's number, and its least digits (0: as they are)."""

    first: Annotated[int, msgspec.Meta(ge=0, lt=10**9)]
    digits: Annotated[int, msgspec.Meta(ge=0, le=9)]


class Facts(Value, frozen=True, kw_only=True):
    """What is true of a source file. `format` is FFmpeg's demuxer; `ignored` names streams that no output takes.

    `offset` is the time in seconds by which the picture begins after the sound (before it, when negative), where
    that is more than half a frame. `other_timecodes` are those found beside `timecode` that disagree with it, most
    trusted first. `clip` is the name a camera or editor gave to the recording, `created` the time it was made, as
    ISO 8601 in UTC. `sequence` is set when the source is
    an image sequence: its picture's rate is then 25 unless its files name one, and the spec has to say what it is.
    """

    content: Content
    format: str
    picture: Picture
    sound: tuple[Sound, ...] = ()
    timecode: Text | None = None
    reel: Text | None = None
    ignored: tuple[Text, ...] = ()
    offset: Fraction | None = None
    other_timecodes: tuple[Text, ...] = ()
    clip: Text | None = None
    created: Text | None = None
    sequence: Sequence | None = None

    def __post_init__(self) -> None:
        if not set(FORMATS if self.sequence is None else [IMAGES]) & set(self.format.split(",")):
            raise ValueError(f"{self.format} is not a format that sources have")
        _measurable(offset=self.offset)

    @property
    def seconds(self) -> Fraction:
        """Length of the picture in seconds."""
        return self.picture.seconds or self.picture.frames / self.picture.rate
