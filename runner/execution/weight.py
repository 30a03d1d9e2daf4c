"""How heavy a file's picture is, against the data rate that its codec's maker publishes."""

from fractions import Fraction

from runner.errors import Problem, problem
from runner.plan.model import Expectation

# What prores_ks itself takes at most, where it searches and so keeps a rate: measured with 9.0.2 on noise, 39.5 Mb/s
# where Apple publishes 36. An editing system that reads those reads this.
_ALLOWED = Fraction(11, 10)
# Of sound as ProRes files hold it: PCM of 24 bits. Sound that is smaller makes the picture seem larger by little.
_BYTES_A_SAMPLE = 3


def _sound(expects: Expectation) -> Fraction:
    """Return the bytes of the sound, none where its rate is not known."""
    tracks = zip(expects.channels, expects.sample_rates, strict=False)
    return sum((channels * rate * _BYTES_A_SAMPLE for channels, rate in tracks), 0) * expects.seconds


def excess(expects: Expectation, size: int) -> int | None:
    """Return the picture's data rate in bits a second where that is above the published one; else None.

    `size` is that of the file in bytes.
    """
    if expects.target is None or not expects.seconds:
        return None
    rate = (size - _sound(expects)) * 8 / expects.seconds
    return round(rate) if rate > expects.target * _ALLOWED else None


def note(expects: Expectation, found: int | None) -> Problem | None:
    """Return what is told of an excess: the file is good, and no silent pass."""
    if found is None or expects.target is None:
        return None
    measured, published = (f"{rate / 1e6:.1f}" for rate in (found, expects.target))
    return problem("JS230", found=measured, published=published)
