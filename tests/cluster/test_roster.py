"""Who is there, read by one thread while another looks."""

from collections.abc import Mapping
from typing import Any

import pytest

pytestmark = pytest.mark.cluster


class Scheduler:
    """What a client of Dask's knows of a scheduler: its workers, which may change."""

    def __init__(self) -> None:
        self.workers: dict[str, dict[str, Any]] = {
            name: {"name": name, "resources": {"encode": 2}} for name in ("one", "two")
        }
        self.scheduler = self

    def scheduler_info(self) -> Mapping[str, Any]:
        return {"workers": self.workers}


def test_while_a_worker_goes_its_host_is_there_or_lost_and_never_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    from runner.execution.cluster import handshake
    from runner.execution.cluster.roster import Roster

    monkeypatch.setattr(handshake, "ask", lambda _, names, *__: {each: handshake.Judged((), each) for each in names})
    scheduler = Scheduler()
    roster = Roster(scheduler, None, "", print)  # type: ignore[arg-type]
    roster.muster()
    roster.dismiss()
    seen = []
    real = roster._count

    def count(there: Mapping[str, Mapping[str, Any]]) -> None:
        seen.append((roster.slots, roster.lost_hosts))  # as the main thread may, at any moment
        real(there)

    monkeypatch.setattr(roster, "_count", count)
    del scheduler.workers["two"]
    roster._look()
    assert seen == [(4, frozenset())]
    assert (roster.slots, roster.lost_hosts) == (2, {"two"})
