"""The field `audio`: what it may say, where, and what a container makes of it."""

from typing import Any

import pytest

from runner.spec.audio import HOLDS, Audio, audio_of, parse_audio
from runner.spec.codecs import CONTAINERS, SOUND_CODECS
from tests.plan.planning import spec


def codes(**changes: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    """Return code and path of what is wrong with a spec."""
    return [(each.code, each.path) for each in spec(**changes).problems() if each.exit]


def test_every_container_has_a_row_and_every_codec_a_container() -> None:
    assert set(HOLDS) == set(CONTAINERS)
    assert {codec for holds in HOLDS.values() for codec in holds.codecs} == set(SOUND_CODECS)


@pytest.mark.parametrize("holds", HOLDS.values(), ids=HOLDS)
def test_a_container_that_refuses_a_codec_says_why(holds: Any) -> None:
    assert holds.why or set(holds.codecs) == set(SOUND_CODECS)


def test_words_and_mappings_are_read() -> None:
    assert parse_audio("preserve") == Audio()
    assert parse_audio("none") == Audio(kept=False)
    assert parse_audio((("channels", 2), ("codec", "aac"))) == Audio(codec="aac", channels=2)


def test_the_word_of_a_clip_replaces_that_of_the_spec() -> None:
    assert audio_of("preserve", "none") == Audio()
    assert audio_of(None, "none") == Audio(kept=False)
    assert audio_of((("codec", "aac"),), {"channels": 2}) == Audio(codec="aac")


REFUSED = [(container, codec) for container in HOLDS for codec in SOUND_CODECS if codec not in HOLDS[container].codecs]


@pytest.mark.parametrize(("container", "codec"), REFUSED, ids=[" in ".join(pair[::-1]) for pair in REFUSED])
def test_a_codec_that_a_container_does_not_hold_is_wrong_with_the_legal_ones(container: str, codec: str) -> None:
    picture = "vp9" if container == "webm" else "h264"
    (found,) = (
        each for each in spec(codec=picture, container=container, audio={"codec": codec}).problems() if each.exit
    )
    assert (found.code, found.path, found.legal) == ("JS140", ("audio", "codec"), HOLDS[container].codecs)
    assert HOLDS[container].why in found.message


def test_what_one_clip_asks_for_is_judged_at_its_own_place() -> None:
    entry = {"path": "media:a.mov", "audio": {"codec": "opus"}}
    assert codes(sources=[entry]) == [("JS140", ("sources", 0, "audio", "codec"))]


@pytest.mark.parametrize(
    ("picture", "container", "audio"),
    [
        ("dnxhr_lb", "mxf", {"sample_rate": 44100}),
        ("vp9", "webm", {"sample_rate": 44100}),
        ("h264", "mp4", {"sample_rate": 47000}),
        ("h264", "mkv", {"codec": "aac", "sample_rate": 192000}),
    ],
    ids=lambda value: str(value),
)
def test_a_sample_rate_that_a_codec_or_container_does_not_have_is_wrong(
    picture: str, container: str, audio: dict[str, Any]
) -> None:
    assert codes(codec=picture, container=container, audio=audio) == [("JS141", ("audio", "sample_rate"))]


def test_pcm_in_quicktime_takes_any_sample_rate() -> None:
    assert codes(audio={"sample_rate": 47000}) == []
