"""What every measurement shares: a process and what it cost, runs that take turns, tables, the machine."""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from runner.execution.cores import cores as cores_here

Case = Callable[[], "Figures"]
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run took: seconds on the clock, seconds of CPU with its children's, megabytes of memory at most."""

    wall: float
    cpu: float
    megabytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What a measurement found; `note` says how, and what it means. Rows hold text, or numbers for programs to read."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]
    note: str = ""


def measured(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: Path | None = None,
    cores: Collection[int] | None = None,
    codes: Collection[int] = (0,),
) -> Figures:
    """Run a command in a process of its own and return what it took, with all children that it waited for.

    `env` is added to ours; `stdin` is what it reads, by default nothing; `cores` are those that it may use, where the
    system lets us choose (Linux); `codes` the exit codes that are no failure. Raises CalledProcessError, with what it
    said, for any other.
    """
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said, (stdin or Path(os.devnull)).open("rb") as read, _held_to(cores):
        process = subprocess.Popen(
            command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=read, stdout=said, stderr=said
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            said.seek(0)
            error = subprocess.CalledProcessError(process.returncode, command)
            error.add_note(said.read()[-2000:].decode(errors="replace"))
            raise error
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)  # macOS counts bytes, Linux kilobytes
    return Figures(wall, used.ru_utime + used.ru_stime, kilobytes * 1024 / 1e6)


@contextmanager
def _held_to(cores: Collection[int] | None) -> Iterator[None]:
    """Keep this process, and so what it starts, to some cores; None leaves it alone."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def medians(figures: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    return Figures(*(median(column) for column in zip(*map(astuple, figures), strict=True)))


def turns(cases: Mapping[Name, Case], runs: int) -> Iterator[dict[Name, Figures]]:
    """Yield what all cases took, turn by turn.

    A busy minute then is nobody's alone; the closest figures to compare are those of one turn.
    """
    for number in range(runs):
        # The other way round every second time: what follows the heaviest case finds the disk cache that one left.
        order = list(cases)[::-1] if number % 2 else list(cases)
        yield {name: _told(name, cases[name]()) for name in order}


def interleaved(cases: Mapping[Name, Case], runs: int) -> dict[Name, Figures]:
    """Return the medians of all cases, which take turns."""
    taken = list(turns(cases, runs))
    return {name: medians([turn[name] for turn in taken]) for name in cases}


def _told(name: Hashable, figures: Figures) -> Figures:
    """Tell a figure as soon as it is there: whoever stops a long measurement keeps what it found."""
    print(f"    {name}: {figures.wall:.2f} s, {figures.cpu:.2f} CPU s", file=sys.stderr, flush=True)
    return figures


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "cpu": _model(),
        "cores": cores_here(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def markdown(table: Table) -> str:
    """Return a table as Markdown."""
    head = f"| {' | '.join(table.columns)} |\n|{'---|' * len(table.columns)}"
    rows = (f"| {' | '.join(map(_cell, row))} |" for row in table.rows)
    return "\n".join((f"### {table.title}", "", head, *rows, *(("", table.note) if table.note else ())))


def _cell(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else value


def plain(table: Table) -> dict[str, object]:
    """Return a table as JSON has it."""
    return asdict(table)
