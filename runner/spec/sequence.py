"""Names of image sequences: one counter in a file name, plate.####.exr or plate.%04d.exr."""

import re
from dataclasses import dataclass

_COUNTER = re.compile(r"#+|%0?(\d?)d")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A file name with a counter."""

    prefix: str
    digits: int
    suffix: str

    @property
    def stem(self) -> str:
        """The name for people: without counter and extension."""
        return self.prefix.rstrip("._- ") or self.suffix.rpartition(".")[0].strip("._- ") or "sequence"


def parse_pattern(path: str) -> Pattern:
    """Read a pattern. Raises ValueError."""
    name = path.rpartition("/")[2]
    found = list(_COUNTER.finditer(name))
    if len(found) != 1:
        raise ValueError("its name has exactly one counter, #### or %04d")
    match = found[0]
    digits = int(match[1] or 0) if match[0].startswith("%") else len(match[0])
    return Pattern(name[: match.start()], digits, name[match.end() :])
