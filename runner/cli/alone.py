"""`exec-task` by itself: looks, makes and tells as `run` does, for one task of a plan that nobody vouches for."""

import os
from pathlib import Path

from runner.cli.confined import confinement
from runner.cli.results import finish, look
from runner.cli.running import make
from runner.cli.saved import load
from runner.cli.wishes import Wishes
from runner.cli.workspace import Workspace, refuse_escapes
from runner.errors import JobspecError, problem
from runner.execution.state import State
from runner.plan.model import Output, Plan
from runner.spec.confine import confine
from runner.spec.location import parse_location
from runner.spec.project import Project, mounts_here

_MADE = frozenset((State.MISSING, State.FAILED))


def _of_task(plan: Plan, number: int) -> tuple[Output, ...]:
    if number >= len(plan.tasks):
        raise JobspecError(problem("JS183", found=str(number), count=len(plan.tasks)))
    return tuple(plan.outputs[each] for each in plan.tasks[number].outputs)


def _workspace(outputs: tuple[Output, ...], roots: dict[str, str]) -> Workspace:
    """Return a workspace without specs: there may be no repository here that declares the roots."""
    places = (place for each in outputs for place in (each.source.location, each.location, each.state))
    used = {root for place in places if (root := parse_location(place).root)}
    return Workspace(Path.cwd(), confine(Project(), confinement()), (), mounts_here(None, used, roots, os.environ))


def perform(path: str, task: int, roots: dict[str, str], wishes: Wishes) -> int:
    """Make what one task of a saved plan makes, if it is missing or failed; return the exit code."""
    plan = load(path)
    outputs = _of_task(plan, task)
    workspace = _workspace(outputs, roots)
    refuse_escapes(workspace, outputs)
    mounts = workspace.mounts
    result = look(outputs, mounts, wishes.taken_over)
    if due := [each for each in result.standings if each.state in _MADE]:
        make(plan, due, result, mounts, wishes, os.environ)
    return finish(result, mounts, wishes.as_json)
