"""The local engine: worker threads, each with one FFmpeg at a time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from runner.execution.cores import cores
from runner.execution.crew import Share, longest_first
from runner.execution.process import Progress
from runner.execution.task import Outcome, Setting, execute
from runner.plan.model import Output

_POLL_SECONDS = 0.2


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
    """Make groups of outputs, each by one FFmpeg, the longest first.

    `replaces` gives, by location, the hash of a file to replace. Ends early when `setting.stop` is set, and with
    `fail_fast` at the first failure. Returns the outcomes of the outputs that were begun.
    """
    share = Share(cores(), workers, len(groups))

    def one(group: Sequence[Output]) -> list[Outcome]:
        try:
            return _one(group, replace(setting, threads=share.threads()), replaces, watcher, fail_fast)
        finally:
            share.ended()

    with ThreadPoolExecutor(workers, thread_name_prefix="task") as pool:
        futures = [pool.submit(one, each) for each in longest_first(groups, workers)]
        return [outcome for outcomes in _done(futures) for outcome in outcomes]


def _done(futures: Sequence["Future[list[Outcome]]"]) -> Iterator[list[Outcome]]:
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, _POLL_SECONDS, FIRST_COMPLETED)
        yield from (future.result() for future in done)
