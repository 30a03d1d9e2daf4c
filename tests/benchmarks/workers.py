"""How well the cores are used: one worker on one core against as many as there are, and one long clip alone."""

import os

from tests.benchmarks.harness import Figures, Table, interleaved
from tests.benchmarks.media import camera
from tests.benchmarks.team import Team, team

# Seconds of twelve clips of unequal length, the longest not the first.
LENGTHS = (1, 2, 1, 3, 1, 8, 2, 1, 4, 1, 2, 6)
LONG = 12
JOBS = {"prores_proxy": "half", "dnxhr_lb": "half", "h264": "half", "h265": "half"}


def _cores() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def _team(made: Team, lengths: tuple[float, ...], codec: str, resolution: str) -> None:
    names = [f"{number:02d}.mov" for number in range(len(lengths))]
    for number, (name, seconds) in enumerate(zip(names, lengths, strict=True)):
        camera(made.media / name, size="1280x720", seconds=seconds, seed=number)
    made.spec("job", names, codec=codec, resolution=resolution)
    made.jobspec("lock")


def _measured(lengths: tuple[float, ...], codec: str, resolution: str, runs: int) -> dict[str, Figures]:
    """Return what one core takes and what all take, each with the workers that a run has by itself there."""
    with team() as made:
        _team(made, lengths, codec, resolution)
        cases = {
            "one": lambda: made.run("--workers", "1", cores=_cores()[:1]),
            "one on all": lambda: made.run("--workers", "1"),
            "all": lambda: made.run(),
        }
        return interleaved(cases, runs)


def _row(codec: str, resolution: str, runs: int) -> tuple[str | float, ...]:
    cores, many, long = len(_cores()), *(_measured(each, codec, resolution, runs) for each in (LENGTHS, (LONG,)))
    used = many["one"].wall / (cores * many["all"].wall)
    lone = many["one"].wall / (cores * many["one on all"].wall)
    alone = long["one"].wall / (cores * long["all"].wall)
    return codec, many["one"].wall, many["all"].wall, used, lone, many["all"].cpu / many["one"].cpu, alone


def tables(runs: int) -> list[Table]:
    """Return the makespan on one core over that on all, by codec; 1 is every core busy all the time."""
    return [
        Table(
            title=f"How well {len(_cores())} cores are used",
            columns=(
                *("codec", "1 worker on 1 core, s", "all cores, s", "used", "by 1 worker", "CPU ÷"),
                "one long clip",
            ),
            rows=tuple(_row(codec, resolution, runs) for codec, resolution in JOBS.items()),
            note=f"Twelve clips of {min(LENGTHS)} to {max(LENGTHS)} s, then one of {LONG} s; `jobspec run`, start-up"
            " and gate included. Used: the makespan of 1 worker on 1 core over that on all cores, times their number.",
        )
    ]
