"""What `run` and `retry` share: choose what to make, make it, say what came of it."""

import json
import os
import stat
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from runner.cli.beforehand import beforehand
from runner.cli.interrupts import interruptible
from runner.cli.wishes import Wishes
from runner.errors import Exit, JobspecError, Problem, problem, worst
from runner.execution import claims, keep, local
from runner.execution.cores import cores
from runner.execution.crew import at_once
from runner.execution.ledger import Ledger, Writer
from runner.execution.state import Standing, StandingOf, State, ledgers, state_problem, survey
from runner.execution.stopping import Stop
from runner.execution.sweep import WORK, sweep, sweep_marks
from runner.execution.task import Outcome, Setting
from runner.media.toolchain import Build, find_ffmpeg, fit, identify
from runner.plan import document, share, shell
from runner.plan.brief import Planned
from runner.plan.model import Output, Plan
from runner.plan.needs import encoders_of
from runner.report.progress import reporter
from runner.report.reader import reader_may_be_gone
from runner.report.tables import show_table, size_text
from runner.spec.location import Mounts, parse_location
from runner.text import harmless

# What makes outputs: all of `local.run`, or another that takes the same.
Engine = Callable[..., list[Outcome]]
P = TypeVar("P", bound=Planned)


@dataclass(slots=True)
class ResultOf(Generic[P]):
    """What a run came to: how every output stood before, what was made, and what stopped it."""

    standings: tuple[StandingOf[P], ...]
    outcomes: list[Outcome] = field(default_factory=list)
    interrupted: bool = False
    notes: list[Problem] = field(default_factory=list)
    _by_output: dict[int, Outcome] = field(default_factory=dict)

    def of(self, output: P) -> Outcome | None:
        """Return the outcome of one output, if it was begun."""
        if not self.outcomes:
            return None
        if len(self._by_output) != len(self.outcomes):  # a search for each of 100,000 would take longer than the run
            self._by_output = {id(each.output): each for each in self.outcomes}
        return self._by_output.get(id(output))


Result = ResultOf[Output]


def stand_of(plan: Plan, mounts: Mounts) -> tuple[Standing, ...]:
    """Return how every output of a plan stands."""
    return survey(plan.outputs, ledgers(plan.outputs, mounts), mounts)


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
        threads=max(1, cores() // workers),
        plan=document.digest(plan),
        stop=Stop(),
        writers={state: Writer(mounts.bind(parse_location(state))) for state in states},
        retries=wishes.retries,
        wanted=wishes.wanted,
        workers=workers,
        gate=wishes.verify,
        taken_over=frozenset(wishes.taken_over),
    )


def look(outputs: Sequence[P], mounts: Mounts, taken_over: Collection[str] = ()) -> ResultOf[P]:
    """Return how outputs stand, once what the dead left about them is removed; also where nothing is to be made."""
    known = ledgers(outputs, mounts)
    return ResultOf(survey(outputs, known, mounts), notes=_swept(outputs, known, mounts, taken_over))


def _swept(
    outputs: Sequence[Planned], known: Mapping[str, Ledger], mounts: Mounts, taken_over: Collection[str]
) -> list[Problem]:
    """Remove work folders, claims and marks of the dead; return what of it is nobody's to remove."""
    for folder in (mounts.bind(parse_location(state)) for state in known):
        claims.clear(folder, taken_over)
        sweep_marks(folder, taken_over)
    places = dict.fromkeys((output.directory, output.state) for output in outputs)
    kept = [
        path
        for directory, state in places
        for path in sweep(mounts.bind(parse_location(directory)), known[state], taken_over)
    ]
    return [problem("JS182", found=str(path)) for path in kept]


def _keep(plan: Plan, build: Build, mounts: Mounts, outputs: Iterable[Output]) -> None:
    try:
        keep.keep(plan, shell.script(plan, build.path, mounts.folders), mounts, outputs)
    except OSError as error:
        reason = f"{error.strerror} ({error.filename})"
        raise JobspecError(problem("JS095", reason=reason)) from None


def _row(standing: StandingOf[Planned], outcome: Outcome | None, mounts: Mounts) -> tuple[str, ...]:
    output = standing.output
    word = outcome.word if outcome else str(standing.state)
    path = mounts.spelled(parse_location(output.location))
    return (word, output.origin, output.codec, str(output.frames), _size(path), path)


def _size(path: str) -> str:
    try:
        status = os.lstat(path)
        status = Path(path).stat() if stat.S_ISLNK(status.st_mode) else status
    except (OSError, ValueError):
        return ""
    return size_text(status.st_size) if stat.S_ISREG(status.st_mode) else ""


def _print(result: ResultOf[P], mounts: Mounts) -> None:
    rows = [_row(each, result.of(each.output), mounts) for each in result.standings]
    show_table(("state", "source", "codec", "frames", "size", "where"), rows)


def _print_json(result: ResultOf[P]) -> None:
    listed = [
        {
            "output": each.output.location,
            "source": each.output.origin,
            "state": outcome.word if (outcome := result.of(each.output)) else str(each.state),
            "problems": [str(p) for p in (outcome.problems if outcome else ())],
            **({"notes": [str(note) for note in outcome.notes]} if outcome and outcome.notes else {}),
        }
        for each in result.standings
    ]
    print(json.dumps({"outputs": listed, "interrupted": result.interrupted}, indent=2, ensure_ascii=False))


def _exit(result: ResultOf[P]) -> Exit:
    problems = [each for outcome in result.outcomes for each in outcome.problems]
    left = [found for each in result.standings if not result.of(each.output) if (found := state_problem(each))]
    codes = [each.exit for each in (*problems, *left, *result.notes)]
    if result.interrupted:
        codes.append(Exit.INTERRUPTED)
    else:  # stopped by --fail-fast: the failure that stopped the others is what counts
        codes = [Exit.FAILED if code is Exit.INTERRUPTED else code for code in codes]
    return worst([Exit.OK, *codes])


def finish(result: ResultOf[P], mounts: Mounts, wishes: Wishes) -> Exit:
    """Print what a run came to, name what was left as it is, and return the exit code."""
    with reader_may_be_gone():  # the exit code still tells
        _tell(result, mounts, wishes)
    return _exit(result)


def _tell(result: ResultOf[P], mounts: Mounts, wishes: Wishes) -> None:
    if wishes.as_json:
        _print_json(result)
    else:
        _print(result, mounts)
    for each in result.standings:
        if not result.of(each.output) and (found := state_problem(each)):
            print(f"{harmless(each.output.location)}: {found}", file=sys.stderr)
    for note in result.notes:
        print(note, file=sys.stderr)
    if result.interrupted:
        print(problem("JS098"), file=sys.stderr)
    elif not result.outcomes and all(each.state is State.DONE for each in result.standings):
        print(f"all {len(result.standings)} outputs are up to date; nothing was encoded", file=sys.stderr)


def tidy(plan: Plan, mounts: Mounts) -> None:
    """Remove the folder of work folders where nobody works any more."""
    for directory in dict.fromkeys(output.directory for output in plan.outputs):
        with suppress(OSError):
            (mounts.bind(parse_location(directory)) / WORK).rmdir()
