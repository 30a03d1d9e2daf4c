"""The engine: groups of outputs become tasks of Dask's, a few at a time, and the lines they tell become outcomes.

No more tasks are handed over than there are slots: Dask places them, and what waits waits here, the longest first.
So a worker that joins gets its share, one that is unlike the others gets nothing, and little is lost with a scheduler.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from runner import __version__
from runner.errors import Problem, problem
from runner.execution.attempt import Outcome, Setting
from runner.execution.cluster import handshake, parts
from runner.execution.cluster.access import Access, connect
from runner.execution.cluster.account import MOST_TRIES, Account, Group, Task
from runner.execution.cluster.ordering import Orders
from runner.execution.cluster.roster import Roster
from runner.execution.cluster.worker import SLOT, TOPIC, perform
from runner.execution.local import Watcher
from runner.execution.telling import read
from runner.plan.estimate import cost
from runner.plan.model import Plan

_TICK_SECONDS = 0.2
# How long those that were told to stop may take to say how they ended.
_GRACE_SECONDS = 6.0
# How long to wait for the lines of a task whose worker told none; who waits here sees no Ctrl-C meanwhile.
_FETCH_SECONDS = 2.0
# How long to wait for a worker when none is left; a nanny starts one anew within seconds.
_EMPTY_SECONDS = 60.0


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
        with (
            _connected(self.access) as client,
            parts.written(self.plan.header, groups, setting.mounts) as entries,
            handshake.marked(outputs, setting.mounts) as marks,
        ):
            question = handshake.question_of(outputs, setting.mounts, self.ffmpeg, marks)
            roster = Roster(client, question, setting.build, self.tell)
            roster.muster()
            try:
                orders = Orders(entries, setting, replaces, self.ffmpeg)
                return _Run(self, client, roster, orders, setting, Account(watcher), fail_fast).made(groups)
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


@dataclass(slots=True)
class _Run:
    """One run: tasks that wait, tasks that are on their way by their keys, and what is new of them."""

    engine: Dask
    client: Any
    roster: Roster
    orders: Orders
    setting: Setting
    account: Account
    fail_fast: bool
    waiting: list[Task] = field(default_factory=list)
    going: dict[str, Task] = field(default_factory=dict)
    news: "SimpleQueue[Callable[[], None]]" = field(default_factory=SimpleQueue)

    def made(self, groups: Sequence[Group]) -> list[Outcome]:
        """Make the groups and return the outcomes of those that were begun."""
        self.waiting = [Task(group) for group in sorted(groups, key=lambda group: -cost(group).cpu)]
        self.client.subscribe_topic(TOPIC, self._event)
        while self.waiting or self.going:
            if end := self._over():
                end()
                break
            self._recall()
            self._hand_over()
            self._listen()
        return self.account.outcomes

    def _over(self) -> Callable[[], None] | None:
        """Return what ends the run early, if something does."""
        if self.setting.stop.is_set():
            return self._stop
        if self.client.status != "running":
            return lambda: self._lose(problem("JS247", found=self.engine.access.scheduler))
        empty = self.roster.empty_since
        if empty is not None and time.monotonic() - empty > _EMPTY_SECONDS:
            return lambda: self._lose(problem("JS253"))
        return None

    def _listen(self) -> None:
        """Take what is new, and wait for it a moment."""
        with suppress(Empty):
            self.news.get(timeout=_TICK_SECONDS)()
            while True:
                self.news.get_nowait()()

    def _hand_over(self) -> None:
        most = min(self.roster.slots, self.engine.most or self.roster.slots)
        now = time.monotonic()
        for task in [each for each in self.waiting if each.not_before <= now][: max(0, most - len(self.going))]:
            self.waiting.remove(task)
            self._submit(task)

    def _submit(self, task: Task) -> None:
        task.tries += 1
        task.workers = self.roster.addresses
        options = self.orders.options(task.group, self.roster.lost_hosts)
        key = f"jobspec-{self.client.id}-{self.orders.number(task.group)}-{task.tries}"
        task.future = self.client.submit(
            *(perform, self.client.id, __version__, *options),
            key=key,
            resources={SLOT: 1},
            workers=list(task.workers),
            allow_other_workers=False,
            retries=0,
            pure=False,
        )
        self.going[key] = task
        task.future.add_done_callback(lambda _: self.news.put(lambda: self._done(key)))

    def _recall(self) -> None:
        """Take back what none of its workers is left for: Dask would keep it for them for ever."""
        there = self.roster.addresses
        for key, task in list(self.going.items()):
            if there and not task.workers & there:
                self._take_back(key, task)

    def _take_back(self, key: str, task: Task) -> None:
        self.client.cancel([task.future], force=True)
        del self.going[key]
        self.waiting.append(Task(task.group, task.tries, held=task.held))

    def _event(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Take an event, in a thread of Dask's."""
        _, message = event
        if message.get("client") == self.client.id:
            self.news.put(lambda: self._told(message["key"], message["who"], message["line"]))

    def _told(self, key: str, worker: str, line: str) -> None:
        if task := self.going.get(key):
            task.worker = worker
            self.account.told(task, read(line))

    def _done(self, key: str) -> None:
        """Settle a task that Dask has done with: its lines have come before; if not, they are fetched.

        What cannot be fetched is asked again, for what stands is not made again.
        """
        task = self.going.get(key)
        if task is None or self.client.status != "running":
            return  # a scheduler that is gone is told for all tasks together
        wrong = None
        if task.future.status != "finished":
            wrong = _wrong(task)
        elif len(task.ended) < len(task.group) and not _fetched(task) and task.tries < MOST_TRIES:
            self._take_back(key, task)
            return
        del self.going[key]
        if again := self.account.settle(task, wrong):
            self.waiting.append(again)
        if self.fail_fast and any(each.word == "failed" for each in self.account.outcomes[-len(task.group) :]):
            self.setting.stop.set()

    def _stop(self) -> None:
        """Cancel what is on its way, and wait until what had begun has ended: it tells so itself."""
        with suppress(Exception):  # a scheduler that is gone cancels nothing
            self.client.cancel([task.future for task in self.going.values()], force=True)
        end = time.monotonic() + _GRACE_SECONDS
        while any(map(self.account.running, self.going.values())) and time.monotonic() < end:
            self._listen()
        self._give_up(problem("JS098"))

    def _lose(self, found: Problem) -> None:
        self.engine.tell(found)
        self._give_up(found)

    def _give_up(self, found: Problem) -> None:
        for task in self.going.values():
            self.account.give_up(task, found)


def _fetched(task: Task) -> bool:
    """Fetch the lines of a task; say whether they came. Its worker, or the scheduler, may be gone since."""
    try:
        lines = task.future.result(timeout=_FETCH_SECONDS)
    except Exception:  # whatever Dask makes of it
        return False
    for line in lines:
        task.end(read(line))
    return True


def _wrong(task: Task) -> Problem:
    """Return what is wrong where Dask has no result: its workers died, or the task could not be begun there."""
    if task.future.status != "error":
        return problem("JS249", worker=task.worker or "?", reason=f"the scheduler has {task.future.status} it")
    error = task.future.exception()
    if type(error).__name__ == "KilledWorker":
        return problem("JS248", reason=str(error).split(". For more")[0])
    return problem("JS249", worker=task.worker or "?", reason=str(error))
