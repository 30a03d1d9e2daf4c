"""Per output: done, missing, failed, stale, outdated, foreign; and what is orphaned. Looks by stat only."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from runner.execution.ledger import Ledger, Record, read_ledger
from runner.plan.changes import moved_parts
from runner.plan.model import Output
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


@dataclass(frozen=True, slots=True)
class Standing:
    """How one planned output stands: its state, the key parts that moved it there, the record that tells."""

    output: Output
    state: State
    moved: tuple[str, ...] = ()
    record: Record | None = None


def _there(output: Output, record: Record | None) -> Standing:
    if record is None:
        return Standing(output, State.FOREIGN)
    parts = moved_parts(record.key, output.key)
    if not parts:
        return Standing(output, State.DONE, record=record)
    stale = tuple(part for part in parts if part in _STALE)
    return Standing(output, State.STALE if stale else State.OUTDATED, stale or parts, record)


def stand(output: Output, ledger: Ledger, mounts: Mounts) -> Standing:
    """Return how one output stands. Raises JobspecError when its root is not mounted."""
    path = mounts.bind(parse_location(output.location))
    if os.path.lexists(path):
        return _there(output, ledger.recorded(output.location, path))
    last = next(iter(ledger.of(output.location)[::-1]), None)
    failed = last is not None and last.event == "failed"
    return Standing(output, State.FAILED if failed else State.MISSING, record=last)


def ledgers(outputs: Iterable[Output], mounts: Mounts) -> dict[str, Ledger]:
    """Return the ledger of every state folder that the outputs name, by its location."""
    states = dict.fromkeys(output.state for output in outputs)
    return {state: read_ledger(mounts.bind(parse_location(state))) for state in states}


def survey(outputs: Sequence[Output], known: Mapping[str, Ledger], mounts: Mounts) -> tuple[Standing, ...]:
    """Return how every output stands, in the plan's order."""
    return tuple(stand(output, known[output.state], mounts) for output in outputs)


def orphans(
    outputs: Iterable[Output], known: Mapping[str, Ledger], mounts: Mounts, jobs: frozenset[str] | None = None
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
