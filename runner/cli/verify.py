"""`jobspec verify`: are the published files still there, and still good?"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext

import click

from runner.cli.choosing import chosen, only_option
from runner.cli.confined import root_option
from runner.cli.gating import decoder, each_in_turn, gate_by, refuse_absent
from runner.cli.workspace import open_workspace, plan_of, specs_argument
from runner.errors import Exit, worst
from runner.execution.fixity import Checked, Subject, check, subjects
from runner.execution.ledger import Record
from runner.execution.state import ledgers
from runner.execution.stopping import Stop
from runner.plan.model import Plan
from runner.report.reader import reader_may_be_gone
from runner.report.tables import show_table


def _orphans_of(plan: Plan, whole: bool, specs: Sequence[str]) -> Callable[[Record], bool]:
    """Return whose files are checked besides those planned: none with --only, those of the named specs' jobs."""
    jobs = {job.job_id for job in plan.jobs}
    return lambda record: whole and (not specs or record.job in jobs)


def _tell(found: Sequence[Checked], as_json: bool) -> None:
    names = ("state", "output", "note")
    rows = [(str(each.state), each.location, str(each.problem or each.note)) for each in found]
    if as_json:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2, ensure_ascii=False))
    else:
        show_table(names, rows)
    counts = Counter(str(each.state) for each in found)
    print(", ".join(f"{number} {state}" for state, number in counts.items()) or "nothing is planned", file=sys.stderr)


def _exit(found: Iterable[Checked]) -> Exit:
    codes = [Exit.INTERRUPTED if each.stopped else each.problem.exit if each.problem else Exit.OK for each in found]
    return worst([Exit.OK, *codes])


@click.command("verify")
@specs_argument
@click.option("--hash-only", is_flag=True, help="Compare SHA-256 with the ledger's record; decode nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--ffmpeg", metavar="PATH", help="The FFmpeg to decode with; any release line will do.")
@click.option("--workers", type=click.IntRange(1, 256), help="Files looked at at once; fits the cores by default.")
@only_option
@root_option
def command(
    specs: tuple[str, ...],
    roots: dict[str, str],
    hash_only: bool,
    as_json: bool,
    ffmpeg: str | None,
    workers: int | None,
    patterns: tuple[str, ...],
) -> int:
    """Read every published file again: is it the recorded one, and does it still hold what was planned?

    Writes nothing. Exits with 4 when a file is damaged, missing or foreign, with 0 when some were never made.
    """
    workspace = open_workspace(specs, roots)
    plan = plan_of(workspace)
    refuse_absent(plan.outputs, workspace.mounts)
    places, known, stop = chosen(plan, patterns), ledgers(plan.outputs, workspace.mounts), Stop()
    every = list(subjects(plan.outputs, known, workspace.mounts, _orphans_of(plan, not patterns, specs)))
    wanted = [each for each in every if each.output is None or each.location in places]
    with nullcontext() if hash_only else gate_by(decoder(ffmpeg), stop) as judge:

        def look(subject: Subject) -> Checked:
            return check(subject, judge, stop)

        found = list(each_in_turn("verify", look, wanted, workers, stop))
    with reader_may_be_gone():
        _tell(found, as_json)
    return _exit(found)
