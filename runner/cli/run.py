"""`jobspec run`: makes what is missing or failed; names what is stale or foreign."""

import os
from typing import Any

import click

from runner.cli.running import Result, Wishes, finish, make, run_options, stand_of, tidy
from runner.cli.workspace import open_workspace, plan_of, root_option, specs_argument
from runner.execution.state import State

_MADE = frozenset((State.MISSING, State.FAILED))
_REPLACED = {
    "all": frozenset((State.STALE, State.OUTDATED)),
    "stale": frozenset((State.STALE,)),
    "outdated": frozenset((State.OUTDATED,)),
}


class _Run(click.Command):
    """Takes the value of --replace only after "=": click would take the SPEC that follows for it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--replace=all" if each == "--replace" else each for each in args])


@click.command("run", cls=_Run)
@specs_argument
@click.option(
    "--replace",
    type=click.Choice(tuple(_REPLACED)),
    help="Make stale and outdated outputs again, or --replace=stale, --replace=outdated. Each old file goes"
    " only when its successor has passed.",
)
@run_options
@root_option
def command(specs: tuple[str, ...], roots: dict[str, str], replace: str | None, **options: Any) -> int:
    """Make every planned output that is missing or failed, verify it, and give it its name.

    Sources are never written to, and no file that jobspec did not make is ever replaced.
    """
    wishes = Wishes(**options, replace=_REPLACED.get(replace or "", frozenset()))
    workspace = open_workspace(specs, roots)
    plan = plan_of(workspace)
    standings = stand_of(plan, workspace.mounts)
    result = Result(standings)
    chosen = [each for each in standings if each.state in _MADE | wishes.replace]
    if chosen:
        make(plan, chosen, result, workspace.mounts, wishes, os.environ)
        tidy(plan, workspace.mounts)
    return finish(result, workspace.mounts, wishes)
