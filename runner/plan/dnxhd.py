"""DNxHD: a list of sizes, scans, rates and bitrates, and nothing between them."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

_FILM = (Fraction(24000, 1001), Fraction(24))
_PAL, _NTSC = (Fraction(25),), (Fraction(30000, 1001),)
_FIFTY, _SIXTY = (Fraction(50),), (Fraction(60000, 1001),)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: quality, size, whether of fields, frames a second, and the Mb/s that pick it.

    A line fixes the bytes of a frame; `megabits` is that at its rate, and how FFmpeg is told which line is meant.
    """

    quality: str
    width: int
    height: int
    interlaced: bool
    rate: Fraction
    megabits: int


# Compression ID: quality, size, fields, Mb/s by rates. SMPTE ST 2019-1 has the bytes of a frame, Avid's "DNxHD
# Technology" white paper the names; FFmpeg 5.1.9 and 9.0.2 take exactly these (tests/plan/test_dnxhd.py encodes each).
# FFmpeg checks the bitrate against the size alone, so that a wrong one for the rate passes, and is another line.
_LIST = (
    (1253, "draft", 1920, 1080, False, ((*_FILM, 36), (*_PAL, 36), (*_NTSC, 45), (*_FIFTY, 75), (*_SIXTY, 90))),
    (1237, "standard", 1920, 1080, False, ((*_FILM, 115), (*_PAL, 120), (*_NTSC, 145), (*_FIFTY, 240), (*_SIXTY, 290))),
    (1238, "high", 1920, 1080, False, ((*_FILM, 175), (*_PAL, 185), (*_NTSC, 220), (*_FIFTY, 365), (*_SIXTY, 440))),
    (1242, "standard", 1920, 1080, True, ((*_PAL, 120), (*_NTSC, 145))),
    (1243, "high", 1920, 1080, True, ((*_PAL, 185), (*_NTSC, 220))),
    (1252, "standard", 1280, 720, False, ((*_FILM, 60), (*_PAL, 60), (*_NTSC, 75), (*_FIFTY, 120), (*_SIXTY, 145))),
    (1251, "high", 1280, 720, False, ((*_FILM, 90), (*_PAL, 90), (*_NTSC, 110), (*_FIFTY, 180), (*_SIXTY, 220))),
)
_ORDER = ("draft", "standard", "high")


def _lines() -> Iterator[Line]:
    for _, quality, width, height, interlaced, rates in _LIST:
        for *equal, megabits in rates:
            for rate in equal:
                yield Line(quality, width, height, interlaced, Fraction(rate), int(megabits))


LINES = tuple(_lines())


def line(width: int, height: int, interlaced: bool, rate: Fraction, quality: str | None) -> Line | None:
    """Return the line of this size, scan and rate: of `quality` or the next better one, by default the lightest."""
    fitting = [
        each
        for each in LINES
        if (each.width, each.height, each.interlaced, each.rate) == (width, height, interlaced, rate)
    ]
    fitting.sort(key=lambda each: _ORDER.index(each.quality))
    least = _ORDER.index(quality) if quality else 0
    return next((each for each in fitting if _ORDER.index(each.quality) >= least), fitting[-1] if fitting else None)
