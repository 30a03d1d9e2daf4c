"""The local engine: worker threads, each with one FFmpeg at a time."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from runner.execution.process import Progress
from runner.execution.task import Outcome, Setting, execute
from runner.plan.model import Output

_POLL_SECONDS = 0.2


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fitting(tasks: int, workers: int | None = None) -> tuple[int, int]:
    """Return (workers, threads for each): two cores a process, since decoding feeds encoding, unless told."""
    count = max(1, min(workers or max(1, cores() // 2), max(1, tasks)))
    return count, max(1, cores() // count)


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who is told what happens: a task begins, moves on, ends. Called from worker threads."""

    begun: Callable[[Output], None]
    moved: Callable[[Output, Progress], None]
    ended: Callable[[Outcome], None]


def _one(
    group: Sequence[Output], setting: Setting, replaces: Mapping[str, str], watcher: Watcher, fail_fast: bool
) -> list[Outcome]:
    if setting.stop.is_set():
        return []
    for output in group:
        watcher.begun(output)
    outcomes = []
    for outcome in execute(group, setting, replaces=replaces, tell=watcher.moved):
        if fail_fast and outcome.word == "failed":
            setting.stop.set()  # here, not where outcomes are gathered: this worker takes its next task at once
        watcher.ended(outcome)
        outcomes.append(outcome)
    return outcomes


def run(
    groups: Sequence[Sequence[Output]],
    setting: Setting,
    *,
    workers: int,
    watcher: Watcher,
    replaces: Mapping[str, str],
    fail_fast: bool = False,
) -> list[Outcome]:
    """Make groups of outputs, each by one FFmpeg, started in the plan's order.

    `replaces` gives, by location, the hash of a file to replace. Ends early when `setting.stop` is set, and with
    `fail_fast` at the first failure. Returns the outcomes of the outputs that were begun.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="task") as pool:
        futures = [pool.submit(_one, each, setting, replaces, watcher, fail_fast) for each in groups]
        return [outcome for outcomes in _done(futures) for outcome in outcomes]


def _done(futures: Sequence["Future[list[Outcome]]"]) -> Iterator[list[Outcome]]:
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, _POLL_SECONDS, FIRST_COMPLETED)
        yield from (future.result() for future in done)
