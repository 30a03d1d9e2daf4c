"""The facts of a source: what planning may know of a file. How they are learnt is the probe's business."""

from fractions import Fraction
from typing import Literal

from runner.canonical import Value

# Demuxers of files that cameras, recorders and editors write. What is not here (playlists, concat lists,
# subtitles with file references) could open other files; FFmpeg and PyAV get the same list.
FORMATS = (
    *("mov", "matroska", "mxf", "mpegts", "mpeg", "avi", "dv", "gxf", "asf", "flv", "ogg", "ivf", "h264", "hevc"),
    *("wav", "aiff", "mp3", "flac", "aac"),  # so that a sound file is told what it lacks: a picture
)

Scan = Literal["progressive", "tff", "bff"]


class Content(Value, frozen=True, kw_only=True):
    """Identity of a file's content: size in bytes and a sampled digest; never path, mtime or inode."""

    size: int
    sample: str


class Colour(Value, frozen=True, kw_only=True):
    """Colour tags in FFmpeg's names; None where the source says nothing, which stays unsaid."""

    primaries: str | None = None
    transfer: str | None = None
    matrix: str | None = None
    range: Literal["tv", "pc"] | None = None


class Picture(Value, frozen=True, kw_only=True):
    """The one picture that is encoded. Width, height and SAR are as coded, before `rotation` is applied.

    `stream` counts the real pictures of the file from 0; `rotation` is clockwise degrees (0, 90, 180, 270) that
    a player turns the picture by; `rate` is frames a second, exact, and nominal when not `constant`;
    `counted` says how `frames` was learnt: from an index, from packets, or by decoding; `seconds` is the length of
    a picture whose rate is not constant.
    """

    stream: int = 0
    codec: str
    width: int
    height: int
    sar: Fraction
    rotation: int = 0
    pixel_format: str
    depth: int
    alpha: bool = False
    rgb: bool = False
    rate: Fraction
    constant: bool = True
    frames: int
    counted: Literal["index", "packets", "decoded"]
    seconds: Fraction | None = None
    scan: Scan
    colour: Colour


class Sound(Value, frozen=True, kw_only=True):
    """One audio track: rate in Hz, FFmpeg's layout name or None when unlabelled, seconds when the file says so.

    `stream` counts all audio tracks of the file from 0, also those that cannot be decoded.
    """

    stream: int = 0
    codec: str
    sample_rate: int
    channels: int
    layout: str | None = None
    language: str | None = None
    title: str | None = None
    seconds: Fraction | None = None


class Facts(Value, frozen=True, kw_only=True):
    """What is true of a source file. `format` is FFmpeg's demuxer; `ignored` names streams that no output takes."""

    content: Content
    format: str
    picture: Picture
    sound: tuple[Sound, ...] = ()
    timecode: str | None = None
    reel: str | None = None
    ignored: tuple[str, ...] = ()

    @property
    def seconds(self) -> Fraction:
        """Length of the picture in seconds."""
        return self.picture.seconds or self.picture.frames / self.picture.rate
