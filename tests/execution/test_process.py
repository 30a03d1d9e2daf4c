"""The one door through which FFmpeg is started: what goes in, what comes out, how it is stopped."""

import threading
import time
from pathlib import Path

import pytest

from runner.execution import stopping, watching
from runner.execution.process import Ended, Progress, run
from tests.clips import FFMPEG
from tests.execution.fakes import processes_about, stop_when

TEN_FRAMES = ("-hide_banner", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=0.4", "-f", "null", "-")


def shell(folder: Path, script: str, stop: threading.Event | None = None) -> Ended:
    """Run sh in FFmpeg's place; the words that FFmpeg would read as options are its arguments."""
    program = folder / "program.sh"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return run([str(program)], folder=folder, log=folder / "log", stop=stop or threading.Event())


def stopped_when(ready: Path) -> threading.Event:
    """Return an order to stop that is given once the child has made a file: its trap stands then."""
    stop = threading.Event()
    stop_when(stop, ready.exists)
    return stop


def stopped_after(seconds: float) -> threading.Event:
    stop = threading.Event()
    threading.Timer(seconds, stop.set).start()
    return stop


def test_the_frames_that_ffmpeg_wrote_are_counted(tmp_path: Path) -> None:
    told: list[Progress] = []
    ended = run((FFMPEG, *TEN_FRAMES), folder=tmp_path, log=tmp_path / "log", stop=threading.Event(), tell=told.append)
    assert ended == Ended(status=0, frames=10, complaint="")
    assert ended.clean
    assert told[-1].frame == 10


def test_progress_is_told_block_by_block_with_its_speed(tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    blocks = "frame=3\\nspeed=1.5x\\nprogress=continue\\n", "frame=N/A\\nspeed=N/A\\nprogress=end\\n"
    program.write_text(f"#!/bin/sh\nprintf '{blocks[0]}'; sleep 0.1; printf '{blocks[1]}'\n", encoding="utf-8")
    program.chmod(0o755)
    told: list[Progress] = []
    ended = run([str(program)], folder=tmp_path, log=tmp_path / "log", stop=threading.Event(), tell=told.append)
    assert told == [Progress(3, 1.5), Progress(3, None)]
    assert ended.frames == 3


def test_a_number_cut_in_two_by_the_pipe_is_read_whole(tmp_path: Path) -> None:
    ended = shell(tmp_path, "printf 'frame=12'; sleep 0.1; printf '34\\nprogress=end\\n'")
    assert ended.frames == 1234


def test_a_complaint_is_told_and_logged_and_not_clean_even_with_exit_code_0(tmp_path: Path) -> None:
    ended = shell(tmp_path, "echo 'the disk groans' >&2")
    assert (ended.status, ended.complaint, ended.clean) == (0, "the disk groans", False)
    assert (tmp_path / "log").read_text() == "the disk groans\n"


@pytest.mark.parametrize(
    ("script", "status"),
    [pytest.param("exit 7", 7, id="an exit code"), pytest.param("kill -9 $$", -9, id="a signal")],
)
def test_an_exit_status_is_handed_on(tmp_path: Path, script: str, status: int) -> None:
    ended = shell(tmp_path, script)
    assert ended.status == status
    assert not ended.clean


def test_a_flood_of_complaints_is_drained_and_the_log_stays_at_one_mebibyte(tmp_path: Path) -> None:
    ended = shell(tmp_path, "head -c 3000000 /dev/zero | tr '\\0' x >&2")
    assert ended.status == 0
    assert (tmp_path / "log").stat().st_size == watching.MOST_LOG_BYTES == 1 << 20
    assert ended.complaint == "x" * 4096


def test_two_processes_with_one_log_both_stand_in_it(tmp_path: Path) -> None:
    shell(tmp_path, "echo one >&2")
    shell(tmp_path, "echo two >&2")
    assert (tmp_path / "log").read_text() == "one\ntwo\n"


def test_it_runs_in_its_folder_without_a_keyboard(tmp_path: Path) -> None:
    ended = shell(tmp_path, "cat; pwd >&2")
    assert ended.complaint == str(tmp_path)


def test_only_a_few_variables_are_inherited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFREPORT", "file=report.log")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    lines = shell(tmp_path, "env >&2").complaint.splitlines()
    assert not any(line.startswith("FFREPORT") for line in lines)
    assert {"SVT_LOG=1", "LC_ALL=C"} <= set(lines)
    assert any(line.startswith("PATH=") for line in lines)


def test_ffmpeg_writes_no_report_though_the_environment_asks_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FFREPORT", f"file={tmp_path / 'report.log'}")
    run((FFMPEG, *TEN_FRAMES), folder=tmp_path, log=tmp_path / "log", stop=threading.Event())
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_a_program_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run([str(tmp_path / "none")], folder=tmp_path, log=tmp_path / "log", stop=threading.Event())


def test_the_order_to_stop_ends_ffmpeg_and_is_not_taken_for_success(tmp_path: Path) -> None:
    endless = ("-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=64x64")
    command = (FFMPEG, *endless, "-metadata", f"title={tmp_path}", "-f", "null", "-")
    begun = time.monotonic()
    ended = run(command, folder=tmp_path, log=tmp_path / "log", stop=stopped_after(0.3))
    assert ended.stopped
    assert not ended.clean
    assert time.monotonic() - begun < stopping.GRACE_SECONDS
    assert not processes_about(str(tmp_path))


def test_a_child_that_ends_with_0_when_told_to_stop_is_still_stopped(tmp_path: Path) -> None:
    ended = shell(
        tmp_path,
        f"trap 'exit 0' TERM; : >{tmp_path}/ready; while :; do sleep 0.05; done",
        stopped_when(tmp_path / "ready"),
    )
    assert (ended.status, ended.stopped, ended.clean) == (0, True, False)


def test_a_child_that_ignores_the_order_is_killed_with_all_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "GRACE_SECONDS", 0.4)
    begun = time.monotonic()
    script = f"trap '' TERM; : >{tmp_path}/ready; sh -c 'while :; do sleep 0.1; done' {tmp_path}/grandchild"
    ended = shell(tmp_path, script, stopped_when(tmp_path / "ready"))
    assert ended.status == -9
    assert time.monotonic() - begun > 0.4
    assert not processes_about(f"{tmp_path}/grandchild")
