"""What `verify` and `adopt` share: the gate over many files at once, stopped by Ctrl-C, its logs kept nowhere."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from runner.cli.interrupts import interruptible
from runner.errors import JobspecError
from runner.execution import gate
from runner.execution.cores import cores
from runner.execution.fixity import Judge
from runner.execution.gate import Verdict
from runner.execution.stopping import Stop
from runner.media.toolchain import Build, find_ffmpeg, identify
from runner.plan.model import Expectation, Output
from runner.report.progress import counting
from runner.spec.location import Mounts, parse_location
from runner.spec.presence import absent

T = TypeVar("T")
R = TypeVar("R")


def decoder(ffmpeg: str | None) -> Build:
    """Return the FFmpeg that decodes: any will do, for a plan declares what encodes. Raises JobspecError (75)."""
    return identify(find_ffmpeg(ffmpeg, os.environ))


def refuse_absent(outputs: Iterable[Output], mounts: Mounts) -> None:
    """Raise JobspecError (75) where a root of outputs is gone: its files are not "never made" for that."""
    places = (parse_location(place) for each in outputs for place in (each.directory, each.state))
    if gone := absent(mounts, {place.root for place in places if place.root}):
        raise JobspecError(gone)


@contextmanager
def gate_by(build: Build, stop: Stop) -> Iterator[Judge]:
    """Yield the gate as a function of file and expectation; what FFmpeg says is in the verdict."""
    with TemporaryDirectory(prefix="jobspec-gate-") as logs:
        numbers = count()

        def judge(path: Path, expects: Expectation) -> Verdict:
            return gate.inspect(path, expects, build.path, Path(logs) / f"{next(numbers)}.log", stop)

        yield judge


def _workers(things: int, asked: int | None) -> int:
    """Return how many files are looked at at once: a decoder finds work for two cores."""
    return max(1, min(asked or cores() // 2, things))


def each_in_turn(
    what: str, function: Callable[[T], R], things: Iterable[T], workers: int | None, stop: Stop
) -> Iterator[R]:
    """Yield the function of every thing, in order, worked out in threads; an interruption sets `stop`."""
    things = list(things)
    with interruptible(stop), counting(what) as tick, ThreadPoolExecutor(_workers(len(things), workers)) as pool:
        for result in pool.map(function, things):
            tick(result)
            yield result
