"""How many FFmpegs run at once, which begin first, and what threads each is given."""

import pytest

from runner.execution import crew, limits, local
from runner.execution.crew import Share, at_once, longest_first, threads_each
from runner.plan.model import Output
from tests.execution.bench import Bench
from tests.execution.fakes import fake
from tests.execution.test_local import Seen
from tests.plan.planning import facts, planned

GIB = 1 << 30


def machine(monkeypatch: pytest.MonkeyPatch, cores: int, memory: int = 1024 * GIB) -> None:
    monkeypatch.setattr(crew, "cores", lambda: cores)
    monkeypatch.setattr(limits, "memory_here", lambda: memory)


def groups(count: int, codec: str = "prores_proxy", **changes: object) -> list[tuple[Output, ...]]:
    return [(planned(facts(**changes), codec=codec, container="mkv"),)] * count  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cores", "tasks", "codec", "workers"),
    [
        pytest.param(8, 100, "prores_proxy", 8, id="a codec that takes the threads it gets: one for each core"),
        pytest.param(8, 3, "prores_proxy", 3, id="no more than there are tasks"),
        pytest.param(8, 1, "h264", 1, id="one task needs one worker"),
        pytest.param(2, 100, "h264", 2, id="four pinned threads on two cores"),
        pytest.param(16, 100, "h264", 5, id="four pinned threads on sixteen cores"),
        pytest.param(16, 100, "av1", 2, id="a codec that takes all cores it finds"),
        pytest.param(1, 100, "h265", 1, id="one core"),
    ],
)
def test_workers_fill_the_cores_and_no_more(
    cores: int, tasks: int, codec: str, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, cores)
    assert at_once(groups(tasks, codec)) == workers


@pytest.mark.parametrize(
    ("codec", "outputs", "workers"),
    [
        pytest.param("h264", 1, 5, id="four pinned threads"),
        pytest.param("h264", 2, 3, id="twice four pinned threads"),
        pytest.param("h264", 8, 2, id="more pinned threads than there are cores"),
        pytest.param("prores_proxy", 4, 5, id="four encoders that take the threads they get"),
    ],
)
def test_encoders_of_one_process_run_together(
    codec: str, outputs: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, 16)
    assert at_once([group * outputs for group in groups(100, codec)]) == workers


def test_as_many_as_are_asked_for_and_never_none(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, 2, 2 * GIB)
    assert at_once(groups(100), 3) == 3
    assert at_once(groups(2), 8) == 2
    assert at_once([]) == 1


def test_large_pictures_and_many_outputs_leave_memory_for_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, 64, 64 * GIB)
    hd, uhd = groups(100), groups(100, width=3840, height=2160)
    assert at_once(hd) > at_once(uhd) > 1
    assert at_once([each * 2 for each in uhd]) == at_once(uhd) // 2
    machine(monkeypatch, 64, GIB)
    assert at_once(hd) == 1


def test_long_clips_begin_first_and_equal_ones_in_the_plans_order() -> None:
    short, long, alike = groups(1, frames=10)[0], groups(1, frames=1000)[0], groups(1, frames=10, content="11")[0]
    assert longest_first([short, long, alike], 2) == [long, short, alike]
    assert longest_first([short, long, alike], 1) == [short, long, alike]


def test_a_task_of_two_outputs_is_longer_than_one_of_them() -> None:
    (one,), two = groups(1), groups(1)[0] * 2
    assert longest_first([one, two], 2) == [two, one]


def test_the_fewer_tasks_are_left_the_more_threads_each_gets() -> None:
    share = Share(workers=4, left=6, cores=8)
    given = []
    for _ in range(6):
        given.append(share.threads())
        share.ended()
    assert given == [2, 2, 2, 2, 4, 8]


@pytest.mark.parametrize(("here", "processes", "threads"), [(96, 1, 16), (96, 8, 12), (2, 8, 1), (8, 0, 8)])
def test_no_process_has_more_threads_than_do_it_good(here: int, processes: int, threads: int) -> None:
    assert threads_each(here, processes) == threads


def test_a_process_has_a_thread_also_where_there_are_more_workers_than_cores() -> None:
    assert Share(workers=8, left=8, cores=2).threads() == 1


def test_threads_are_bound_when_a_task_begins(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "cores", lambda: 6)
    for name in ("a.mov", "b.mov"):
        bench.clip(name)
    plan, said = bench.plan("a.mov", "b.mov"), bench.top / "said"
    ffmpeg = fake(bench.top / "ffmpeg", f'echo "$*" >>\'{said}\'; exec "$real" "$@" "$last"')
    run_in_turn = [(output,) for output in plan.outputs]
    local.run(run_in_turn, bench.setting(plan, ffmpeg), workers=2, watcher=Seen().watcher(), replaces={})
    first = said.read_text().splitlines()
    assert all("-threads 3 " in line and "-threads:v 3 " in line for line in first)
    assert (bench.out / "a.mov").exists()
    said.unlink()
    (bench.out / "a.mov").unlink()
    local.run(run_in_turn[:1], bench.setting(plan, ffmpeg), workers=2, watcher=Seen().watcher(), replaces={})
    assert "-threads 6 " in said.read_text()
