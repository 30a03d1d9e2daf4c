"""The tables that turn a codec into encoder arguments, held against the encoder itself."""

import re
from pathlib import Path

import pytest

from runner.media.probe import probe
from runner.plan import recipes
from runner.plan.geometry import even
from runner.plan.recipes import Recipe
from runner.spec.codecs import CODECS, CONTAINERS
from tests.clips import clip, ffmpeg
from tests.plan.planning import made, planned_from

ROWS = recipes.TABLES[recipes.DECLARED].picture
SOUND = recipes.TABLES[recipes.DECLARED].sound.rows


def test_the_declared_number_has_a_table_with_every_codec_and_container() -> None:
    assert set(ROWS) == set(CODECS)
    assert {container for container, _ in SOUND} == set(recipes.MUXING) == set(CONTAINERS)


@pytest.mark.parametrize("row", [*ROWS.values(), *SOUND.values()], ids=[*ROWS, *map(" in ".join, SOUND)])
def test_every_row_says_why_and_by_what_source(row: Recipe) -> None:
    assert len(row.why) > 20
    assert len(row.source) > 10


@pytest.mark.parametrize("codec", ["h264", "h265", "vp9"])
def test_a_codec_whose_bits_depend_on_threads_has_their_number_in_the_recipe(codec: str) -> None:
    row = ROWS[codec]
    assert isinstance(row.threads, int) or re.search(r"pools=\d.*frame-threads=\d", " ".join(row.options))


@pytest.mark.parametrize("codec", ROWS)
def test_a_recipe_names_a_pixel_format_that_its_encoder_lists(codec: str) -> None:
    row = ROWS[codec]
    listed = ffmpeg("-h", f"encoder={row.encoder}")
    formats = listed.split("Supported pixel formats:")[1].splitlines()[0].split()
    assert {row.pixel_format, row.alpha_format or row.pixel_format} <= set(formats)


@pytest.mark.parametrize("codec", [name for name in ROWS if ROWS[name].smallest > (2, 2)])
def test_the_smallest_size_of_a_recipe_is_one_that_its_encoder_takes(codec: str, tmp_path: Path) -> None:
    width, height = ROWS[codec].smallest
    source = clip(tmp_path / "a.mkv", size=f"{width}x{height}", seconds=0.08, encode=("-c:v", "ffv1"))
    file = made(planned_from(source, codec=codec, container="mkv"), tmp_path / "work")
    assert probe(file, "made").picture.frames == 2


def test_dnxhr_below_its_smallest_size_is_what_the_encoder_refuses_too(tmp_path: Path) -> None:
    width, height = ROWS["dnxhr_lb"].smallest
    with pytest.raises(AssertionError, match="256x120"):
        ffmpeg(
            *("-f", "lavfi", "-i", f"testsrc2=s={even(width) - 2}x{height}:d=0.04", "-pix_fmt", "yuv422p"),
            *("-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-f", "mov", f"file:{tmp_path}/a.mov"),
        )


@pytest.mark.parametrize("codec", [name for name in ROWS if name.startswith("prores")])
def test_prores_names_apple_as_its_vendor_and_has_the_profile_that_was_asked_for(codec: str, tmp_path: Path) -> None:
    entries = {
        "prores_proxy": b"apco",
        "prores_lt": b"apcs",
        "prores_standard": b"apcn",
        "prores_hq": b"apch",
        "prores_4444": b"ap4h",
    }
    data = made(planned_from(clip(tmp_path / "a.mov", seconds=0.08), codec=codec), tmp_path / "work").read_bytes()
    assert entries[codec] in data
    assert b"apl0" in data


@pytest.mark.parametrize("container", ["mov", "mp4"])
def test_hevc_in_quicktime_has_the_tag_that_players_open(container: str, tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", seconds=0.08)
    data = made(planned_from(source, codec="h265", container=container), tmp_path / "work").read_bytes()
    assert b"hvc1" in data
    assert b"hev1" not in data


def test_an_mp4_has_its_index_in_front_for_players_that_read_from_the_web(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", seconds=0.08)
    data = made(planned_from(source, codec="h264", container="mp4"), tmp_path / "work").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_h264_scrubs_well_a_key_frame_every_fifteen_and_no_b_frames(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", seconds=1.28)
    file = made(planned_from(source, codec="h264", container="mp4"), tmp_path / "work")
    listed = ffmpeg("-i", f"file:{file}", "-map", "0:v", "-c", "copy", "-f", "framecrc", "-")
    packets = [line for line in listed.splitlines() if not line.startswith("#")]
    assert [number for number, line in enumerate(packets) if "F=0x0" not in line] == [0, 15, 30]
    assert all(line.split(",")[1].strip() == line.split(",")[2].strip() for line in packets)
