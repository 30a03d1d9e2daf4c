"""Files appear in one step; what the dead were writing is removed, what anybody else may be writing is not."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from runner.execution import whole
from runner.execution.whole import clear, fresh, written

WRITES_FOR_EVER = """\
import sys, time
from pathlib import Path
from runner.execution.whole import written
with written(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("begun", flush=True)
    time.sleep(60)
"""


def half_written(path: Path) -> "subprocess.Popen[str]":
    """Start a process that is writing a file, and never ends."""
    command = [sys.executable, "-c", WRITES_FOR_EVER, str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert process.stdout
    assert process.stdout.readline() == "begun\n"
    return process


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_there_when_it_is_whole_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "plan.jsonl"
    path.write_text("old")
    with written(path) as file:
        file.write(b"new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert names(tmp_path) == ["plan.jsonl"]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "plan.jsonl"
    path.write_text("old")
    with pytest.raises(ValueError, match="no more"), written(path) as file:
        file.write(b"half")
        raise ValueError("no more")
    assert path.read_text() == "old"
    assert names(tmp_path) == ["plan.jsonl"]


def test_what_a_killed_process_was_writing_is_removed_by_the_next_and_not_while_it_lives(tmp_path: Path) -> None:
    process = half_written(tmp_path / "one")
    try:
        with written(tmp_path / "two"):
            pass
        assert len(names(tmp_path)) == 2
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with written(tmp_path / "two"):
        pass
    assert names(tmp_path) == ["two"]


def test_what_another_machine_may_be_writing_and_what_is_somebody_elses_stays(tmp_path: Path) -> None:
    elsewhere = f".plan.jsonl.{'0' * 12}-1-1"
    for name in (elsewhere, ".plan.jsonl.123", "plan.jsonl.000000000000-1-1", ".bashrc", fresh(tmp_path / "a").name):
        (tmp_path / name).touch()
    before = names(tmp_path)
    clear(tmp_path)
    assert names(tmp_path) == before


def test_a_long_name_leaves_room_for_what_is_put_behind_it(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 127)
    with written(path) as file:
        file.write(b"x")
    assert path.read_bytes() == b"x"


def test_it_is_flushed_to_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(whole.os, "fsync", lambda number: flushed.append(os.fstat(number).st_size))
    for durable in (True, False):
        with written(tmp_path / "a", durable=durable) as file:
            file.write(b"x")
    assert flushed == [1]
