"""Tasks that Dask has done with, and whose lines never came."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from runner.execution.attempt import Outcome
from runner.execution.local import Watcher
from tests.plan.planning import facts, planned

pytestmark = pytest.mark.cluster


class Unreachable:
    """A task that is done, on a worker that no longer answers: as Dask, it waits for ever unless told how long."""

    status = "finished"

    def result(self, timeout: float | None = None) -> Any:
        threading.Event().wait(10 if timeout is None else 0.1)
        raise TimeoutError

    def add_done_callback(self, _: object) -> None:
        """It is done."""


@pytest.mark.parametrize(("tries", "asked_again"), [(1, True), (5, False)], ids=["at first", "in the end"])
def test_a_task_whose_lines_cannot_be_fetched_is_asked_again_and_not_for_ever(tries: int, asked_again: bool) -> None:
    from runner.execution.cluster.account import Account, Task
    from runner.execution.cluster.engine import _Run

    ended: list[Outcome] = []
    account = Account(Watcher(lambda _: None, lambda *_: None, ended.append))
    cancelled: list[Any] = []
    client = SimpleNamespace(status="running", cancel=lambda futures, **_: cancelled.extend(futures))
    run = _Run(*(None, client, None, None, None), account, False)  # type: ignore[arg-type]
    task = Task([planned(facts())], tries, future=Unreachable(), worker="alpha")
    run.going["key"] = task
    done = threading.Thread(target=run._done, args=("key",), daemon=True)
    done.start()
    done.join(8)
    assert not done.is_alive(), "nobody sees Ctrl-C meanwhile"
    assert run.going == {}
    assert [(each.group, each.tries) for each in run.waiting] == ([(task.group, 1)] if asked_again else [])
    assert cancelled == ([task.future] if asked_again else [])
    assert [each.problems[0].code for each in ended] == ([] if asked_again else ["JS249"])
