"""Sound that runs faster or slower with its picture: by exact ratios of sample rates, so that nothing drifts."""

from fractions import Fraction

# A track whose samples are declared to be of another rate runs faster or slower, its pitch with it, as on a machine
# with varispeed. FFmpeg takes whole rates only, so sound is first resampled to a multiple of the ratio's denominator:
# 25/24 of 48000 is 50000, 1001/1000 is 48048, 960/1001 is 46080 of 48048. Both are whole, hence exact over any length.
FINEST = 192000
# An octave either way: what is further off is no sound that anyone cuts with.
SLOWEST, FASTEST = Fraction(1, 2), Fraction(2)


def refusal(speed: Fraction) -> str | None:
    """Return why sound cannot run at `speed` times its own, None when it can."""
    if not SLOWEST <= speed <= FASTEST:
        return f"from {SLOWEST} to {FASTEST} times, an octave either way, is what it can"
    if speed.denominator > FINEST:
        return f"no sample rate up to {FINEST} Hz makes it exact"
    return None


def retime(speed: Fraction, sample_rate: int, becomes: int) -> tuple[str, ...]:
    """Return the filters that make sound run `speed` times as fast, from its sample rate to that of the output."""
    whole = speed.denominator * -(-sample_rate // speed.denominator)
    return (f"aresample={whole}", f"asetrate={whole * speed}", f"aresample={becomes}")
