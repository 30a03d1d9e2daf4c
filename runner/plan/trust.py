"""A plan that was saved: believed only as far as its own inputs give it again."""

from collections.abc import Iterable, Iterator

from runner import canonical
from runner.errors import JobspecError, Problem, problem
from runner.plan.build import build, requests_of
from runner.plan.document import read
from runner.plan.model import Output, Plan
from runner.plan.share import as_in
from runner.spec.schema import wrong_fields


def _different(saved: Plan, built: Plan) -> str:
    """Return what of a saved plan is not what its inputs give."""
    outputs: Iterator[tuple[Output, Output]] = zip(saved.outputs, built.outputs, strict=False)
    for mine, theirs in outputs:
        if mine != theirs:
            before, after = canonical.plain(mine), canonical.plain(theirs)
            fields = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
            return f"{', '.join(fields)} of {mine.location}"
    return "its header, jobs or tasks"


def _wrong(spec: object) -> Problem | None:
    """Return the first thing that is wrong with a spec in a plan, or None; all its sources may have been skipped."""
    return next((each for each in wrong_fields(spec) if (each.code, each.path) != ("JS015", ("sources",))), None)


def trusted(lines: Iterable[bytes]) -> Plan:
    """Read a saved plan and rebuild it from the specs and facts that it embeds.

    Raises JobspecError when what stands in it is not what these give: arguments that only a file vouches for are
    never run.
    """
    saved = read(lines)
    for job in saved.jobs:
        if illegal := _wrong(job.spec):
            raise JobspecError(problem("JS121", reason=f"the spec of {job.job_id} is none: {illegal}"))
    try:
        built = as_in(saved, build(requests_of(saved), toolchain="", number=0))
        wrong = "" if built == saved else _different(saved, built)
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise JobspecError(problem("JS121", reason=str(error))) from None
    if wrong:
        raise JobspecError(problem("JS121", reason=f"{wrong} cannot be got from its inputs"))
    return saved
