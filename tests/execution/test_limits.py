"""What one task may take, and what happens to one that takes more."""

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from runner.execution import limits, task
from runner.execution.limits import DEFAULTS, Wanted, limits_of, memory_here, room
from runner.execution.process import Limits, run
from runner.execution.task import Outcome
from runner.plan.model import Output, Plan
from tests.clips import FFMPEG
from tests.execution.bench import Bench, alone, codes, messages
from tests.execution.fakes import FAILS, fake, processes_about, stop_when, work_folders
from tests.execution.grouped import machine

GIB = 1 << 30


@pytest.fixture
def plan(bench: Bench) -> Plan:
    bench.clip()
    return bench.plan()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "PAUSE_SECONDS", 0.01)


def longer(output: Output, frames: int) -> Output:
    expects = msgspec.structs.replace(output.expects, frames=frames, seconds=frames / output.expects.rate)
    return msgspec.structs.replace(output, expects=expects)


def larger(output: Output, width: int, height: int) -> Output:
    expects = msgspec.structs.replace(output.expects, width=width, height=height)
    return msgspec.structs.replace(output, expects=expects)


def test_time_and_silence_grow_with_the_length_of_the_clip(plan: Plan) -> None:
    short, hour = (limits_of([longer(plan.outputs[0], frames)], DEFAULTS) for frames in (10, 90_000))
    assert short.wall and short.stall and hour.wall and hour.stall
    assert 600 < short.wall < 700
    assert 120 < short.stall < 121
    assert hour.wall > 100 * 3600
    assert hour.stall == 120 + 360


def test_memory_is_what_is_ours_shared_and_never_less_than_the_picture_needs(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "memory_here", lambda: 10 << 30)
    output = plan.outputs[0]
    assert limits_of([output], DEFAULTS).memory == 8 << 30
    assert limits_of([output], DEFAULTS, workers=4).memory == 2 << 30
    assert limits_of([larger(output, 7680, 4320)], DEFAULTS, workers=4).memory == (1 << 30) + 220 * 7680 * 4320


V2, V1 = "sys/fs/cgroup", "sys/fs/cgroup/memory"
GROUPS = {
    "no groups": ("", {}, 64 * GIB),
    "the newer kind": ("0::/jobs/a", {f"{V2}/jobs/a/memory.max": f"{4 * GIB}"}, 4 * GIB),
    "no limit": ("0::/a", {f"{V2}/a/memory.max": "max", f"{V2}/a/memory.high": "max"}, 64 * GIB),
    "slowed before it is ended": (
        "0::/a",
        {f"{V2}/a/memory.max": f"{4 * GIB}", f"{V2}/a/memory.high": f"{3 * GIB}"},
        3 * GIB,
    ),
    "slowed and never ended": ("0::/a", {f"{V2}/a/memory.max": "max", f"{V2}/a/memory.high": f"{GIB}"}, GIB),
    "ended before it is slowed": (
        "0::/a",
        {f"{V2}/a/memory.max": f"{2 * GIB}", f"{V2}/a/memory.high": f"{3 * GIB}"},
        2 * GIB,
    ),
    "a limit around the group": (
        "0::/jobs/a",
        {f"{V2}/jobs/a/memory.max": f"{8 * GIB}", f"{V2}/jobs/memory.max": f"{2 * GIB}"},
        2 * GIB,
    ),
    "in a container with a view of its own": ("0::/", {f"{V2}/memory.max": f"{2 * GIB}"}, 2 * GIB),
    "more than the machine has": ("0::/a", {f"{V2}/a/memory.max": f"{128 * GIB}"}, 64 * GIB),
    "the older kind": ("4:memory:/docker/abc", {f"{V1}/docker/abc/memory.limit_in_bytes": f"{3 * GIB}"}, 3 * GIB),
    "the older kind, the host's path in a container": (
        "4:memory:/docker/abc",
        {f"{V1}/memory.limit_in_bytes": f"{2 * GIB}"},
        2 * GIB,
    ),
    "the older kind without a limit": (
        "4:memory:/a",
        {f"{V1}/a/memory.limit_in_bytes": "9223372036854771712", f"{V1}/memory.limit_in_bytes": "9223372036854771712"},
        64 * GIB,
    ),
    "both kinds": (
        "1:memory:/a\n0::/a",
        {f"{V1}/a/memory.limit_in_bytes": f"{6 * GIB}", f"{V2}/unified/a/memory.max": f"{5 * GIB}"},
        5 * GIB,
    ),
    "another controller's group": ("3:cpuset:/a", {f"{V1}/a/memory.limit_in_bytes": f"{GIB}"}, 64 * GIB),
    "nonsense": ("0::/a\nno group", {f"{V2}/a/memory.max": "much"}, 64 * GIB),
}


@pytest.mark.parametrize(("group", "files", "found"), GROUPS.values(), ids=GROUPS)
def test_no_more_memory_is_ours_than_the_groups_are_given(
    group: str, files: dict[str, str], found: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sysconf", lambda name: {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": 64 * GIB}[name])
    assert memory_here(machine(tmp_path, group, files)) == found


def unknown(name: str) -> int:
    raise ValueError(f"unrecognized configuration name: {name}")


def test_where_the_machine_does_not_say_how_much_it_has_the_groups_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sysconf", unknown)
    assert memory_here(tmp_path) is None
    assert memory_here(machine(tmp_path, "0::/a", {f"{V2}/a/memory.max": f"{GIB}"})) == GIB


def test_what_the_user_sets_holds_and_0_is_no_limit(plan: Plan) -> None:
    output = plan.outputs[0]
    assert limits_of([output], Wanted(timeout=5, stall_timeout=3, memory=1000)) == Limits(5, 3, 1000)
    assert limits_of([output], Wanted(timeout=0, stall_timeout=0, memory=0)) == Limits(None, None, None)


def test_room_is_asked_of_the_disk_that_will_hold_the_file_before_its_folder_is_there(plan: Plan) -> None:
    found = room(plan.outputs, Path("/none/at/all"))
    assert found
    wanted, free = found
    assert free == os.statvfs("/").f_bavail * os.statvfs("/").f_frsize
    assert wanted == 65536 + int(320 * 180 * 10 * 0.86 / 8 / 2)


def test_what_cannot_fit_is_refused_before_ffmpeg_is_started(
    bench: Bench, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_ROOM_BESIDE", 1 << 60)
    outcome = bench.make(plan, bench.top / "none")
    assert codes(outcome) == ["JS175"]
    assert f"are free in {bench.out}; nothing was begun" in messages([outcome])
    assert bench.events() == ["failed"]


def make(bench: Bench, plan: Plan, ffmpeg: Path, wanted: Wanted = DEFAULTS, retries: int = 0) -> Outcome:
    setting = replace(bench.setting(plan, ffmpeg), wanted=wanted, retries=retries)
    return alone(plan.outputs[0], setting)


def left(bench: Bench) -> list[object]:
    return [
        *processes_about(f"{bench.out}/"),
        *bench.files(),
        *(folder for folder in work_folders(bench.out) if folder.name != "work"),
    ]


HANGS = "trap '' TERM; while :; do sleep 0.1; done"


def test_an_ffmpeg_that_hangs_is_ended_and_told(bench: Bench, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.execution.stopping.GRACE_SECONDS", 0.2)
    outcome = make(bench, plan, fake(bench.top / "ffmpeg", HANGS), Wanted(stall_timeout=0.5))
    assert codes(outcome) == ["JS172"]
    assert outcome.seconds < 5
    assert left(bench) == []


def test_an_ffmpeg_that_makes_progress_and_never_ends_is_ended_and_told(bench: Bench, plan: Plan) -> None:
    endless = fake(bench.top / "ffmpeg", 'exec "$real" -re -stream_loop -1 "$@" "$last"')
    outcome = make(bench, plan, endless, Wanted(timeout=1.5, stall_timeout=30))
    assert codes(outcome) == ["JS173"]
    assert left(bench) == []


def test_an_ffmpeg_that_is_slow_and_still_writes_is_not_taken_for_one_that_hangs(tmp_path: Path) -> None:
    written = tmp_path / "output.mp4"
    program = tmp_path / "program"
    program.write_text(
        f"#!/bin/sh\nn=0; while [ $n -lt 40 ]; do sleep 0.1; echo more >>{written}; n=$((n + 1)); done\n"
    )
    program.chmod(0o755)
    limits = Limits(stall=2)
    told = {"folder": tmp_path, "log": tmp_path / "log", "stop": threading.Event(), "limits": limits}
    assert run([str(program)], grows=[written], **told).clean  # type: ignore[arg-type]
    assert run([str(program)], **told).cut == "stalled"  # type: ignore[arg-type]


def test_an_ffmpeg_that_talks_without_end_is_ended_and_its_log_stays_small(
    bench: Bench, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.execution.watching.MOST_SAID_BYTES", 3 << 20)
    outcome = make(bench, plan, fake(bench.top / "ffmpeg", "exec yes this goes on >&2"))
    assert codes(outcome) == ["JS178"]
    (log,) = (bench.state / "logs").iterdir()
    assert log.stat().st_size < (1 << 20) + 4096
    assert left(bench) == []


def test_an_ffmpeg_that_closes_its_pipes_and_goes_on_is_still_watched(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexec >&- 2>&-\nexec sleep 60\n")
    program.chmod(0o755)
    limits = Limits(stall=0.5)
    ended = run([str(program)], folder=tmp_path, log=tmp_path / "log", stop=threading.Event(), limits=limits)
    assert (ended.status, ended.cut) == (-15, "stalled")


def test_progress_without_a_line_end_is_not_kept_for_ever(tmp_path: Path) -> None:
    command = [FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.1", "-f", "null", "-"]
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nhead -c 5000000 /dev/zero\nprintf '\\nframe=7\\nprogress=end\\n'\n")
    program.chmod(0o755)
    ended = run([str(program), *command], folder=tmp_path, log=tmp_path / "log", stop=threading.Event())
    assert ended.frames == 7


def test_an_ffmpeg_without_enough_memory_is_told_as_that_and_the_default_is_enough(bench: Bench, plan: Plan) -> None:
    outcome = make(bench, plan, Path(FFMPEG), Wanted(memory=30 << 20))
    assert codes(outcome) in (["JS176"], ["JS171"]), messages([outcome])
    assert left(bench) == []
    assert make(bench, plan, Path(FFMPEG)).problems == ()


# What may pass by itself


def once(bench: Bench, encode: str) -> Path:
    """Return an FFmpeg that does this the first time, and works from then on."""
    done = bench.top / "done once"
    first = f"[ -e '{done}' ] || {{ : >'{done}'; {encode}; }}"
    return fake(bench.top / "ffmpeg", f'{first}\nexec "$real" "$@" "$last"')


@pytest.mark.parametrize(
    ("encode", "code"),
    [
        pytest.param("kill -9 $$", "JS171", id="killed"),
        pytest.param("echo No space left on device >&2; exit 228", "JS174", id="a full disk"),
        pytest.param("exec sleep 60", "JS172", id="no progress"),
        pytest.param("echo Stale file handle >&2; exit 1", "JS179", id="a mount that is gone"),
    ],
)
def test_what_may_pass_is_tried_again_and_every_attempt_is_in_the_ledger(
    bench: Bench, plan: Plan, encode: str, code: str
) -> None:
    outcome = make(bench, plan, once(bench, encode), Wanted(stall_timeout=1.5), retries=2)
    assert outcome.problems == ()
    assert bench.events() == ["started", "failed", "started", "verified", "finished"]
    assert [each.again for each in bench.records()] == [0, 0, 1, 1, 1]
    assert bench.records()[1].codes == (code,)
    assert len({each.attempt for each in bench.records()}) == 2
    assert bench.files() == ["a.mov"]


@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(FAILS, id="it fails"),
        pytest.param("kill -SEGV $$", id="it crashes"),
        pytest.param("echo moov atom not found >&2; exit 183", id="a damaged source"),
        pytest.param("exit 0", id="the gate refuses"),
    ],
)
def test_what_does_not_pass_is_not_tried_again(bench: Bench, plan: Plan, encode: str) -> None:
    assert make(bench, plan, once(bench, encode), retries=2).problems
    assert bench.events() == ["started", "failed"]


def test_no_more_is_tried_than_was_asked_for(bench: Bench, plan: Plan) -> None:
    outcome = make(bench, plan, fake(bench.top / "ffmpeg", "kill -9 $$"), retries=2)
    assert codes(outcome) == ["JS171"]
    assert bench.events() == ["started", "failed"] * 3


def test_the_order_to_stop_ends_the_wait_for_another_try(
    bench: Bench, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task, "PAUSE_SECONDS", 60)
    stop_when(bench.stop, lambda: "failed" in bench.events())
    begun = time.monotonic()
    make(bench, plan, fake(bench.top / "ffmpeg", "kill -9 $$"), retries=2)
    assert time.monotonic() - begun < 50
    assert bench.events() == ["started", "failed"]
