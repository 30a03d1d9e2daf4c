"""What a run leaves beside its outputs, so that it can be repeated and explained: its plan, its resolved jobs."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from runner.errors import JobspecError
from runner.execution import whole
from runner.plan import document
from runner.plan.model import Output, Plan
from runner.spec.location import Mounts, parse_location
from runner.spec.model import JobSpec

JOBS, PLANS = "jobs", "plans"


def _write(path: Path, data: bytes) -> None:
    """Write a file in one step: whole or not at all, also for a reader at this moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole.written(path) as file:
        file.write(data)


def _spread(paths: Sequence[Path], data: bytes) -> None:
    """Write one file under several paths: once, and linked where the disk is the same and has links.

    A plan of 100,000 outputs is 300 MB, and a run may touch as many state folders as there are specs.
    """
    for number, path in enumerate(paths):
        if not number or not _linked(paths[0], path):
            _write(path, data)


def _linked(there: Path, path: Path) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = whole.fresh(path)
    try:
        os.link(there, fresh)
        fresh.replace(path)
    except OSError:
        return False
    finally:
        fresh.unlink(missing_ok=True)  # where both were the same file already, replacing does nothing
    return True


def plan_path(state: Path, digest: str) -> Path:
    """Return where the plan of that digest is kept below a state folder."""
    return state / PLANS / f"{digest.removeprefix('sha256:')}.jsonl"


def keep(plan: Plan, script: str, mounts: Mounts, outputs: Iterable[Output]) -> None:
    """Save plan, script and resolved JobSpecs in the state folders of the outputs that are to be made of it.

    Raises OSError.
    """
    touched = {output.job for output in outputs}
    jobs = [job for job in plan.jobs if job.job_id in touched]
    states = [mounts.bind(parse_location(state)) for state in dict.fromkeys(job.state for job in jobs)]
    digest = document.digest(plan)
    paths = [plan_path(state, digest) for state in states]
    _spread(paths, b"".join(document.lines(plan)))
    _spread([path.with_suffix(".sh") for path in paths], script.encode())
    for job in jobs:
        folder = mounts.bind(parse_location(job.state)) / JOBS / job.job_id
        _write(folder / "jobspec.json", JobSpec.from_dict(job.spec).to_json().encode())


def kept_plan(state: Path, digest: str) -> Plan | None:
    """Return a plan that an earlier run kept, or None when it is gone or cannot be read."""
    try:
        with plan_path(state, digest).open("rb") as file:
            return document.read(file)
    except (OSError, JobspecError):
        return None
