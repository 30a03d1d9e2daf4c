"""What `run` and `retry` tell: how outputs stand, what came of those that were made, and the exit code."""

import json
import os
import stat
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from runner.errors import Exit, Problem, problem, worst
from runner.execution import claims
from runner.execution.ledger import Ledger
from runner.execution.state import Standing, StandingOf, State, ledgers, spelled, state_problem, survey
from runner.execution.sweep import sweep, sweep_marks
from runner.plan.brief import Planned
from runner.plan.model import Output, Plan
from runner.report.reader import reader_may_be_gone
from runner.report.tables import show_table, size_text
from runner.spec.location import Mounts, parse_location
from runner.text import harmless

if TYPE_CHECKING:  # most runs find all made, and need nothing of what makes
    from runner.execution.attempt import Outcome

P = TypeVar("P", bound=Planned)
# Where a file stands that its record describes.
_OURS = frozenset((State.DONE, State.STALE, State.OUTDATED))


@dataclass(slots=True)
class ResultOf(Generic[P]):
    """What a run came to: how every output stood before, what was made, and what stopped it."""

    standings: tuple[StandingOf[P], ...]
    outcomes: list["Outcome"] = field(default_factory=list)
    interrupted: bool = False
    notes: list[Problem] = field(default_factory=list)
    _by_output: dict[int, "Outcome"] = field(default_factory=dict)

    def of(self, output: P) -> "Outcome | None":
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


def _row(standing: StandingOf[Planned], outcome: "Outcome | None", mounts: Mounts) -> tuple[str, ...]:
    output = standing.output
    word = outcome.word if outcome else str(standing.state)
    path = spelled(output, mounts)
    return (word, output.origin, output.codec, str(output.frames), _size(standing, outcome, path), path)


def _size(standing: StandingOf[Planned], outcome: "Outcome | None", path: str) -> str:
    """Return the size of the file that stands there; one that was just looked at, and is ours, has the recorded one."""
    if outcome is None and standing.state in _OURS and standing.record and standing.record.size is not None:
        return size_text(standing.record.size)
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


def finish(result: ResultOf[P], mounts: Mounts, as_json: bool) -> Exit:
    """Print what a run came to, name what was left as it is, and return the exit code."""
    with reader_may_be_gone():  # the exit code still tells
        _tell(result, mounts, as_json)
    return _exit(result)


def _tell(result: ResultOf[P], mounts: Mounts, as_json: bool) -> None:
    if as_json:
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
