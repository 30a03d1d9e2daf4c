"""Image sequences as one source: what is true of them, and how holes and strangers among the frames are named."""

import os
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from runner import canonical
from runner.errors import JobspecError
from runner.media.facts import Colour, Facts, Sequence
from runner.media.sequence import content_of_sequence, probe_sequence, stat_of_sequence
from runner.spec.sequence import parse_pattern
from tests.clips import ffmpeg
from tests.media.frames import frames, in_header
from tests.media.opened import watched


def known(path: Path) -> Facts:
    return probe_sequence(path, f"media:{path.name}")


def refusal(path: Path) -> str:
    with pytest.raises(JobspecError) as caught:
        known(path)
    (found,) = caught.value.problems
    return str(found)


KINDS = {
    "dpx": ("dpx", "gbrp10le", 10),
    "exr": ("exr", "gbrpf32le", 32),
    "png": ("png", "rgb24", 8),
    "tif": ("tiff", "rgb24", 8),
    "jpg": ("mjpeg", "yuvj444p", 8),
    "tga": ("targa", "bgr24", 8),
}


@pytest.mark.parametrize(("extension", "codec", "pixels", "depth"), [(each, *KINDS[each]) for each in KINDS], ids=KINDS)
def test_the_frames_of_a_folder_are_one_source(
    extension: str, codec: str, pixels: str, depth: int, tmp_path: Path
) -> None:
    facts = known(frames(tmp_path, f"plate.%04d.{extension}"))
    picture = facts.picture
    assert (facts.format, facts.sequence, facts.sound) == ("image2", Sequence(first=1001, digits=4), ())
    assert (picture.codec, picture.width, picture.height, picture.pixel_format) == (codec, 64, 36, pixels)
    assert (picture.frames, picture.counted, picture.constant, picture.depth) == (12, "index", True, depth)
    assert picture.scan == "progressive"


@pytest.mark.parametrize("name", ["plate.####.png", "plate.%04d.png"])
def test_both_spellings_of_a_pattern_mean_the_same_files(name: str, tmp_path: Path) -> None:
    frames(tmp_path, "plate.%04d.png")
    assert known(tmp_path / name).picture.frames == 12


def test_numbers_go_on_beyond_their_digits(tmp_path: Path) -> None:
    facts = known(frames(tmp_path, "p%02d.png", first=95))
    assert (facts.picture.frames, facts.sequence) == (12, Sequence(first=95, digits=2))


def test_numbers_without_zeros_are_ordered_as_numbers(tmp_path: Path) -> None:
    facts = known(frames(tmp_path, "p%d.png", first=5))
    assert (facts.picture.frames, facts.sequence) == (12, Sequence(first=5, digits=0))


def test_the_frames_are_those_that_ffmpeg_reads_with_the_facts_it_is_given(tmp_path: Path) -> None:
    path = frames(tmp_path / "made", "50%%.%04d.png")
    path = path.parent.rename(tmp_path / "100%d") / path.name
    pattern = parse_pattern("50%.####.png")
    facts = known(path.parent / "50%.####.png")
    assert facts.sequence
    read = ("-f", "image2", "-pattern_type", "sequence", "-start_number", str(facts.sequence.first))
    whitelists = ("-protocol_whitelist", "file", "-format_whitelist", "image2")
    opened = (*whitelists, *read, "-i", f"file:{pattern.within(str(path.parent))}")
    progress = ffmpeg(*opened, "-fps_mode", "passthrough", "-f", "null", "-progress", "-", "-")
    assert f"frame={facts.picture.frames}\n" in progress


@pytest.mark.parametrize("folder", ["50%d", "%04d", "a*b?", "p.%03d", "-i", "http:", 'it\'s "a"', "a\nb", "Töne 音"])
def test_the_name_of_a_folder_is_only_a_name(folder: str, tmp_path: Path) -> None:
    path = frames(tmp_path / "made", "p.%04d.png", count=3)
    plain = known(path)
    assert known(path.parent.rename(tmp_path / folder) / path.name) == plain


def test_a_folder_whose_name_looks_like_a_pattern_opens_no_other_folder(tmp_path: Path) -> None:
    frames(tmp_path / "shot0", "p.%04d.png", count=3, size="128x72")
    path = frames(tmp_path / "made", "p.%04d.png", count=3)
    assert known(path.parent.rename(tmp_path / "shot%d") / path.name).picture.width == 64


def test_what_lies_beside_the_frames_is_no_part_of_them(tmp_path: Path) -> None:
    path = frames(tmp_path)
    for name in ("plate.1001.png", "plate.01001.dpx", "plate.1013.dpx.tmp", ".plate.1013.dpx", "other.1013.dpx"):
        (tmp_path / name).write_bytes(b"x")
    assert known(path).picture.frames == 12


def test_the_rate_is_the_nominal_one_unless_the_header_names_another(tmp_path: Path) -> None:
    path = frames(tmp_path)
    assert known(path).picture.rate == 25
    in_header(tmp_path / "plate.1001.dpx", rate=23.976)
    assert known(path).picture.rate == Fraction(24000, 1001)


def test_a_png_names_no_rate(tmp_path: Path) -> None:
    assert known(frames(tmp_path, "p%d.png")).picture.rate == 25


def test_the_timecode_is_that_of_the_first_header(tmp_path: Path) -> None:
    path = frames(tmp_path)
    assert known(path).timecode is None
    in_header(tmp_path / "plate.1001.dpx", rate=24, timecode="14:02:11:05")
    assert known(path).timecode == "14:02:11:05"


def test_an_exr_has_no_colour_tags_whatever_its_decoder_takes_for_granted(tmp_path: Path) -> None:
    assert known(frames(tmp_path, "p.%04d.exr")).picture.colour == Colour()


# Refusals.


def test_a_missing_frame_is_named(tmp_path: Path) -> None:
    path = frames(tmp_path, "plate.%04d.png", first=1)
    (tmp_path / "plate.0006.png").unlink()
    assert refusal(path) == (
        'JS131: the sequence "media:plate.%04d.png" (1-12) lacks 1 of its frames: 6; copy what is missing'
    )


def test_many_missing_frames_are_named_as_ranges_and_not_all(tmp_path: Path) -> None:
    path = frames(tmp_path, "p%d.png", first=0, count=1)
    for number in range(3, 40, 3):
        shutil.copy(tmp_path / "p0.png", tmp_path / f"p{number}.png")
    shutil.copy(tmp_path / "p0.png", tmp_path / "p999999999.png")
    assert "(0-999999999) lacks 999999985 of its frames: 1-2, 4-5, 7-8, 10-11" in refusal(path)
    assert "22-23, …; copy" in refusal(path)


@pytest.mark.parametrize("folder", [".", "gone"], ids=["empty folder", "no folder"])
def test_a_pattern_without_files_is_named(folder: str, tmp_path: Path) -> None:
    assert refusal(tmp_path / folder / "p.####.png") == 'JS132: "media:p.####.png" matches no file in its folder'


@pytest.mark.parametrize(
    ("number", "options", "what"),
    [
        (1012, {"size": "128x72"}, "frame 1012 .* dpx 128x72 gbrp10le, but the first one is dpx 64x36 gbrp10le"),
        (1001, {"size": "128x72"}, "is dpx 64x36 gbrp10le, but the first one is dpx 128x72"),
    ],
    ids=["last", "first"],
)
def test_a_frame_of_another_size_is_named(number: int, options: dict[str, str], what: str, tmp_path: Path) -> None:
    path = frames(tmp_path)
    other = frames(tmp_path / "other", count=1, **options)  # type: ignore[arg-type]
    shutil.copy(other.parent / "plate.1001.dpx", tmp_path / f"plate.{number}.dpx")
    with pytest.raises(JobspecError, match=f"JS133.*{what}"):
        known(path)


def test_a_frame_of_another_pixel_format_is_named(tmp_path: Path) -> None:
    path = frames(tmp_path, "p.%04d.png", first=1, count=3)
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x36", "-frames:v", "1", "-pix_fmt", "rgba", f"file:{tmp_path}/p.0002.png")
    assert "the frame 2 of" in refusal(path)
    assert "is png 64x36 rgba, but the first one is png 64x36 rgb24" in refusal(path)


@pytest.mark.parametrize("name", ["p.####.mov", "p.####.gif", "p.####", "p.####.svg", "p.####.txt"])
def test_a_kind_that_no_sequence_has_is_refused_with_the_legal_ones(name: str, tmp_path: Path) -> None:
    assert refusal(tmp_path / name).startswith("JS134")
    assert ".dpx, .exr, .png" in refusal(tmp_path / name)


@pytest.mark.parametrize(("name", "kind"), [("p.####.dng", "CinemaDNG"), ("A001C001.#######.ari", "ARRIRAW")])
def test_camera_raw_frame_by_frame_is_named(name: str, kind: str, tmp_path: Path) -> None:
    assert refusal(tmp_path / name).startswith(f'JS066: "media:{name}" is {kind}')


def test_a_name_that_is_no_pattern_is_refused_with_the_reason(tmp_path: Path) -> None:
    assert refusal(tmp_path / "p.png").startswith('JS130: "media:p.png" is not the pattern of an image sequence')


def test_an_empty_frame_is_named(tmp_path: Path) -> None:
    path = frames(tmp_path)
    (tmp_path / "plate.1005.dpx").write_bytes(b"")
    assert refusal(path) == 'JS065: "media:plate.%04d.dpx: plate.1005.dpx" is empty (0 bytes)'


def test_a_pipe_among_the_frames_is_never_opened(tmp_path: Path) -> None:
    path = frames(tmp_path)
    (tmp_path / "plate.1005.dpx").unlink()
    with watched(tmp_path / "plate.1005.dpx") as opened:
        assert refusal(path).startswith("JS061")
        assert not opened()


@pytest.mark.parametrize("content", [b"no picture at all" * 50, bytes(3000), b"ffconcat version 1.0\nfile other.mov\n"])
def test_a_frame_that_is_no_picture_is_named(content: bytes, tmp_path: Path) -> None:
    path = frames(tmp_path)
    (tmp_path / "plate.1001.dpx").write_bytes(content)
    assert "JS063" in refusal(path) or "JS067" in refusal(path)
    assert "plate.1001.dpx" in refusal(path)


def test_a_frame_cut_off_within_its_header_is_one_problem(tmp_path: Path) -> None:
    path = frames(tmp_path)
    data = (tmp_path / "plate.1012.dpx").read_bytes()
    (tmp_path / "plate.1012.dpx").write_bytes(data[:1000])
    assert "plate.1012.dpx" in refusal(path)


# Identity and change.


def removed_last(folder: Path) -> None:
    (folder / "plate.1012.dpx").unlink()


def added_one(folder: Path) -> None:
    shutil.copy(folder / "plate.1001.dpx", folder / "plate.1013.dpx")


def changed_one(folder: Path) -> None:
    data = bytearray((folder / "plate.1006.dpx").read_bytes())
    data[-1] ^= 1
    (folder / "plate.1006.dpx").write_bytes(data)


def swapped_two(folder: Path) -> None:
    (folder / "plate.1003.dpx").rename(folder / "spare")
    (folder / "plate.1004.dpx").rename(folder / "plate.1003.dpx")
    (folder / "spare").rename(folder / "plate.1004.dpx")


CHANGES = [removed_last, added_one, changed_one, swapped_two]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_the_frames_is_another_identity_and_another_stat(
    change: Callable[[Path], None], tmp_path: Path
) -> None:
    path = frames(tmp_path)
    before, stat = content_of_sequence(path), stat_of_sequence(path)
    change(tmp_path)
    assert content_of_sequence(path) != before
    assert stat_of_sequence(path) != stat


def test_a_sequence_that_is_renumbered_is_another(tmp_path: Path) -> None:
    path = frames(tmp_path)
    before = content_of_sequence(path).sample
    for number in range(1012, 1000, -1):
        (tmp_path / f"plate.{number}.dpx").rename(tmp_path / f"plate.{number + 1}.dpx")
    assert content_of_sequence(path).sample != before


def test_the_same_frames_under_other_names_and_times_have_the_same_identity_and_another_stat(tmp_path: Path) -> None:
    path = frames(tmp_path / "one")
    shutil.copytree(path.parent, tmp_path / "two")
    other = tmp_path / "two" / "shot_####.dpx"
    for file in (tmp_path / "two").iterdir():
        renamed = file.rename(file.with_name(file.name.replace("plate.", "shot_")))
        os.utime(renamed, (1_000_000_000, 1_000_000_000))
    assert known(other) == known(path)
    assert stat_of_sequence(other) != stat_of_sequence(path)
    assert stat_of_sequence(other)[0] == content_of_sequence(other).size


def test_the_stat_of_a_sequence_without_files_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        stat_of_sequence(tmp_path / "p.####.dpx")


def test_a_change_of_time_alone_is_noticed(tmp_path: Path) -> None:
    path = frames(tmp_path)
    before = stat_of_sequence(path)
    os.utime(tmp_path / "plate.1004.dpx", (2_000_000_000, 2_000_000_000))
    assert stat_of_sequence(path)[1] == 2_000_000_000 * 10**9 != before[1]


def test_the_facts_of_a_sequence_come_back_from_their_json(tmp_path: Path) -> None:
    facts = known(frames(tmp_path))
    assert canonical.decode(canonical.encode(facts), Facts) == facts
