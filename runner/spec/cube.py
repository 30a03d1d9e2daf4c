"""Look-up tables (.cube): read strictly, for FFmpeg forgives a table what makes it another picture."""

import hashlib
import re
from typing import Literal

from runner.canonical import Value

# A cube of 65, the largest that grading tools export, has 274,625 lines of up to 40 bytes.
MOST_BYTES, MOST_LINES = 1 << 24, 300_000
# Sides that FFmpeg and the format have; more than 65 a side is time and memory that a spec from a stranger could cost.
SIZES: dict[str, tuple[int, int]] = {"1d": (2, 65536), "3d": (2, 65)}
_SIZE = {"LUT_1D_SIZE": "1d", "LUT_3D_SIZE": "3d"}
# The range of the input, as Adobe and Resolve write it. FFmpeg 5.1 to 9.0 takes no notice of another one than 0 to 1,
# or makes garbage of the line (measured), so another one is refused.
_RANGES = {
    "DOMAIN_MIN": ("0", "0", "0"),
    "DOMAIN_MAX": ("1", "1", "1"),
    "LUT_1D_INPUT_RANGE": ("0", "1"),
    "LUT_3D_INPUT_RANGE": ("0", "1"),
}
# Bounded in length and in exponent, so that every number is finite as FFmpeg's 32-bit float and fits its line buffer.
_NUMBER = r"[-+]?(?:[0-9]{1,9}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE](?:-[0-9]{1,2}|\+?0?[0-9]))?"
_ROW = re.compile(rf"[ \t]{{0,16}}{_NUMBER}(?:[ \t]{{1,16}}{_NUMBER}){{2}}[ \t]*+\r?")
_BLANK = re.compile(r"[ \t]*+(?:#.*+)?\r?", re.DOTALL)
# A line of numbers, of those that a table may hold: what alone is handed on to FFmpeg (see `numbers`).
_COUNTED = re.compile(rb"^[ \t]*[-+.0-9]", re.MULTILINE)


class Lut(Value, frozen=True, kw_only=True):
    """A table of the repository: `path` below its top, digest of the whole file ("sha256:…"), one curve or a cube."""

    path: str
    sha256: str
    kind: Literal["1d", "3d"]
    size: int

    @property
    def head(self) -> str:
        """The one line that FFmpeg is to read before the numbers."""
        return f"LUT_{self.kind.upper()}_SIZE {self.size}"


def _keyword(line: str, found: dict[str, tuple[str, ...]]) -> None:
    """Take one line above the numbers. Raises ValueError."""
    word, *values = line.split()
    if word == "TITLE":
        return
    if word not in _SIZE and word not in _RANGES:
        raise ValueError("it is neither three numbers nor a keyword of the format")
    if word in found:
        raise ValueError(f"{word} stands a second time")
    found[word] = tuple(values)
    wanted = _RANGES.get(word)
    if wanted and not _same(values, wanted):
        raise ValueError(f"{word} is not {' '.join(wanted)}; export the table for an input of 0 to 1")


def _same(values: list[str], wanted: tuple[str, ...]) -> bool:
    fine = len(values) == len(wanted) and all(re.fullmatch(_NUMBER, each) for each in values)
    return fine and [float(each) for each in values] == [float(each) for each in wanted]


def _shape(found: dict[str, tuple[str, ...]]) -> tuple[Literal["1d", "3d"], int]:
    """Return what kind of table the keywords say, and its size. Raises ValueError."""
    named = [word for word in _SIZE if word in found]
    if len(named) != 1:
        both = "it holds a curve and a cube, of which FFmpeg takes one; export a single cube"
        raise ValueError(both if named else "there is no LUT_1D_SIZE or LUT_3D_SIZE before its numbers")
    kind: Literal["1d", "3d"] = "1d" if named == ["LUT_1D_SIZE"] else "3d"
    least, most = SIZES[kind]
    text = " ".join(found[named[0]])
    if not re.fullmatch("[0-9]{1,5}", text) or not least <= int(text) <= most:
        raise ValueError(f"{named[0]} is not a number from {least} to {most}")
    return kind, int(text)


def _head(text: str) -> tuple[dict[str, tuple[str, ...]], int]:
    """Return the keywords, and where the numbers begin. Raises ValueError with the line."""
    found: dict[str, tuple[str, ...]] = {}
    start = number = 0
    while start < len(text):
        number += 1
        end = text.find("\n", start) + 1 or len(text)
        line = text[start:end].removesuffix("\n")
        if _ROW.fullmatch(line):
            break
        if not _BLANK.fullmatch(line):
            try:
                _keyword(line, found)
            except ValueError as error:
                raise ValueError(f"line {number}: {error}") from None
        start = end
    return found, start


def _checked(text: str, start: int) -> None:
    """Raise ValueError, with its line, for the first that is no row of numbers."""
    for number, line in enumerate(text[start:].split("\n"), text.count("\n", 0, start) + 1):
        if not _ROW.fullmatch(line) and not _BLANK.fullmatch(line):
            raise ValueError(f"line {number}: it is not three numbers")


def read_cube(data: bytes, path: str) -> Lut:
    """Return what a .cube file is. Raises ValueError, with the line, for one that would not be applied as it says."""
    if len(data) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    if data.count(b"\n") > MOST_LINES:
        raise ValueError(f"it has more than {MOST_LINES} lines")
    # Comments and titles may be in any code page; what counts is ASCII.
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    found, start = _head(text)
    kind, size = _shape(found)
    _checked(text, start)
    wanted, rows = size ** (3 if kind == "3d" else 1), len(_COUNTED.findall(data))
    if rows != wanted:
        raise ValueError(f"it has {rows} lines of numbers, and its size asks for {wanted}")
    return Lut(path=path, sha256=f"sha256:{hashlib.sha256(data).hexdigest()}", kind=kind, size=size)


def numbers(data: bytes) -> bytes:
    """Return the lines of numbers alone, as `sed -n '/^[ \\t]*[-+.0-9]/p'` does: no keyword of a file gets further."""
    return b"".join(line + b"\n" for line in data.split(b"\n") if _COUNTED.match(line))
