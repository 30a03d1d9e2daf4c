"""Codecs and containers as specs name them; that the pairs encode for real is tested in tests/plan."""

import pytest

from runner.spec.codecs import ALIASES, CODECS, CONTAINERS, EXTENSIONS, canonical_codec, why_not

PRORES = ("prores_proxy", "prores_lt", "prores_standard", "prores_hq", "prores_4444")
DNX = ("dnxhd", "dnxhr_lb", "dnxhr_sq", "dnxhr_hq", "dnxhr_hqx", "dnxhr_444")
HELD = {
    "mov": {*PRORES, *DNX, "h264", "h265"},
    "mp4": {"h264", "h265", "vp9", "av1"},
    "mkv": {*PRORES, *DNX, "h264", "h265", "vp9", "av1"},
    "webm": {"vp9", "av1"},
    "mxf": {*PRORES, *DNX, "h264"},
}


def test_the_codecs_are_those_of_the_contract() -> None:
    assert set(CODECS) == {*PRORES, *DNX, "h264", "h265", "vp9", "av1"}


@pytest.mark.parametrize("container", HELD)
def test_a_container_holds_these_codecs_and_no_other(container: str) -> None:
    assert {codec for codec in CODECS if why_not(codec, container) is None} == HELD[container]


def test_the_containers_are_those_of_the_contract() -> None:
    assert set(CONTAINERS) == set(HELD)


@pytest.mark.parametrize("container", HELD)
def test_the_way_out_that_a_refusal_names_is_one(container: str) -> None:
    for codec in CODECS:
        if reason := why_not(codec, container):
            named = [name for name in CONTAINERS if name in reason.split("use ")[-1].replace(",", " ").split()]
            assert named
            assert any(why_not(codec, name) is None for name in named)


@pytest.mark.parametrize(("short", "full"), [("dnxhr", "dnxhr_lb"), ("hevc", "h265"), ("h264", "h264")])
def test_a_short_name_means_the_full_one(short: str, full: str) -> None:
    assert canonical_codec(short) == full


def test_every_short_name_leads_to_a_codec_and_hides_none() -> None:
    assert set(ALIASES.values()) <= set(CODECS)
    assert not set(ALIASES) & set(CODECS)


def test_every_container_has_the_extension_that_is_its_name() -> None:
    assert set(CONTAINERS) <= EXTENSIONS
