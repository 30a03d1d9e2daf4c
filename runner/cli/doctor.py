"""`jobspec doctor`: would a run get through on this machine, and if not, what would stop it?"""

import json
import sys
from collections.abc import Iterator, Sequence

import click

from runner.cli import examination
from runner.cli.confined import root_option
from runner.cli.examination import Finding, noted, troubles
from runner.cli.results import stand_of
from runner.cli.workspace import Workspace, open_workspace, plan_of, refuse_escapes, specs_argument, unlocked_files
from runner.errors import Exit, JobspecError, worst
from runner.execution.state import StandingOf, State
from runner.media.releases import DECLARED
from runner.plan.model import Output, Plan
from runner.report.reader import reader_may_be_gone
from runner.report.tables import show_table
from runner.spec.location import REPOSITORY, Mounts, parse_location
from runner.spec.model import roots_of

_DUE = (State.MISSING, State.FAILED)
_ROOT_GONE = ("JS051", "JS058")


def _examined(specs: Sequence[str], roots: dict[str, str], ffmpeg: str | None) -> Iterator[Finding]:
    """Yield every finding, from the specs to the disks."""
    try:
        workspace = open_workspace(specs, roots)
    except JobspecError as error:
        yield from troubles("specs", error.problems)
        yield from examination.toolchain(ffmpeg, [DECLARED], ())
        return
    try:
        plan = plan_of(workspace)
    except JobspecError as error:
        yield from troubles("specs", error.problems)
        yield from _unplanned(workspace, ffmpeg)
        return
    yield Finding("specs", f"{len(plan.jobs)} valid, {len(plan.outputs)} outputs planned")
    yield from _planned(workspace, plan, ffmpeg)


def _unplanned(workspace: Workspace, ffmpeg: str | None) -> Iterator[Finding]:
    """Look at what can be looked at without a plan."""
    known = [each.reading.spec for each in workspace.specs if each.reading.spec]
    used = {root for each in known for root in roots_of(each)}
    mounted = workspace.mounts.folders.keys() - {REPOSITORY}  # an invalid spec does not say what it uses
    yield from examination.roots(used | mounted, frozenset(), workspace.mounts)
    yield from examination.toolchain(ffmpeg, [workspace.toolchain], ())


def _planned(workspace: Workspace, plan: Plan, ffmpeg: str | None) -> Iterator[Finding]:
    try:
        standings = stand_of(plan, workspace.mounts)
        yield from examination.outputs(standings)
    except JobspecError as error:
        standings = tuple(StandingOf(each, State.MISSING) for each in plan.outputs)
        yield from troubles("outputs", error.problems)
    yield from troubles("specs", map(workspace.shown, unlocked_files(workspace)))
    due = [each.output for each in standings if each.state in _DUE]
    found = _machine(workspace, plan.outputs, due, ffmpeg)
    yield from found if due else noted(found)


def _machine(
    workspace: Workspace, outputs: Sequence[Output], due: Sequence[Output], ffmpeg: str | None
) -> Iterator[Finding]:
    """Look at this machine: its FFmpeg, its roots, and what lies in them."""
    mounts = workspace.mounts
    needing = due or outputs
    yield from examination.toolchain(ffmpeg, sorted({each.key.toolchain for each in needing}), needing)
    names = {root for each in outputs for place in _places(each) if (root := parse_location(place).root)}
    written = {root for each in outputs if (root := parse_location(each.directory).root)}
    yield from examination.roots(names, frozenset(written), mounts)
    there = [each for each in outputs if _mounted(each, mounts)]
    yield from examination.folders(there, due, mounts)
    yield from examination.records(there, mounts)
    ready = [each for each in due if _mounted(each, mounts)]
    yield from _escapes(workspace, ready)
    yield from examination.disks(ready, mounts)
    yield from examination.sources(ready, mounts)


def _places(output: Output) -> tuple[str, ...]:
    return (output.source.location, output.directory, output.state)


def _mounted(output: Output, mounts: Mounts) -> bool:
    names = (parse_location(place).root for place in _places(output))
    return all(name is None or (name in mounts.folders and mounts.folders[name].is_dir()) for name in names)


def _escapes(workspace: Workspace, due: Sequence[Output]) -> Iterator[Finding]:
    try:
        refuse_escapes(workspace, due)
    except JobspecError as error:
        yield from troubles("places", error.problems)


def _once(found: Iterator[Finding]) -> list[Finding]:
    """Return the findings, a root that is not there once: specs, outputs and roots all come upon it."""
    seen: set[tuple[str, str | None]] = set()
    kept = []
    for each in found:
        known = (each.problem.code, each.problem.found) if each.problem and each.problem.code in _ROOT_GONE else None
        if known is None or known not in seen:
            kept.append(each)
        if known:
            seen.add(known)
    return kept


def _tell(found: Sequence[Finding], as_json: bool) -> None:
    names = ("state", "what", "finding")
    rows = [(each.state, each.what, each.words) for each in found]
    if as_json:
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2, ensure_ascii=False))
    else:
        show_table(names, rows)
    stops = sum(each.exit is not Exit.OK for each in found)
    count = {0: "nothing", 1: "one finding"}.get(stops, f"{stops} findings")
    print(f"{count} would stop a run", file=sys.stderr)


@click.command("doctor")
@specs_argument
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--ffmpeg", metavar="PATH", help="The FFmpeg that would run; before JOBSPEC_FFMPEG and the bundled one.")
@root_option
def command(specs: tuple[str, ...], roots: dict[str, str], as_json: bool, ffmpeg: str | None) -> int:
    """Look at everything a run needs on this machine, and say what would stop it.

    Encodes nothing; small files of our own are made in each output folder, and are gone again at the end.
    Exits as a run would, with 0 when nothing would stop it.
    """
    found = _once(_examined(specs, roots, ffmpeg))
    with reader_may_be_gone():
        _tell(found, as_json)
    return worst([Exit.OK, *(each.exit for each in found)])
