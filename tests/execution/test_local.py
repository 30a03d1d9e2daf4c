"""The local engine: workers, order of start, what a failure stops and what it does not."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runner.execution import local
from runner.execution.claims import claimed
from runner.execution.local import Watcher
from runner.execution.process import Progress
from runner.execution.task import Outcome
from runner.plan.model import Output, Plan
from tests.clips import FFMPEG
from tests.execution.bench import Bench, codes
from tests.execution.fakes import endless, fake, processes_about, stop_when, work_folders

NAMES = ("d.mov", "b.mov", "a.mov", "c.mov")


@dataclass
class Seen:
    """What a watcher was told, in order, and how many tasks ran at once at most."""

    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    frames: dict[str, int] = field(default_factory=dict)
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def watcher(self) -> Watcher:
        return Watcher(self.on_begun, self.on_moved, self.on_ended)

    def on_begun(self, output: Output) -> None:
        with self.lock:
            self.begun.append(output.name)
            self.most = max(self.most, len(self.begun) - len(self.ended))

    def on_moved(self, output: Output, progress: Progress) -> None:
        self.frames[output.name] = progress.frame

    def on_ended(self, outcome: Outcome) -> None:
        with self.lock:
            self.ended.append(outcome.output.name)


def run(
    bench: Bench,
    plan: Plan,
    seen: Seen,
    *,
    ffmpeg: Path = Path(FFMPEG),
    workers: int = 1,
    fail_fast: bool = False,
    replaces: Mapping[str, str] | None = None,
) -> list[Outcome]:
    return local.run(
        [(output,) for output in plan.outputs],
        bench.setting(plan, ffmpeg),
        workers=workers,
        watcher=seen.watcher(),
        replaces=replaces or {},
        fail_fast=fail_fast,
    )


@pytest.fixture
def plan(bench: Bench) -> Plan:
    for name in NAMES:
        bench.clip(name)
    return bench.plan(*NAMES)


def failing_for(bench: Bench, name: str) -> Path:
    """Return an FFmpeg that fails for one source."""
    return fake(bench.top / "ffmpeg", f'case "$*" in */{name}*) exit 7 ;; esac; exec "$real" "$@" "$last"')


def test_one_worker_makes_one_output_after_the_other_in_the_order_of_the_plan(bench: Bench, plan: Plan) -> None:
    seen = Seen()
    outcomes = run(bench, plan, seen)
    assert seen.begun == seen.ended == list(NAMES)
    assert seen.most == 1
    assert [outcome.problems for outcome in outcomes] == [(), (), (), ()]
    assert bench.files() == sorted(NAMES)


def test_several_workers_begin_in_the_order_of_the_plan_and_never_run_more_than_there_are(
    bench: Bench, plan: Plan
) -> None:
    # the first waits for all others, which the second worker does
    others = " || ".join(f"[ ! -e '{bench.out / name}' ]" for name in NAMES[1:])
    waits = f'case "$*" in */d.mov*) while {others}; do sleep 0.05; done ;; esac; exec "$real" "$@" "$last"'
    ffmpeg = fake(bench.top / "ffmpeg", waits)
    seen = Seen()
    outcomes = run(bench, plan, seen, ffmpeg=ffmpeg, workers=2)
    assert seen.most == 2
    assert sorted(seen.begun[:2]) == sorted(NAMES[:2])
    assert seen.begun[2:] == list(NAMES[2:])
    assert seen.ended[-1] == "d.mov"
    assert len(outcomes) == 4


def test_all_events_of_an_output_and_its_frames_are_told(bench: Bench, plan: Plan) -> None:
    seen = Seen()
    run(bench, plan, seen, workers=2)
    assert seen.frames == dict.fromkeys(NAMES, 10)


def test_a_failure_does_not_stop_the_others(bench: Bench, plan: Plan) -> None:
    seen = Seen()
    outcomes = run(bench, plan, seen, ffmpeg=failing_for(bench, "b.mov"))
    assert {outcome.output.name: codes(outcome) for outcome in outcomes} == {
        "d.mov": [],
        "b.mov": ["JS090"],
        "a.mov": [],
        "c.mov": [],
    }
    assert bench.files() == ["a.mov", "c.mov", "d.mov"]


def test_with_fail_fast_nothing_is_begun_after_a_failure(bench: Bench, plan: Plan) -> None:
    seen = Seen()
    outcomes = run(bench, plan, seen, ffmpeg=failing_for(bench, "b.mov"), fail_fast=True)
    assert seen.begun == ["d.mov", "b.mov"]
    assert [codes(outcome) for outcome in outcomes] == [[], ["JS090"]]
    assert bench.files() == ["d.mov"]


def test_with_fail_fast_what_runs_beside_the_failure_is_stopped(bench: Bench, plan: Plan) -> None:
    others = endless(bench.top / "endless")
    ffmpeg = fake(bench.top / "ffmpeg", f'case "$*" in */b.mov*) sleep 0.5; exit 7 ;; esac; exec {others} "$@" "$last"')
    seen, begun = Seen(), time.monotonic()
    outcomes = run(bench, plan, seen, ffmpeg=ffmpeg, workers=2, fail_fast=True)
    assert time.monotonic() - begun < 8
    assert {outcome.output.name: codes(outcome) for outcome in outcomes} == {"d.mov": ["JS098"], "b.mov": ["JS090"]}
    assert bench.files() == []
    assert not processes_about(f"{bench.out}/")


def test_the_order_to_stop_ends_what_runs_and_begins_nothing_more(bench: Bench, plan: Plan) -> None:
    seen = Seen()
    stop_when(bench.stop, lambda: len(seen.begun) == 2)
    outcomes = run(bench, plan, seen, ffmpeg=endless(bench.top / "ffmpeg"), workers=2)
    assert sorted(seen.begun) == sorted(NAMES[:2])
    assert [codes(outcome) for outcome in outcomes] == [["JS098"], ["JS098"]]
    assert bench.files() == []
    assert not processes_about(f"{bench.out}/")
    assert not [path for path in work_folders(bench.out) if path.name != "work"]


def test_a_file_to_replace_is_named_by_its_place(bench: Bench, plan: Plan) -> None:
    run(bench, plan, Seen())
    finished = {record.output: record.sha256 for record in bench.records() if record.event == "finished"}
    other = bench.plan(*NAMES, codec="prores_lt")
    replaces = {"proxies:out/a.mov": finished["proxies:out/a.mov"] or ""}
    outcomes = run(bench, other, Seen(), replaces=replaces)
    assert {outcome.output.name: codes(outcome) for outcome in outcomes} == {
        "d.mov": ["JS181"],
        "b.mov": ["JS181"],
        "a.mov": [],
        "c.mov": ["JS181"],
    }


def test_with_fail_fast_an_output_that_another_runner_makes_stops_nothing(bench: Bench, plan: Plan) -> None:
    seen = Seen()
    with claimed(bench.state, "proxies:out/b.mov", "another's"):
        outcomes = run(bench, plan, seen, fail_fast=True)
    words = {outcome.output.name: outcome.word for outcome in outcomes}
    assert words == {"d.mov": "made", "b.mov": "claimed", "a.mov": "made", "c.mov": "made"}
