"""The gate: every reason to refuse an encoded file, each shown on a real file that has just that fault."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runner.errors import JobspecError
from runner.execution.gate import Verdict, decode, inspect
from runner.execution.process import Limits
from runner.media.probe import probe_with_length
from runner.plan.model import Expectation
from tests.clips import FFMPEG, clip, ffmpeg

PRORES = ("-c:v", "prores_ks", "-profile:v", "0", "-pix_fmt", "yuv422p10le")
CODE = ("-timecode", "01:00:00:00")
# What `GOOD` below is: ten frames of ProRes at 25 from one o'clock, with two mono tracks.
EXPECTED = Expectation(
    frames=10,
    rate=Fraction(25),
    seconds=Fraction(2, 5),
    longest=Fraction(1, 2),
    codec="prores",
    width=320,
    height=180,
    sar=Fraction(1),
    pixel_format="yuv422p10le",
    timecode="01:00:00:00",
    channels=(1, 1),
)


@dataclass(frozen=True)
class Made:
    """How a clip is made; every field but one is as planned."""

    size: str = "320x180"
    rate: str = "25"
    seconds: float = 0.4
    tracks: Sequence[int] = (1, 1)
    encode: Sequence[str] = PRORES
    extra: Sequence[str] = CODE


GOOD = Made()


def made(path: Path, how: Made) -> Path:
    return clip(
        path,
        size=how.size,
        rate=how.rate,
        seconds=how.seconds,
        tracks=how.tracks,
        encode=how.encode,
        extra=how.extra,
    )


def judged(file: Path, expects: Expectation = EXPECTED) -> Verdict:
    return inspect(file, expects, Path(FFMPEG), file.with_suffix(".log"), threading.Event())


def expecting(**fields: Any) -> Expectation:
    return msgspec.structs.replace(EXPECTED, **fields)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("gate") / "good.mov", GOOD)


def test_a_file_that_is_as_planned_passes_and_leaves_an_empty_log(good: Path) -> None:
    assert judged(good) == Verdict(())
    assert good.with_suffix(".log").read_bytes() == b""


H264 = ("-c:v", "libx264", "-preset", "ultrafast")
FAULTS = [
    pytest.param(
        replace(GOOD, seconds=0.28),
        ("7 frames decode, 10 were planned", "it lasts 0.280 s, 0.400 s were planned"),
        id="a shorter clip",
    ),
    pytest.param(
        replace(GOOD, seconds=0.36, tracks=(), extra=CODE),
        (
            "audio tracks is 0, 2 was planned",
            "audio channels is (), (1, 1) was planned",
            "9 frames decode, 10 were planned",
            "it lasts 0.360 s, 0.400 s were planned",
        ),
        id="one frame less and no sound",
    ),
    pytest.param(
        replace(GOOD, encode=("-c:v", "dnxhd", "-profile:v", "dnxhr_hqx", "-pix_fmt", "yuv422p10le")),
        ("codec is dnxhd, prores was planned",),
        id="another codec",
    ),
    pytest.param(replace(GOOD, size="316x180"), ("size is 316x180, 320x180 was planned",), id="another size"),
    pytest.param(
        replace(GOOD, extra=(*CODE, "-vf", "setsar=4/3")),
        ("sample aspect ratio is 4/3, 1 was planned",),
        id="another sample aspect ratio",
    ),
    pytest.param(
        replace(GOOD, rate="24", seconds=10 / 24),
        ("frame rate is 24, 25 was planned",),
        id="another rate with the same frames",
    ),
    pytest.param(
        replace(GOOD, extra=("-timecode", "01:00:00:01")),
        ("timecode is 01:00:00:01, 01:00:00:00 was planned",),
        id="another timecode",
    ),
    pytest.param(replace(GOOD, extra=()), ("timecode is None, 01:00:00:00 was planned",), id="no timecode"),
    pytest.param(
        replace(GOOD, tracks=(1,)),
        ("audio tracks is 1, 2 was planned", "audio channels is (1,), (1, 1) was planned"),
        id="a track too few",
    ),
    pytest.param(
        replace(GOOD, tracks=(1, 2)),
        ("audio channels is (1, 2), (1, 1) was planned",),
        id="a track of other channels",
    ),
    pytest.param(
        replace(GOOD, encode=("-c:v", "prores_ks", "-profile:v", "4", "-pix_fmt", "yuv444p10le")),
        ("chroma is yuv444, yuv422 was planned",),
        id="another chroma",
    ),
    pytest.param(
        replace(GOOD, encode=(*H264, "-pix_fmt", "yuv422p")),
        ("codec is h264, prores was planned", "pixel format is yuv422p, yuv422p10le was planned"),
        id="fewer bits",
    ),
]


@pytest.mark.parametrize(("how", "reasons"), FAULTS)
def test_a_fault_is_named_with_what_was_found_and_what_was_planned(
    tmp_path: Path, how: Made, reasons: tuple[str, ...]
) -> None:
    assert judged(made(tmp_path / "faulty.mov", how)).reasons == reasons


def test_more_bits_than_planned_are_no_fault(good: Path) -> None:
    assert judged(good, expecting(pixel_format="yuv422p")) == Verdict(())


@pytest.mark.parametrize(
    ("frames", "passes"),
    [
        pytest.param(7, False, id="three too many"),
        pytest.param(8, True, id="two too many"),
        pytest.param(12, True, id="two too few"),
        pytest.param(13, False, id="three too few"),
    ],
)
def test_a_count_that_was_planned_as_a_guess_may_be_off_by_that_much(good: Path, frames: int, passes: bool) -> None:
    verdict = judged(good, expecting(frames=frames, frames_off=2, seconds=Fraction(frames, 25)))
    assert verdict.reasons == (() if passes else (f"10 frames decode, {frames} ± 2 were planned",))


def test_sound_that_outlasts_what_was_planned_is_named(tmp_path: Path, good: Path) -> None:
    sound = ("-f", "lavfi", "-t", "1.4", "-i", "anullsrc=r=48000:cl=mono")
    long = tmp_path / "long.mov"
    ffmpeg("-i", str(good), *sound, *sound, "-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:v", "copy", str(long))
    assert judged(long).reasons == ("it lasts 1.400 s, 0.500 s at most were planned",)
    assert judged(long, expecting(longest=None)) == Verdict(())
    assert probe_with_length(long, "long.mov")[1] == Fraction(7, 5)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(lambda data: b"", "is empty (0 bytes)", id="empty"),
        pytest.param(lambda data: b"nonsense " * 500, "is not a media file", id="garbage"),
        pytest.param(lambda data: data[: len(data) // 2], "is not a media file", id="cut off before its index"),
        pytest.param(lambda data: bytes(len(data)), "is not a media file", id="nothing but zeros"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, good: Path, fault: Any, reason: str
) -> None:
    broken = tmp_path / "broken.mov"
    broken.write_bytes(fault(good.read_bytes()))
    (told,) = judged(broken).reasons
    assert reason in told


def test_a_file_without_a_picture_is_refused(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=d=0.4", f"file:{tmp_path / 'sound.mov'}")
    (told,) = judged(tmp_path / "sound.mov").reasons
    assert "has no picture" in told


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (told,) = judged(tmp_path / "none.mov").reasons
    assert "does not exist" in told


def test_a_file_whose_index_promises_more_than_it_holds_does_not_pass(tmp_path: Path) -> None:
    front = made(tmp_path / "front.mov", replace(GOOD, extra=(*CODE, "-movflags", "+faststart")))
    data = front.read_bytes()
    front.write_bytes(data[: len(data) * 2 // 3])
    (reason,) = judged(front).reasons
    assert f"lacks its last {len(data) - len(data) * 2 // 3} bytes" in reason


def test_a_file_that_holds_nothing_where_its_index_points_does_not_pass(tmp_path: Path) -> None:
    """What a disk leaves of a file whose last blocks never arrived: its size, and zeros."""
    front = made(tmp_path / "front.mov", replace(GOOD, extra=(*CODE, "-movflags", "+faststart")))
    data, there = front.read_bytes(), front.stat().st_size * 2 // 3
    front.write_bytes(data[:there] + bytes(len(data) - there))
    verdict = judged(front)
    assert any("were planned" in reason for reason in verdict.reasons)
    assert any(reason.startswith("it does not decode without complaint: ") for reason in verdict.reasons)
    assert front.with_suffix(".log").stat().st_size


def test_a_picture_that_is_damaged_in_the_middle_does_not_pass(tmp_path: Path) -> None:
    damaged = made(tmp_path / "damaged.mov", replace(GOOD, encode=(*H264, "-pix_fmt", "yuv422p10le")))
    expects = expecting(codec="h264")
    assert judged(damaged, expects) == Verdict(())
    data = bytearray(damaged.read_bytes())
    start = data.index(b"mdat") + len(data) // 3
    data[start : start + 2000] = bytes(range(200)) * 10
    damaged.write_bytes(data)
    assert any("it does not decode without complaint: " in reason for reason in judged(damaged, expects).reasons)


def test_the_order_to_stop_ends_the_gate_without_a_verdict(good: Path) -> None:
    stop = threading.Event()
    stop.set()
    assert inspect(good, EXPECTED, Path(FFMPEG), good.with_suffix(".log"), stop) == Verdict((), stopped=True)


def quickly(file: Path, expects: Expectation = EXPECTED) -> Verdict:
    nowhere = Path("/nowhere/ffmpeg")  # nothing is decoded
    return inspect(file, expects, nowhere, file.with_suffix(".log"), threading.Event(), mode="quick")


def test_a_quick_look_passes_a_good_file_and_starts_no_ffmpeg(good: Path) -> None:
    assert quickly(good) == Verdict(())


def test_a_quick_look_finds_what_is_short_or_other_than_planned(good: Path, tmp_path: Path) -> None:
    short = made(tmp_path / "short.mov", replace(GOOD, seconds=0.28))
    assert quickly(short).reasons[0] == "7 frames decode, 10 were planned"
    assert quickly(good, expecting(codec="h264")).reasons == ("codec is prores, h264 was planned",)


def test_a_quick_look_does_not_see_damage_and_the_full_one_does(good: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.mov"
    data = bytearray(good.read_bytes())
    header = data.rindex(b"icpf")  # of the last frame; zeros in a slice are decoded without a word
    data[header : header + 40] = bytes(40)
    damaged.write_bytes(data)
    assert quickly(damaged) == Verdict(())
    assert judged(damaged).reasons


def test_a_decoding_that_broke_a_limit_is_no_fault_of_the_file(good: Path) -> None:
    limits = Limits(wall=0)
    verdict = inspect(good, EXPECTED, Path(FFMPEG), good.with_suffix(".log"), threading.Event(), limits=limits)
    assert verdict.reasons == ()
    assert verdict.ended
    assert verdict.ended.cut == "late"


def test_a_plan_that_is_older_than_the_look_at_sample_rates_is_still_held_to_the_rest(
    tmp_path: Path,
) -> None:
    assert EXPECTED.sample_rates == ()
    file = made(tmp_path / "a.mov", GOOD)
    assert inspect(file, EXPECTED, Path(FFMPEG), tmp_path / "log", threading.Event()).reasons == ()


def test_the_gate_opens_no_playlist_whatever_its_name(tmp_path: Path) -> None:
    other = clip(tmp_path / "secret.mov")
    playlist = tmp_path / "output.mov"
    playlist.write_text(f"ffconcat version 1.0\nfile {other}\n")
    with pytest.raises(JobspecError):
        probe_with_length(playlist, "output.mov")
    ended = decode(FFMPEG, playlist, tmp_path / "log", threading.Event())
    assert not ended.clean
    assert ended.frames == 0


def test_the_gate_allocates_no_picture_out_of_all_measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = clip(tmp_path / "output.mov")
    monkeypatch.setattr("runner.execution.gate.MOST_PIXELS", 100)
    assert not decode(FFMPEG, made, tmp_path / "log", threading.Event()).clean
