"""The arguments of one process, and how FFmpeg behaves with them when something is wrong."""

import subprocess
from pathlib import Path

import pytest

from runner.plan.arguments import ENVIRONMENT, Input, Threads, Written
from runner.plan.compose import GLOBAL, compose
from tests.clips import clip, decoded_frames
from tests.media.opened import watched
from tests.plan.planning import command, facts, planned, planned_from, started, tracks


def test_options_for_everything_come_first_then_the_source_and_at_last_the_output() -> None:
    output = planned(facts(sound=tracks(1)))
    arguments = compose([output])
    assert arguments[: len(GLOBAL)] == GLOBAL
    assert arguments.count(Input(location="media:a.mov")) == 1
    assert arguments[arguments.index(Input(location="media:a.mov")) - 1] == "-i"
    assert arguments[-1] == Written(name="output.mov")
    assert arguments[-3] == "-f"


def test_the_same_output_always_gets_the_same_arguments() -> None:
    assert compose([planned(facts())]) == compose([planned(facts())])


def test_no_place_of_this_machine_is_in_the_arguments() -> None:
    assert not [each for each in compose([planned(facts())]) if isinstance(each, str) and each.startswith("/")]


def test_threads_stay_open_only_where_no_bit_depends_on_them() -> None:
    for codec, opened in (("prores_proxy", True), ("h264", False), ("vp9", False)):
        arguments = planned(facts(), codec=codec, container="mkv").arguments.writing
        assert (Threads() in arguments) is opened, codec


def test_filters_have_no_more_threads_than_the_task_is_given(tmp_path: Path) -> None:
    for threads in (1, 5):
        words = command(planned(facts(), sources=["/a.mov"]), tmp_path, threads)
        assert words[words.index("-filter_threads") + 1] == str(threads)


def test_the_picture_is_mapped_by_name_and_never_left_to_ffmpegs_choice() -> None:
    words = list(compose([planned(facts())]))
    assert words[words.index("-map") + 1] == "0:V:0"


def test_nothing_is_overwritten_by_ffmpeg_itself(tmp_path: Path) -> None:
    output = planned_from(clip(tmp_path / "a.mov"))
    assert "-y" not in command(output, tmp_path)
    (tmp_path / "work").mkdir()
    there = tmp_path / "work" / output.work_name
    there.write_text("somebody else's")
    started(output, tmp_path / "work")
    assert there.read_text() == "somebody else's"


@pytest.mark.parametrize("size", [4000, 12000], ids=["early", "late"])
def test_a_source_that_became_shorter_fails_instead_of_giving_a_short_file(size: int, tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", extra=("-movflags", "+faststart"))
    output = planned_from(source)
    source.write_bytes(source.read_bytes()[:size])
    done = started(output, tmp_path / "work")
    assert done.returncode != 0 or done.stderr


def test_a_damaged_picture_is_not_passed_over(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", seconds=1)
    output = planned_from(source)
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = bytes(2000)
    source.write_bytes(data)
    done = started(output, tmp_path / "work")
    assert done.returncode != 0
    assert done.stderr


def test_a_source_that_was_removed_is_a_failure(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov")
    output = planned_from(source)
    source.unlink()
    assert started(output, tmp_path / "work").returncode != 0


LISTS = {
    "a concat list": "ffconcat version 1.0\nfile other.mov\n",
    "an HLS playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nother.mov\n#EXT-X-ENDLIST\n",
}


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS)
def test_a_list_put_in_place_of_a_planned_source_opens_no_other_file(text: str, tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov")
    output = planned_from(source)
    source.write_text(text)
    with watched(tmp_path / "other.mov") as opened:
        assert started(output, tmp_path / "work").returncode != 0
        assert not opened()


def test_a_source_of_another_format_than_was_probed_is_refused(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov")
    output = planned_from(source)
    clip(tmp_path / "b.mkv").rename(source)
    done = started(output, tmp_path / "work")
    assert done.returncode != 0
    assert b"whitelist" in done.stderr


def test_a_clean_process_says_nothing_at_all(tmp_path: Path) -> None:
    source = clip(tmp_path / "a.mov", tracks=(1, 1), extra=("-timecode", "01:00:00:00"))
    done = started(planned_from(source), tmp_path / "work")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_q_on_the_standard_input_does_not_end_the_file_early(tmp_path: Path) -> None:
    """FFmpeg looks at its input twice a second, so it is slowed to the clip's own rate."""
    output = planned_from(clip(tmp_path / "a.mov", size="64x64", seconds=1.6))
    words = command(output, tmp_path)
    slowed = (words[0], "-re", *words[1:])
    done = subprocess.run(slowed, input=b"q" * 4096, cwd=tmp_path, env={**ENVIRONMENT}, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    assert decoded_frames(tmp_path / output.work_name) == 40
