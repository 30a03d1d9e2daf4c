"""What came of the tasks of a run: what has begun, by whom, how each output ended, and what is to be asked again."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.errors import Problem, problem
from runner.execution.attempt import Outcome
from runner.execution.local import Watcher
from runner.execution.process import Progress
from runner.execution.telling import Told
from runner.plan.model import Output

Group = Sequence[Output]
# An output that a process of ours still makes, whose worker the scheduler has given up, is asked for again and again.
_AGAIN_SECONDS, _AGAIN_FOR_SECONDS = 3.0, 600.0
# Workers that were told to close, as a queueing system does, give up what they have; more often than this is no chance.
MOST_TRIES = 5


@dataclass(slots=True, eq=False)
class Task:
    """A group on its way: where it may run, what came of its outputs so far, and since when another has a claim."""

    group: Group
    tries: int = 0
    future: Any = None
    workers: frozenset[str] = frozenset()
    worker: str | None = None
    ended: dict[str, Outcome] = field(default_factory=dict)
    held: float | None = None
    not_before: float = 0.0

    def end(self, told: Told) -> None:
        """Keep how an output ended, or all of them where nothing was begun."""
        for output in self.group:
            if told.what == "refused" or output.location == told.output:
                self.ended[output.location] = _outcome(output, told, self.worker)

    def outcome(self, output: Output, wrong: Problem | None) -> Outcome:
        """Return how an output ended; where that was not told, it is for this reason."""
        wrong = wrong or problem("JS249", worker=self.worker or "?", reason="nothing was told of it")
        return self.ended.get(output.location) or Outcome(output, (wrong,), 0, worker=self.worker)


def _outcome(output: Output, told: Told, worker: str | None) -> Outcome:
    return Outcome(
        output,
        told.problems,
        told.seconds,
        size=told.size,
        by=told.by,
        worker=worker,
        alone=told.alone,
        excess=told.excess,
    )


class Account:
    """The outcomes of a run, told to its watcher in the order in which they come."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._begun: set[str] = set()
        self._owners: set[str] = set()
        self.outcomes: list[Outcome] = []

    def told(self, task: Task, told: Told) -> None:
        """Take what a task told."""
        if told.what in ("ended", "refused"):
            task.end(told)
            return
        output = next(each for each in task.group if each.location == told.output)
        if told.what == "begun":
            self._owners.add(told.owner)
            self._begin(output)
        elif output.location in self._begun:
            self._watcher.moved(output, Progress(told.frame, told.speed))

    def running(self, task: Task) -> bool:
        """Say whether any output of a task has begun and not told how it ended."""
        return any(each.location in self._begun and each.location not in task.ended for each in task.group)

    def settle(self, task: Task, wrong: Problem | None) -> Task | None:
        """Conclude the outputs of a task that Dask has done with; return what of it is to be asked again."""
        again = []
        for output in task.group:
            outcome = task.outcome(output, wrong)
            if self._once_more(task, outcome):
                again.append(output)
            else:
                self.conclude(outcome)
        pause = _AGAIN_SECONDS if task.held is not None else 0
        return Task(again, task.tries, held=task.held, not_before=time.monotonic() + pause) if again else None

    def give_up(self, task: Task, found: Problem) -> None:
        """Conclude a task that nothing more is heard of: each output that had begun with what it told, or for this."""
        for output in task.group:
            if output.location in task.ended or output.location in self._begun:
                self.conclude(task.outcome(output, found))

    def conclude(self, outcome: Outcome) -> None:
        """Keep an outcome that is final."""
        self._begin(outcome.output)
        self.outcomes.append(outcome)
        self._watcher.ended(outcome)

    def _begin(self, output: Output) -> None:
        if output.location not in self._begun:
            self._begun.add(output.location)
            self._watcher.begun(output)

    def _once_more(self, task: Task, outcome: Outcome) -> bool:
        """Say whether to ask again: a process of ours has the claim, or its worker was told to go."""
        if outcome.word == "interrupted":
            return task.tries < MOST_TRIES
        holders = {dict(each.values).get("holder") for each in outcome.problems if each.code == "JS099"}
        if not holders & self._owners:
            return False
        task.held = task.held or time.monotonic()
        return time.monotonic() - task.held < _AGAIN_FOR_SECONDS
