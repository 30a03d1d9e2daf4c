"""DNxHD's list, held against the encoder: every line is encoded, and is the size of frame that the line means."""

from fractions import Fraction
from pathlib import Path

import pytest

from runner.media.probe import probe
from runner.plan import dnxhd
from runner.spec.rates import rate_label, rate_text
from tests.clips import clip
from tests.plan.planning import NTSC, facts, made, planned, planned_from, refused

NAMES = [
    f"{each.quality} {each.width}x{each.height}{'i' if each.interlaced else 'p'} {rate_label(each.rate)}"
    for each in dnxhd.LINES
]
# Bytes of a coded frame by compression ID (SMPTE ST 2019-1); what a line really is, whatever Mb/s it is called by.
FRAME_BYTES = {
    ("draft", 1080, False): 188416,
    ("standard", 1080, False): 606208,
    ("high", 1080, False): 917504,
    ("standard", 1080, True): 606208,
    ("high", 1080, True): 917504,
    ("standard", 720, False): 303104,
    ("high", 720, False): 458752,
}


def source_of(line: dnxhd.Line, path: Path) -> Path:
    fields = ("-vf", "setfield=tff", "-flags", "+ildct+ilme") if line.interlaced else ()
    encode = ("-c:v", "mpeg2video", "-q:v", "4", "-pix_fmt", "yuv422p", *fields)
    size = f"{line.width}x{line.height}"
    return clip(path, size=size, rate=rate_text(line.rate), seconds=1.5 / float(line.rate), encode=encode)


@pytest.mark.parametrize("line", dnxhd.LINES, ids=NAMES)
def test_every_line_is_encoded_as_what_it_says(line: dnxhd.Line, tmp_path: Path) -> None:
    source = source_of(line, tmp_path / "a.mov")
    output = planned_from(source, codec="dnxhd", container="mov", quality=line.quality)
    file = made(output, tmp_path / "work")
    picture = probe(file, "made").picture
    assert (picture.codec, picture.width, picture.height, picture.rate) == (
        "dnxhd",
        line.width,
        line.height,
        line.rate,
    )
    assert picture.scan == ("tff" if line.interlaced else "progressive")
    frame = FRAME_BYTES[line.quality, line.height, line.interlaced]
    assert frame * picture.frames < file.stat().st_size < frame * picture.frames + 50_000


def test_the_list_holds_no_line_twice() -> None:
    lines = [(each.quality, each.width, each.height, each.interlaced, each.rate) for each in dnxhd.LINES]
    assert len(set(lines)) == len(lines)


def test_a_bitrate_belongs_to_the_rate_and_not_to_the_size_alone() -> None:
    """36 Mb/s is what Avid calls DNxHD 36 up to 25 frames; the same quality at 29.97 is DNxHD 45."""
    assert "36M" in planned(facts(), codec="dnxhd").arguments.writing
    assert "45M" in planned(facts(rate=NTSC), codec="dnxhd").arguments.writing


@pytest.mark.parametrize(
    ("quality", "scan", "megabits"),
    [
        pytest.param(None, "progressive", "36M", id="the lightest by default"),
        pytest.param("standard", "progressive", "120M", id="standard"),
        pytest.param("high", "progressive", "185M", id="high"),
        pytest.param(None, "tff", "120M", id="the lightest for fields"),
        pytest.param("high", "tff", "185M", id="high for fields"),
    ],
)
def test_quality_size_scan_and_rate_pick_the_line(quality: str | None, scan: str, megabits: str) -> None:
    wish = {"quality": quality} if quality else {}
    assert megabits in planned(facts(scan=scan), codec="dnxhd", **wish).arguments.writing


def test_a_quality_that_the_list_has_not_gives_the_next_better_one_and_is_named() -> None:
    output = planned(facts(scan="tff"), codec="dnxhd", quality="draft")
    assert "120M" in output.arguments.writing
    assert "DNxHD has no draft line of this kind; the standard one is taken" in output.losses


def test_fields_at_a_rate_that_has_no_line_for_them_become_frames() -> None:
    assert planned(facts(scan="tff", rate=Fraction(24)), codec="dnxhd").intent.picture.scan == "progressive"


@pytest.mark.parametrize(
    ("quality", "profile"), [(None, "dnxhr_lb"), ("standard", "dnxhr_sq"), ("high", "dnxhr_hq")], ids=str
)
def test_a_size_that_is_not_listed_is_refused_with_the_dnxhr_profile_that_fits(
    quality: str | None, profile: str
) -> None:
    (problem,) = refused(facts(), codec="dnxhd", resolution="half", **({"quality": quality} if quality else {}))
    assert problem.code == "JS070"
    assert profile in problem.message
