"""A child never outlives its runner: bound by the kernel, or watched over where the kernel does not bind."""

import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.execution import leash, stopping
from runner.execution.process import spawn
from runner.execution.stopping import Stop, Stopper, kill
from tests.clips import FFMPEG
from tests.execution.fakes import processes_about

TOP = Path(__file__).parents[2]
# A runner in a process of its own: it starts an FFmpeg that never ends, from a thread as engines do.
RUNNER = """\
import sys, threading, time
from pathlib import Path
from runner.execution import process
{prepare}
folder = Path({folder!r})
def work():
    child = process.spawn([{ffmpeg!r}, "-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=64x64",
        "-metadata", f"title={{folder}}/marker", "-f", "null", "-"], folder)
    child.wait()
threading.Thread(target=work).start()
time.sleep(100)
"""
HOW = [
    pytest.param("", id="bound by the kernel"),
    pytest.param('sys.platform = "darwin"', id="watched over, as on macOS"),
]


def until(true: Callable[[], object], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(true())


def a_runner(folder: Path, prepare: str) -> "subprocess.Popen[bytes]":
    script = RUNNER.format(folder=str(folder), ffmpeg=FFMPEG, prepare=prepare)
    runner = subprocess.Popen([sys.executable, "-c", script], cwd=TOP)
    assert until(lambda: any(line.startswith(FFMPEG) for line in processes_about(f"{folder}/marker")))
    return runner


@pytest.mark.parametrize("prepare", HOW)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV], ids=lambda number: number.name)
def test_an_ffmpeg_dies_with_its_runner_whatever_kills_that_one(
    tmp_path: Path, prepare: str, number: signal.Signals
) -> None:
    runner = a_runner(tmp_path, prepare)
    runner.send_signal(number)
    runner.wait()
    assert until(lambda: not processes_about(f"{tmp_path}/marker"), 3)


def test_a_child_whose_runner_was_gone_before_it_could_be_bound_does_not_begin(tmp_path: Path) -> None:
    mark = tmp_path / "begun"
    command = [sys.executable, "-I", "-S", leash.__file__, leash.BIND, "1", "0", "/bin/sh", "-c", f": >{mark}"]
    done = subprocess.run(command, check=False)  # its parent is not process 1
    assert done.returncode == leash.NOT_STARTED
    assert not mark.exists()


def ended(folder: Path, script: str, memory: int | None = None) -> tuple[int, str]:
    child = spawn(["/bin/sh", "-c", script], folder, memory)
    _, said = child.communicate()
    return child.returncode, said.decode()


@pytest.mark.parametrize("platform", ["linux", "darwin"])
@pytest.mark.parametrize(
    ("script", "status"),
    [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", -9), ("kill -TERM $$", -15), ("kill -SEGV $$", -11)],
)
def test_an_exit_status_comes_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, script: str, status: int
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert ended(tmp_path, script)[0] == status


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_child_that_ignores_the_order_is_killed_at_once_when_it_is_given_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    child = spawn(["/bin/sh", "-c", "trap '' TERM; echo; while :; do sleep 0.1; done"], tmp_path)
    assert child.stdout
    child.stdout.readline()
    stopper, begun = Stopper(child.pid), time.monotonic()
    stopper.step()
    time.sleep(0.2)
    assert child.poll() is None
    stopper.step(hurried=True)
    assert child.wait() == -signal.SIGKILL
    assert time.monotonic() - begun < stopping.GRACE_SECONDS


def test_a_child_has_pythons_signals_reset_and_leaves_no_core(tmp_path: Path) -> None:
    status, said = ended(tmp_path, "grep SigIgn /proc/self/status >&2; ulimit -c >&2")
    assert status == 0
    ignored = int(said.split()[1], 16)
    assert not ignored & (1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1)
    assert said.split()[2] == "0"


def test_the_memory_of_a_child_is_capped(tmp_path: Path) -> None:
    status, said = ended(tmp_path, f"exec {sys.executable} -c 'bytes(300 << 20)'", 200 << 20)
    assert status == 1
    assert "MemoryError" in said
    assert ended(tmp_path, f"exec {sys.executable} -c 'bytes(300 << 20)'")[0] == 0


def test_a_cap_above_what_the_user_has_is_what_the_user_has(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    assert ended(tmp_path, "ulimit -d", 1 << 40)[0] == 0
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_what_cannot_be_started_is_an_os_error_that_names_it(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(OSError) as raised:
            spawn([str(path)], tmp_path)
        assert raised.value.filename == str(path)


def test_what_is_no_program_says_so_and_exits_as_one_that_was_not_started(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF no program")
    program.chmod(0o755)
    child = spawn([str(program)], tmp_path)
    assert f"{program} cannot be started: Exec format error" in child.communicate()[1].decode()
    assert child.returncode == leash.NOT_STARTED


def test_an_order_that_is_given_twice_is_in_a_hurry() -> None:
    stop = Stop()
    assert (stop.is_set(), stop.hurried) == (False, False)
    stop.set()
    assert not stop.hurried
    stop.hurry()
    assert (stop.is_set(), stop.hurried) == (True, True)
    assert isinstance(stop, threading.Event)


def test_killing_what_has_ended_is_no_error(tmp_path: Path) -> None:
    child = spawn(["/bin/true"], tmp_path)
    child.communicate()
    kill(child.pid)
