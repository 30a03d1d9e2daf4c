"""One task, start to finish: what it records, what it refuses, and what it never touches."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from runner.errors import Exit
from runner.execution.ledger import Stat
from runner.execution.publish import sha256
from runner.execution.task import Outcome
from runner.plan.model import Plan
from tests.clips import FFMPEG, decoded_frames
from tests.execution.bench import BUILD, Bench, codes, messages
from tests.execution.fakes import (
    COMPLAINS,
    FAILS,
    STOPS_EARLY,
    WRITES_GARBAGE,
    WRITES_NOTHING,
    endless,
    fake,
    processes_about,
    stop_when,
    waiting,
    work_folders,
)


def identity(path: Path) -> tuple[int, ...]:
    """Return what moves when a file is written or swapped; the time of the last look at it is not in it."""
    status = path.lstat()
    return status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns


@pytest.fixture
def plan(bench: Bench) -> Plan:
    bench.clip()
    return bench.plan()


@dataclass
class UnderWay:
    """A task that waits, its file encoded, until it is told to go on."""

    bench: Bench
    plan: Plan
    replaces: str | None = None
    outcome: Outcome | None = None

    def __enter__(self) -> "UnderWay":
        begun = self.bench.top / "begun"
        ffmpeg = waiting(self.bench.top / "ffmpeg", begun, self.bench.top / "go on")
        self.thread = threading.Thread(target=self._make, args=(ffmpeg,))
        self.thread.start()
        while self.thread.is_alive() and not begun.exists():
            time.sleep(0.01)
        assert begun.exists()
        return self

    def _make(self, ffmpeg: Path) -> None:
        self.outcome = self.bench.make(self.plan, ffmpeg, self.replaces)

    def __exit__(self, *_: object) -> None:
        (self.bench.top / "go on").touch()
        self.thread.join()

    @property
    def codes(self) -> list[str]:
        assert self.outcome
        return codes(self.outcome)


def test_an_output_is_made_and_nothing_else_stays_behind(bench: Bench, plan: Plan) -> None:
    outcome = bench.make(plan)
    path = bench.out / "a.mov"
    assert outcome.problems == ()
    assert outcome.size == path.stat().st_size
    assert bench.files() == ["a.mov"]
    assert decoded_frames(path) == 10
    assert not [folder for folder in work_folders(bench.out) if folder.name != "work"]
    assert list((bench.state / "logs").iterdir()) == []


def test_the_ledger_tells_started_verified_finished_in_this_order(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    started, verified, finished = bench.records(plan.outputs[0])
    assert [started.event, verified.event, finished.event] == ["started", "verified", "finished"]
    assert started.attempt == verified.attempt == finished.attempt
    assert {each.key for each in (started, verified, finished)} == {plan.outputs[0].key}
    assert started.toolchain == BUILD.version
    assert (started.size, started.sha256, started.rung) == (None, None, None)


def test_the_records_describe_the_file_that_was_published(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    path = bench.out / "a.mov"
    _, verified, finished = bench.records()
    for each in (verified, finished):
        assert (each.size, each.sha256) == (path.stat().st_size, sha256(path))
        assert each.mtime == path.stat().st_mtime_ns
    assert (verified.rung, finished.rung) == (None, "renameat2")


def test_the_file_is_verified_in_the_ledger_before_it_has_its_name(bench: Bench, plan: Plan) -> None:
    bench.out.mkdir()
    with UnderWay(bench, plan) as task:
        assert bench.events() == ["started"]
        (bench.out / "a.mov").write_text("somebody's")
    assert task.codes == ["JS093"]
    assert bench.events() == ["started", "verified", "failed"]


FAULTS = [
    pytest.param(FAILS, "JS090", ("exit code 7", "the card is on fire"), id="exits with 7"),
    pytest.param("kill -9 $$", "JS171", ("ended by SIGKILL", "it said nothing"), id="is killed"),
    pytest.param("kill -SEGV $$", "JS171", ("ended by SIGSEGV", "it said nothing"), id="crashes"),
    pytest.param(COMPLAINS, "JS091", ("all is well, nearly",), id="complains and exits with 0"),
    pytest.param(WRITES_NOTHING, "JS092", ("there is no file",), id="writes nothing and exits with 0"),
    pytest.param(WRITES_GARBAGE, "JS092", ("is not a media file",), id="writes garbage and exits with 0"),
    pytest.param(STOPS_EARLY, "JS092", ("4 frames decode, 10 were planned",), id="stops early and exits with 0"),
]


@pytest.mark.parametrize(("encode", "code", "words"), FAULTS)
def test_an_ffmpeg_that_cannot_be_trusted_publishes_nothing(
    bench: Bench, plan: Plan, encode: str, code: str, words: tuple[str, ...]
) -> None:
    outcome = bench.make(plan, fake(bench.top / "ffmpeg", encode))
    assert codes(outcome) == [code]
    assert outcome.problems[0].exit is Exit.FAILED
    for word in words:
        assert word in messages([outcome])
    assert bench.files() == []
    assert not [folder for folder in work_folders(bench.out) if folder.name != "work"]


@pytest.mark.parametrize(("encode", "code", "words"), FAULTS)
def test_a_failure_is_recorded_with_its_reason_and_its_log_stays(
    bench: Bench, plan: Plan, encode: str, code: str, words: tuple[str, ...]
) -> None:
    outcome = bench.make(plan, fake(bench.top / "ffmpeg", encode))
    started, failed = bench.records()
    assert (started.event, failed.event) == ("started", "failed")
    assert failed.reason == messages([outcome])
    assert failed.log
    log = bench.state / failed.log
    assert str(log) in messages([outcome])
    for word in words:
        assert word in log.read_text()


def test_what_failed_once_is_made_by_the_next_attempt(bench: Bench, plan: Plan) -> None:
    bench.make(plan, fake(bench.top / "ffmpeg", FAILS))
    assert bench.make(plan).problems == ()
    assert bench.events() == ["started", "failed", "started", "verified", "finished"]


def test_an_ffmpeg_that_is_gone_fails_the_output(bench: Bench, plan: Plan) -> None:
    outcome = bench.make(plan, bench.top / "none")
    assert codes(outcome) == ["JS170"]
    assert str(bench.top / "none") in messages([outcome])
    assert bench.events() == ["started", "failed"]


def a_file(path: Path) -> None:
    path.write_text("somebody's")


def a_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


OCCUPANTS = [
    pytest.param(a_file, id="a file"),
    pytest.param(Path.mkdir, id="a folder"),
    pytest.param(a_dangling_link, id="a link to nothing"),
]


@pytest.mark.parametrize("occupy", OCCUPANTS)
def test_what_stands_there_beforehand_is_left_alone_and_ffmpeg_is_not_started(
    bench: Bench, plan: Plan, occupy: Callable[[Path], None]
) -> None:
    bench.out.mkdir()
    occupy(bench.out / "a.mov")
    before = identity(bench.out / "a.mov")
    assert codes(bench.make(plan)) == ["JS093"]
    assert bench.events() == ["failed"]
    assert identity(bench.out / "a.mov") == before
    assert not (bench.out / "nowhere").exists()


@pytest.mark.parametrize("occupy", OCCUPANTS)
def test_what_appears_there_meanwhile_is_left_alone(bench: Bench, plan: Plan, occupy: Callable[[Path], None]) -> None:
    with UnderWay(bench, plan) as task:
        occupy(bench.out / "a.mov")
        before = identity(bench.out / "a.mov")
    assert task.codes == ["JS093"]
    assert identity(bench.out / "a.mov") == before
    assert not (bench.out / "nowhere").exists()


def grow(source: Path) -> None:
    with source.open("ab") as file:
        file.write(b"more")


def touch(source: Path) -> None:
    os.utime(source, (1, 1))


def swap(source: Path) -> None:
    status = source.stat()
    twin = source.with_name("twin")
    twin.write_bytes(source.read_bytes())
    os.utime(twin, ns=(status.st_atime_ns, status.st_mtime_ns))
    twin.replace(source)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(grow, "size moved while it was read", id="it grew"),
        pytest.param(touch, "time stamp or file itself moved while it was read", id="it was touched"),
        pytest.param(swap, "time stamp or file itself moved while it was read", id="it was swapped"),
        pytest.param(Path.unlink, "it is gone", id="it was deleted"),
    ],
)
def test_a_source_that_changes_while_it_is_encoded_fails_the_output(
    bench: Bench, plan: Plan, change: Callable[[Path], None], words: str
) -> None:
    with UnderWay(bench, plan) as task:
        change(bench.top / "media" / "a.mov")
    assert task.codes == ["JS094"]
    assert task.outcome
    assert words in messages([task.outcome])
    assert '"media:a.mov"' in messages([task.outcome])
    assert bench.files() == []
    assert bench.events() == ["started", "failed"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(grow, "bytes, ", id="it grew"),
        pytest.param(Path.unlink, "it is gone", id="it was deleted"),
    ],
)
def test_a_source_that_changed_since_it_was_planned_is_not_encoded(
    bench: Bench, plan: Plan, change: Callable[[Path], None], words: str
) -> None:
    change(bench.top / "media" / "a.mov")
    outcome = bench.make(plan)
    assert codes(outcome) == ["JS094"]
    assert words in messages([outcome])
    assert bench.events() == ["failed"]


def test_a_source_is_only_read(bench: Bench, plan: Plan) -> None:
    source = bench.top / "media" / "a.mov"
    source.chmod(0o444)
    before = (source.stat().st_mtime_ns, source.stat().st_ino, source.read_bytes())
    bench.make(plan)
    assert (source.stat().st_mtime_ns, source.stat().st_ino, source.read_bytes()) == before
    assert [path.name for path in source.parent.iterdir()] == ["a.mov"]


def test_an_output_below_a_subfolder_is_made_there(bench: Bench) -> None:
    bench.clip("day/a.mov")
    plan = bench.plan("day/a.mov", naming_template="{{ source_dir }}/{{ source_name }}")
    assert bench.make(plan).problems == ()
    assert (bench.out / "day" / "a.mov").is_file()
    assert [path.name for path in bench.top.rglob(".jobspec")] == [".jobspec"]


@pytest.fixture
def older(bench: Bench, plan: Plan) -> str:
    """Make an older output of ours and return its hash."""
    bench.make(plan)
    return sha256(bench.out / "a.mov")


def test_our_older_file_is_replaced_by_one_that_passed(bench: Bench, older: str) -> None:
    plan = bench.plan(codec="prores_lt")
    assert bench.make(plan, replaces=older).problems == ()
    path = bench.out / "a.mov"
    assert bench.files() == ["a.mov"]
    assert sha256(path) != older
    assert [record.event for record in bench.records()[-3:]] == ["started", "verified", "finished"]
    assert bench.records()[-1].rung == "replaced"
    assert bench.records()[-1].sha256 == sha256(path)


def test_our_older_file_stands_while_its_successor_is_made(bench: Bench, older: str) -> None:
    with UnderWay(bench, bench.plan(codec="prores_lt"), replaces=older) as task:
        assert sha256(bench.out / "a.mov") == older
    assert task.codes == []
    assert sha256(bench.out / "a.mov") != older


@pytest.mark.parametrize(("encode", "code", "words"), FAULTS)
def test_our_older_file_stays_when_its_successor_fails(
    bench: Bench, older: str, encode: str, code: str, words: tuple[str, ...]
) -> None:
    plan = bench.plan(codec="prores_lt")
    assert codes(bench.make(plan, fake(bench.top / "ffmpeg", encode), replaces=older)) == [code]
    assert bench.files() == ["a.mov"]
    assert sha256(bench.out / "a.mov") == older


@pytest.mark.parametrize("occupy", OCCUPANTS)
def test_what_took_the_place_of_our_older_file_is_not_replaced(
    bench: Bench, older: str, occupy: Callable[[Path], None]
) -> None:
    path = bench.out / "a.mov"
    with UnderWay(bench, bench.plan(codec="prores_lt"), replaces=older) as task:
        path.unlink()
        occupy(path)
        before = path.lstat().st_ino
    assert task.codes == ["JS093"]
    assert path.lstat().st_ino == before


def test_the_order_to_stop_leaves_no_process_no_file_and_no_work_folder(bench: Bench, plan: Plan) -> None:
    stop_when(bench.stop, lambda: processes_about(f"{bench.out}/"))
    outcome = bench.make(plan, endless(bench.top / "ffmpeg"))
    assert codes(outcome) == ["JS098"]
    assert bench.files() == []
    assert not processes_about(f"{bench.out}/")
    assert not [folder for folder in work_folders(bench.out) if folder.name != "work"]
    assert bench.events() == ["started"]


def test_a_ledger_that_cannot_be_begun_fails_the_output_before_anything_is_made(bench: Bench, plan: Plan) -> None:
    bench.state.mkdir(parents=True)
    (bench.state / "ledger").write_text("in the way")
    outcome = bench.make(plan)
    assert codes(outcome) == ["JS095"]
    assert str(bench.state / "ledger") in messages([outcome])
    assert bench.files() == []


def test_a_second_runner_is_told_who_makes_an_output_and_starts_no_ffmpeg(bench: Bench, plan: Plan) -> None:
    with UnderWay(bench, plan) as task:
        outcome = bench.make(plan, bench.top / "none")
        assert codes(outcome) == ["JS099"]
        assert outcome.word == "claimed"
        assert f"process {os.getpid()} on " in messages([outcome])
    assert task.codes == []
    assert bench.events() == ["started", "verified", "finished"]


@contextmanager
def another_host(bench: Bench) -> Iterator[None]:
    """Take the claims away for a moment: so does a runner on another host look at them, over a share without locks."""
    claims = bench.state / "claims"
    claims.rename(bench.top / "claims")
    yield
    shutil.rmtree(claims)
    (bench.top / "claims").rename(claims)


def test_of_two_runners_on_two_hosts_one_publishes_and_the_other_says_so_and_keeps_nothing(
    bench: Bench, plan: Plan
) -> None:
    with UnderWay(bench, plan) as task:
        with another_host(bench):
            assert bench.make(plan, Path(FFMPEG)).problems == ()
        ours = identity(bench.out / "a.mov")
    assert task.outcome
    first = bench.records()[-3].writer
    assert (task.outcome.problems, task.outcome.by, task.outcome.word) == ((), first, "done")
    assert identity(bench.out / "a.mov") == ours
    assert bench.files() == ["a.mov"]
    assert bench.events() == ["started", "started", "verified", "finished", "verified", "yielded"]
    assert not [folder for folder in work_folders(bench.out) if folder.name != "work"]


def test_what_another_runner_finished_meanwhile_is_done_and_not_encoded(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    outcome = bench.make(plan, bench.top / "none")
    assert (outcome.problems, outcome.word) == ((), "done")
    assert outcome.by == bench.records()[0].writer


def test_a_file_that_another_runner_made_by_another_plan_is_kept(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    before = identity(bench.out / "a.mov")
    assert codes(bench.make(bench.plan(codec="prores_lt"))) == ["JS181"]
    assert identity(bench.out / "a.mov") == before


def test_the_start_of_an_attempt_is_recorded_with_its_arguments_and_the_stat_of_its_source(
    bench: Bench, plan: Plan
) -> None:
    bench.make(plan)
    started = bench.records()[0]
    status = (bench.top / "media" / "a.mov").stat()
    assert started.source == Stat(size=status.st_size, mtime=status.st_mtime_ns, inode=status.st_ino)
    assert started.arguments
    bench.make(bench.plan(codec="prores_lt", naming_template="b"))
    assert bench.records()[3].arguments not in (None, started.arguments)
