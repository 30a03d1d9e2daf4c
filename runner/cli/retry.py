"""`jobspec retry`: makes again what failed, from a spec or from the JobSpec saved beside the outputs."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from runner.cli.confined import confinement, root_option
from runner.cli.results import finish, look
from runner.cli.running import make, tidy
from runner.cli.wishes import Wishes, engine_options, run_options
from runner.cli.workspace import Workspace, is_spec, open_workspace, plan_of, refuse_escapes
from runner.errors import JobspecError, JobSpecValidationError, problem
from runner.execution.keep import JOBS, kept_plan
from runner.execution.ledger import read_ledger
from runner.execution.state import Standing, State
from runner.plan.expansion import Expanded
from runner.spec.confine import confine
from runner.spec.cube import Lut
from runner.spec.location import REPOSITORY, Location, Mounts, parse_location
from runner.spec.luts import named_luts, read_luts
from runner.spec.model import JobSpec, roots_of
from runner.spec.project import Project, mounts_here
from runner.spec.repository import Reading
from runner.spec.tree import WorkTree

MOST_SAVED_BYTES = 1 << 28


def _state_of(path: Path, mounts: Mounts) -> str | None:
    """Return the state folder that a saved JobSpec lies in: the ledger there knows what failed.

    It is a place below a root where it can be: other machines of a cluster may have that root mounted elsewhere.
    """
    folders = Path(os.path.abspath(path)).parents
    return str(_place_of(folders[2], mounts)) if len(folders) > 2 and folders[1].name == JOBS else None


def _place_of(folder: Path, mounts: Mounts) -> Location:
    """Return a folder as a place below the innermost root that holds it, or as the absolute path that it is."""
    around = [root for root, top in mounts.folders.items() if folder.is_relative_to(top)]
    if not around:
        return Location(None, str(folder))
    root = max(around, key=lambda each: len(mounts.folders[each].parts))
    return parse_location(f"{root}:{folder.relative_to(mounts.folders[root])}")


def _saved(path: Path, roots: dict[str, str]) -> Workspace:
    """Return a workspace of one saved JobSpec; it needs neither its template nor its spec any more."""
    try:
        data = path.read_bytes()[:MOST_SAVED_BYTES]
    except OSError as error:
        raise JobspecError(problem("JS001", (str(path),), reason=error.strerror or "")) from None
    spec = JobSpec.from_json(data)
    found = spec.problems()
    if any(each.exit for each in found):
        raise JobSpecValidationError(found)
    mounts = mounts_here(None, roots_of(spec), roots, os.environ)
    luts = _luts(spec, mounts)
    # Its folder of records is where the command line found it, whatever the spec may name.
    project = replace(confine(Project(), confinement()), state_directory=_state_of(path, mounts))
    project = _as_made(project, spec.job_id, mounts)
    reading = Reading(str(path), spec, found, numbers=tuple(range(len(spec.sources))), luts=luts)
    return Workspace(path.parent, project, (Expanded(reading, None, ()),), mounts)


def _as_made(project: Project, job_id: str, mounts: Mounts) -> Project:
    """Return the project with the toolchain and recipes that the job was last made by: its lock may have said so."""
    state = mounts.bind(parse_location(project.state_directory)) if project.state_directory else None
    known = read_ledger(state).by_output.values() if state else ()
    ours = [record for records in known for record in records if record.job == job_id]
    last = max(ours, key=lambda record: record.time, default=None)
    kept = kept_plan(state, last.plan) if state and last else None
    job = next((each for each in kept.jobs if each.job_id == job_id), None) if kept else None
    return replace(project, ffmpeg=job.toolchain, recipes=job.recipes) if job else project


def _luts(spec: JobSpec, mounts: Mounts) -> tuple[Lut, ...]:
    """Return the tables of a saved JobSpec: they lie in its repository, which --root repo=FOLDER names."""
    if not any(named_luts(spec)):
        return ()
    luts, wrong = read_luts(spec, WorkTree(mounts.bind(Location(REPOSITORY, ""))))
    if wrong:
        raise JobSpecValidationError(wrong)
    return luts


def _failed(standing: Standing) -> bool:
    """Say whether an output failed, or was begun and never finished, as after a kill or a power cut."""
    return standing.state is State.FAILED or standing.cut_short


@click.command("retry")
@click.argument("spec", metavar="SPEC|JOBSPEC.json", type=click.Path(exists=True))
@run_options
@engine_options
@root_option
def command(spec: str, roots: dict[str, str], **options: Any) -> int:
    """Make again what failed or was cut short, and nothing else.

    The jobspec.json beside the outputs (.jobspec/jobs/JOB/jobspec.json) is enough: neither spec nor template is
    needed any more.
    """
    workspace = open_workspace([spec], roots) if is_spec(spec) else _saved(Path(spec), roots)
    wishes = Wishes(**options)
    plan = plan_of(workspace)
    result = look(plan.outputs, workspace.mounts, wishes.taken_over)
    chosen = [each for each in result.standings if _failed(each)]
    result.standings = tuple(chosen)
    if chosen:
        refuse_escapes(workspace, (each.output for each in chosen))
        make(plan, chosen, result, workspace.mounts, wishes, os.environ)
        tidy(plan, workspace.mounts)
    elif not wishes.as_json:
        print("nothing failed; `jobspec run` makes what is missing")
        return 0
    return finish(result, workspace.mounts, wishes.as_json)
