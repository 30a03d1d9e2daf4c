"""How facts are learnt: PyAV, in process, with FFmpeg's protocols and formats whitelisted."""

import hashlib
import os
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Literal

import av
import av.error

from runner.errors import JobspecError, Problem, problem
from runner.media.facts import FORMATS, Colour, Content, Facts, Picture, Scan, Sound
from runner.spec.presence import file_problem
from runner.spec.rates import HIGHEST, STANDARD_RATES, snapped

SAMPLES, SAMPLE_BYTES = 16, 1 << 16

# ITU-T H.273, by FFmpeg's names; 2 is "unspecified" and therefore absent.
PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
TRANSFERS = {
    1: "bt709",
    4: "gamma22",
    5: "gamma28",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
MATRICES = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    14: "ictcp",
}
RANGES: dict[int, Literal["tv", "pc"]] = {1: "tv", 2: "pc"}
# FFmpeg's AVFieldOrder: TT and TB begin with the top field, BB and BT with the bottom one.
SCANS: dict[int, Literal["tff", "bff"]] = {2: "tff", 4: "tff", 3: "bff", 5: "bff"}

# Camera RAW by what gives it away: extension, codec name or sample entry.
RAW = {
    ".r3d": "R3D (REDCODE RAW)",
    ".braw": "BRAW (Blackmagic RAW)",
    ".ari": "ARRIRAW",
    ".arx": "ARRIRAW",
    "arriraw": "ARRIRAW",
    "prores_raw": "ProRes RAW",
    "aprn": "ProRes RAW",
    "aprh": "ProRes RAW",
}
_DISCARDED = 2  # AVINDEX_DISCARD_FRAME: an edit list leaves this frame out


def content_of(path: Path) -> Content:
    """Return the content identity of a file: its size and SHA-256 over 16 blocks of 64 KiB, evenly spread."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        hashed = hashlib.sha256(str(size).encode())
        last = max(size - SAMPLE_BYTES, 0)
        for offset in sorted({last * step // (SAMPLES - 1) for step in range(SAMPLES)}):
            file.seek(offset)
            hashed.update(file.read(SAMPLE_BYTES))
    return Content(size=size, sample=f"sampled-sha256:{hashed.hexdigest()}")


def _raw(path: Path, stream: Any | None) -> str | None:
    hints = [path.suffix.lower()]
    if stream is not None:
        hints += [_codec(stream), str(getattr(stream.codec_context, "codec_tag", "")).lower()]
    return next((RAW[hint] for hint in hints if hint in RAW), None)


def _codec(stream: Any) -> str:
    context = stream.codec_context
    return str(context.codec.canonical_name) if context is not None else "unknown"


def _open(path: Path, text: str) -> Any:
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)}
    try:
        return av.open(f"file:{path}", options=options)
    except (av.error.FFmpegError, ValueError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        told = f"{reason}; it may be cut off, still being copied, or of another kind"
        raise JobspecError(problem("JS063", found=text, reason=told)) from None


def _attached(stream: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _index_times(stream: Any) -> list[int]:
    """Return the decoding times, in ticks, of the frames in the container's index; none when it is not complete."""
    entries = stream.index_entries
    if not stream.frames or len(entries) != stream.frames:
        return []
    return [entry.timestamp for entry in entries if not entry.flags & _DISCARDED]


def _packet_times(container: Any, stream: Any) -> tuple[list[int], bool]:
    """Return the showing times, in ticks, of all packets of a picture, and whether the first one is a key frame.

    Reads the whole file, and keeps no packet: a film is larger than the memory.
    """
    container.seek(0)
    packets = (packet for packet in container.demux(stream) if packet.size)
    seen = [(_shown_at(packet), packet.is_discard, packet.is_keyframe) for packet in packets]
    return [time for time, discarded, _ in seen if not discarded], not seen or seen[0][2]


def _shown_at(packet: Any) -> int:
    return packet.pts if packet.pts is not None else packet.dts or 0


def _constant(times: list[int]) -> bool:
    """Say whether all intervals are equal to a clock tick either way: a tick is the container's rounding.

    Where a tick is a whole frame (AVI), a tick more is a frame that was dropped.
    """
    ordered = sorted(times)
    deltas = [after - before for before, after in pairwise(ordered)]
    return not deltas or max(deltas) - min(deltas) <= min(1, min(deltas) - 1)


def _interval(times: list[int], tick: Fraction) -> Fraction:
    """Return the median interval between frames in seconds; 0 for fewer than two."""
    ordered = sorted(times)
    deltas = [after - before for before, after in pairwise(ordered)]
    return Fraction(median(deltas)) * tick if deltas else Fraction(0)


def _rate(stream: Any, interval: Fraction, constant: bool) -> Fraction | None:
    """Return frames a second: the header's where the intervals bear it out, else theirs; None if unknown.

    A header's average counts a longer last frame in, as phones write it, and then is no rate of the picture.
    """
    header, tick = stream.average_rate or stream.guessed_rate, Fraction(stream.time_base)
    named = snapped(Fraction(header)) if header else None
    if not interval or (constant and named and abs(1 / named - interval) <= tick):
        return named if named and named <= HIGHEST else None
    return _nominal(interval, tick, named)


def _nominal(interval: Fraction, tick: Fraction, named: Fraction | None) -> Fraction:
    """Return the rate that an interval of seconds stands for, rounded as it is to a clock tick.

    Matroska's milliseconds make 30.303 of 29.97. Of the standard rates within a tick it is the header's, if that is
    among them, else the nearest.
    """
    near = sorted((abs(1 / rate - interval), rate) for rate in STANDARD_RATES)
    fitting = [rate for off, rate in near if off < tick]
    if named in fitting:
        return named
    return fitting[0] if fitting else snapped(1 / interval)


def _fields(container: Any, stream: Any) -> bool:
    """Say whether packets may be fields: interlaced H.264 and MPEG-2 in transport and program streams."""
    return container.format.name in ("mpegts", "mpeg", "h264", "hevc") and _scan(stream, None) != "progressive"


def _scan(stream: Any, frame: Any | None) -> Scan:
    order = int(stream.codec_context.field_order or 0)
    if frame is not None and frame.interlaced_frame and order not in SCANS:
        return "tff"
    return SCANS.get(order, "progressive")


def _decoded(container: Any, stream: Any) -> int:
    container.seek(0)
    return sum(1 for _ in container.decode(stream))


def _count(container: Any, stream: Any) -> tuple[int, Literal["index", "packets", "decoded"], list[int]]:
    """Return the number of frames that decoding gives, how it was learnt, and their times in ticks."""
    times = _index_times(stream)
    if times and _constant(times):
        return len(times), "index", times
    if container.format.name == "mxf" and stream.duration and stream.average_rate:
        return round(stream.duration * stream.time_base * stream.average_rate), "index", []
    times, opens = _packet_times(container, stream)
    if _fields(container, stream):
        return _decoded(container, stream), "decoded", []  # a packet may hold one field only
    if not opens:
        return _decoded(container, stream), "decoded", times  # a recording begun between two key frames
    return len(times), "packets", times


def _first_frame(container: Any, stream: Any) -> Any | None:
    try:
        return next(container.decode(stream), None)
    except av.error.FFmpegError:
        return None


def _colour(context: Any, frame: Any, pixel_format: str) -> Colour:
    """Return the colour tags, those of the first frame before those of the header."""
    values = [
        next((int(value) for holder in (frame, context) if (value := getattr(holder, name, None)) in known), None)
        for name, known in _COLOUR_TABLES
    ]
    primaries, transfer, matrix, rng = values
    return Colour(
        primaries=PRIMARIES.get(primaries or 0),
        transfer=TRANSFERS.get(transfer or 0),
        matrix=None if matrix is None else MATRICES[matrix],
        range="pc" if pixel_format.startswith("yuvj") else RANGES.get(rng or 0),
    )


_COLOUR_TABLES: tuple[tuple[str, dict[int, Any]], ...] = (
    ("color_primaries", PRIMARIES),
    ("color_trc", TRANSFERS),
    ("colorspace", MATRICES),
    ("color_range", RANGES),
)


def _picture(container: Any, stream: Any, number: int, text: str) -> Picture:
    frame = _first_frame(container, stream)
    if frame is None:
        raise JobspecError(problem("JS067", found=text, what="a frame that can be decoded"))
    frames, counted, times = _count(container, stream)
    constant = _constant(times)
    tick = Fraction(stream.time_base)
    interval = _interval(times, tick)
    rate = _rate(stream, interval, constant)
    if not rate or not frames:
        raise JobspecError(problem("JS067", found=text, what="a frame rate" if frames else "frames"))
    context, form = stream.codec_context, frame.format
    sar = stream.sample_aspect_ratio or context.sample_aspect_ratio
    return Picture(
        stream=number,
        codec=_codec(stream),
        width=context.width,
        height=context.height,
        sar=Fraction(sar) if sar else Fraction(1),
        rotation=-round(frame.rotation) % 360,
        pixel_format=form.name,
        depth=max(component.bits for component in form.components),
        alpha=any(component.is_alpha for component in form.components),
        rgb=form.is_rgb,
        rate=rate,
        constant=constant,
        frames=frames,
        counted=counted,
        seconds=None if constant else (max(times) - min(times)) * tick + interval,
        scan=_scan(stream, frame),
        colour=_colour(context, frame, form.name),
    )


def _sound(number: int, stream: Any) -> Sound:
    context = stream.codec_context
    layout = context.layout.name
    return Sound(
        stream=number,
        codec=_codec(stream),
        sample_rate=context.sample_rate,
        channels=context.channels,
        layout=None if "channels" in layout else layout,
        language=_spoken(stream.metadata.get("language")),
        title=stream.metadata.get("title") or stream.metadata.get("name"),  # QuickTime's own word for it
        seconds=Fraction(stream.duration * stream.time_base) if _timed(stream) else None,
    )


def _timed(stream: Any) -> bool:
    """Say whether a track's length can be believed: transport and program streams guess it from their bit rate."""
    return bool(stream.duration) and stream.container.format.name not in ("mpegts", "mpeg")


def _offset(stream: Any, sound: Iterable[Any], picture: Picture) -> Fraction | None:
    """Return by how many seconds the picture begins after the first sound, when it is more than half a frame."""
    starts = [Fraction(each.start_time * each.time_base) for each in sound if each.start_time is not None]
    if not starts or stream.start_time is None:
        return None
    apart = Fraction(stream.start_time * stream.time_base) - min(starts)
    return apart if abs(apart) * picture.rate > Fraction(1, 2) else None


def _heard(stream: Any) -> bool:
    """Say whether an audio track can be decoded: spatial tracks of phones (apac) have a codec that nobody knows."""
    return stream.codec_context is not None and stream.codec_context.channels > 0


def _spoken(language: str | None) -> str | None:
    return None if language in (None, "und") else language


def _tag(container: Any, streams: Iterable[Any], *names: str) -> str | None:
    """Return the first of the tags `names`: of the picture, then of data tracks, then of the file.

    Matroska spells its tags in capitals.
    """
    tags = [*(stream.metadata for stream in streams), container.metadata]
    holders = [{key.lower(): value.strip() for key, value in each.items()} for each in tags]
    return next((holder[name] for name in names for holder in holders if holder.get(name)), None)


def _learn(container: Any, path: Path, text: str) -> Facts:
    pictures = [stream for stream in container.streams.video if not _attached(stream)]
    if raw := _raw(path, pictures[0] if pictures else None):
        raise JobspecError(problem("JS066", found=text, kind=raw))
    if not pictures:
        raise JobspecError(problem("JS064", found=text))
    sound = [(number, stream) for number, stream in enumerate(container.streams.audio) if _heard(stream)]
    used = {pictures[0].index, *(stream.index for _, stream in sound)}
    others = [stream for stream in container.streams if stream.index not in used]
    data = [stream for stream in others if stream.type == "data"]
    picture = _picture(container, pictures[0], 0, text)
    return Facts(
        content=content_of(path),
        format=container.format.name,
        picture=picture,
        sound=tuple(_sound(number, stream) for number, stream in sound),
        timecode=_tag(container, [pictures[0], *data], "timecode"),
        reel=_tag(container, [pictures[0], *data], "reel_name"),
        ignored=tuple(f"{'cover' if _attached(stream) else stream.type} {stream.index}" for stream in others),
        offset=_offset(pictures[0], [stream for _, stream in sound], picture),
    )


def probe(path: Path, text: str) -> Facts:
    """Return the facts of the file at `path`, which its spec calls `text`.

    Raises JobspecError with one clear reason for a file that is missing, empty, cut off at its header, not media,
    camera RAW, or without a picture.
    """
    if raw := _raw(path, None):
        raise JobspecError(problem("JS066", found=text, kind=raw))
    if wrong := file_problem(path, text):
        raise JobspecError(wrong)
    with _open(path, text) as container:
        try:
            return _learn(container, path, text)
        except (av.error.FFmpegError, OSError, ValueError) as error:
            raise JobspecError(_unreadable(error, text)) from None


def _unreadable(error: Exception, text: str) -> Problem:
    return problem("JS063", found=text, reason=str(getattr(error, "strerror", None) or error))
