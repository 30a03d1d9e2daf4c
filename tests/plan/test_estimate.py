"""What outputs will cost, roughly."""

from fractions import Fraction
from pathlib import Path

import pytest

from runner.plan.estimate import RATES, Cost, cost, memory
from runner.plan.recipes import TABLES
from runner.spec.codecs import CODECS
from tests.clips import clip
from tests.plan.planning import facts, made, planned, planned_from


def test_every_codec_has_its_rates() -> None:
    assert set(RATES) == set(TABLES)
    for rates in RATES.values():
        assert set(rates) == set(CODECS)
        assert all(rate.bits > 0 and rate.cpu > 0 for rate in rates.values())


def test_nothing_costs_nothing() -> None:
    assert cost([]) == Cost()


def test_outputs_and_seconds_of_picture_are_counted_exactly() -> None:
    found = cost([planned(facts(frames=100)), planned(facts(frames=48, rate=Fraction(24000, 1001)))])
    assert found.outputs == 2
    assert found.seconds == pytest.approx(4 + 2.002)


def test_seconds_are_those_of_the_output_where_the_rate_changes() -> None:
    assert cost([planned(facts(frames=100), fps_explicit="50")]).seconds == pytest.approx(4)


def test_twice_the_frames_cost_twice_as_much() -> None:
    once, twice = cost([planned(facts(frames=100))]), cost([planned(facts(frames=200))])
    assert (twice.size, twice.cpu) == (pytest.approx(2 * once.size), pytest.approx(2 * once.cpu))


def test_half_the_sides_cost_a_quarter() -> None:
    whole, half = cost([planned(facts())]), cost([planned(facts(), resolution="half")])
    assert (half.size, half.cpu) == (pytest.approx(whole.size / 4), pytest.approx(whole.cpu / 4))


def test_the_codec_decides_the_size() -> None:
    sizes = [cost([planned(facts(), codec=codec)]).size for codec in ("h264", "prores_proxy", "prores_hq")]
    assert sizes == sorted(sizes)


def test_memory_is_for_each_output_and_for_the_source_once() -> None:
    pixel, gib, uhd, hd = 220, 1 << 30, 3840 * 2160, 1920 * 1080
    known = facts(width=3840, height=2160)
    whole, half = planned(known), planned(known, resolution="half")
    assert memory([whole]) == memory([half]) == gib + pixel * uhd
    assert memory([half, half, half]) == 3 * gib + pixel * (uhd + 2 * hd)
    assert memory([half, whole]) == 2 * gib + pixel * (uhd + hd)


@pytest.mark.parametrize("codec", ["prores_proxy", "prores_hq", "dnxhr_lb", "dnxhr_hqx"])
def test_codecs_of_a_given_data_rate_come_out_within_a_factor_of_three(codec: str, tmp_path: Path) -> None:
    noise = ("-vf", "noise=alls=12:allf=t")
    source = clip(tmp_path / "a.mov", size="1280x720", seconds=0.16, extra=noise)
    output = planned_from(source, codec=codec)
    real = made(output, tmp_path / "work").stat().st_size
    assert real / 3 < cost([output]).size < real * 3
