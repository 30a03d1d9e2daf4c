"""Files that hold pictures and are no sources: each named, with the way out."""

import os
import re
from pathlib import Path

import av
import pytest

from runner.errors import Exit, JobspecError
from runner.media.probe import probe
from runner.media.refusals import RAWS, refusal_inside
from tests.clips import clip, ffmpeg
from tests.media.frames import frames

MPEG2 = ("-c:v", "mpeg2video", "-pix_fmt", "yuv422p")


def refusal(path: Path) -> str:
    with pytest.raises(JobspecError) as caught:
        probe(path, f"media:{path.name}")
    (found,) = caught.value.problems
    assert found.exit is Exit.INVALID
    return str(found)


def patched(path: Path, *changes: tuple[bytes, bytes]) -> Path:
    data = path.read_bytes()
    for old, new in changes:
        assert old in data
        assert len(old) == len(new)
        data = data.replace(old, new)
    path.write_bytes(data)
    return path


NAMES = {
    "A001_C001_001.R3D": ("R3D (REDCODE RAW)", "REDCINE-X PRO"),
    "a.nev": ("N-RAW", "NX Studio"),
    "a.braw": ("BRAW (Blackmagic RAW)", "DaVinci Resolve"),
    "a.ari": ("ARRIRAW", "ARRI Reference Tool"),
    "a.arx": ("ARRIRAW", "ARRI Reference Tool"),
    "a.CRM": ("Cinema RAW (Canon CRM)", "Cinema RAW Development"),
    "a.dng": ("CinemaDNG", "DaVinci Resolve"),
    "a.zraw": ("ZRAW (Z CAM)", "Z CAM"),
    "a.cine": ("Phantom Cine RAW", "Phantom Camera Control"),
    "a.krw": ("Kinefinity RAW", "KineStation"),
}


@pytest.mark.parametrize("name", NAMES)
def test_camera_raw_is_named_by_its_extension_with_the_makers_tool(name: str, tmp_path: Path) -> None:
    kind, tool = NAMES[name]
    message = refusal(tmp_path / name)
    assert message.startswith(f'JS066: "media:{name}" is {kind}, which FFmpeg cannot decode; make a proxy with')
    assert tool in message


HEADS = {
    "R3D": (b"\0\0\2\0RED2" + bytes(90), "R3D"),
    "ARRIRAW": (b"ARRI\x12\x34\x56\x78" + bytes(90), "ARRIRAW"),
    "CRM": (b"\0\0\0\x18ftypcrx \0\0\0\1" + bytes(90), "Canon CRM"),
}


@pytest.mark.parametrize("name", HEADS)
def test_camera_raw_is_named_by_its_first_bytes_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    head, kind = HEADS[name]
    (tmp_path / "a.mov").write_bytes(head)
    assert refusal(tmp_path / "a.mov").startswith("JS066")
    assert kind in refusal(tmp_path / "a.mov")


@pytest.mark.parametrize(
    ("entry", "kind"),
    [(b"aprn", "ProRes RAW"), (b"aprh", "ProRes RAW"), (b"CRAW", "Cinema RAW"), (b"brxq", "BRAW"), (b"zraw", "ZRAW")],
)
def test_camera_raw_is_named_by_its_sample_entry(entry: bytes, kind: str, tmp_path: Path) -> None:
    file = patched(clip(tmp_path / "a.mov"), (b"avc1", entry))
    assert refusal(file).startswith(f'JS066: "media:a.mov" is {kind}')


@pytest.mark.parametrize(
    ("company", "kind"), [("Sony", "X-OCN"), ("ARRI", "ARRIRAW"), ("Canon", "Cinema RAW"), ("Else", "")]
)
def test_an_mxf_of_an_unknown_picture_is_named_by_the_cameras_maker(company: str, kind: str, tmp_path: Path) -> None:
    coding, essence = "060e2b34040101030401020201020300", "060e2b34040101020d01030102046001"
    unknown = (
        (bytes.fromhex(coding), bytes.fromhex("060e2b340401010d0e7f040102060100")),
        (bytes.fromhex(essence), bytes.fromhex("060e2b340401010d0e7f040201020101")),
    )
    maker = ("FFmpeg".encode("utf-16-be"), company.ljust(6, "\0").encode("utf-16-be"))
    message = refusal(patched(clip(tmp_path / "a.mxf", encode=MPEG2), *unknown, maker))
    assert message.startswith(f'JS066: "media:a.mxf" is {kind}' if kind else "JS067")


def test_an_mxf_of_the_same_makers_that_decodes_is_a_source(tmp_path: Path) -> None:
    maker = ("FFmpeg".encode("utf-16-be"), "Sony\0\0".encode("utf-16-be"))
    file = patched(clip(tmp_path / "a.mxf", encode=MPEG2), maker)
    assert probe(file, "a.mxf").picture.frames == 10


def test_an_undeveloped_mosaic_is_camera_raw_whoever_made_it(tmp_path: Path) -> None:
    raw, file = tmp_path / "sensor", tmp_path / "a.nut"  # of the formats that FFmpeg can write a mosaic to, the one
    raw.write_bytes(os.urandom(64 * 36 * 5))
    read = ("-f", "rawvideo", "-pixel_format", "bayer_rggb8", "-video_size", "64x36")
    ffmpeg(*read, "-i", f"file:{raw}", "-c", "copy", f"file:{file}")
    with av.open(f"file:{file}") as container:
        found = refusal_inside(file, container, container.streams.video, "media:a.nut")
    assert found
    assert "an undeveloped mosaic" in found.message


def test_every_kind_of_raw_can_be_told_and_has_a_tool() -> None:
    assert all(each.tool and (each.suffixes or each.marks or each.codecs or each.makers) for each in RAWS)
    assert len({each.kind for each in RAWS}) == len(RAWS)


# Single pictures.

STILLS = {"jpg": "JPEG", "png": "PNG", "tif": "TIFF", "exr": "OpenEXR", "dpx": "DPX", "tga": "Targa"}


@pytest.mark.parametrize("extension", STILLS)
def test_a_single_picture_is_told_how_a_sequence_is_named(extension: str, tmp_path: Path) -> None:
    frames(tmp_path, f"plate.%04d.{extension}", count=1)
    assert refusal(tmp_path / f"plate.1001.{extension}") == (
        f'JS135: "media:plate.1001.{extension}" is a single picture ({STILLS[extension]}); '
        f"an image sequence is named by its pattern, such as plate.####.{extension}"
    )


@pytest.mark.parametrize("extension", [each for each in STILLS if each != "tga"])
def test_a_single_picture_is_known_by_its_first_bytes_under_another_name(extension: str, tmp_path: Path) -> None:
    frames(tmp_path, f"plate.%04d.{extension}", count=1)
    renamed = (tmp_path / f"plate.1001.{extension}").rename(tmp_path / "a.mov")
    assert refusal(renamed).startswith(f'JS135: "media:a.mov" is a single picture ({STILLS[extension]})')


def test_a_film_of_one_frame_is_a_source(tmp_path: Path) -> None:
    assert probe(clip(tmp_path / "a.mov", seconds=0.04), "a.mov").picture.frames == 1


# Parts of recordings.


@pytest.mark.parametrize("item", ["02", "03"])
def test_an_mxf_that_lists_several_clips_is_refused(item: str, tmp_path: Path) -> None:
    pattern = bytes.fromhex("0d01020101010900")
    file = patched(clip(tmp_path / "a.mxf", encode=MPEG2), (pattern, bytes.fromhex(f"0d010201{item}010900")))
    assert refusal(file) == (
        f'JS136: "media:a.mxf" is not one recording in one file: an MXF of operational pattern {int(item)}, '
        "which plays several clips in turn; export it from the application that made it"
    )


@pytest.mark.parametrize(("track", "place"), [("picture", 0), ("sound", 1)])
def test_a_reference_movie_is_refused(track: str, place: int, tmp_path: Path) -> None:
    file = clip(tmp_path / "a.mov", tracks=(1,))
    data = bytearray(file.read_bytes())
    places = [found.end() for found in re.finditer(rb"dref.{12}(url |alis).{3}", data, re.DOTALL)]
    data[places[place]] &= 0xFE  # not self-contained
    file.write_bytes(data)
    assert refusal(file) == (
        'JS136: "media:a.mov" is not one recording in one file: a reference movie, whose media lies in other files; '
        "export it from the application that made it"
    )


@pytest.mark.parametrize("change", [b"\0\0\0\0moov", b"\0\0\0\1moov", b"\0\0\0\7moov", b"\xff\xff\xff\xffmoov"])
def test_a_damaged_index_is_one_problem_and_no_crash(change: bytes, tmp_path: Path) -> None:
    file = clip(tmp_path / "a.mov")
    data = bytearray(file.read_bytes())
    place = data.index(b"moov") - 4
    data[place : place + 8] = change
    file.write_bytes(data)
    try:
        assert probe(file, "media:a.mov").picture.frames == 10
    except JobspecError as error:
        assert len(error.problems) == 1


def test_a_chapter_of_a_phone_or_action_camera_is_a_clip_like_any_other(tmp_path: Path) -> None:
    for name in ("GH010001.MP4", "GH020001.MP4"):
        assert probe(clip(tmp_path / name), name).picture.frames == 10


def test_a_file_that_may_not_be_read_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mov")
    assert refusal(tmp_path / "a.mov").startswith("JS061")


def test_a_sound_with_a_still_has_no_picture_to_encode(tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    ffmpeg("-f", "lavfi", "-i", "sine=d=0.2", f"file:{file}")
    assert refusal(file).startswith("JS064")


@pytest.mark.parametrize("lost", [1, 947, 20_000], ids=["a byte", "in its index", "in its media"])
@pytest.mark.parametrize("front", [False, True], ids=["index last", "index first"])
def test_a_mov_that_was_cut_off_is_refused_wherever_its_index_lies(lost: int, front: bool, tmp_path: Path) -> None:
    """FFmpeg reads thirty of fifty frames from one that ends within its index, without a word."""
    flags = ("-movflags", "+faststart") if front else ()
    path = clip(tmp_path / "a.mov", seconds=2, extra=flags)
    os.truncate(path, path.stat().st_size - lost)
    told = refusal(path)
    assert "cut off" in told
    assert f"lacks its last {lost} bytes" in told or "JS063" in told


def test_padding_behind_the_last_box_is_nothing_that_lacks(tmp_path: Path) -> None:
    path = clip(tmp_path / "a.mov")
    with path.open("ab") as file:
        file.write(bytes(4096))
    assert probe(path, "a").picture.frames == 10
