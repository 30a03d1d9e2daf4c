"""How facts are learnt: what a file says of itself, and what its first frames show."""

import hashlib
import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

from runner.errors import JobspecError, problem
from runner.media.colours import colour_of
from runner.media.facts import Content, Facts, Picture, Sound
from runner.media.look import Look, look
from runner.media.opening import MEDIA_ERRORS, TICKS, Source, codec_of, is_attached, pictures_of, reason_of
from runner.media.refusals import head_of, refusal_by_head, refusal_by_name, refusal_inside
from runner.media.tags import tags_of, timecodes
from runner.media.timing import Timing, timing_of
from runner.spec.presence import file_problem

SAMPLES, SAMPLE_BYTES = 16, 1 << 16


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


def picture_of(stream: Any, seen: Look, timing: Timing, text: str) -> Picture:
    """Return what is true of a picture. Raises JobspecError for one without frames, or of unknown rate.

    The size is the codec's, whatever clean aperture the container asks a player to show of it.
    """
    if not timing.rate or not timing.frames:
        raise JobspecError(problem("JS067", found=text, what="a frame rate" if timing.frames else "frames"))
    context, form = stream.codec_context, seen.first.format
    sar = stream.sample_aspect_ratio or context.sample_aspect_ratio
    return Picture(
        codec=codec_of(stream),
        width=context.width,
        height=context.height,
        sar=Fraction(sar) if sar else Fraction(1),
        rotation=-round(seen.first.rotation) % 360,
        pixel_format=form.name,
        depth=max(component.bits for component in form.components),
        alpha=any(component.is_alpha for component in form.components),
        rgb=form.is_rgb,
        rate=timing.rate,
        constant=timing.constant,
        frames=timing.frames,
        counted=timing.counted,
        seconds=timing.seconds,
        scan=seen.scan,
        colour=colour_of(context, seen.first, form.name),
    )


def _picture(source: Source, container: Any, stream: Any) -> Picture:
    seen = look(container, stream)
    if seen is None:
        raise JobspecError(problem("JS067", found=source.text, what="a frame that can be decoded"))
    return picture_of(stream, seen, timing_of(source, stream, seen), source.text)


def _sound(number: int, stream: Any) -> Sound:
    context = stream.codec_context
    layout = context.layout.name
    return Sound(
        stream=number,
        codec=codec_of(stream),
        sample_rate=context.sample_rate,
        channels=context.channels,
        layout=None if "channels" in layout else layout,
        language=_spoken(stream.metadata.get("language")),
        title=stream.metadata.get("title") or stream.metadata.get("name"),  # QuickTime's own word for it
        seconds=Fraction(stream.duration * stream.time_base) if _timed(stream) else None,
    )


# Formats that do not say how long a track is. FFmpeg guesses it from the bit rate, and in Matroska gives a track that
# begins some seconds late the length of the file.
_UNTIMED = frozenset(("mpegts", "mpeg", "matroska,webm"))


def _timed(stream: Any) -> bool:
    return bool(stream.duration) and stream.container.format.name not in _UNTIMED


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


def _learn(source: Source, container: Any) -> Facts:
    pictures = pictures_of(container)
    if refused := refusal_inside(source.path, container, pictures, source.text):
        raise JobspecError(refused)
    if not pictures:
        raise JobspecError(problem("JS064", found=source.text))
    sound = [(number, stream) for number, stream in enumerate(container.streams.audio) if _heard(stream)]
    used = {pictures[0].index, *(stream.index for _, stream in sound)}
    others = [stream for stream in container.streams if stream.index not in used]
    tags = tags_of(container, pictures[0], [stream for stream in others if stream.type == "data"])
    picture = _picture(source, container, pictures[0])
    code, disagreeing = timecodes(tags, [stream for _, stream in sound], picture.rate)
    return Facts(
        content=content_of(source.path),
        format=container.format.name,
        picture=picture,
        sound=tuple(_sound(number, stream) for number, stream in sound),
        timecode=code,
        other_timecodes=disagreeing,
        reel=tags.reel,
        clip=tags.clip,
        created=tags.created,
        ignored=tuple(f"{'cover' if is_attached(stream) else stream.type} {stream.index}" for stream in others),
        offset=_offset(pictures[0], [stream for _, stream in sound], picture),
    )


def probe(path: Path, text: str) -> Facts:
    """Return the facts of the file at `path`, which its spec calls `text`. Raises as `probe_with_length` does."""
    return probe_with_length(path, text)[0]


def probe_with_length(path: Path, text: str) -> tuple[Facts, Fraction | None]:
    """Return the facts of a file, and its length in seconds where its container says it.

    Raises JobspecError with one clear reason for a file that is missing, empty, cut off at its header, not media,
    camera RAW, a single picture, a part of a recording, or without a picture.
    """
    if wrong := refusal_by_name(path, text) or file_problem(path, text):
        raise JobspecError(wrong)
    try:
        if wrong := refusal_by_head(path, head_of(path), text):
            raise JobspecError(wrong)
        source = Source(path, text)
        with source.open() as container:
            return _learn(source, container), Fraction(container.duration, TICKS) if container.duration else None
    except MEDIA_ERRORS as error:
        raise JobspecError(problem("JS063", found=text, reason=reason_of(error))) from None
