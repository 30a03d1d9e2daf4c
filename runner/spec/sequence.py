"""Names of image sequences: `plate.####.exr` or `plate.%04d.exr`, one file a frame, told apart by a counter."""

import re
from dataclasses import dataclass

# "%4d" pads with spaces, which no application writes into file names, so a width needs its 0.
_COUNTER = re.compile(r"#+|%(?:0[1-9]\d?)?d", re.ASCII)
# FFmpeg counts in C's int: every number of nine digits fits.
MOST_DIGITS = 9
_SEPARATORS = " ._-"


@dataclass(frozen=True, slots=True)
class Pattern:
    """The file names of one sequence: the text before its counter, the least digits of that, the text after it.

    `digits` is 0 for %d, which writes no zeros in front.
    """

    prefix: str
    digits: int
    suffix: str

    def matches(self, name: str) -> int | None:
        """Return the number of the file `name`, or None for one that is not of this sequence.

        Numbers are those that printf writes: with four digits 10000 follows 9999, and 00010 is none.
        """
        number = name.removeprefix(self.prefix).removesuffix(self.suffix)
        if not (number.isascii() and number.isdecimal()) or len(number) > MOST_DIGITS:
            return None
        return int(number) if self.name(int(number)) == name else None

    def name(self, number: int) -> str:
        """Return the name of the file with this number."""
        return f"{self.prefix}{number:0{self.digits}d}{self.suffix}"

    @property
    def stem(self) -> str:
        """The name for people, without extension, counter and what parts it off: `plate`; may be empty."""
        return self.prefix.rstrip(_SEPARATORS) + self.suffix.rpartition(".")[0].rstrip(_SEPARATORS)

    @property
    def extension(self) -> str:
        """The extension in lower case with its dot, or nothing."""
        _, dot, extension = self.suffix.rpartition(".")
        return f".{extension.lower()}" if dot else ""

    @property
    def ffmpeg(self) -> str:
        """The name as a pattern of FFmpeg's image2: `plate.%04d.exr`, a per cent sign of its own doubled."""
        counter = f"%0{self.digits}d" if self.digits else "%d"
        return f"{literal(self.prefix)}{counter}{literal(self.suffix)}"

    def within(self, folder: str) -> str:
        """Return the whole path as a pattern of image2, which reads the folders' names as patterns too."""
        return f"{literal(folder.rstrip('/'))}/{self.ffmpeg}"


def literal(text: str) -> str:
    """Return text that image2 takes as it is."""
    return text.replace("%", "%%")


def parse_pattern(path: str) -> Pattern:
    """Read the last name of `path` (below its root, or absolute) as the pattern of a sequence.

    Raises ValueError with the reason for a name that has no counter, or more than one.
    """
    name = path.rpartition("/")[2]
    counters = list(_COUNTER.finditer(name))
    if len(counters) != 1:
        found = "no counter" if not counters else f"{len(counters)} counters"
        raise ValueError(f"it has {found}; a sequence has one, such as plate.####.exr or plate.%04d.exr")
    (counter,) = counters
    digits = _digits(counter[0])
    if digits > MOST_DIGITS:
        raise ValueError(f"its counter has {digits} digits, more than the {MOST_DIGITS} that FFmpeg counts with")
    return Pattern(name[: counter.start()], digits, name[counter.end() :])


def is_pattern(path: str) -> bool:
    """Say whether the last name of `path` holds a counter, so that it may have been meant as a sequence."""
    return bool(_COUNTER.search(path.rpartition("/")[2]))


def _digits(counter: str) -> int:
    return len(counter) if counter.startswith("#") else int(counter[1:-1] or 0)
