"""A saved plan as an argument: run only while it is still what its specs give."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from runner.cli.arguments import is_plan
from runner.cli.workspace import Workspace, open_workspace, plan_of
from runner.errors import JobspecError, problem
from runner.plan.changes import Kind, compare, leaves
from runner.plan.model import Job, Plan
from runner.plan.share import as_in
from runner.plan.trust import trusted
from runner.spec.tree import repository_of

# A job's line holds its whole spec: a hundred thousand sources with their tokens take a fifth of this.
LONGEST_LINE = 1 << 28
_MOST_SHOWN, _MOST_LEAVES, _LONGEST = 20, 3, 200


def _lines(path: str, file: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a plan. Raises JobspecError for one that never ends, as of a device or of zeros."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise JobspecError(
                problem("JS052", reason=f"{path}: a line of more than {LONGEST_LINE} bytes is no plan's")
            )
        yield line


def load(path: str, believe: Callable[[Iterable[bytes]], Plan] = trusted) -> Plan:
    """Return a saved plan, rebuilt from what it embeds. Raises JobspecError when it cannot be read or believed."""
    try:
        with Path(path).open("rb") as file:
            return believe(_lines(path, file))
    except OSError as error:
        raise JobspecError(problem("JS100", reason=f"{path}: {error.strerror}")) from None


def _fields(job: Job) -> dict[str, object]:
    """Return the fields of a job, flat. Of its sources and their tokens the outputs tell."""
    told = ("spec resolved_tokens", "spec job_id", "spec sources")
    skipped = "; ".join(f"{source} ({reason})" for source, reason in job.skipped)
    return {name: value for name, value in leaves(job).items() if not name.startswith(told)} | {"skipped": skipped}


def _differing(old: dict[str, object], new: dict[str, object]) -> Iterator[str]:
    """Yield what is another in two flat values: "codec h264 → h265"."""
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"{name.removeprefix('spec ')} {_said(old.get(name))} → {_said(new.get(name))}"


def _said(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)
    return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…") or "nothing"


def moved(saved: Plan, now: Plan) -> Iterator[str]:
    """Yield what moved between a saved plan and what its specs give now, from what to what."""
    jobs = {job.job_id: _fields(job) for job in now.jobs}
    for job in saved.jobs:
        old, new = _fields(job), jobs.get(job.job_id)
        if new is None:
            yield f"job {job.job_id} is gone"
            continue
        yield from (f"job {job.job_id}: {words}" for words in _differing(old, new))
    for change in compare(saved, now):
        if change.kind is not Kind.UNCHANGED:
            yield f"{change.output.location} {change.kind}: {'; '.join(change.words) or change.output.source.location}"
        elif change.before != change.after:  # such as a fact that it does not use
            words = list(_differing(leaves(change.before), leaves(change.after)))[:_MOST_LEAVES]
            yield f"{change.output.location}: {', '.join(words)}"


def _now(saved: Plan, roots: dict[str, str]) -> tuple[Workspace, Plan]:
    """Return the specs that a plan was made from, as they are now, and their plan."""
    top = repository_of(Path.cwd())
    if gone := [job.file for job in saved.jobs if not (top / job.file).exists()]:
        raise JobspecError([problem("JS122", reason=f"{file} is gone from {top}") for file in gone])
    try:
        workspace = open_workspace([str(top / job.file) for job in saved.jobs], roots)
        return workspace, plan_of(workspace)
    except JobspecError as error:
        reason = "its specs give no plan any more"
        raise JobspecError([problem("JS122", reason=reason), *error.problems]) from None


def planned(arguments: Sequence[str], roots: dict[str, str]) -> tuple[Workspace, Plan]:
    """Return the plan of specs, or a saved one together with the specs it was made from.

    Raises JobspecError (3) for a saved plan whose specs, templates, locks, toolchain or recipes moved since.
    """
    if len(arguments) != 1 or not is_plan(arguments[0]):
        workspace = open_workspace(arguments, roots)
        return workspace, plan_of(workspace)
    saved = load(arguments[0])
    workspace, now = _now(saved, roots)
    now = as_in(saved, now)
    if now != saved:
        reasons = list(moved(saved, now))
        shown = reasons[:_MOST_SHOWN] + [f"{len(reasons) - _MOST_SHOWN} more"] * (len(reasons) > _MOST_SHOWN)
        raise JobspecError([problem("JS122", reason=reason) for reason in shown or ["the order of its outputs"]])
    return workspace, saved
