"""What FFmpeg says while it works: which lines are tolerated, and what the others mean."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import translate

_MOST_KEPT = 4096
_LONGEST_LINE = 1 << 16
# What FFmpeg writes instead of a line that it has just written.
_REPEATED = re.compile(r"\s*Last message repeated \d+ times")

# Words of FFmpeg 5.1 to 9.0 and of the C library, by what they mean. Read in this order: a full disk makes muxers
# complain of much else.
MEANINGS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("disk", re.compile(r"No space left on device|Disk quota exceeded|File too large")),
    (
        "memory",
        re.compile(r"Cannot allocate memory|Resource temporarily unavailable|malloc of size \d+ failed|bad_alloc"),
    ),
    ("mount", re.compile(r"Stale file handle|Transport endpoint is not connected|Host is down|No such device")),
    (
        "source",
        re.compile(
            r"Invalid data found when processing input|Error (while decoding|submitting packet to decoder)|[Cc]orrupt"
            r"|moov atom not found|ended prematurely|Error during demuxing|Input/output error|Packet mismatch"
            r"|\[(mov,mp4,m4a,3gp,3g2,mj2|matroska,webm|mpegts|h264|hevc|prores|mpeg2video|vp8|vp9|av1) @"
        ),
    ),
)


def meaning(complaint: str) -> str | None:
    """Return what a complaint is about: disk, memory, mount or source; None where its words tell nothing."""
    return next((name for name, words in MEANINGS if words.search(complaint)), None)


def _pattern(tolerates: Sequence[str]) -> re.Pattern[str]:
    """Return one pattern for all: each may stand anywhere in a line, and has the wildcards * and ?.

    A bracket is a bracket: FFmpeg begins its lines with one, "[h264 @ 0x55…]".
    """
    return re.compile("|".join(translate(f"*{each.replace('[', '[[]')}*") for each in tolerates))


@dataclass(slots=True)
class Listener:
    """Hears all that a child says and keeps the start of what is not tolerated, of which `loud` are the bytes."""

    tolerates: tuple[str, ...] = ()
    loud: int = 0
    _kept: str = ""
    _rest: bytes = b""
    _last: bool = False
    _known: re.Pattern[str] | None = field(default=None)

    def __post_init__(self) -> None:
        self._known = _pattern(self.tolerates) if self.tolerates else None

    def hear(self, data: bytes) -> None:
        """Take the next bytes, at their end an empty piece."""
        if not self._known and len(self._kept) >= _MOST_KEPT:
            self.loud += len(data)
            return
        *lines, rest = (self._rest + data).split(b"\n")
        if rest and (not data or len(rest) > _LONGEST_LINE):
            lines, rest = [*lines, rest], b""
        self._rest = rest
        for line in lines:
            self._line(line.decode("utf-8", "replace"))

    def _line(self, line: str) -> None:
        if self._known and line.strip():
            repeated = self._last and _REPEATED.match(line)
            self._last = bool(repeated or self._known.match(line))
            if self._last:
                return
        self.loud += len(line)
        if len(self._kept) < _MOST_KEPT:
            self._kept = f"{self._kept}{line}\n"[:_MOST_KEPT]

    def complaint(self) -> str:
        """Return the start of what was said and is not tolerated."""
        return self._kept.strip()
