"""Files that are no sources although they hold pictures: camera RAW, stills, parts of a spanned recording."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import Problem, problem
from runner.media.boxes import index_of, lies_elsewhere, overhang, sample_entries
from runner.media.opening import codec_of, tag_of

_HEAD_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A kind of camera RAW, the program that develops it, and what gives it away.

    `suffixes` and `marks` (offset, bytes) are those of its files; `codecs` are FFmpeg's names and sample entries of
    mov and mp4; `makers` are companies whose MXF holds nothing else that FFmpeg has no name for.
    """

    kind: str
    tool: str
    suffixes: tuple[str, ...] = ()
    marks: tuple[tuple[int, bytes], ...] = ()
    codecs: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()


# FFmpeg decodes a few of these to an undeveloped mosaic: a proxy made of that is green and flat.
RAWS = (
    Raw(
        kind="R3D (REDCODE RAW)",
        tool="REDCINE-X PRO",
        suffixes=(".r3d",),
        marks=((4, b"RED1"), (4, b"RED2")),
    ),
    Raw(kind="N-RAW", tool="NX Studio or REDCINE-X PRO", suffixes=(".nev",)),
    Raw(
        kind="BRAW (Blackmagic RAW)",
        tool="DaVinci Resolve",
        suffixes=(".braw",),
        codecs=("brxq", "brhq", "brst", "brlt", "brvn", "brs2"),
    ),
    Raw(
        kind="ARRIRAW",
        tool="ARRI Reference Tool",
        suffixes=(".ari", ".arx"),
        marks=((0, b"ARRI"), (0, b"IRRA")),
        codecs=("arriraw",),
        makers=("arri",),
    ),
    Raw(
        kind="ProRes RAW",
        tool="Compressor or Final Cut Pro",
        codecs=("prores_raw", "aprn", "aprh"),
    ),
    Raw(
        kind="Cinema RAW (Canon CRM)",
        tool="Cinema RAW Development",
        suffixes=(".crm", ".rmf"),
        marks=((8, b"crx "),),
        codecs=("craw",),
        makers=("canon",),
    ),
    Raw(kind="X-OCN (Sony RAW)", tool="Catalyst Browse", makers=("sony",)),
    Raw(kind="CinemaDNG", tool="DaVinci Resolve or Adobe Camera Raw", suffixes=(".dng",)),
    Raw(kind="ZRAW (Z CAM)", tool="Z CAM ZRAW Converter", suffixes=(".zraw",), codecs=("zraw",)),
    Raw(kind="Phantom Cine RAW", tool="Phantom Camera Control", suffixes=(".cine",), marks=((0, b"CI\x2c\x00"),)),
    Raw(kind="Kinefinity RAW", tool="KineStation", suffixes=(".krw", ".kraw")),
)
_MOSAIC = Raw(kind="camera RAW (an undeveloped mosaic)", tool="the maker's tool")

# Single pictures by their first bytes, or by extension where those say nothing.
STILLS: tuple[tuple[str, tuple[str, ...], tuple[tuple[int, bytes], ...]], ...] = (
    ("JPEG", (".jpg", ".jpeg"), ((0, b"\xff\xd8\xff"),)),
    ("PNG", (".png",), ((0, b"\x89PNG\r\n\x1a\n"),)),
    ("TIFF", (".tif", ".tiff"), ((0, b"II*\x00"), (0, b"MM\x00*"))),
    ("OpenEXR", (".exr",), ((0, b"v/1\x01"),)),
    ("DPX", (".dpx",), ((0, b"SDPX"), (0, b"XPDS"))),
    ("Cineon", (".cin",), ((0, b"\x80\x2a\x5f\xd7"),)),
    ("Targa", (".tga",), ()),
    ("BMP", (".bmp",), ()),
    ("GIF", (".gif",), ((0, b"GIF8"),)),
    ("WebP", (".webp",), ((8, b"WEBP"),)),
    ("HEIF", (".heic", ".heif", ".avif"), ((4, b"ftyphei"), (4, b"ftypmif1"), (4, b"ftypavif"))),
    ("JPEG 2000", (".jp2", ".j2k", ".j2c"), ((4, b"jP  \r\n\x87\n"), (0, b"\xff\x4f\xff\x51"))),
)


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file. Raises OSError."""
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def refusal_by_name(path: Path, text: str) -> Problem | None:
    """Return why a file of this name is no source, before looking at it; or None."""
    raw = next((each for each in RAWS if path.suffix.lower() in each.suffixes), None)
    return _raw_problem(raw, text) if raw else None


def refusal_by_head(path: Path, head: bytes, text: str) -> Problem | None:
    """Return why a file that begins like this is no source: camera RAW or a single picture; or None."""
    raw = next((each for each in RAWS if _marked(head, each.marks)), None)
    if raw:
        return _raw_problem(raw, text)
    for kind, suffixes, marks in STILLS:
        if path.suffix.lower() in suffixes or _marked(head, marks):
            return problem("JS135", found=text, kind=kind, pattern=f"{path.stem.rstrip('0123456789')}####{path.suffix}")
    return None


def refusal_inside(path: Path, container: Any, pictures: Sequence[Any], text: str) -> Problem | None:
    """Return why an opened file is no source: its picture is camera RAW, or media of it lies elsewhere; or None."""
    boxed = container.format.name.startswith("mov")
    if boxed and (lacking := overhang(path)):
        return problem("JS067", found=text, what=f"its last {lacking} bytes")
    index = index_of(path) if boxed else b""
    for stream in pictures[:1]:
        raw = _raw_codec(stream, sample_entries(index)) or _raw_maker(container, stream) or _mosaic(stream)
        if raw:
            return _raw_problem(raw, text)
    if lies_elsewhere(index):
        return problem("JS136", found=text, reason="a reference movie, whose media lies in other files")
    return _several(container, text)


def _raw_problem(raw: Raw, text: str) -> Problem:
    return problem("JS066", found=text, kind=raw.kind, tool=raw.tool)


def _marked(head: bytes, marks: tuple[tuple[int, bytes], ...]) -> bool:
    return any(head.startswith(mark, offset) for offset, mark in marks)


def _raw_codec(stream: Any, entries: Iterable[str]) -> Raw | None:
    """Return the RAW that a picture is coded in; of a codec without a name only the sample entry tells."""
    hints = {codec_of(stream), tag_of(stream)}
    if stream.codec_context is None:
        hints |= set(entries)
    return next((each for each in RAWS if {hint.lower() for hint in hints} & set(each.codecs)), None)


def _raw_maker(container: Any, stream: Any) -> Raw | None:
    """Return the RAW of the camera whose MXF holds a picture that FFmpeg has no name for."""
    company = container.metadata.get("company_name", "").lower()
    if container.format.name != "mxf" or stream.codec_context is not None:
        return None
    return next((each for each in RAWS if company.startswith(each.makers or "-")), None)


def _mosaic(stream: Any) -> Raw | None:
    pixel_format = getattr(stream.codec_context, "pix_fmt", None) or ""
    return _MOSAIC if pixel_format.startswith("bayer") else None


# MXF operational patterns (SMPTE ST 378): after this, the complexity of items, 2 or 3 where one item is several clips
# that play in turn, of which FFmpeg reads the first alone.
_PATTERN = "0d010201."


def _several(container: Any, text: str) -> Problem | None:
    _, _, pattern = container.metadata.get("operational_pattern_ul", "").partition(_PATTERN)
    if pattern[:2] in ("02", "03"):
        reason = f"an MXF of operational pattern {int(pattern[:2])}, which plays several clips in turn"
        return problem("JS136", found=text, reason=reason)
    return None
