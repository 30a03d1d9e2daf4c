"""Sound that runs with a re-timed picture: exact, however long it is."""

import re
from fractions import Fraction

import pytest

from runner.plan.retiming import refusal, retime
from runner.spec.rates import STANDARD_RATES

RATIOS = sorted({one / other for one in STANDARD_RATES for other in STANDARD_RATES if refusal(one / other) is None})


@pytest.mark.parametrize("sample_rate", [44100, 48000, 96000])
def test_between_any_two_standard_rates_both_sample_rates_are_whole_and_nothing_drifts(sample_rate: int) -> None:
    assert len(RATIOS) > 50
    for speed in RATIOS:
        before, declared, after = (int(re.search(r"=(\d+)$", each)[1]) for each in retime(speed, sample_rate, 48000))
        assert Fraction(declared, before) == speed
        assert sample_rate <= before < sample_rate + speed.denominator
        assert after == 48000


def test_every_ratio_of_standard_rates_within_an_octave_can_be_made() -> None:
    every = {one / other for one in STANDARD_RATES for other in STANDARD_RATES}
    assert {speed for speed in every if Fraction(1, 2) <= speed <= 2} == set(RATIOS)


@pytest.mark.parametrize("speed", [Fraction(2, 5), Fraction(5, 2), Fraction(1000003, 1000001)])
def test_what_is_further_off_or_has_no_sample_rate_is_refused(speed: Fraction) -> None:
    assert refusal(speed)
