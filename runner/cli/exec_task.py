"""`jobspec exec-task`: one task of a saved plan, for whatever hands out tasks; not in the list of verbs."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from runner.cli.confined import confinement
from runner.cli.running import finish, look, make
from runner.cli.saved import load
from runner.cli.wishes import Wishes, run_options
from runner.cli.workspace import Workspace, refuse_escapes, root_option
from runner.errors import JobspecError, problem
from runner.execution.state import State
from runner.plan.model import Output, Plan
from runner.spec.confine import confine
from runner.spec.location import parse_location
from runner.spec.project import Project, mounts_here

F = TypeVar("F", bound=Callable[..., Any])
_ORDERED = ("digest", "due", "threads", "ledger", "worker", "build")
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


def _due(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[int, str | None]:
    pairs = [value.partition("=") for value in values]
    if wrong := [number for number, _, _ in pairs if not (number.isascii() and number.isdigit())]:
        raise click.BadParameter(f"{wrong[0]}: write --due NUMBER, or NUMBER=sha256:… of the file to replace")
    return {int(number): digest or None for number, _, digest in pairs}


def _order_options(function: F) -> F:
    """Give a verb what an engine says of a task."""
    for option in (
        click.option("--digest", metavar="SHA256", help="Of the plan, from who made it: its lines are then believed."),
        click.option("--due", multiple=True, metavar="N[=SHA256]", callback=_due, help="An output that is due."),
        click.option("--threads", type=click.IntRange(1), help="Of one FFmpeg, where the plan pins none."),
        click.option("--ledger", metavar="NAME", help="The file of records to share with others on this machine."),
        click.option("--worker", metavar="NAME", help="Who the records shall name."),
        click.option("--build", metavar="VERSION", help="The FFmpeg that it must be, in its own words."),
    ):
        function = option(function)
    return function


@click.command("exec-task", hidden=True)
@click.option("--plan", "path", required=True, metavar="PLAN.jsonl", help="A saved plan.")
@click.option("--task", type=click.IntRange(0), required=True, metavar="N", help="The number of the task, from 0.")
@_order_options
@run_options
@root_option
def command(path: str, task: int, roots: dict[str, str], **options: Any) -> int:
    """Make what one task of a saved plan makes, if it is missing or failed. Exits as `run` does.

    The plan is believed as far as the specs and facts in it give it again; whether it is still what the specs in a
    repository give is for whoever hands out its tasks to know.

    With --digest it is an order of an engine: what is --due is made, told in lines of JSON, and given up when stdin
    ends. Roots are those of this machine.
    """
    ordered = {name: options.pop(name) for name in _ORDERED}
    wishes = Wishes(**options)
    if ordered["digest"]:
        from runner.cli.ordered import Order, perform

        return perform(Order(plan=path, task=task, **ordered), roots, wishes)
    return _alone(load(path), task, roots, wishes)


def _alone(plan: Plan, task: int, roots: dict[str, str], wishes: Wishes) -> int:
    """Look, make and tell as `run` does."""
    outputs = _of_task(plan, task)
    workspace = _workspace(outputs, roots)
    refuse_escapes(workspace, outputs)
    mounts = workspace.mounts
    result = look(outputs, mounts, wishes.taken_over)
    if due := [each for each in result.standings if each.state in _MADE]:
        make(plan, due, result, mounts, wishes, os.environ)
    return finish(result, mounts, wishes)
