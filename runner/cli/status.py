"""`jobspec status`: how every planned output stands."""

import json
import sys
from collections.abc import Sequence

import click

from runner.cli.arguments import specs_argument
from runner.cli.choosing import chosen, only_option
from runner.cli.confined import root_option
from runner.cli.known import learnt, recalled
from runner.errors import Exit, worst
from runner.execution.state import StandingOf, State, ledgers, orphans, state_problem, survey
from runner.plan.brief import Brief
from runner.report.reader import reader_may_be_gone
from runner.report.tables import show_table


def _note(standing: StandingOf[Brief]) -> str:
    record = standing.record
    if standing.state in (State.STALE, State.OUTDATED):
        return f"{', '.join(standing.moved)} moved"
    if standing.state is State.FAILED and record:
        return record.reason or ""
    if standing.cut_short:
        return "begun, never finished"
    if standing.state is State.DONE and record and record.event == "adopted":
        return "adopted"
    return "not made by jobspec" if standing.state is State.FOREIGN else ""


def _exit(standings: Sequence[StandingOf[Brief]]) -> Exit:
    failed = [Exit.FAILED for each in standings if each.state is State.FAILED]
    return worst([Exit.OK, *failed, *(found.exit for each in standings if (found := state_problem(each)))])


def _tell(rows: Sequence[tuple[str, ...]], as_json: bool) -> None:
    names = ("state", "output", "source", "note")
    if as_json:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2, ensure_ascii=False))
    else:
        show_table(names, rows)


@click.command("status")
@specs_argument
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@only_option
@root_option
def command(specs: tuple[str, ...], roots: dict[str, str], as_json: bool, patterns: tuple[str, ...]) -> int:
    """Say of every planned output whether it is done, missing, failed, stale, outdated or foreign.

    Exits with 0 when outputs are merely missing, 3 when some are stale, 4 when some failed or are foreign.
    """
    plan = recalled(specs, roots) or learnt(specs, roots)
    known = ledgers(plan.outputs, plan.mounts)
    places = chosen(plan, patterns)
    standings = survey([each for each in plan.outputs if each.location in places], known, plan.mounts)
    notes = plan.unlocked_files()
    rows = [(str(each.state), each.output.location, each.output.origin, _note(each)) for each in standings]
    gone = orphans(plan.outputs, known, plan.mounts, frozenset(plan.jobs) if specs else None)
    rows += [(str(State.ORPHANED), place, "", "ours, no longer planned") for place, _ in gone]
    with reader_may_be_gone():
        _tell(rows, as_json)
        for each in notes:
            print(plan.shown(each), file=sys.stderr)
    return worst([_exit(standings), *(each.exit for each in notes)])
