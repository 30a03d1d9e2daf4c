"""Per output: done, missing, failed, stale, outdated, foreign; and what is orphaned. Looks by stat only."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from posixpath import join
from typing import Generic, TypeVar

from runner.errors import Problem, problem
from runner.execution.ledger import Ledger, Record, read_ledger
from runner.plan.brief import Planned
from runner.plan.model import Output, moved_parts
from runner.spec.location import Mounts, parse_location


class State(StrEnum):
    """What is true of one planned output."""

    DONE = "done"
    MISSING = "missing"
    FAILED = "failed"
    STALE = "stale"
    OUTDATED = "outdated"
    FOREIGN = "foreign"
    ORPHANED = "orphaned"


# Which parts of a key make an output stale; the others only outdate it.
_STALE = ("source", "picture", "sound", "wrap")


P = TypeVar("P", bound=Planned)
P_co = TypeVar("P_co", bound=Planned, covariant=True)


@dataclass(frozen=True, slots=True)
class StandingOf(Generic[P_co]):
    """How one planned output stands: its state, the key parts that moved it there, the record that tells."""

    output: P_co
    state: State
    moved: tuple[str, ...] = ()
    record: Record | None = None

    @property
    def cut_short(self) -> bool:
        """Whether it was begun and never finished, as after a kill or a power cut."""
        begun = self.record is not None and self.record.event in ("started", "verified")
        return self.state is State.MISSING and begun


# For annotations: what is made is a StandingOf, for the name of a generic's case cannot make a slotted one.
Standing = StandingOf[Output]


def spelled(output: Planned, mounts: Mounts) -> str:
    """Return the path of an output on this machine, as text; its folder, which many share, is worked out once.

    Raises JobspecError when its root is not mounted.
    """
    return join(mounts.spelled(parse_location(output.directory)), output.name)


def _there(output: P, record: Record | None) -> StandingOf[P]:
    if record is None:
        return StandingOf(output, State.FOREIGN)
    parts = moved_parts(record.key, output.key)
    if not parts:
        return StandingOf(output, State.DONE, record=record)
    stale = tuple(part for part in parts if part in _STALE)
    return StandingOf(output, State.STALE if stale else State.OUTDATED, stale or parts, record)


def stand(output: P, ledger: Ledger, mounts: Mounts) -> StandingOf[P]:
    """Return how one output stands. Raises JobspecError when its root is not mounted."""
    path = spelled(output, mounts)
    try:
        status = os.lstat(path)
    except (OSError, ValueError):
        return _gone(output, ledger)
    return _there(output, ledger.known_by(output.location, path, status))


def _gone(output: P, ledger: Ledger) -> StandingOf[P]:
    last = next(iter(ledger.of(output.location)[::-1]), None)
    failed = last is not None and last.event == "failed"
    return StandingOf(output, State.FAILED if failed else State.MISSING, record=last)


def state_problem(standing: StandingOf[Planned]) -> Problem | None:
    """Return what is wrong with an output that stands there and is left as it is."""
    if standing.state is State.FOREIGN:
        return problem("JS093")
    if standing.state in (State.STALE, State.OUTDATED):
        return problem("JS097", state=standing.state, moved=" and ".join(standing.moved))
    return None


def ledgers(outputs: Iterable[Planned], mounts: Mounts) -> dict[str, Ledger]:
    """Return the ledger of every state folder that the outputs name, by its location."""
    states = dict.fromkeys(output.state for output in outputs)
    return {state: read_ledger(mounts.bind(parse_location(state))) for state in states}


def survey(outputs: Sequence[P], known: Mapping[str, Ledger], mounts: Mounts) -> tuple[StandingOf[P], ...]:
    """Return how every output stands, in the plan's order."""
    return tuple(stand(output, known[output.state], mounts) for output in outputs)


def orphans(
    outputs: Iterable[Planned], known: Mapping[str, Ledger], mounts: Mounts, jobs: frozenset[str] | None = None
) -> list[tuple[str, Path]]:
    """Return, as (location, path), files that are ours and that these outputs no longer name.

    `jobs` says whose files alone may be called so: other specs may share the folder, and their files are no orphans
    because these outputs do not name them.
    """
    planned = {output.location for output in outputs}
    found = []
    for ledger in known.values():
        for location in sorted(ledger.by_output.keys() - planned):
            path = mounts.bind(parse_location(location))
            record = ledger.recorded(location, path)
            if record and (jobs is None or record.job in jobs):
                found.append((location, path))
    return found
