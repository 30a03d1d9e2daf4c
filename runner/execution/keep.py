"""What a run leaves beside its outputs, so that it can be repeated and explained: its plan, its resolved jobs."""

import os
from collections.abc import Iterator
from pathlib import Path

from runner.errors import JobspecError
from runner.execution.publish import sync
from runner.plan import document
from runner.plan.model import Plan
from runner.spec.location import Mounts, parse_location
from runner.spec.model import JobSpec

JOBS, PLANS = "jobs", "plans"


def _write(path: Path, data: bytes) -> None:
    """Write a file in one step: whole or not at all, also for a reader at this moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(data)
        sync(fresh)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _states(plan: Plan, mounts: Mounts) -> Iterator[Path]:
    for state in dict.fromkeys(job.state for job in plan.jobs):
        yield mounts.bind(parse_location(state))


def plan_path(state: Path, digest: str) -> Path:
    """Return where the plan of that digest is kept below a state folder."""
    return state / PLANS / f"{digest.removeprefix('sha256:')}.jsonl"


def keep(plan: Plan, script: str, mounts: Mounts) -> None:
    """Save plan, script and resolved JobSpecs below every state folder of the plan. Raises OSError."""
    digest, data = document.digest(plan), b"".join(document.lines(plan))
    for state in _states(plan, mounts):
        path = plan_path(state, digest)
        _write(path, data)
        _write(path.with_suffix(".sh"), script.encode())
    for job in plan.jobs:
        folder = mounts.bind(parse_location(job.state)) / JOBS / job.job_id
        _write(folder / "jobspec.json", JobSpec.from_dict(job.spec).to_json().encode())


def kept_plan(state: Path, digest: str) -> Plan | None:
    """Return a plan that an earlier run kept, or None when it is gone or cannot be read."""
    try:
        with plan_path(state, digest).open("rb") as file:
            return document.read(file)
    except (OSError, JobspecError):
        return None
