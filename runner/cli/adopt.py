"""`jobspec adopt`: existing files that are what the plan would have made become ours."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import click

from runner.cli.choosing import chosen, only_option
from runner.cli.confined import root_option
from runner.cli.gating import decoder, each_in_turn, gate_by, refuse_absent
from runner.cli.workspace import Workspace, open_workspace, plan_of, refuse_escapes, specs_argument
from runner.errors import Exit, Problem, problem, worst
from runner.execution import keep
from runner.execution.adoption import Candidate, Judged, candidate, judge, record
from runner.execution.ledger import Ledger, Writer
from runner.execution.state import Standing, State, ledgers, state_problem, survey
from runner.execution.stopping import Stop
from runner.media.toolchain import Build
from runner.plan import document, shell
from runner.plan.model import Plan
from runner.report.reader import reader_may_be_gone
from runner.report.tables import show_table
from runner.spec.location import parse_location

# What is said of an output where there is nothing to adopt.
_LEFT = {
    State.DONE: ("ours", "is ours already"),
    State.MISSING: ("missing", "nothing is there"),
    State.FAILED: ("missing", "nothing is there"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one output."""

    state: str
    output: str
    note: str = ""
    exit: Exit = Exit.OK


@dataclass(slots=True)
class _Books:
    """The ledgers that take the records; the plan is kept beside them before the first one."""

    workspace: Workspace
    plan: Plan
    build: Build
    digest: str = ""
    writers: dict[str, Writer] = field(default_factory=dict)

    def _begin(self) -> None:
        mounts = self.workspace.mounts
        keep.keep(self.plan, shell.script(self.plan, self.build.path, mounts.folders), mounts, self.plan.outputs)
        self.digest = document.digest(self.plan)

    def enter(self, found: Judged) -> None:
        if not self.digest:
            self._begin()
        state = found.candidate.output.state
        folder = self.workspace.mounts.bind(parse_location(state))
        writer = self.writers.setdefault(state, Writer(folder))
        record(found, writer, plan=self.digest, toolchain=self.build.version)

    def close(self) -> None:
        for writer in self.writers.values():
            writer.close()


def _left(standing: Standing) -> Row:
    """Return the row of an output where nothing is to be adopted."""
    if found := state_problem(standing):
        return Row(str(standing.state), standing.output.location, str(found), found.exit)
    state, note = _LEFT[standing.state]
    return Row(state, standing.output.location, note)


def _entered(found: Judged, books: _Books) -> Row:
    place = found.candidate.output.location
    if found.stopped:
        return Row("interrupted", place, exit=Exit.INTERRUPTED)
    if found.reasons:
        return _refused(place, problem("JS198", reason="; ".join(found.reasons)))
    try:
        books.enter(found)
    except OSError as error:
        return _refused(place, problem("JS095", reason=f"{error.strerror or error} ({error.filename})"))
    return Row("adopted", place, str(found.note or ""))


def _refused(place: str, why: Problem) -> Row:
    return Row("refused", place, str(why), why.exit)


def _adopted(
    standings: Sequence[Standing],
    known: Mapping[str, Ledger],
    workspace: Workspace,
    plan: Plan,
    build: Build,
    workers: int | None,
) -> Iterator[Row]:
    """Yield what became of every foreign file, in the plan's order; each that passes is recorded at once."""
    stop, books = Stop(), _Books(workspace, plan, build)
    outputs = [each.output for each in standings]
    there = [candidate(each, known[each.state].of(each.location), workspace.mounts) for each in outputs]
    with gate_by(build, stop) as gate:

        def look(each: Candidate) -> Judged:
            return Judged(each, stopped=True) if stop.is_set() else judge(each, gate)

        for found in each_in_turn("adopt", look, there, workers, stop):
            yield _entered(found, books)
    books.close()


def _is_link(standing: Standing, workspace: Workspace) -> bool:
    """Say whether a link stands there: it is refused by itself, and is no reason against the others."""
    return workspace.mounts.bind(parse_location(standing.output.location)).is_symlink()


def _tell(rows: Sequence[Row], as_json: bool) -> None:
    names = ("state", "output", "note")
    cells = [(row.state, row.output, row.note) for row in rows]
    if as_json:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in cells], indent=2, ensure_ascii=False))
    else:
        show_table(names, cells)
    adopted = sum(row.state == "adopted" for row in rows)
    print(f"{adopted} of {len(rows)} adopted", file=sys.stderr)


@click.command("adopt")
@specs_argument
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--ffmpeg", metavar="PATH", help="The FFmpeg to decode with; any release line will do.")
@click.option("--workers", type=click.IntRange(1, 256), help="Files looked at at once; fits the cores by default.")
@only_option
@root_option
def command(
    specs: tuple[str, ...],
    roots: dict[str, str],
    as_json: bool,
    ffmpeg: str | None,
    workers: int | None,
    patterns: tuple[str, ...],
) -> int:
    """Take over files that stand at planned places, such as plan.sh made, if they pass the gate.

    From then on they count as done. A file that fails is named and left alone; no file is ever written to.
    """
    workspace = open_workspace(specs, roots)
    plan = plan_of(workspace)
    refuse_absent(plan.outputs, workspace.mounts)
    places, known = chosen(plan, patterns), ledgers(plan.outputs, workspace.mounts)
    wanted = [each for each in plan.outputs if each.location in places]
    standings = survey(wanted, known, workspace.mounts)
    foreign = [each for each in standings if each.state is State.FOREIGN]
    refuse_escapes(workspace, (each.output for each in foreign if not _is_link(each, workspace)))
    adopted = _adopted(foreign, known, workspace, plan, decoder(ffmpeg), workers) if foreign else ()
    looked = {row.output: row for row in adopted}
    rows = [looked.get(each.output.location) or _left(each) for each in standings]
    with reader_may_be_gone():
        _tell(rows, as_json)
    return worst([Exit.OK, *(row.exit for row in rows)])
