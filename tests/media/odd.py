"""Clips as cameras, recorders and remuxers leave them: each with what makes it odd, and the truth about it.

`ODD` maps a name to an `Odd`; `made(name, folder)` makes the clip. Frames are not among the truths: count them by
`tests.clips.decoded_frames`, which is FFmpeg's own count.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tests.clips import clip, ffmpeg
from tests.media.paff import paff

H264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "12")
OPEN_GOP = (*H264, "-x264opts", "open-gop=1:bframes=3:b-adapt=0:scenecut=0")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-tag:v", "hvc1")
OPEN_HEVC = (*HEVC, "-x265-params", "log-level=none:keyint=12:min-keyint=12:open-gop=1:bframes=3:scenecut=0")
MPEG2 = ("-c:v", "mpeg2video", "-pix_fmt", "yuv422p", "-g", "12")
XDCAM = (*MPEG2, "-bf", "2", "-b:v", "5M")
FIELDS = ("-flags", "+ildct+ilme")
FILM, NTSC, FAST = Fraction(24000, 1001), Fraction(30000, 1001), Fraction(60000, 1001)


@dataclass(frozen=True, slots=True)
class Odd:
    """A clip: its file name, how it is made, and its true rate, whether that is constant, and scan."""

    name: str
    make: Callable[[Path], Path]
    rate: Fraction = Fraction(25)
    constant: bool = True
    scan: str = "progressive"


def copied(source: Path, path: Path, *before: str, after: tuple[str, ...] = ()) -> Path:
    """Remux the picture of a clip without encoding it."""
    ffmpeg(*before, "-i", f"file:{source}", "-map", "0:V:0", *after, "-c", "copy", f"file:{path}")
    return path


def cut(path: Path, *encode: str, end: str = "9") -> Path:
    """Cut between two key frames without encoding: mov and mp4 say so in an edit list.

    An end within the clip leaves a hole before the last frame where there are B-frames: they come in coded order.
    """
    source = clip(path.with_name(f"whole-{path.name}"), seconds=1.4, encode=encode)
    return copied(source, path, "-ss", "0.6", "-t", end)


def shifted(path: Path, seconds: float, *encode: str) -> Path:
    """Let the clock begin elsewhere than at 0."""
    source = clip(path.with_name("at-zero.mov"), seconds=1, encode=encode)
    return copied(source, path, after=("-output_ts_offset", str(seconds), "-avoid_negative_ts", "disabled"))


def missing(path: Path, which: str, rate: str = "25", seconds: float = 1, encode: tuple[str, ...] = H264) -> Path:
    """Leave frames out, as a recorder that was too slow does."""
    extra = ("-vf", f"select='not({which})'", "-fps_mode", "passthrough")
    return clip(path, rate=rate, seconds=seconds, encode=encode, extra=extra)


def fields(path: Path, order: str, *encode: str, size: str = "320x180") -> Path:
    """Encode in fields, the top or the bottom one first."""
    options = ("-x264opts", f"{order}=1") if "libx264" in encode else ()
    return clip(path, size=size, encode=(*encode, *FIELDS, *options), extra=("-vf", f"setfield={order}"))


def relabelled(path: Path, says: bytes, make: Callable[[Path], Path]) -> Path:
    """Change what the `fiel` atom of a mov says of its fields, and leave the frames as they are."""
    data = bytearray(make(path).read_bytes())
    place = data.index(b"fiel") + 4
    data[place : place + 2] = says
    path.write_bytes(data)
    return path


def screen(path: Path) -> Path:
    """Record a screen as operating systems do: no frame where nothing moves, and a header that says 60."""
    return missing(path, "gt(mod(n,60),20)", rate="60", seconds=6)


def long_last(path: Path) -> Path:
    """Let the last frame stay for a second, as phones do when sound ends later than the picture."""
    source = clip(path.with_name("plain.mov"), rate="30000/1001", encode=H264)
    return copied(source, path, after=("-bsf:v", "setts=duration=if(eq(N\\,11)\\,30000\\,DURATION)"))


def opatom(path: Path) -> Path:
    """Wrap one essence as Avid does: a file for the picture alone."""
    encode = ("-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p", "-f", "mxf_opatom")
    return clip(path, size="640x360", encode=encode, rate="24000/1001")


def begun_late(path: Path) -> Path:
    """Record a transport stream as a receiver does that is switched on between two key frames."""
    data = clip(path, seconds=1.2, encode=H264).read_bytes()
    path.write_bytes(data[len(data) // 188 // 4 * 188 :])
    return path


def joined(path: Path) -> Path:
    """Join two transport streams end to end: the clock begins again in the middle."""
    data = [clip(path.with_name(name), seconds=1.6, encode=H264).read_bytes() for name in ("one.ts", "two.ts")]
    path.write_bytes(b"".join(data))
    return path


def one_of_another_kind(path: Path) -> Path:
    """Begin with a progressive frame, go on in fields."""
    first = clip(path.with_name("one.m2v"), seconds=0.04, encode=("-c:v", "mpeg2video"))
    others = fields(path.with_name("others.m2v"), "tff", "-c:v", "mpeg2video")
    both = path.with_name("both.m2v")
    both.write_bytes(first.read_bytes() + others.read_bytes())
    return copied(both, path, "-fflags", "+genpts", "-f", "mpegvideo", "-r", "25")


def with_aperture(path: Path, entry: bytes, width: int, height: int) -> Path:
    """Give a mov a clean aperture (clap), as cameras and Final Cut do, in the middle of its picture."""
    data = bytearray(path.read_bytes())
    begin = data.rindex(entry) - 4
    size = int.from_bytes(data[begin : begin + 4], "big")
    box = struct.pack(">I4s8I", 40, b"clap", width, 1, height, 1, 0, 1, 0, 1)
    data[begin + size : begin + size] = box
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", entry):
        place = data.rindex(kind, 0, begin + 8) - 4
        data[place : place + 4] = (int.from_bytes(data[place : place + 4], "big") + len(box)).to_bytes(4, "big")
    path.write_bytes(data)
    return path


ODD: dict[str, Odd] = {
    "mov cut into an edit list": Odd("a.mov", lambda path: cut(path, *H264, "-bf", "0")),
    "mov with B-frames cut into an edit list": Odd("a.mov", lambda path: cut(path, *H264, "-bf", "2")),
    "mp4 with B-frames cut into an edit list": Odd("a.mp4", lambda path: cut(path, *H264, "-bf", "2")),
    "mov cut between B-frames at its end": Odd(
        "a.mov", lambda path: cut(path, *H264, "-bf", "2", end="0.6"), constant=False
    ),
    "mov cut within an open GOP": Odd("a.mov", lambda path: cut(path, *OPEN_GOP)),
    "mkv cut within an open GOP": Odd("a.mkv", lambda path: cut(path, *OPEN_GOP)),
    "transport stream cut within an open GOP": Odd("a.ts", lambda path: cut(path, *OPEN_GOP)),
    "HEVC mp4 cut within an open GOP": Odd("a.mp4", lambda path: cut(path, *OPEN_HEVC)),
    "HEVC mkv cut within an open GOP": Odd("a.mkv", lambda path: cut(path, *OPEN_HEVC)),
    "XDCAM cut within an open GOP": Odd("a.mxf", lambda path: cut(path, *XDCAM)),
    "MPEG-2 transport stream cut within an open GOP": Odd("a.ts", lambda path: cut(path, *XDCAM)),
    "mkv whose clock begins below 0": Odd("a.mkv", lambda path: shifted(path, -0.5, *H264, "-bf", "2")),
    "mov whose clock begins below 0": Odd("a.mov", lambda path: shifted(path, -0.5, *H264, "-bf", "2")),
    "mkv whose clock begins late": Odd("a.mkv", lambda path: shifted(path, 3, *H264)),
    "mov whose clock begins late": Odd("a.mov", lambda path: shifted(path, 3, *H264, "-bf", "2")),
    "transport stream whose clock wraps": Odd("a.ts", lambda path: shifted(path, 95443.2, *H264)),
    "transport stream begun between key frames": Odd("a.ts", begun_late),
    "transport streams joined end to end": Odd("a.ts", joined),
    "MPEG-2 in fields whose first frame is progressive": Odd("a.mov", one_of_another_kind, scan="tff"),
    "mp4 in fragments": Odd(
        "a.mp4", lambda path: clip(path, encode=H264, seconds=1, extra=("-movflags", "frag_keyframe+empty_moov"))
    ),
    "mp4 in fragments with B-frames": Odd(
        "a.mp4",
        lambda path: clip(path, encode=(*H264, "-bf", "2"), seconds=1, extra=("-movflags", "frag_every_frame")),
    ),
    "mkv of 23.976 in milliseconds": Odd("a.mkv", lambda path: clip(path, rate="24000/1001", seconds=2), FILM),
    "mkv of 59.94 in milliseconds": Odd("a.mkv", lambda path: clip(path, rate="60000/1001", seconds=1), FAST),
    "mov of 59.94 in a coarse clock": Odd(
        "a.mov",
        lambda path: clip(path, rate="60000/1001", seconds=2, extra=("-video_track_timescale", "600")),
        FAST,
    ),
    "mp4 whose last frame stays": Odd("a.mp4", long_last, NTSC),
    "mov that lacks a frame in the middle": Odd("a.mov", lambda path: missing(path, "eq(n,12)"), constant=False),
    "mkv that lacks a frame in the middle": Odd(
        "a.mkv", lambda path: missing(path, "eq(n,12)", rate="30000/1001"), NTSC, constant=False
    ),
    "screen recording in mov": Odd("a.mov", screen, Fraction(60), constant=False),
    "screen recording in mkv": Odd("a.mkv", screen, Fraction(60), constant=False),
    "mpeg4 with B-frames in avi": Odd("a.avi", lambda path: clip(path, encode=("-c:v", "mpeg4", "-bf", "2"))),
    "VP8 with alternate reference frames": Odd(
        "a.webm",
        lambda path: clip(path, seconds=2, encode=("-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "16")),
    ),
    "OP-Atom": Odd("a.mxf", opatom, FILM),
    "XDCAM interlaced": Odd("a.mxf", lambda path: fields(path, "tff", *XDCAM, size="720x576"), scan="tff"),
    "H.264 MBAFF, top first": Odd("a.mov", lambda path: fields(path, "tff", *H264), scan="tff"),
    "H.264 MBAFF, bottom first, in a transport stream": Odd(
        "a.ts", lambda path: fields(path, "bff", *H264), scan="bff"
    ),
    "DNxHD of a mov without field atom": Odd(
        "a.mov",
        lambda path: fields(path, "bff", "-c:v", "dnxhd", "-b:v", "120M", "-pix_fmt", "yuv422p", size="1920x1080"),
        scan="bff",
    ),
    "DV in a mov that is called progressive": Odd(
        "a.mov",
        lambda path: clip(path, size="720x576", encode=("-c:v", "dvvideo", "-pix_fmt", "yuv420p")),
        scan="bff",
    ),
    "progressive ProRes that is called interlaced": Odd(
        "a.mov", lambda path: relabelled(path, b"\2\x09", lambda file: clip(file, encode=("-c:v", "prores_ks")))
    ),
    "interlaced ProRes that is called progressive": Odd(
        "a.mov",
        lambda path: relabelled(path, b"\1\0", lambda file: fields(file, "tff", "-c:v", "prores_ks")),
        scan="tff",
    ),
    "interlaced v210, whose frames say nothing": Odd(
        "a.mov", lambda path: fields(path, "bff", "-c:v", "v210"), scan="bff"
    ),
    "PAFF in a transport stream": Odd("a.ts", paff, scan="tff"),
    "PAFF in mkv": Odd("a.mkv", paff, scan="tff"),
    "PAFF in mov": Odd("a.mov", paff, scan="tff"),
    "PAFF, bottom first": Odd("a.ts", lambda path: paff(path, top_first=False), scan="bff"),
}


def made(name: str, folder: Path) -> Path:
    """Make the clip of this name in a folder."""
    return ODD[name].make(folder / ODD[name].name)
