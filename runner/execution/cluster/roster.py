"""The workers that get tasks: those that were asked and are fit, as they come and go."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from runner.errors import JobspecError, Problem, problem
from runner.execution.cluster import handshake
from runner.execution.cluster.handshake import Judged
from runner.execution.cluster.question import Question
from runner.execution.cluster.worker import slots_of

_LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Present:
    """Who is there at one moment. It is replaced whole: the main thread reads it while another looks anew."""

    slots: Mapping[str, int] = field(default_factory=dict)
    lost_hosts: frozenset[str] = frozenset()


class Roster:
    """Fit workers by address, with their slots and hosts; a thread of its own looks who came and who went."""

    def __init__(self, client: Any, question: Question, build: str, tell: Callable[[Problem], None]) -> None:
        self._client, self._question, self._build, self._tell = client, question, build, tell
        self._judged: dict[str, Judged] = {}
        self._present = _Present()
        self._hosts: set[str] = set()
        self._over = threading.Event()
        self.empty_since: float | None = None

    def muster(self) -> None:
        """Ask all workers that have slots. Raises JobspecError when there are none, or any of them is not fit."""
        there = self._there()
        if not there:
            raise JobspecError(problem("JS244", found=self._client.scheduler.address))
        self._ask(there)
        handshake.refuse(self._judged)
        self._count(there)
        threading.Thread(target=self._watch, daemon=True).start()

    def dismiss(self) -> None:
        """Look no more."""
        self._over.set()

    @property
    def slots(self) -> int:
        """How many tasks the fit workers that are there make at once."""
        return sum(self._present.slots.values())

    @property
    def addresses(self) -> frozenset[str]:
        """The fit workers that are there."""
        return frozenset(self._present.slots)

    @property
    def lost_hosts(self) -> frozenset[str]:
        """Hosts that had fit workers and have none now: what their processes have claimed is given up."""
        return self._present.lost_hosts

    def _there(self) -> Mapping[str, Mapping[str, Any]]:
        workers = self._client.scheduler_info()["workers"]
        return {address: each for address, each in workers.items() if slots_of(each["resources"])}

    def _ask(self, workers: Mapping[str, Mapping[str, Any]]) -> None:
        names = {address: f"{each['name']} ({address})" for address, each in workers.items()}
        self._judged |= handshake.ask(self._client, names, self._question, self._build)

    def _count(self, there: Mapping[str, Mapping[str, Any]]) -> None:
        fit = {address for address in there if address in self._judged and not self._judged[address].problems}
        hosts = {self._judged[address].host for address in fit}
        self._hosts |= hosts
        self._present = _Present(
            slots={address: slots_of(there[address]["resources"]) for address in fit},
            lost_hosts=frozenset(self._hosts - hosts),
        )
        self.empty_since = None if fit else self.empty_since or time.monotonic()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            with suppress(Exception):  # the scheduler may be gone, which the engine sees for itself
                self._look()

    def _look(self) -> None:
        there = self._there()
        self._judged = {address: each for address, each in self._judged.items() if address in there}
        self._count(there)
        if new := {address: each for address, each in there.items() if address not in self._judged}:
            self._ask(new)
            for address in new:
                for wrong in self._judged[address].problems:
                    self._tell(problem("JS254", found=address, reason=wrong.message))
            self._count(there)
