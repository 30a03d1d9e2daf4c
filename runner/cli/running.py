"""What `run` and `retry` share: making what was chosen, with all that has to be there before anything begins."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from runner.cli.beforehand import beforehand
from runner.cli.interrupts import interruptible
from runner.cli.results import Result
from runner.cli.wishes import Wishes
from runner.errors import JobspecError, Problem, problem
from runner.execution import keep, local
from runner.execution.cores import cores
from runner.execution.crew import at_once, threads_each
from runner.execution.ledger import Writer
from runner.execution.state import Standing, State
from runner.execution.stopping import Stop
from runner.execution.sweep import WORK
from runner.execution.task import Outcome, Setting
from runner.media.toolchain import Build, find_ffmpeg, fit, identify
from runner.plan import document, share, shell
from runner.plan.model import Output, Plan
from runner.plan.needs import encoders_of
from runner.report.progress import reporter
from runner.spec.location import Mounts, parse_location

# What makes outputs: all of `local.run`, or another that takes the same.
Engine = Callable[..., list[Outcome]]


def _build(outputs: Sequence[Output], ffmpeg: str | None, environ: Mapping[str, str]) -> Build:
    build = identify(find_ffmpeg(ffmpeg, environ))
    for line in sorted({output.key.toolchain for output in outputs}):
        fit(build, line, encoders_of(outputs))
    return build


def _replaces(standings: Sequence[Standing]) -> dict[str, str]:
    there = (State.STALE, State.OUTDATED)
    return {
        each.output.location: each.record.sha256
        for each in standings
        if each.state in there and each.record and each.record.sha256
    }


def make(
    plan: Plan, chosen: Sequence[Standing], result: Result, mounts: Mounts, wishes: Wishes, environ: Mapping[str, str]
) -> None:
    """Make the chosen outputs and put what came of it into `result`. Raises JobspecError before anything begins."""
    outputs = [each.output for each in chosen]
    plan = plan if wishes.share else share.apart(plan)
    groups = list(share.groups(plan, frozenset(output.location for output in outputs)))
    build = _build(outputs, wishes.ffmpeg, environ)
    setting = _setting(plan, groups, build, mounts, wishes)
    _keep(plan, build, mounts, outputs)
    beforehand(outputs, build, mounts)
    with interruptible(setting.stop) as asked, reporter(outputs) as report:
        watcher = local.Watcher(report.begun, report.moved, report.ended)
        result.outcomes = _engine(plan, wishes, result.notes)(
            groups,
            setting,
            workers=setting.workers,
            watcher=watcher,
            replaces=_replaces(chosen),
            fail_fast=wishes.fail_fast,
        )
    result.interrupted = asked.is_set()
    for writer in setting.writers.values():
        writer.close()


def _engine(plan: Plan, wishes: Wishes, notes: list[Problem]) -> Engine:
    """Return what runs the tasks; nothing of Dask's is imported unless it is asked for."""
    if wishes.engine == "local":
        return local.run
    from runner.cli.clustered import engine

    return engine(plan, wishes, notes.append)


def _setting(plan: Plan, groups: Sequence[Sequence[Output]], build: Build, mounts: Mounts, wishes: Wishes) -> Setting:
    workers = at_once(groups, wishes.workers)
    states = dict.fromkeys(output.state for group in groups for output in group)
    return Setting(
        mounts=mounts,
        ffmpeg=build.path,
        build=build.version,
        threads=threads_each(cores(), workers),
        plan=document.digest(plan),
        stop=Stop(),
        writers={state: Writer(mounts.bind(parse_location(state))) for state in states},
        retries=wishes.retries,
        wanted=wishes.wanted,
        workers=workers,
        gate=wishes.verify,
        taken_over=frozenset(wishes.taken_over),
    )


def _keep(plan: Plan, build: Build, mounts: Mounts, outputs: Iterable[Output]) -> None:
    try:
        keep.keep(plan, shell.script(plan, build.path, mounts.folders), mounts, outputs)
    except OSError as error:
        reason = f"{error.strerror} ({error.filename})"
        raise JobspecError(problem("JS095", reason=reason)) from None


def tidy(plan: Plan, mounts: Mounts) -> None:
    """Remove the folder of work folders where nobody works any more."""
    for directory in dict.fromkeys(output.directory for output in plan.outputs):
        with suppress(OSError):
            (mounts.bind(parse_location(directory)) / WORK).rmdir()
