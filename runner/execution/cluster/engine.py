"""The engine: groups of outputs become tasks of Dask's, a few at a time, and the lines they tell become outcomes.

No more tasks are handed over than there are slots: Dask places them, and what waits waits here, the longest first.
So a worker that joins gets its share, one that is unlike the others gets nothing, and little is lost with a scheduler.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

from runner import __version__
from runner.errors import Problem, problem
from runner.execution.attempt import Outcome, Setting
from runner.execution.cluster import handshake, ordering
from runner.execution.cluster.access import Access, connect
from runner.execution.cluster.roster import Roster
from runner.execution.cluster.worker import SLOT, TOPIC, perform
from runner.execution.local import Watcher
from runner.execution.process import Progress
from runner.execution.telling import Told, read
from runner.plan.estimate import cost
from runner.plan.model import Output, Plan

Group = Sequence[Output]
_TICK_SECONDS = 0.2
# How long those that were told to stop may take to say how they ended.
_GRACE_SECONDS = 6.0
# An output that a process of ours still makes, whose worker the scheduler has given up, is asked for again and again.
_AGAIN_SECONDS, _AGAIN_FOR_SECONDS = 3.0, 600.0
# Workers that were told to close, as a queueing system does, give up what they have; more often than this is no chance.
_MOST_TRIES = 5
# How long to wait for a worker when none is left; a nanny starts one anew within seconds.
_EMPTY_SECONDS = 60.0


@dataclass(slots=True)
class _Task:
    """A group on its way: where it may run, what came of its outputs so far, and since when another has a claim."""

    group: Group
    tries: int = 0
    future: Any = None
    workers: frozenset[str] = frozenset()
    worker: str | None = None
    ended: dict[str, Outcome] = field(default_factory=dict)
    held: float | None = None
    not_before: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dask:
    """The engine of one plan: how its scheduler is reached, the FFmpeg that was named, the most tasks at once.

    `tell` is told what the run came to know: workers that join later and are not fit, that the scheduler is gone.
    """

    plan: Plan
    access: Access
    ffmpeg: str | None
    most: int | None
    tell: Callable[[Problem], None]

    def run(
        self,
        groups: Sequence[Group],
        setting: Setting,
        *,
        workers: int,
        watcher: Watcher,
        replaces: Mapping[str, str],
        fail_fast: bool = False,
    ) -> list[Outcome]:
        """Make the groups; see `runner.execution.local.run`. `workers` is of this machine, and means nothing here.

        Raises JobspecError, before anything begins, when the scheduler cannot be reached or a worker is not fit.
        """
        outputs = [output for group in groups for output in group]
        with _connected(self.access) as client, handshake.marked(outputs, setting.mounts) as marks:
            question = handshake.question_of(outputs, setting.mounts, self.ffmpeg, marks)
            roster = Roster(client, question, setting.build, self.tell)
            roster.muster()
            try:
                return _Run(self, client, roster, setting, watcher, replaces, fail_fast).made(groups)
            finally:
                roster.dismiss()


@contextmanager
def _connected(access: Access) -> Iterator[Any]:
    client = connect(access)
    try:
        yield client
    finally:
        with suppress(Exception):  # it may be gone already
            client.close(timeout=2)


class _Run:
    """One run: tasks that wait, tasks that are on their way, outcomes."""

    def __init__(
        self,
        engine: Dask,
        client: Any,
        roster: Roster,
        setting: Setting,
        watcher: Watcher,
        replaces: Mapping[str, str],
        fail_fast: bool,
    ) -> None:
        self._engine, self._client, self._roster, self._setting = engine, client, roster, setting
        self._watcher, self._fail_fast = watcher, fail_fast
        self._orders = ordering.Orders(engine.plan, setting, replaces, engine.ffmpeg)
        self._news: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._waiting: list[_Task] = []
        self._going: dict[str, _Task] = {}
        self._begun: set[str] = set()
        self._owners: set[str] = set()
        self._outcomes: list[Outcome] = []

    def made(self, groups: Sequence[Group]) -> list[Outcome]:
        """Make the groups and return the outcomes of those that were begun."""
        self._waiting = [
            _Task(group) for group in sorted(groups, key=lambda group: cost(group).cpu)
        ]  # taken from its end
        self._client.subscribe_topic(TOPIC, self._event)
        while self._waiting or self._going:
            if ended := self._over():
                ended()
                break
            self._recall()
            self._hand_over()
            self._listen(_TICK_SECONDS)
        return self._outcomes

    def _over(self) -> Callable[[], None] | None:
        """Return what ends the run early, if something does."""
        if self._setting.stop.is_set():
            return self._stop
        if self._client.status != "running":
            return lambda: self._lose(problem("JS247", found=self._engine.access.scheduler))
        empty = self._roster.empty_since
        if empty is not None and time.monotonic() - empty > _EMPTY_SECONDS:
            return lambda: self._lose(problem("JS253"))
        return None

    def _listen(self, seconds: float) -> None:
        """Take what is new, and wait for it a moment."""
        with suppress(Empty):
            self._news.get(timeout=seconds)()
            while True:
                self._news.get_nowait()()

    # handing over

    def _hand_over(self) -> None:
        most = min(self._roster.slots, self._engine.most or self._roster.slots)
        while len(self._going) < most and (task := self._next()):
            self._submit(task)

    def _next(self) -> _Task | None:
        now = time.monotonic()
        ready = next((task for task in reversed(self._waiting) if task.not_before <= now), None)
        if ready:
            self._waiting.remove(ready)
        return ready

    def _submit(self, task: _Task) -> None:
        task.tries += 1
        task.workers = self._roster.addresses
        options = self._orders.options(task.group, self._roster.lost_hosts)
        key = f"jobspec-{self._client.id}-{self._orders.number(task.group)}-{task.tries}"
        task.future = self._client.submit(
            *(perform, self._client.id, __version__, *options),
            key=key,
            resources={SLOT: 1},
            workers=list(task.workers),
            allow_other_workers=False,
            retries=0,
            pure=False,
        )
        self._going[key] = task
        task.future.add_done_callback(lambda _: self._news.put(lambda: self._done(key)))

    def _recall(self) -> None:
        """Take back what none of its workers is left for: Dask would keep it for them for ever."""
        there = self._roster.addresses
        for key, task in list(self._going.items()):
            if there and not task.workers & there:
                self._client.cancel([task.future], force=True)
                del self._going[key]
                self._waiting.append(replace(task, future=None, ended={}))

    # hearing

    def _event(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Take an event, in a thread of Dask's."""
        _, message = event
        if message.get("client") == self._client.id:
            self._news.put(lambda: self._told(message["key"], message["who"], read(message["line"])))

    def _told(self, key: str, worker: str, told: Told) -> None:
        task = self._going.get(key)
        if task is None:
            return
        task.worker = worker
        if told.what in ("ended", "refused"):
            self._end(task, told)
            return
        output = next(each for each in task.group if each.location == told.output)
        if told.what == "begun":
            self._owners.add(told.owner)
            self._begin(output)
        elif output.location in self._begun:
            self._watcher.moved(output, Progress(told.frame, told.speed))

    def _begin(self, output: Output) -> None:
        if output.location not in self._begun:
            self._begun.add(output.location)
            self._watcher.begun(output)

    def _end(self, task: _Task, told: Told) -> None:
        for output in task.group:
            if told.what == "refused" or output.location == told.output:
                outcome = Outcome(
                    output, told.problems, told.seconds, told.size, told.by, excess=told.excess, worker=task.worker
                )
                task.ended[output.location] = outcome

    def _done(self, key: str) -> None:
        """Settle a task that Dask has done with: its lines have come before; if not, they are fetched."""
        task = self._going.get(key)
        if task is None:
            return
        wrong = None
        if task.future.status == "finished":
            for line in () if len(task.ended) == len(task.group) else task.future.result():
                self._end(task, read(line))
        elif self._client.status == "running":
            wrong = _wrong(task)
        else:
            return  # the scheduler is gone, which is told for all tasks together
        del self._going[key]
        self._settle(task, wrong)

    # settling

    def _settle(self, task: _Task, wrong: Problem | None) -> None:
        again = []
        for output in task.group:
            outcome = task.ended.get(output.location) or Outcome(
                output,
                (wrong or problem("JS249", worker=task.worker, reason="nothing was told of it"),),
                0,
                worker=task.worker,
            )
            if self._once_more(task, outcome):
                again.append(output)
            else:
                self._conclude(outcome)
        if again:
            pause = _AGAIN_SECONDS if task.held is not None else 0
            self._waiting.append(_Task(tuple(again), task.tries, held=task.held, not_before=time.monotonic() + pause))

    def _once_more(self, task: _Task, outcome: Outcome) -> bool:
        """Say whether to ask again: a process of ours has the claim, or its worker was told to go."""
        if outcome.word == "interrupted":
            return task.tries < _MOST_TRIES
        holders = {dict(each.values).get("holder") for each in outcome.problems if each.code == "JS099"}
        if not holders & self._owners:
            return False
        task.held = task.held or time.monotonic()
        return time.monotonic() - task.held < _AGAIN_FOR_SECONDS

    def _conclude(self, outcome: Outcome) -> None:
        self._begin(outcome.output)
        self._outcomes.append(outcome)
        self._watcher.ended(outcome)
        if self._fail_fast and outcome.word == "failed":
            self._setting.stop.set()

    # ending early

    def _stop(self) -> None:
        """Cancel what is on its way, and wait until what had begun has ended: it tells so itself."""
        with suppress(Exception):  # a scheduler that is gone cancels nothing
            self._client.cancel([task.future for task in self._going.values()], force=True)
        end = time.monotonic() + _GRACE_SECONDS
        while any(self._running(task) for task in self._going.values()) and time.monotonic() < end:
            self._listen(_TICK_SECONDS)
        self._give_up(problem("JS098"))

    def _lose(self, found: Problem) -> None:
        self._engine.tell(found)
        self._give_up(found)

    def _running(self, task: _Task) -> bool:
        return any(each.location in self._begun and each.location not in task.ended for each in task.group)

    def _give_up(self, found: Problem) -> None:
        """Conclude what is on its way, each output with what it told, or else for this reason."""
        outputs = {each.location for outcome in self._outcomes for each in (outcome.output,)}
        for task in self._going.values():
            for output in task.group:
                told = task.ended.get(output.location)
                if output.location not in outputs and (told or output.location in self._begun):
                    self._conclude(told or Outcome(output, (found,), 0, worker=task.worker))


def _wrong(task: _Task) -> Problem:
    """Return what is wrong where Dask has no result: its workers died, or the task could not be begun there."""
    if task.future.status != "error":
        return problem("JS249", worker=task.worker or "?", reason=f"the scheduler has {task.future.status} it")
    error = task.future.exception()
    if type(error).__name__ == "KilledWorker":
        return problem("JS248", reason=str(error).split(". For more")[0])
    return problem("JS249", worker=task.worker or "?", reason=str(error))
