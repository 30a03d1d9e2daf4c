"""`jobspec why`: every reason an output is not up to date, or that it is."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from runner.cli.confined import root_option
from runner.cli.workspace import open_workspace, plan_of, specs_argument
from runner.errors import JobspecError, problem
from runner.execution.keep import kept_plan
from runner.execution.ledger import Record
from runner.execution.state import Standing, State, ledgers, stand
from runner.plan.changes import differences
from runner.plan.model import Output, Plan
from runner.spec.location import Mounts, parse_location
from runner.text import harmless


def _find(plan: Plan, name: str, mounts: Mounts) -> Output:
    """Return the planned output that `name` means: its place, its path here, or its name if only one has it."""
    here = os.path.abspath(name)
    for output in plan.outputs:
        if name == output.location or here == str(mounts.bind(parse_location(output.location))):
            return output
    named = [output for output in plan.outputs if name in (output.name, Path(output.name).name)]
    if len(named) != 1:
        reason = f"{len(named)} planned outputs are named {name}" if named else f"no output {name} is planned"
        raise JobspecError(problem("JS100", reason=f"{reason}; `jobspec status` lists them all"))
    return named[0]


def _made_as(standing: Standing, record: Record, state: Path) -> Output | None:
    """Return the output as it was planned when its file was made, from the plan that run kept."""
    plan = kept_plan(state, record.plan)
    outputs = plan.outputs if plan else ()
    return next((each for each in outputs if each.location == standing.output.location), None)


def _moved(standing: Standing, record: Record, state: Path) -> Iterator[str]:
    """Yield how the planned output differs from the one that was made, in words where its plan is still there."""
    if old := _made_as(standing, record, state):
        yield from differences(old, standing.output)
        return
    for part in standing.moved:
        yield f"{part} is to be different (the plan it was made by is gone)"


def _reasons(standing: Standing, state: Path) -> Iterator[str]:
    record = standing.record
    if standing.state is State.DONE and record and record.event == "adopted":
        yield f"adopted {record.time} by {record.writer}: it passed the gate of plan {record.plan}, whoever made it"
    elif standing.state is State.DONE and record:
        yield f"made {record.time} by {record.writer} with {record.toolchain}, from plan {record.plan}"
    elif standing.state is State.FOREIGN:
        yield "a file stands there that no record of ours describes"
    elif standing.state is State.FAILED and record:
        yield record.reason or "the last attempt failed"
        yield f"log: {state / (record.log or '')}"
    elif standing.state is State.MISSING:
        yield "an attempt was begun and never finished" if record else "it was never made"
    elif record:
        yield from _moved(standing, record, state)


@click.command("why")
@click.argument("output", metavar="OUTPUT")
@specs_argument
@root_option
def command(output: str, specs: tuple[str, ...], roots: dict[str, str]) -> int:
    """Say why OUTPUT is or is not up to date. OUTPUT is its place (proxies:day03/a.mov), its path, or its name."""
    workspace = open_workspace(specs, roots)
    plan = plan_of(workspace)
    planned = _find(plan, output, workspace.mounts)
    known = ledgers([planned], workspace.mounts)[planned.state]
    standing = stand(planned, known, workspace.mounts)
    print(f"{harmless(planned.location)} is {standing.state}")
    for reason in _reasons(standing, workspace.mounts.bind(parse_location(planned.state))):
        print(f"  {harmless(reason)}")
    return 0
