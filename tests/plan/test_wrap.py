"""What the file around picture and sound carries: start timecode, reel, container."""

from fractions import Fraction
from pathlib import Path

import pytest

from runner.media.probe import probe
from runner.spec.rates import rate_label
from tests.clips import clip, ffmpeg
from tests.plan.planning import FILM, NTSC, facts, made, planned, planned_from, refused

CARRIED = {
    "mov": ("prores_proxy", "mov", "25", "01:00:00:00"),
    "mov drop-frame": ("prores_proxy", "mov", "30000/1001", "00:01:00;02"),
    "mov at 23.976": ("h264", "mov", "24000/1001", "23:59:59:23"),
    "mp4": ("h264", "mp4", "25", "10:11:12:13"),
    "mp4 drop-frame at 59.94": ("h264", "mp4", "60000/1001", "01:00:00;04"),
    "mkv": ("prores_proxy", "mkv", "25", "01:00:00:00"),
    "mkv drop-frame": ("h264", "mkv", "30000/1001", "00:01:00;02"),
    "webm": ("vp9", "webm", "25", "01:00:00:00"),
    "mxf": ("dnxhr_lb", "mxf", "25", "10:00:00:00"),
    "mxf drop-frame": ("dnxhr_lb", "mxf", "30000/1001", "00:09:59;29"),
}


@pytest.mark.parametrize(("codec", "container", "rate", "code"), CARRIED.values(), ids=CARRIED)
def test_the_start_timecode_arrives_with_its_drop_flag(
    codec: str, container: str, rate: str, code: str, tmp_path: Path
) -> None:
    source = clip(tmp_path / "a.mov", rate=rate, seconds=0.2, extra=("-timecode", code))
    output = planned_from(source, codec=codec, container=container)
    assert output.expects.timecode == code
    assert probe(made(output, tmp_path / "work"), "made").timecode == code
    assert not any("timecode" in loss for loss in output.losses)


@pytest.mark.parametrize(("codec", "container"), [("prores_proxy", "mov"), ("h264", "mp4"), ("vp9", "webm")])
def test_a_source_without_timecode_gives_an_output_without_one(codec: str, container: str, tmp_path: Path) -> None:
    output = planned_from(clip(tmp_path / "a.mov", seconds=0.2), codec=codec, container=container)
    assert output.intent.wrap.timecode is None
    assert probe(made(output, tmp_path / "work"), "made").timecode is None


def test_an_mxf_always_has_a_timecode_and_the_invented_one_is_named(tmp_path: Path) -> None:
    output = planned_from(clip(tmp_path / "a.mov", seconds=0.2), codec="dnxhr_lb", container="mxf")
    assert output.losses == ("the source has no timecode; mxf always has one, 00:00:00:00 is written",)
    assert probe(made(output, tmp_path / "work"), "made").timecode == output.expects.timecode == "00:00:00:00"


@pytest.mark.parametrize("level", ["-metadata", "-metadata:s:v:0"], ids=["of the file", "of the picture"])
@pytest.mark.parametrize("container", ["mkv", "mov"])
def test_an_old_timecode_tag_of_the_source_does_not_stand_beside_the_new_one(
    level: str, container: str, tmp_path: Path
) -> None:
    source = clip(tmp_path / "a.mkv", seconds=0.2, extra=(level, "TIMECODE=01:00:00:12"))
    output = planned_from(source, codec="h264", container=container, fps_explicit="50")
    file = made(output, tmp_path / "work")
    shown = ffmpeg("-i", f"file:{file}", "-map", "0:v", "-c", "copy", "-f", "ffmetadata", "-").lower()
    assert {line for line in shown.splitlines() if "timecode" in line} == {"timecode=01:00:00:24"}


@pytest.mark.parametrize(
    ("code", "rate", "explicit", "wanted"),
    [
        ("01:00:00:12", Fraction(25), "50", "01:00:00:24"),
        ("01:00:00:00", Fraction(25), "24", "01:00:00:00"),
        ("01:00:00;00", NTSC, "60000/1001", "01:00:00;00"),
    ],
    ids=["25 to 50", "25 to 24", "drop-frame doubled"],
)
def test_a_changed_rate_names_the_same_instant_in_its_own_frames_and_says_so(
    code: str, rate: Fraction, explicit: str, wanted: str
) -> None:
    output = planned(facts(timecode=code, rate=rate), fps_explicit=explicit)
    assert output.intent.wrap.timecode == wanted
    assert any(loss.startswith(f"start timecode {code} becomes {wanted}") for loss in output.losses)


def test_a_drop_frame_code_stops_dropping_at_a_rate_that_cannot_drop() -> None:
    output = planned(facts(timecode="00:01:00;02", rate=NTSC), fps_explicit="24000/1001")
    assert output.intent.wrap.timecode is not None
    assert ";" not in output.intent.wrap.timecode


IMPOSSIBLE = {
    "drop-frame at 23.976": ("01:00:00;00", FILM),
    "drop-frame at 25": ("01:00:00;00", Fraction(25)),
    "a number that drop-frame leaves out": ("00:01:00;00", NTSC),
    "frame 25 at 25": ("01:00:00:25", Fraction(25)),
    "hour 24": ("24:00:00:00", Fraction(25)),
    "no timecode at all": ("day one", Fraction(25)),
}


@pytest.mark.parametrize(("code", "rate"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_timecode_that_does_not_exist_is_refused_before_ffmpeg_drops_it_silently(code: str, rate: Fraction) -> None:
    (found,) = refused(facts(timecode=code, rate=rate))
    assert found.code == "JS073"
    assert code in found.message
    assert "say the right one for this clip" in found.message


@pytest.mark.parametrize(("codec", "container"), [("prores_proxy", "mov"), ("dnxhr_lb", "mxf")])
def test_the_reel_arrives_where_the_container_has_one(codec: str, container: str, tmp_path: Path) -> None:
    extra = ("-timecode", "01:00:00:00", "-metadata:s:v:0", "reel_name=A001")
    source = clip(tmp_path / "a.mov", seconds=0.2, extra=extra)
    output = planned_from(source, codec=codec, container=container)
    assert output.losses == ()
    assert probe(made(output, tmp_path / "work"), "made").reel == "A001"


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_a_reel_that_the_container_does_not_carry_is_named(container: str) -> None:
    output = planned(facts(reel="A001"), codec="h264", container=container)
    assert output.losses == (f"reel A001 is not carried by {container}",)


def test_a_reel_that_a_mov_has_no_timecode_track_for_is_named(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mkv", seconds=0.2, extra=("-metadata:s:v:0", "reel_name=A001"))
    output = planned_from(source)
    assert output.losses == ("reel A001 is not carried by mov without a timecode",)
    assert output.intent.wrap.reel is None
    assert probe(made(output, tmp_path / "work"), "made").reel is None


REFUSED = ("6", "12", "25/2", "15", "15000/1001", "20", "1000/33", "120000/1001", "200", "240")
WRITTEN = ("24000/1001", "24", "25", "30000/1001", "30", "48", "50", "60000/1001", "60", "100", "120")


@pytest.mark.parametrize("rate", REFUSED)
def test_a_rate_that_mxf_has_not_is_refused_with_the_containers_that_have_it(rate: str) -> None:
    (found,) = refused(facts(rate=Fraction(rate)), codec="dnxhr_lb", container="mxf")
    assert found.code == "JS075"
    assert f"{rate_label(Fraction(rate))} frames a second cannot go into mxf" in found.message
    assert "use mov or mkv, or an explicit rate" in found.message


@pytest.mark.parametrize("rate", WRITTEN)
def test_a_rate_that_mxf_is_planned_for_is_one_that_its_muxer_writes(rate: str, tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", rate=rate, seconds=0.1)
    output = planned_from(source, codec="dnxhr_lb", container="mxf")
    found = probe(made(output, tmp_path / "work"), "made").picture
    assert (found.rate, found.frames) == (Fraction(rate), output.expects.frames)


def test_the_muxer_itself_refuses_a_rate_that_mxf_has_not(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", rate="12", seconds=0.2)
    maps = ("-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p")
    with pytest.raises(AssertionError, match="Unsupported frame rate 12/1"):
        ffmpeg("-i", f"file:{source}", *maps, f"file:{tmp_path}/a.mxf")


def test_an_explicit_rate_is_judged_in_place_of_the_sources() -> None:
    assert planned(facts(rate=Fraction(15)), codec="dnxhr_lb", container="mxf", fps_explicit="30").expects.frames == 200
    (found,) = refused(facts(), codec="dnxhr_lb", container="mxf", fps_explicit="15")
    assert found.code == "JS075"


def test_the_material_package_of_an_mxf_is_named_after_the_source(tmp_path: Path) -> None:
    source = clip(tmp_path / "B002C014.mov", seconds=0.1)
    file = made(planned_from(source, codec="dnxhr_lb", container="mxf"), tmp_path / "work")
    assert "material_package_name=B002C014" in ffmpeg("-i", f"file:{file}", "-f", "ffmetadata", "-")


def test_a_release_line_that_cannot_write_a_pair_is_refused_with_its_reason() -> None:
    (found,) = refused(facts(), "5.1", container="mxf")
    assert found.code == "JS030"
    assert "FFmpeg 5.1 cannot; its mxf muxer has no ProRes" in found.message
    assert planned(facts(), "7.0", container="mxf").intent.wrap.container == "mxf"
