"""How well the cores are used: one worker on one core against as many as there are, and one long clip alone.

Beside it stands what the machine itself gives: lines of FFmpeg of one thread that know nothing of each other, one on
each core, against one of them alone. Cores share caches and memory, so that two do not do twice the work of one.
Processes are held to single cores, by number, which Linux alone allows (sched_setaffinity); elsewhere this one fails.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.benchmarks.harness import Case, Figures, Table, interleaved, measured
from tests.benchmarks.media import camera
from tests.benchmarks.team import Team, team

# Seconds of twelve clips of unequal length, the longest not the first.
LENGTHS = (2, 4, 2, 6, 2, 16, 4, 2, 8, 2, 4, 12)
LONG = 24
JOBS = {"prores_proxy": "half", "dnxhr_lb": "half", "h264": "half"}


def _cores() -> list[int]:
    """Return the numbers of the cores that we may run on: here it is asked for which ones, not for how many."""
    return sorted(os.sched_getaffinity(0))


def _team(made: Team, lengths: tuple[float, ...], codec: str, resolution: str) -> None:
    names = [f"{number:02d}.mov" for number in range(len(lengths))]
    for number, (name, seconds) in enumerate(zip(names, lengths, strict=True)):
        camera(made.media / name, size="1280x720", seconds=seconds, seed=number)
    made.spec("job", names, codec=codec, resolution=resolution)
    made.jobspec("lock")


def _apart(made: Team, cores: list[int]) -> Figures:
    """Run the first clip's line on each of these cores at once, in one thread; return what the slowest took."""
    made.clear()
    plan = made.plan()
    lines = [next(made.commands(plan, threads=1, copy=core)) for core in cores]
    with ThreadPoolExecutor(len(cores)) as pool:  # affinity is a thread's own, and its children's
        found = list(pool.map(lambda line, core: measured(line, cores=[core]), lines, cores))
    return max(found, key=lambda each: each.wall)


def _measured(lengths: tuple[float, ...], codec: str, resolution: str, runs: int) -> dict[str, Figures]:
    """Return what one core takes and what all take, each with the workers that a run has by itself there."""
    print(f"  {codec}, {len(lengths)} clips", file=sys.stderr)
    with team() as made:
        _team(made, lengths, codec, resolution)
        cases: dict[str, Case] = {
            "one": lambda: made.run("--workers", "1", cores=_cores()[:1]),
            "all": lambda: made.run(),
            "a line": lambda: _apart(made, _cores()[:1]),
            "a line on each": lambda: _apart(made, _cores()),
        }
        return interleaved(cases, runs)


def _row(codec: str, resolution: str, runs: int) -> tuple[str | float, ...]:
    cores, many, long = len(_cores()), *(_measured(each, codec, resolution, runs) for each in (LENGTHS, (LONG,)))
    used, alone = (found["one"].wall / (cores * found["all"].wall) for found in (many, long))
    given = long["a line"].wall / long["a line on each"].wall
    busy = many["all"].cpu / (cores * many["all"].wall)
    return codec, many["one"].wall, many["all"].wall, used, given, used / given, busy, alone


def tables(runs: int) -> list[Table]:
    """Return the makespan on one core over that on all, by codec; 1 is every core busy all the time."""
    return [
        Table(
            title=f"How well {len(_cores())} cores are used",
            columns=(
                *("codec", "1 worker on 1 core, s", "all cores, s", "used", "the machine gives", "used of that"),
                *("busy", "one long clip"),
            ),
            rows=tuple(_row(codec, resolution, runs) for codec, resolution in JOBS.items()),
            note=f"Twelve clips of {min(LENGTHS)} to {max(LENGTHS)} s, then one of {LONG} s; `jobspec run`, start-up"
            " and gate included. Used: the makespan of 1 worker on 1 core over that on all cores, times their number."
            " The machine gives: the time of one FFmpeg line in one thread, alone, over that of such a line on every"
            " core. Busy: CPU seconds over the makespan and all cores.",
        )
    ]
