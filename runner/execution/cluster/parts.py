"""The plan in parts: a task reads and hashes the file of a few tasks, not that of 100,000."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from runner.execution.owner import me
from runner.execution.sweep import WORK, begin, remove
from runner.plan import document
from runner.plan.model import Header, Output, Plan, Task
from runner.spec.location import Location, Mounts, parse_location

# Some 3 kB a task: a part is read in a moment, and the parts of a large plan are few files.
_TASKS = 64
Group = Sequence[Output]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Where an output stands: in which file, by its digest a plan of its own, as output of which task there.

    `number` is of the task among all of the run.
    """

    plan: str
    digest: str
    task: int
    output: int
    number: int


@contextmanager
def written(header: Header, groups: Sequence[Group], mounts: Mounts) -> Iterator[Mapping[str, Entry]]:
    """Write the groups of a run for its workers; yields where each output stands, by location. Raises OSError.

    The files lie in a work folder, which is removed, or swept once its owner is dead.
    """
    place = parse_location(groups[0][0].directory) / str(WORK) / f"parts-{me().host}-{me().pid}-{time.time_ns()}"
    begin(mounts.bind(place))
    try:
        yield {
            location: entry
            for first in range(0, len(groups), _TASKS)
            for location, entry in _part(header, groups[first : first + _TASKS], first, place, mounts)
        }
    finally:
        remove(mounts.bind(place))


def _part(
    header: Header, groups: Sequence[Group], first: int, folder: Location, mounts: Mounts
) -> Iterator[tuple[str, Entry]]:
    plan, place = _plan(header, groups), folder / f"{first}.jsonl"
    lines = document.Written(plan)
    with mounts.bind(place).open("wb") as file:
        file.writelines(lines)
    for number, task in enumerate(plan.tasks):
        for output in task.outputs:
            entry = Entry(plan=str(place), digest=lines.digest, task=number, output=output, number=first + number)
            yield plan.outputs[output].location, entry


def _plan(header: Header, groups: Sequence[Group]) -> Plan:
    outputs = tuple(output for group in groups for output in group)
    numbers = iter(range(len(outputs)))
    tasks = tuple(
        Task(source=group[0].source.location, outputs=tuple(next(numbers) for _ in group)) for group in groups
    )
    return Plan(header=header, outputs=outputs, tasks=tasks)
