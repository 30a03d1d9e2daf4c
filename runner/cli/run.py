"""`jobspec run`: makes what is missing or failed; names what is stale or foreign."""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runner.cli.arguments import is_plan, specs_argument
from runner.cli.choosing import changed_since, chosen, only_option
from runner.cli.confined import root_option
from runner.cli.known import Known, known_of, recalled, remember
from runner.cli.results import ResultOf, finish, look
from runner.cli.wishes import Wishes, engine_options, run_options
from runner.errors import Exit, JobspecError, Problem, worst
from runner.execution.state import State
from runner.plan.brief import Planned
from runner.report.reader import reader_may_be_gone
from runner.spec.presence import one_folder

if TYPE_CHECKING:  # it reads specs, which a run that has nothing to make does not
    from runner.cli.workspace import Workspace

P = TypeVar("P", bound=Planned)
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
@click.option("--lock", "locking", is_flag=True, help="Lock the specs first, so that new files are made too.")
@click.option("--since", metavar="REV", help="Only outputs whose key or place differs from REV's, at the merge base.")
@only_option
@run_options
@engine_options
@root_option
def command(
    specs: tuple[str, ...],
    roots: dict[str, str],
    replace: str | None,
    locking: bool,
    since: str | None,
    patterns: tuple[str, ...],
    **options: Any,
) -> int:
    """Make every planned output that is missing or failed, verify it, and give it its name.

    Instead of specs, one saved PLAN.jsonl may be given: it is run if it is still what its specs give.
    Sources are never written to, and no file that jobspec did not make is ever replaced.
    """
    wishes = Wishes(**options, replace=_REPLACED.get(replace or "", frozenset()))
    if locking and any(map(is_plan, specs)):
        raise click.UsageError("a saved plan is whole: --lock goes with specs")
    if locking:
        _lock(specs, roots)
    code = _idle(specs, roots, wishes) if _whole(specs, since, patterns) else None
    return _made(specs, roots, wishes, since, patterns) if code is None else code


def _whole(specs: tuple[str, ...], since: str | None, patterns: tuple[str, ...]) -> bool:
    """Say whether a run is about all that its specs plan: that alone is remembered."""
    return since is None and not patterns and not any(map(is_plan, specs))


def _lock(specs: tuple[str, ...], roots: dict[str, str]) -> None:
    from runner.cli.lock import lock_all
    from runner.cli.workspace import open_workspace

    lock_all(open_workspace(specs, roots))


def _made(
    specs: tuple[str, ...], roots: dict[str, str], wishes: Wishes, since: str | None, patterns: tuple[str, ...]
) -> Exit:
    """Plan, make what is due, tell what came of it. What this needs is imported only where something may be due."""
    from runner.cli.running import make, tidy
    from runner.cli.saved import planned
    from runner.cli.workspace import probed, refuse_escapes, unlocked_files

    workspace, plan = planned(specs, roots)
    if _whole(specs, since, patterns):
        remember(specs, workspace, known_of(workspace, plan))
    notes = [*probed(workspace), *unlocked_files(workspace)]
    places = chosen(plan, patterns)
    if since is not None:
        places &= changed_since(since, plan, workspace.top)
    result = look(plan.outputs, workspace.mounts, wishes.taken_over)
    result.standings = tuple(each for each in result.standings if each.output.location in places)
    due = [each for each in result.standings if each.state in _MADE | wishes.replace]
    refuse_escapes(workspace, (each.output for each in due))
    if due:
        make(plan, due, result, workspace.mounts, wishes, os.environ)
        tidy(plan, workspace.mounts)
    return _told(result, notes, workspace, wishes)


def _idle(specs: tuple[str, ...], roots: dict[str, str], wishes: Wishes) -> Exit | None:
    """Tell how outputs stand of which none is due, and return the exit code; None where anything has to be made.

    The plan that is remembered is enough for that. What is due is made from one that was built for it.
    """
    known = recalled(specs, roots)
    if not known:
        return None
    result = look(known.outputs, known.mounts, wishes.taken_over)
    if any(each.state in _MADE | wishes.replace for each in result.standings):
        return None
    if wrong := one_folder(known.mounts, known.declared):
        raise JobspecError(wrong)
    return _told(result, known.unlocked_files(), known, wishes)


def _told(result: ResultOf[P], notes: Sequence[Problem], plan: "Known | Workspace", wishes: Wishes) -> Exit:
    """Print what a run came to, with notes on files that no lock covers, and return the exit code."""
    with reader_may_be_gone():
        for each in notes:
            print(plan.shown(each), file=sys.stderr)
    return worst([finish(result, plan.mounts, wishes.as_json), *(each.exit for each in notes)])
