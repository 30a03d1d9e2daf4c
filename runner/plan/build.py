"""The expansion: specs and facts become a plan."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from runner import canonical
from runner.errors import JobspecError, Place, Problem, problem
from runner.plan import share
from runner.plan.model import FORMAT, Header, Job, Output, Plan
from runner.plan.output import output_of
from runner.plan.request import Request
from runner.plan.setting import Setting, setting_of
from runner.spec import naming
from runner.spec.model import JobSpec
from runner.spec.source import Document

__all__ = ["Request", "attempt", "build", "requests_of"]


def _job(request: Request, setting: Setting, tokens: Mapping[str, Mapping[str, str]]) -> Job:
    return Job(
        job_id=setting.spec.job_id,
        state=setting.state,
        file=request.file,
        toolchain=setting.toolchain,
        recipes=setting.number,
        skipped=request.skipped,
        luts=request.luts,
        spec={**setting.data, "resolved_tokens": tokens},
    )


def _expand(request: Request, toolchain: str, number: int) -> tuple[Job | None, list[Output], list[Problem]]:
    """Return the job, its outputs, and every problem that one of its sources has; no job where nothing can be made."""
    try:
        setting = setting_of(request, toolchain, number)
    except JobspecError as error:
        return None, [], [each.at(Place(request.file) if request.file else None) for each in error.problems]
    outputs: list[Output] = []
    tokens: dict[str, Mapping[str, str]] = {}
    problems: list[Problem] = []
    numbers = range(len(request.facts))
    columns = (request.spec.clips, request.indices or numbers, request.entries or numbers, request.facts)
    for clip, index, entry, facts in zip(*columns, strict=True):
        try:
            output, tokens[clip.path] = output_of(setting, clip, index, facts)
            outputs.append(output)
        except JobspecError as error:
            problems += [_placed(each, entry, request.origin) for each in error.problems]
    return _job(request, setting, tokens), outputs, problems


def _placed(found: Problem, index: int, origin: Document | None) -> Problem:
    """Return the problem with its place: that of its own field, else of its source."""
    found = found if found.path else found.within(("sources", index))
    return found.at(origin.place(found.path)) if origin else found


def _places(outputs: Iterable[Output]) -> Iterator[Problem]:
    """Yield a problem for each output whose place another output or a source has."""
    outputs = list(outputs)
    yield from naming.collisions((f"{each.job}: {each.source.location}", each.location) for each in outputs)
    sources = {naming.same_place(each.source.location): each.source.location for each in outputs}
    for each in outputs:
        if other := sources.get(naming.same_place(each.location)):
            yield problem("JS055", ("output_directory",), found=each.location, other=other)


def _contested(outputs: Iterable[Output]) -> frozenset[str]:
    """Return the jobs that have an output whose place is also that of another output, or of a source."""
    outputs = list(outputs)
    taken = Counter([naming.same_place(each.location) for each in outputs])
    taken.update({naming.same_place(each.source.location) for each in outputs})
    return frozenset(each.job for each in outputs if taken[naming.same_place(each.location)] > 1)


def attempt(requests: Sequence[Request], *, toolchain: str, number: int) -> tuple[Plan, tuple[Problem, ...]]:
    """Return the plan of the jobs that can be made, as `build` does, and all that is wrong with the others."""
    expanded = [_expand(request, toolchain, number) for request in requests]
    problems = [each for _, _, wrong in expanded for each in wrong]
    places = list(_places(output for _, outputs, _ in expanded for output in outputs))
    contested = _contested(output for _, outputs, _ in expanded for output in outputs) if places else frozenset()
    fine = [
        (job, made) for job, made, wrong in expanded if job is not None and not wrong and job.job_id not in contested
    ]
    jobs, outputs = [job for job, _ in fine], [output for _, made in fine for output in made]
    plan = Plan(header=_header(jobs, outputs), jobs=tuple(jobs), outputs=tuple(outputs), tasks=share.tasks(outputs))
    return plan, (*problems, *places)


def build(requests: Sequence[Request], *, toolchain: str, number: int) -> Plan:
    """Return the plan that makes every source of every request; pure.

    `toolchain` is a release line such as "9.0", `number` that of the recipe tables, for requests that bring none.
    Raises JobspecError with all problems of all sources, each with its path in its spec.
    """
    plan, problems = attempt(requests, toolchain=toolchain, number=number)
    if problems:
        raise JobspecError(problems)
    return plan


def _header(jobs: Sequence[Job], outputs: Sequence[Output]) -> Header:
    return Header(
        format=FORMAT,
        toolchain=tuple(sorted({job.toolchain for job in jobs})),
        recipes=tuple(sorted({job.recipes for job in jobs})),
        inputs=canonical.digest([jobs, [each.source for each in outputs]]),
    )


def requests_of(plan: Plan) -> list[Request]:
    """Return the inputs that a plan embeds: built again, they must give the same plan."""
    made: dict[str, list[Output]] = {}
    for output in plan.outputs:
        made.setdefault(output.job, []).append(output)
    return [
        Request(
            spec=JobSpec.from_dict(job.spec),
            facts=tuple(each.source.facts for each in made.get(job.job_id, ())),
            indices=tuple(each.index for each in made.get(job.job_id, ())),
            skipped=job.skipped,
            luts=job.luts,
            state=job.state,
            file=job.file,
            toolchain=job.toolchain,
            number=job.recipes,
        )
        for job in plan.jobs
    ]
