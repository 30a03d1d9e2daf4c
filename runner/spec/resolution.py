"""What `resolution:` may say."""

import re
from dataclasses import dataclass

SMALLEST, LARGEST = 16, 16384
_NAMED = {"same": 1, "half": 2, "quarter": 4}
LEGAL = (*_NAMED, "WIDTHxHEIGHT")
_BOX = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")


@dataclass(frozen=True, slots=True)
class Resolution:
    """Either a divisor of the source's sides, or a box (width, height in square pixels) to fit into."""

    divisor: int = 1
    box: tuple[int, int] | None = None


def parse_resolution(text: str) -> Resolution:
    """Read same, half, quarter or 1280x720 (sides 16 to 16384). Raises ValueError for anything else."""
    if text in _NAMED:
        return Resolution(divisor=_NAMED[text])
    match = _BOX.fullmatch(text)
    if not match or not all(SMALLEST <= int(side) <= LARGEST for side in match.groups()):
        raise ValueError(text)
    return Resolution(box=(int(match[1]), int(match[2])))
