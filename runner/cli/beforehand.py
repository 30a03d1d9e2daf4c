"""What `run` finds out before the first frame is encoded, and `doctor` without encoding any."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from runner.errors import JobspecError, Problem, problem
from runner.execution import sweep
from runner.execution.owner import me
from runner.execution.publish import Ladder, try_ladder
from runner.execution.room import standing
from runner.execution.task import WORK
from runner.media.toolchain import Build, lacking
from runner.plan.model import Output
from runner.plan.needs import filters_of
from runner.report.reader import reader_may_be_gone
from runner.spec.location import Mounts, parse_location

_TRIES = 3


def ladder_of(directory: str, mounts: Mounts, *, make: bool = False) -> Ladder:
    """Return what holds where the files of an output folder get their names.

    Tried in a work folder of our own if `make` says so, which the next runner sweeps should this one be killed; else in
    the nearest folder that is there. Raises JobspecError (4) when nothing can be written there.
    """
    work = mounts.bind(parse_location(directory)) / WORK
    try:
        return _tried_in_own(work) if make else _tried(work)
    except OSError as error:
        reason = f"{error.strerror or error} ({_where(error, work)})"
        raise JobspecError(problem("JS095", reason=reason)) from None


def _tried_in_own(work: Path) -> Ladder:
    own = work / f"ladder-{me().host}-{me().pid}-{time.time_ns()}"  # numbers of processes are used again elsewhere
    sweep.begin(own)
    try:
        return try_ladder(own)
    finally:
        sweep.remove(own)


def _where(error: OSError, work: Path) -> str:
    """Return what a person can look at: the files of the try itself are gone."""
    path = Path(error.filename or work)
    return str(next(each for each in (path, *path.parents) if os.path.lexists(each)))


def _tried(work: Path) -> Ladder:
    """Try the ladder; another runner that ends just now may remove the empty work folder under our feet."""
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):
            return try_ladder(standing(work))
    return try_ladder(standing(work))


def weakness(directory: str, ladder: Ladder) -> Problem | None:
    """Return the note on an output folder where only the weakest rung holds, or None."""
    return problem("JS190", found=directory) if ladder.weak else None


def beforehand(outputs: Sequence[Output], build: Build, mounts: Mounts) -> None:
    """Look for what would fail every output alike, and say on stderr where only the weakest rung holds.

    Raises JobspecError for a filter that the FFmpeg lacks (3), and for an output folder that takes no file (4).
    """
    if missing := lacking(build, "filter", filters_of(outputs)):
        raise JobspecError(missing)
    directories = dict.fromkeys(output.directory for output in outputs)
    found = [weakness(each, ladder_of(each, mounts, make=True)) for each in directories]
    with reader_may_be_gone():
        for note in filter(None, found):
            print(note, file=sys.stderr)
