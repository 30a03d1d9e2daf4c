"""What the index of a mov or mp4 says that FFmpeg does not hand on (ISO/IEC 14496-12, QuickTime File Format)."""

import re
from pathlib import Path

# The index of a film of many hours; one that is larger is left unread.
_MOST_BYTES = 64 << 20
_MOST_BOXES = 10_000

# Before a track's first sample entry: version, number of entries, and the entry's size, four bytes each.
_ENTRY = re.compile(rb"stsd.{12}(.{4})", re.DOTALL)
# Before the first place that a track's media lies at: version, number of places, and the place's size. The last bit of
# its flags says that this is the very file.
_PLACE = re.compile(rb"dref.{12}(?:url |urn |alis|rsrc).{3}(.)", re.DOTALL)


def index_of(path: Path) -> bytes:
    """Return the `moov` box of a file, or nothing when there is none. Raises OSError."""
    with path.open("rb") as file:
        offset, end = 0, path.stat().st_size
        for _ in range(_MOST_BOXES):
            file.seek(offset)
            size, header, kind = _header(file.read(16), end - offset)
            if size < header or offset + header > end:
                break
            if kind == b"moov":
                file.seek(offset)
                return file.read(min(size, _MOST_BYTES))
            offset += size
    return b""


def overhang(path: Path) -> int:
    """Return by how many bytes the last top box reaches beyond the file's end: what a copy cut short lacks, else 0.

    Recorders leave padding behind the last box, which is no box and lacks nothing. Raises OSError.
    """
    with path.open("rb") as file:
        offset, end = 0, path.stat().st_size
        for _ in range(_MOST_BOXES):
            file.seek(offset)
            size, header, kind = _header(file.read(16), end - offset)
            if size < header or offset >= end or not (kind.isascii() and kind.decode().isprintable()):
                return 0
            offset += size
            if offset > end:
                return offset - end
    return 0


def _header(head: bytes, left: int) -> tuple[int, int, bytes]:
    """Return size and length of header of a box, and its kind: a size of 1 stands after it, 0 is all that is left."""
    size, kind = int.from_bytes(head[:4], "big"), head[4:8]
    if size == 1:
        return int.from_bytes(head[8:16], "big"), 16, kind
    return (size or left), 8, kind


def sample_entries(index: bytes) -> frozenset[str]:
    """Return the kinds of media in the tracks of a file: `avc1`, `apcn`, `tmcd`."""
    return frozenset(kind.decode("latin-1") for kind in _ENTRY.findall(index))


def lies_elsewhere(index: bytes) -> bool:
    """Say whether the media of a track lies in another file, as in a reference movie."""
    return any(not flags[0] & 1 for flags in _PLACE.findall(index))
