"""What the probe says of odd clips, against FFmpeg's own count and the truth they were made with."""

from pathlib import Path

import pytest

from runner.media.probe import probe
from tests.clips import clip, decoded_frames, ffmpeg
from tests.media.odd import FIELDS, ODD, made, with_aperture


@pytest.mark.parametrize("name", ODD)
def test_frames_rate_and_scan_of_an_odd_clip_are_true(name: str, tmp_path: Path) -> None:
    odd, file = ODD[name], made(name, tmp_path)
    picture = probe(file, file.name).picture
    assert picture.frames == decoded_frames(file) > 0
    assert (picture.rate, picture.constant, picture.scan) == (odd.rate, odd.constant, odd.scan)


APERTURES = {
    "XDCAM": ((1920, 1080), (1888, 1062), ("-c:v", "mpeg2video", "-pix_fmt", "yuv422p", *FIELDS), b"xd5c"),
    "HDV": ((1440, 1080), (1416, 1062), ("-c:v", "mpeg2video", "-pix_fmt", "yuv420p", *FIELDS), b"xdv3"),
    "DV": ((720, 576), (702, 576), ("-c:v", "dvvideo", "-pix_fmt", "yuv420p"), b"dvcp"),
}


@pytest.mark.parametrize(("coded", "clean", "encode", "entry"), APERTURES.values(), ids=APERTURES)
def test_the_size_is_the_coded_one_whatever_clean_aperture_a_player_shows(
    coded: tuple[int, int], clean: tuple[int, int], encode: tuple[str, ...], entry: bytes, tmp_path: Path
) -> None:
    plain = clip(tmp_path / "a.mov", size=f"{coded[0]}x{coded[1]}", seconds=0.12, encode=encode)
    before = probe(plain, "a.mov").picture
    file = with_aperture(plain, entry, *clean)
    shown = ffmpeg("-i", f"file:{file}", "-frames:v", "1", "-f", "framecrc", "-")
    assert f"dimensions 0: {clean[0]}x{clean[1]}" in shown, "this build crops to the aperture, unless told not to"
    assert probe(file, "a.mov").picture == before
    assert (before.width, before.height) == coded
