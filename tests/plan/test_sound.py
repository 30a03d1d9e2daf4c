"""What happens to audio: every track, in order, or a reason why not."""

from itertools import pairwise
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.errors import Exit
from runner.media.probe import probe
from tests.clips import clip, ffmpeg
from tests.plan.planning import facts, made, planned, planned_from, refused, tracks

CARRIED = {
    "two mono tracks in mov": ("prores_proxy", "mov", (1, 1), "pcm_s24le"),
    "stereo and 5.1 in mkv": ("prores_proxy", "mkv", (2, 6), "pcm_s24le"),
    "four mono tracks in mxf": ("dnxhr_lb", "mxf", (1, 1, 1, 1), "pcm_s24le"),
    "one track of sixteen channels in mov": ("prores_proxy", "mov", (16,), "pcm_s24le"),
    "sixteen mono tracks in mp4": ("h264", "mp4", (1,) * 16, "aac"),
    "stereo and 5.1 in mp4": ("h264", "mp4", (2, 6), "aac"),
    "stereo in webm": ("vp9", "webm", (2,), "opus"),
    "sixteen mono tracks in webm": ("vp9", "webm", (1,) * 16, "opus"),
    "no sound in mov": ("prores_proxy", "mov", (), None),
    "no sound in webm": ("vp9", "webm", (), None),
    "no sound in mxf": ("dnxhr_lb", "mxf", (), None),
}


@pytest.mark.parametrize(("codec", "container", "channels", "heard"), CARRIED.values(), ids=CARRIED)
def test_every_track_arrives_in_order_with_its_channels(
    codec: str, container: str, channels: tuple[int, ...], heard: str | None, tmp_path: Path
) -> None:
    source = clip(tmp_path / "a.mov", seconds=0.2, tracks=channels)
    output = planned_from(source, codec=codec, container=container)
    sound = probe(made(output, tmp_path / "work"), "made").sound
    assert tuple(track.channels for track in sound) == output.expects.channels == channels
    assert {track.codec for track in sound} == ({heard} if heard else set())
    assert {track.sample_rate for track in sound} <= {48000}


def loudest(path: Path, track: int) -> int:
    """Return the frequency of a track's tone in Hz, counted by its zero crossings in a tenth of a second."""
    raw = path.with_suffix(f".{track}.raw")
    ffmpeg("-i", f"file:{path}", "-map", f"0:a:{track}", "-t", "0.1", "-ac", "1", "-f", "s8", f"file:{raw}")
    samples = memoryview(raw.read_bytes()).cast("b")
    crossings = sum(1 for one, other in pairwise(samples) if one < 0 <= other)
    return crossings * 10


def test_the_tracks_are_not_mixed_up(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", seconds=0.2, tracks=(1, 1, 1))
    file = made(planned_from(source), tmp_path / "work")
    assert [round(loudest(file, track), -2) for track in range(3)] == [300, 600, 900]


def test_a_track_that_nobody_can_decode_is_left_out_by_name_and_the_next_one_is_the_right_one(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", seconds=0.2, tracks=(1, 1))
    source.write_bytes(source.read_bytes().replace(b"sowt", b"zzzz", 1))
    output = planned_from(source)
    assert output.losses == ("audio 1 cannot be decoded and is left out",)
    file = made(output, tmp_path / "work")
    assert len(probe(file, "made").sound) == 1
    assert round(loudest(file, 0), -2) == 600


def test_another_sample_rate_becomes_48_khz_and_is_named(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", seconds=0.2, tracks=(2,), extra=("-ar", "44100"))
    output = planned_from(source, codec="dnxhr_lb", container="mxf")
    assert output.losses[0] == "sound is resampled from 44100 Hz to 48000 Hz"
    assert probe(made(output, tmp_path / "work"), "made").sound[0].sample_rate == 48000


def test_sound_at_48_khz_loses_nothing() -> None:
    assert planned(facts(sound=tracks(1, 1))).losses == ()


@pytest.mark.parametrize(
    ("codec", "container", "spoken", "way"),
    [("h264", "mp4", "aac in mp4", "mov, mkv and mxf carry it"), ("vp9", "webm", "opus in webm", "mkv carries it")],
)
def test_more_channels_than_the_codec_has_layouts_for_are_refused_and_the_remedy_is_pcm_with_this_picture(
    codec: str, container: str, spoken: str, way: str
) -> None:
    (found,) = refused(facts(sound=tracks(2, 16)), codec=codec, container=container)
    assert (found.code, found.exit) == ("JS072", Exit.INVALID)
    assert '"16" channels in one track cannot go into' in found.message
    assert spoken in found.message
    assert f"{way} as PCM" in found.message


def test_subtitles_and_data_are_left_out_by_the_arguments() -> None:
    assert {"-sn", "-dn"} <= set(map(str, planned(facts()).arguments.writing))


@pytest.mark.parametrize("channels", [(), (1,), (1, 2, 6)], ids=["silent", "mono", "three tracks"])
def test_each_track_is_mapped_once_by_its_number_in_the_source(channels: tuple[int, ...]) -> None:
    words = list(map(str, planned(facts(sound=tracks(*channels))).arguments.writing))
    mapped = [words[place + 1] for place, word in enumerate(words) if word == "-map"]
    assert mapped == [f"0:a:{number}" for number in range(len(channels))]
    assert ("-c:a" in words) is bool(channels)


def test_how_a_container_spells_a_language_is_no_part_of_what_was_asked_for() -> None:
    spoken = facts(sound=[replace(tracks(1)[0], language="deu")])
    one, other = planned(spoken, container="mov"), planned(spoken, container="mkv")
    assert (one.key.sound, "language=ger" in one.arguments.writing) == (other.key.sound, True)
