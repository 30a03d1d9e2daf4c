"""The facts of a source, as values."""

import dataclasses
import re
from fractions import Fraction

import msgspec
import pytest

from runner import canonical
from runner.media.facts import FORMATS, Colour, Content, Facts, Picture, Sequence, Sound
from tests.clips import ffmpeg

PICTURE = Picture(
    codec="h264",
    width=1920,
    height=1080,
    sar=Fraction(1),
    pixel_format="yuv420p",
    depth=8,
    rate=Fraction(24000, 1001),
    frames=48,
    counted="index",
    scan="progressive",
    colour=Colour(),
)
FACTS = Facts(content=Content(size=5, sample="sampled-sha256:ab"), format="mxf", picture=PICTURE)


def test_the_length_of_a_constant_rate_picture_is_its_frames_at_its_rate() -> None:
    assert FACTS.seconds == Fraction(48 * 1001, 24000)


def test_the_length_of_a_variable_rate_picture_is_what_its_clock_says() -> None:
    variable = msgspec.structs.replace(PICTURE, constant=False, seconds=Fraction(7, 2))
    assert msgspec.structs.replace(FACTS, picture=variable).seconds == Fraction(7, 2)


def test_facts_come_back_from_their_json_exactly_as_they_were() -> None:
    full = msgspec.structs.replace(
        FACTS,
        picture=msgspec.structs.replace(PICTURE, sar=Fraction(64, 45), scan="bff", colour=Colour(matrix="bt709")),
        sound=(Sound(stream=1, codec="aac", sample_rate=44100, channels=2, seconds=Fraction(1, 3)),),
        timecode="01:00:00;02",
        reel="A001",
        ignored=("data 3",),
        other_timecodes=("02:00:00;00",),
        clip="A001C002",
    )
    assert canonical.decode(canonical.encode(full), Facts) == full


def test_what_a_source_does_not_say_is_not_written() -> None:
    written = canonical.plain(FACTS)
    assert set(written) == {"content", "format", "picture"}
    assert written["picture"]["colour"] == {}


def test_a_rate_is_written_as_a_fraction_and_never_as_a_decimal() -> None:
    assert b'"rate":"24000/1001"' in canonical.encode(FACTS)


def test_facts_cannot_be_changed_after_they_are_learnt() -> None:
    with pytest.raises((AttributeError, dataclasses.FrozenInstanceError)):
        FACTS.timecode = "01:00:00:00"  # type: ignore[misc]


def test_a_fact_that_this_version_does_not_know_is_not_read_over() -> None:
    written = canonical.plain(FACTS) | {"mood": "sad"}
    with pytest.raises(msgspec.ValidationError, match="mood"):
        canonical.decode(canonical.encode(written), Facts)


def test_every_whitelisted_format_is_a_demuxer_that_ffmpeg_has() -> None:
    listed = re.findall(r"^ +D\S* +(\S+)", ffmpeg("-demuxers"), re.MULTILINE)
    known = {name for names in listed for name in names.split(",")}
    assert set(FORMATS) <= known


@pytest.mark.parametrize("name", ["hls", "concat", "dash", "imf", "sdp", "image2", "tedcaptions", "lavfi"])
def test_no_format_that_opens_other_files_is_whitelisted(name: str) -> None:
    assert name not in FORMATS


# As the version before sequences wrote them.
EARLIER = (
    b'{"content":{"sample":"sampled-sha256:ab","size":5},"format":"mxf","ignored":["data 3"],"picture":{"codec":"h264",'
    b'"colour":{"matrix":"bt709"},"counted":"index","depth":8,"frames":48,"height":1080,"pixel_format":"yuv420p",'
    b'"rate":"24000/1001","sar":"1/1","scan":"bff","width":1920},"reel":"A001","timecode":"01:00:00:00"}'
)


def test_facts_that_an_earlier_version_wrote_are_read_and_written_again_as_they_were() -> None:
    facts = canonical.decode(EARLIER, Facts)
    assert (facts.other_timecodes, facts.clip, facts.sequence) == ((), None, None)
    assert canonical.encode(facts) == EARLIER


def test_a_sequence_comes_back_from_its_json() -> None:
    facts = msgspec.structs.replace(FACTS, format="image2", sequence=Sequence(first=0, digits=0))
    assert canonical.decode(canonical.encode(facts), Facts) == facts


@pytest.mark.parametrize(
    ("form", "sequence"),
    [("image2", None), ("mov", {"digits": 4, "first": 1}), ("concat", {"digits": 4, "first": 1}), ("png_pipe", None)],
)
def test_facts_of_a_stranger_name_no_format_that_could_open_other_files(form: str, sequence: object) -> None:
    written = canonical.plain(FACTS) | {"format": form} | ({"sequence": sequence} if sequence else {})
    with pytest.raises(ValueError, match="not a format that sources have"):
        canonical.decode(canonical.encode(written), Facts)
