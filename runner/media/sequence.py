"""What is true of an image sequence: one picture a file, taken together as one source."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from runner.errors import JobspecError, problem
from runner.media.facts import IMAGES, Colour, Content, Facts, Picture, Sequence
from runner.media.look import Look, look
from runner.media.opening import MEDIA_ERRORS, Source, codec_of, pictures_of, reason_of
from runner.media.probe import SAMPLE_BYTES, picture_of
from runner.media.refusals import refusal_by_name
from runner.media.tags import normal_timecode
from runner.media.timing import Timing
from runner.spec.presence import file_problem
from runner.spec.rates import HIGHEST, snapped
from runner.spec.sequence import Pattern, parse_pattern

# What cameras, scanners and renderers write frame by frame. FFmpeg tells the kinds apart by extension too.
KINDS = (".dpx", ".exr", ".png", ".tif", ".tiff", ".jpg", ".jpeg", ".tga")
# Kinds whose header has a field for the rate.
_RATED = ("dpx", "exr")
# What FFmpeg takes too when nobody says otherwise.
NOMINAL = Fraction(25)
_BLOCKS, _LOOKED_AT, _TOLD = 3, 9, 8

Files = Mapping[int, Path]


def probe_sequence(path: Path, text: str) -> Facts:
    """Return the facts of the sequence whose pattern is `path`, which its spec calls `text`.

    Every file's number, size and samples of its content are read; the first, the last, and up to seven evenly spread
    between them are opened and compared in codec, size and pixel format. What is wrong with another one, or within
    one, is found when it is encoded. Raises JobspecError with one clear reason.

    The rate is what the first header says (DPX, EXR), else 25. It says how fast its writer wished the frames to be
    shown, which nobody recorded: the spec has to state it, and then this one is not used.
    """
    pattern = _pattern(path, text)
    files = _files(path.parent, pattern, text)
    _refuse_gaps(files, text)
    try:
        return _learn(files, pattern, text)
    except MEDIA_ERRORS as error:
        raise JobspecError(problem("JS063", found=text, reason=reason_of(error))) from None


def content_of_sequence(path: Path) -> Content:
    """Return the content identity of a sequence: all its bytes, and SHA-256 over each file's number, size and samples.

    One frame more, less, renumbered or changed is another identity. Raises OSError or ValueError.
    """
    return _content(files_of(path.parent, parse_pattern(path.name)))


def stat_of_sequence(path: Path) -> tuple[int, int, int]:
    """Return size, newest mtime (ns) and a digest of all numbers and inodes: what tells that a sequence changed.

    Raises OSError when no file of it is there, ValueError for what is no pattern.
    """
    files = files_of(path.parent, parse_pattern(path.name))
    if not files:
        raise FileNotFoundError(f"no file of {path}")
    stats = {number: file.stat() for number, file in files.items()}
    named = "".join(f"{number} {status.st_ino}\n" for number, status in stats.items())
    inodes = int.from_bytes(hashlib.sha256(named.encode()).digest()[:6], "big")
    return sum(each.st_size for each in stats.values()), max(each.st_mtime_ns for each in stats.values()), inodes


def files_of(folder: Path, pattern: Pattern) -> Files:
    """Return the files of a sequence by number, in order. Raises OSError for a folder that cannot be read."""
    numbered = {pattern.matches(path.name): path for path in folder.iterdir()}
    return {number: numbered[number] for number in sorted(key for key in numbered if key is not None)}


def gaps(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return the ranges, first and last number, that are missing between sorted numbers."""
    return [(before + 1, after - 1) for before, after in pairwise(numbers) if after - before > 1]


def _pattern(path: Path, text: str) -> Pattern:
    try:
        pattern = parse_pattern(path.name)
    except ValueError as error:
        raise JobspecError(problem("JS130", found=text, reason=error)) from None
    if raw := refusal_by_name(path, text):
        raise JobspecError(raw)
    if pattern.extension not in KINDS:
        raise JobspecError(problem("JS134", found=text, kinds=", ".join(KINDS)))
    return pattern


def _files(folder: Path, pattern: Pattern, text: str) -> Files:
    """Return the files of a sequence, every one of them a file with something in it."""
    try:
        files = files_of(folder, pattern)
    except FileNotFoundError:
        files = {}
    except OSError as error:
        raise JobspecError(problem("JS062", found=text, reason=reason_of(error))) from None
    if not files:
        raise JobspecError(problem("JS132", found=text))
    wrong = (file_problem(file, f"{text}: {file.name}") for file in files.values())
    if first := next((each for each in wrong if each), None):
        raise JobspecError(first)
    return files


def _refuse_gaps(files: Files, text: str) -> None:
    missing = gaps(files)
    if missing:
        told = [str(low) if low == high else f"{low}-{high}" for low, high in missing[:_TOLD]]
        count = sum(high - low + 1 for low, high in missing)
        words = f"{', '.join(told)}{', …' if len(missing) > _TOLD else ''}"
        span = f"{min(files)}-{max(files)}"
        raise JobspecError(problem("JS131", found=text, span=span, count=count, missing=words))


def _content(files: Files) -> Content:
    hashed, total = hashlib.sha256(), 0
    for number, path in files.items():
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            hashed.update(f"{number} {size}\n".encode())
            last = max(size - SAMPLE_BYTES, 0)
            for offset in sorted({last * step // (_BLOCKS - 1) for step in range(_BLOCKS)}):
                file.seek(offset)
                hashed.update(file.read(SAMPLE_BYTES))
        total += size
    return Content(size=total, sample=f"sampled-sha256:{hashed.hexdigest()}")


def _learn(files: Files, pattern: Pattern, text: str) -> Facts:
    first = next(iter(files))
    _compare(files, text)
    with Source(files[first], text).open_still() as container:
        stream = pictures_of(container)[0]
        seen = look(container, stream)
        if seen is None:
            raise JobspecError(problem("JS067", found=f"{text}: {files[first].name}", what="a picture that decodes"))
        return Facts(
            content=_content(files),
            format=IMAGES,
            picture=_picture(stream, seen, len(files), text),
            timecode=normal_timecode(seen.first.metadata.get("timecode", "")) or None,
            sequence=Sequence(first=first, digits=pattern.digits),
        )


def _picture(stream: Any, seen: Look, frames: int, text: str) -> Picture:
    timing = Timing(frames=frames, counted="index", rate=_rate(stream), constant=True, seconds=None)
    picture = picture_of(stream, seen, timing, text)
    if picture.codec != "exr":
        return picture
    # An EXR has no tag for it: "linear" is what FFmpeg's decoder takes for granted.
    return msgspec.structs.replace(picture, colour=Colour())


def _rate(stream: Any) -> Fraction:
    told = stream.codec_context.framerate if codec_of(stream) in _RATED else None
    rate = snapped(Fraction(told)) if told else NOMINAL
    return rate if 0 < rate <= HIGHEST else NOMINAL


def _compare(files: Files, text: str) -> None:
    """Raise JobspecError for a frame that is not as the first one; looks at nine at most, the last among them."""
    numbers = list(files)
    last = len(numbers) - 1
    chosen = sorted({last * step // (_LOOKED_AT - 1) for step in range(_LOOKED_AT)})
    kinds = ((numbers[place], _kind(files[numbers[place]], text)) for place in chosen)
    _, first = next(kinds)
    for number, kind in kinds:
        if kind != first:
            raise JobspecError(problem("JS133", found=text, frame=number, what=kind, first=first))


def _kind(path: Path, text: str) -> str:
    """Return codec, size and pixel format of a picture in words."""
    with Source(path, f"{text}: {path.name}").open_still() as container:
        context = pictures_of(container)[0].codec_context
        if not context.pix_fmt:
            raise JobspecError(problem("JS067", found=f"{text}: {path.name}", what="a picture that can be read"))
        return f"{context.codec.canonical_name} {context.width}x{context.height} {context.pix_fmt}"
