"""Start timecode, reel and clip name, from wherever a file keeps them."""

from fractions import Fraction
from pathlib import Path

import pytest

from runner.media.facts import Facts
from runner.media.probe import probe
from runner.media.tags import Tags, timecodes
from tests.clips import clip, ffmpeg

MPEG2 = ("-c:v", "mpeg2video", "-pix_fmt", "yuv422p")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
OWN_TAGS = ("-movflags", "+use_metadata_tags")
NTSC = Fraction(30000, 1001)
HOUR = 3600 * 48000
DROP_HOUR = 107_892 * 8008 // 5  # an hour of drop-frame has so many frames, each of 1601.6 samples


def known(path: Path) -> Facts:
    return probe(path, path.name)


def made(path: Path, *tags: str, rate: str = "25", sound: bool = True) -> Facts:
    """Make a clip whose file (-metadata) or picture (-metadata:s:v:0) has these tags."""
    encode = MPEG2 if path.suffix == ".mxf" else H264
    extra = (*tags, *(OWN_TAGS if path.suffix in (".mov", ".mp4") else ()))
    return known(clip(path, rate=rate, encode=encode, tracks=(1,) if sound else (), extra=extra))


def of_file(name: str, value: object) -> tuple[str, str]:
    return ("-metadata", f"{name}={value}")


def of_picture(name: str, value: object) -> tuple[str, str]:
    return ("-metadata:s:v:0", f"{name}={value}")


@pytest.mark.parametrize("key", ["timecode", "TIMECODE", "TimeCode"])
def test_a_timecode_is_found_under_a_key_of_any_case(key: str, tmp_path: Path) -> None:
    assert made(tmp_path / "a.mkv", *of_file(key, "02:00:00:00")).timecode == "02:00:00:00"


@pytest.mark.parametrize("code", ["01:00:00;02", "01:00:00.02"])
def test_drop_frame_is_written_with_a_semicolon_whatever_the_source_writes(code: str, tmp_path: Path) -> None:
    facts = made(tmp_path / "a.mkv", *of_file("timecode", code), rate="30000/1001")
    assert (facts.timecode, facts.other_timecodes) == ("01:00:00;02", ())


def test_the_pictures_timecode_counts_more_than_the_files_and_the_other_is_kept(tmp_path: Path) -> None:
    both = (*of_picture("timecode", "01:00:00:00"), *of_file("timecode", "02:00:00:00"))
    facts = made(tmp_path / "a.mkv", *both)
    assert (facts.timecode, facts.other_timecodes) == ("01:00:00:00", ("02:00:00:00",))


def test_a_timecode_track_counts_more_than_the_sounds_time(tmp_path: Path) -> None:
    facts = made(tmp_path / "a.mov", "-timecode", "01:00:00:00", *of_file("time_reference", 2 * HOUR))
    assert (facts.timecode, facts.other_timecodes) == ("01:00:00:00", ("02:00:00:00",))


@pytest.mark.parametrize(
    ("rate", "code", "samples"),
    [("25", "01:00:00:00", HOUR), ("30000/1001", "01:00:00;00", DROP_HOUR)],
    ids=["25", "drop-frame, of which the sound knows nothing"],
)
def test_a_sound_that_agrees_with_the_timecode_is_no_second_one(
    rate: str, code: str, samples: int, tmp_path: Path
) -> None:
    facts = made(tmp_path / "a.mov", "-timecode", code, *of_file("time_reference", samples), rate=rate)
    assert (facts.timecode, facts.other_timecodes) == (code, ())


@pytest.mark.parametrize("name", ["a.mov", "a.mkv"])
def test_without_any_timecode_the_sounds_time_gives_it(name: str, tmp_path: Path) -> None:
    facts = made(tmp_path / name, *of_file("time_reference", HOUR + 48000 * 5 + 1920))
    assert (facts.timecode, facts.other_timecodes) == ("01:00:05:01", ())


def test_the_sounds_time_is_counted_at_the_pictures_rate(tmp_path: Path) -> None:
    facts = made(tmp_path / "a.mov", *of_file("time_reference", HOUR * 1001 // 1000), rate="24000/1001")
    assert facts.timecode == "01:00:00:00"


@pytest.mark.parametrize("value", ["0", "", "an hour", "-5", "9" * 40], ids=["0", "empty", "words", "negative", "vast"])
def test_a_time_of_the_sound_that_says_nothing_is_no_timecode(value: str, tmp_path: Path) -> None:
    assert made(tmp_path / "a.mkv", *of_file("time_reference", value)).timecode is None


def test_a_file_without_sound_has_no_time_of_it(tmp_path: Path) -> None:
    assert made(tmp_path / "a.mkv", *of_file("time_reference", HOUR), sound=False).timecode is None


def test_a_second_timecode_track_that_disagrees_is_kept(tmp_path: Path) -> None:
    one = clip(tmp_path / "one.mov", extra=("-timecode", "01:00:00:00"))
    two = clip(tmp_path / "two.mov", extra=("-timecode", "05:00:00:00"))
    file = tmp_path / "both.mov"
    maps = ("-map", "0:v", "-map", "1:v", "-c", "copy")
    ffmpeg("-i", f"file:{one}", "-i", f"file:{two}", *maps, f"file:{file}")
    facts = known(file)
    assert (facts.timecode, facts.other_timecodes) == ("01:00:00:00", ("05:00:00:00",))


def test_nonsense_is_kept_as_it_stands_for_the_plan_to_name(tmp_path: Path) -> None:
    assert made(tmp_path / "a.mkv", *of_file("timecode", "noon")).timecode == "noon"


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        ("a.mov", ("-timecode", "01:00:00:00", *of_picture("reel_name", "A001"))),
        ("a.mxf", of_file("reel_name", "A001")),
        ("a.mkv", of_picture("reel_name", "A001")),
        ("a.mkv", of_file("REEL_NAME", "A001")),
        ("a.mov", of_file("com.apple.proapps.reel", "A001")),
        ("a.mkv", of_file("REEL", "A001")),
    ],
    ids=["tmcd", "mxf", "mkv's picture", "mkv's file", "Final Cut's key", "reel"],
)
def test_the_reel_is_found_wherever_it_stands(name: str, tags: tuple[str, ...], tmp_path: Path) -> None:
    assert made(tmp_path / name, *tags).reel == "A001"


@pytest.mark.parametrize("reel", ["0x060A2B340101010501010D0013DBA18F52947134CEDBA18F0052947134CEDB00", "  "])
def test_a_number_that_no_person_gave_is_no_reel(reel: str, tmp_path: Path) -> None:
    assert made(tmp_path / "a.mov", *of_file("com.apple.proapps.reel", reel)).reel is None


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("a.mxf", "material_package_name"),
        ("a.mov", "com.apple.proapps.clipname"),
        ("a.mov", "com.apple.proapps.clipID"),
        ("a.mp4", "com.apple.proapps.clipFileName"),
    ],
)
def test_the_clips_own_name_is_read(name: str, key: str, tmp_path: Path) -> None:
    assert made(tmp_path / name, *of_file(key, "A001C004_211124")).clip == "A001C004_211124"


def test_a_clip_without_names_has_none(tmp_path: Path) -> None:
    facts = made(tmp_path / "a.mov")
    assert (facts.reel, facts.clip, facts.timecode, facts.other_timecodes) == (None, None, None, ())


def test_codes_are_trusted_in_the_order_of_what_holds_them() -> None:
    track, file = {"timecode": "01:00:00:00"}, {"timecode": "02:00:00.00", "time_reference": "1"}
    assert timecodes(Tags(({}, track, file)), (), NTSC) == ("01:00:00:00", ("02:00:00;00",))
    assert timecodes(Tags((file, track, {})), (), NTSC) == ("02:00:00;00", ("01:00:00:00",))
