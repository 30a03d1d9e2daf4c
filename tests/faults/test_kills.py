"""Killed anywhere, run again: only good files are there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.execution.ledger import read_ledger
from tests.execution.fakes import endless, fake, processes_about
from tests.faults.site import NAMES, RUN, Site, copy_site, dice, long, must_have, name_of, tell
from tests.report.terminal import Terminal, plain


@pytest.fixture(scope="module")
def seconds(tmp_path_factory: pytest.TempPathFactory, once: Site) -> float:
    """How long a run is at work here, from its first record on."""
    site = copy_site(once, tmp_path_factory.mktemp("timed") / "site")
    process = site.start("--workers", "1")
    site.wait_for(process, lambda: [*site.state.glob("ledger/*")])
    begun = time.monotonic()
    process.communicate()
    return time.monotonic() - begun


@pytest.mark.parametrize("number", [*range(12), *long(12, 200)])
def test_the_runner_is_killed_at_some_moment(site: Site, number: int, seconds: float) -> None:
    chance = dice("kill", number)
    process = site.start("--workers", str(chance.choice((1, 2))))
    if number % 10:  # one in ten is killed before it is at work
        site.wait_for(process, lambda: [*site.state.glob("ledger/*")])
    time.sleep(chance.uniform(0, seconds))
    process.kill()
    said = process.communicate()[0]
    site.judge(said)
    tell("kill -9 of the runner, at a random moment", f"{len(site.finals)} of 3 made, the next run made the rest")
    site.complete()


def replacing(site: Site) -> None:
    """Make all outputs, and edit the spec so that all are stale."""
    assert site.run()[0] == 0
    site.repository.spec(sources=tuple(f"media:{name}" for name in NAMES), codec="prores_lt")


@pytest.mark.parametrize("number", [*range(4), *long(4, 40)])
def test_a_runner_that_replaces_is_killed_at_some_moment(site: Site, number: int, seconds: float) -> None:
    replacing(site)
    chance = dice("replace", number)
    process = site.start("--replace", "--workers", str(chance.choice((1, 2))))
    site.wait_for(process, lambda: [*site.state.glob("work/*")])
    time.sleep(chance.uniform(0, seconds))
    process.kill()
    site.judge(process.communicate()[0])
    tell("kill -9 of a runner that replaces, at a random moment", "old or new file whole, the next run made the rest")
    site.complete("--replace")


def test_a_runner_that_replaces_is_killed_while_it_encodes(site: Site, busy: Path) -> None:
    replacing(site)
    process = site.start("--replace", "--workers", "1", "--ffmpeg", str(busy))
    site.wait_for(process, site.encoding)
    process.kill()
    site.judge(process.communicate()[0])
    site.complete("--replace")


# The calls by which a run changes the disk for good; the runner alone makes them, but for write. `when` counts in a
# thread: the 13th write of the one that makes the files says whose the second work folder is.
POINTS = [
    *(("fsync", when) for when in range(1, 19)),
    *(("renameat2", when) for when in range(1, 4)),
    *(("rename", when) for when in range(1, 13)),
    *(("mkdir", when) for when in range(1, 15, 2)),
    *(("unlink", when) for when in range(1, 9)),
    *(("flock", when) for when in range(1, 7)),
    *(("write", when) for when in range(1, 28)),
]
QUICK_POINTS = {
    ("fsync", 6),
    ("fsync", 15),
    ("renameat2", 1),
    ("renameat2", 2),
    ("rename", 5),
    ("unlink", 2),
    ("flock", 1),
    ("write", 13),
}


@pytest.mark.parametrize(
    ("call", "when"),
    [pytest.param(*point, marks=() if point in QUICK_POINTS else pytest.mark.long) for point in POINTS],
)
def test_the_runner_is_killed_in_a_call_that_changes_the_disk(site: Site, call: str, when: int) -> None:
    must_have("strace")
    inject = ("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}")
    before = ("strace", "-f", "-o", os.devnull, *inject)
    code, said = site.run("--workers", "1", before=before)
    site.judge(said)
    tell(f"kill -9 of the runner in its {call} calls, one after the other", name_of(code))
    site.complete()


def test_the_runner_is_killed_between_verified_and_finished_and_its_file_is_ours(site: Site) -> None:
    must_have("strace")
    # Killed on its way into the first fsync of the output folder: after the name was given, before `finished`.
    (folder := site.repository.proxies / "out").mkdir(exist_ok=True)
    before = (
        "strace",
        "-f",
        "-o",
        os.devnull,
        "-P",
        str(folder),
        "-e",
        "trace=fsync",
        "-e",
        "inject=fsync:signal=KILL",
    )
    site.run("--workers", "1", before=before)
    events = [each.event for of in read_ledger(site.state).by_output.values() for each in of]
    assert ("verified" in events, "finished" in events) == (True, False)
    made = {path: path.stat().st_ino for path in site.finals}
    assert len(made) == 1
    site.judge()
    site.complete()
    assert {path: path.stat().st_ino for path in made} == made, "it was made again"
    tell("kill -9 of the runner between verified and finished", "its file is known as ours, not made again")


LONG_SIGNALS = [pytest.param(each, marks=pytest.mark.long) for each in (signal.SIGINT, signal.SIGSEGV)]
SLOW = 'case "$*" in */a.mov*) exec "$real" -readrate 0.05 -readrate_initial_burst 0.01 "$@" "$last" ;; esac'


@pytest.fixture
def busy(site: Site) -> Path:
    """An FFmpeg that takes its time over the first clip."""
    return fake(site.repository.top / "ffmpeg", f'{SLOW}\nexec "$real" "$@" "$last"')


def ffmpeg_of(site: Site) -> int:
    """Return the number of an FFmpeg at work."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"ffmpeg" in words[0] and any(bytes(site.repository.proxies) in word for word in words):
            return int(path.parent.name)
    return 0


def an_ffmpeg(site: Site, process: "subprocess.Popen[str]") -> int:
    """Wait until an FFmpeg encodes, and return its number, which is never 0: that would be our own group."""
    found: list[int] = []
    site.wait_for(process, lambda: site.encoding() and (number := ffmpeg_of(site)) and not found.append(number))
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, *LONG_SIGNALS], ids=str)
def test_an_ffmpeg_is_killed(site: Site, busy: Path, number: signal.Signals) -> None:
    process = site.start("--workers", "1", "--retries", "0", "--ffmpeg", str(busy))
    os.kill(an_ffmpeg(site, process), number)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 4, said
    site.judge(said)
    tell(f"{number.name} to FFmpeg", name_of(process.returncode))
    site.complete()


def test_an_ffmpeg_that_is_killed_once_costs_nothing_but_time(site: Site, busy: Path) -> None:
    process = site.start("--workers", "1", "--ffmpeg", str(busy))
    os.kill(an_ffmpeg(site, process), signal.SIGKILL)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 0, said
    site.judge(said)
    tell("kill -9 of FFmpeg, once, with retries", "exit 0, made by the second attempt")
    site.complete()


STUBBORN = 'trap \'\' TERM; "$real" -re -stream_loop -1 "$@" "$last" & while :; do wait; sleep 0.1; done'


@pytest.mark.parametrize("kind", ["obedient", "stubborn"])
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_on_a_terminal(site: Site, times: int, kind: str) -> None:
    path = site.repository.top / "ffmpeg"
    ffmpeg = endless(path) if kind == "obedient" else fake(path, STUBBORN)
    command = [*RUN, "--workers", "2", "--ffmpeg", str(ffmpeg)]
    terminal = Terminal(command, site.repository.top, site.repository.environment)
    terminal.wait_for("10/10")
    begun = time.monotonic()
    for _ in range(times):
        terminal.type(b"\x03")
        time.sleep(0.2 if kind == "obedient" else 0.5)  # two that come at once are one to Python
    code, took = terminal.wait(), time.monotonic() - begun
    assert code == 130
    assert took < (3 if times == 2 else 12)  # those who are asked once have a grace of three
    site.judge(plain(terminal.printed))
    assert terminal.printed.rindex("\x1b[?25h") > terminal.printed.rindex("\x1b[?25l"), "the cursor stays hidden"
    tell(f"Ctrl-C on a terminal, {'once' if times == 1 else 'twice'}", "exit 130")
    site.complete()


# A runner whose file system does not answer: strace's delay would hold its end too, so its fsync is another.
HANGS = """\
import os, sys, threading, time
real = os.fsync
def fsync(number):
    real(number) if threading.current_thread() is threading.main_thread() else time.sleep(60)
os.fsync = fsync
from runner.cli import main
sys.argv = ["jobspec", "run", "--workers", "1"]
main()
"""


def test_ctrl_c_twice_ends_a_runner_whose_file_system_does_not_answer(site: Site) -> None:
    command = [sys.executable, "-c", HANGS]
    environment = {**site.repository.environment, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(command, cwd=site.repository.top, env=environment, stderr=subprocess.PIPE, text=True)
    site.wait_for(process, lambda: [*site.state.glob("ledger/*")])
    time.sleep(0.3)
    begun = time.monotonic()
    while process.poll() is None and time.monotonic() < begun + 15:
        process.send_signal(signal.SIGINT)  # two that come at once are one to Python
        time.sleep(0.2)
    said = process.communicate(timeout=70)[1]
    assert process.returncode == 130, said
    assert time.monotonic() - begun < 5, said  # two on a quiet machine; its fsync takes 60
    site.judge(said)
    tell("Ctrl-C twice while the file system does not answer", "exit 130 within seconds")
    site.complete()


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_ends_a_run_as_ctrl_c_does(site: Site, number: signal.Signals) -> None:
    process = site.start("--ffmpeg", str(endless(site.repository.top / "ffmpeg")))
    site.wait_for(process, site.encoding)
    process.send_signal(number)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130, said
    site.judge(said)
    assert not processes_about(str(site.repository.proxies))
    tell(f"{number.name} to the runner", "exit 130")
    site.complete()


def test_a_terminal_that_is_closed_ends_a_run(site: Site) -> None:
    command = [*RUN, "--ffmpeg", str(endless(site.repository.top / "ffmpeg"))]
    terminal = Terminal(command, site.repository.top, site.repository.environment)
    terminal.wait_for("10/10")
    terminal.hang_up()
    site.judge()
    tell("the terminal is closed", "tidy end")
    site.complete()
