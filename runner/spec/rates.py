"""Exact frame rates and timecode arithmetic."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

# The rates of SMPTE ST 2036-1, ITU-R BT.709 and film, with 100 to 240 from high-speed cameras.
STANDARD_RATES = (
    *(Fraction(n * 1000, 1001) for n in (12, 15, 24, 30, 48, 60, 120, 240)),
    *(Fraction(n) for n in (1, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 48, 50, 60, 72, 90, 96, 100, 120, 200, 240)),
)
HIGHEST = Fraction(1000)
# "23.976", "23.98" and "23.97602" all mean 24000/1001; 24000/1001 and 24 are 1/1001 apart, so a tenth is safe.
_SNAP = Fraction(1, 4000)
_TEXT = re.compile(r"(\d{1,7})(?:/(\d{1,7})|\.\d{1,20})?", re.ASCII)


def snapped(rate: Fraction) -> Fraction:
    """Return the standard rate within 1/4000 of `rate`, else `rate` itself."""
    nearest = min(STANDARD_RATES, key=lambda standard: abs(standard - rate))
    return nearest if abs(nearest - rate) <= nearest * _SNAP else rate


def parse_rate(text: str) -> Fraction:
    """Read "24000/1001", "25" or "23.976" as frames a second, decimals snapped to the standard rates.

    Raises ValueError for anything else, for 0 and for more than 1000.
    """
    match = _TEXT.fullmatch(text.strip())
    if not match or (match[2] is not None and int(match[2]) == 0):
        raise ValueError(text)
    rate = Fraction(int(match[1]), int(match[2])) if match[2] else snapped(Fraction(match[0]))
    if not 0 < rate <= HIGHEST:
        raise ValueError(text)
    return rate


def rate_text(rate: Fraction) -> str:
    """Return the rate as it is written in files: "24000/1001", or "25" when whole."""
    return str(rate)


def rate_label(rate: Fraction) -> str:
    """Return the rate as people say it: "23.976", "29.97", "25"."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def can_drop(rate: Fraction) -> bool:
    """Say whether drop-frame counting exists at `rate`: for multiples of 30000/1001 only (SMPTE ST 12-1)."""
    return (rate / Fraction(30000, 1001)).denominator == 1


@dataclass(frozen=True, slots=True)
class Timecode:
    """A start timecode: its count of frames since midnight, at a rate, drop-frame or not."""

    frames: int
    rate: Fraction
    drop: bool = False

    @property
    def _base(self) -> int:
        return round(self.rate)

    def __str__(self) -> str:
        numbers, base = self.frames, self._base
        if self.drop:
            dropped = base // 15
            tens, rest = divmod(numbers, base * 600 - 9 * dropped)
            minutes = max(0, (rest - dropped) // (base * 60 - dropped))
            numbers += dropped * (9 * tens + minutes)
        seconds, frame = divmod(numbers, base)
        minutes, second = divmod(seconds, 60)
        hour, minute = divmod(minutes, 60)
        # As many digits as FFmpeg writes: one up to 10 frames a second, three above 100 (libavutil/timecode, measured).
        digits = 1 if base <= 10 else 2 if base <= 100 else 3
        return f"{hour % 24:02d}:{minute:02d}:{second:02d}{';' if self.drop else ':'}{frame:0{digits}d}"

    @classmethod
    def from_samples(cls, samples: int, sample_rate: int, rate: Fraction) -> "Timecode":
        """Return the code of a sound file's first sample, counted since midnight (BWF time_reference, EBU 3285).

        Rounded down to the frame in which that sample sounds; one sample too few still is that frame, for recorders
        round 29.97's 1601.6 samples a frame. Always non-drop: the field has no drop flag, and recorders make the same
        count of either kind, frames since midnight times samples a frame, so that the frame is right and only its
        label could be the other one. Raises ValueError for a rate that no timecode or no sound has.
        """
        if sample_rate <= 0 or round(rate) < 1:
            raise ValueError(f"no timecode counts {rate} frames a second at {sample_rate} Hz")
        frames = int(Fraction(samples + 1, sample_rate) * rate)
        return cls(frames % (24 * 3600 * round(rate)), rate)

    def at(self, rate: Fraction) -> "Timecode":
        """Return the code at another rate that names the same instant, rounded down to its frame.

        Raises ValueError for a rate that rounds to no frame a second: no timecode counts that.
        """
        if rate == self.rate:
            return self
        if not round(rate):
            raise ValueError(f"no timecode counts {rate} frames a second")
        return Timecode(int(Fraction(self.frames) / self.rate * rate), rate, self.drop and can_drop(rate))

    def shown_at(self, rate: Fraction) -> "Timecode":
        """Return the code with the same digits at another rate, drop-frame where that exists.

        Raises ValueError when no clock at that rate shows them: frame 24 of 25 at 24.
        """
        text = str(self)
        return parse_timecode(text if can_drop(rate) else text.replace(";", ":"), rate)


_TIMECODE = re.compile(r"(\d{2}):(\d{2}):(\d{2})([:;.])(\d{1,3})", re.ASCII)


def is_timecode(text: str) -> bool:
    """Say whether `text` has the shape of a timecode, whatever the rate."""
    return _TIMECODE.fullmatch(text) is not None


@lru_cache(maxsize=1 << 14)
def parse_timecode(text: str, rate: Fraction) -> Timecode:
    """Read "01:00:00:00", or with ";" or "." before the frames for drop-frame, at `rate`.

    Raises ValueError for a code that no clock at this rate shows: 25 frames at 25, a drop-frame code at 24,
    the two numbers that drop-frame leaves out at the start of nine minutes of ten.
    """
    match = _TIMECODE.fullmatch(text)
    if not match:
        raise ValueError(text)
    hour, minute, second, frame = (int(match[group]) for group in (1, 2, 3, 5))
    base, drop = round(rate), match[4] != ":"
    dropped = base // 15 if drop else 0
    if hour > 23 or minute > 59 or second > 59 or frame >= base or (drop and not can_drop(rate)):
        raise ValueError(text)
    if drop and minute % 10 and not second and frame < dropped:
        raise ValueError(text)
    minutes = hour * 60 + minute
    return Timecode((minutes * 60 + second) * base + frame - dropped * (minutes - minutes // 10), rate, drop)
