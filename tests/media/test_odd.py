"""What the probe says of odd clips, against FFmpeg's own count and the truth they were made with."""

from pathlib import Path

import pytest

from runner.media.probe import probe
from tests.clips import decoded_frames
from tests.media.odd import ODD, made


@pytest.mark.parametrize("name", ODD)
def test_frames_rate_and_scan_of_an_odd_clip_are_true(name: str, tmp_path: Path) -> None:
    odd, file = ODD[name], made(name, tmp_path)
    picture = probe(file, file.name).picture
    assert picture.frames == decoded_frames(file) > 0
    assert (picture.rate, picture.constant, picture.scan) == (odd.rate, odd.constant, odd.scan)
