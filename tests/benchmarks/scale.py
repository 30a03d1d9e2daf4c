"""How verbs grow with the number of locked sources: 1,000, 10,000 and 100,000, in specs of 500 each.

All is made, so that `status` and `run` have nothing to do. The first of each builds the plan, and remembers it in
brief; the next asks the repository whether it is still the same.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from math import log
from pathlib import Path
from statistics import linear_regression

from tests.benchmarks.harness import Case, Figures, Table, interleaved, measured
from tests.benchmarks.repositories import made_apart, mounts

SIZES, IN_A_SPEC = (1_000, 10_000, 100_000), 500
PLAN = ("plan", "--locked", "--format", "jsonl", "-o", "plan.jsonl")
AGAIN, FIRST = ", again", ", the first time"
# What issue 7 asks of 100,000 sources on two cores, in seconds on the clock.
GOALS = {"check": 10, "plan": 20, "status" + AGAIN: 5, "run" + AGAIN: 5}
READ = """
import sys, time
from pathlib import Path
from runner.execution.ledger import read_ledger
wall, cpu = time.perf_counter(), time.process_time()
count = sum(len(each) for each in read_ledger(Path(sys.argv[1])).by_output.values())
print(count, time.perf_counter() - wall, time.process_time() - cpu)
"""
Name = tuple[str, int]


def tables(runs: int, sizes: tuple[int, ...] = SIZES) -> list[Table]:
    """Return what each verb takes at each size, by how much it grows, and how long a ledger takes to open."""
    with tempfile.TemporaryDirectory(prefix="jobspec-bench-") as folder:
        tops = {size: Path(folder, str(size)) for size in sizes}
        for size, top in tops.items():
            made_apart(top, max(1, size // IN_A_SPEC), size)
        found = interleaved({(verb, size): case for size, top in tops.items() for verb, case in _cases(top)}, runs)
        ledgers = {size: _opened(top) for size, top in tops.items()}
    return [_taken(found, sizes), _growth(found, sizes), _ledger(ledgers)]


def _cases(top: Path) -> list[tuple[str, Case]]:
    """Return the verbs, those that remember both without and with what they do."""

    def run(*words: str) -> Figures:
        return measured([sys.executable, "-m", "runner", *words], cwd=top, env=mounts(top))

    def first(*words: str) -> Figures:
        shutil.rmtree(top / "cache", ignore_errors=True)
        return run(*words)

    def again(*words: str) -> Figures:
        run(*words)
        return run(*words)

    return [
        ("check", lambda: run("check")),
        ("plan", lambda: run(*PLAN)),
        *((verb + FIRST, lambda verb=verb: first(verb)) for verb in ("status", "run")),
        *((verb + AGAIN, lambda verb=verb: again(verb)) for verb in ("status", "run")),
    ]


def _taken(found: Mapping[Name, Figures], sizes: tuple[int, ...]) -> Table:
    rows = tuple((f"`{verb}`", size, each.wall, each.cpu, each.megabytes) for (verb, size), each in found.items())
    goals = ", ".join(f"`{verb}` {seconds} s" for verb, seconds in GOALS.items())
    return Table(
        title=f"Up to {max(sizes):,} locked sources, all made",
        columns=("verb", "sources", "wall, s", "CPU, s", "memory, MB"),
        rows=rows,
        note=f"Goals at 100,000 on two quiet cores: {goals}; at most 1,000 MB.",
    )


def _growth(found: Mapping[Name, Figures], sizes: tuple[int, ...]) -> Table:
    """Return the exponents of growth: over all sizes, and over the two largest, where starting up hardly counts."""
    verbs = dict.fromkeys(verb for verb, _ in found)
    rows = tuple((f"`{verb}`", _exponent(found, verb, sizes), _exponent(found, verb, sizes[-2:])) for verb in verbs)
    return Table(
        title="Growth: CPU seconds go with sources to the power of",
        columns=("verb", "all sizes", "the two largest"),
        rows=rows,
        note="1 is linear; the goal is at most 1.1.",
    )


def _exponent(found: Mapping[Name, Figures], verb: str, sizes: tuple[int, ...]) -> float:
    return linear_regression([log(size) for size in sizes], [log(found[verb, size].cpu) for size in sizes]).slope


def _opened(top: Path) -> tuple[int, float, float]:
    """Return how many lines the ledgers of a repository have, joined to one, and what reading them takes, in seconds.

    On the clock, and of CPU.
    """
    state = top / "joined/.jobspec"
    (state / "ledger").mkdir(parents=True)
    with (state / "ledger/all.jsonl").open("wb") as joined:
        for each in sorted((top / "proxies").glob("*/.jobspec/ledger/*.jsonl")):
            joined.write(each.read_bytes())
    said = subprocess.run([sys.executable, "-c", READ, str(state)], check=True, capture_output=True, text=True).stdout
    count, wall, cpu = said.split()
    return int(count), float(wall), float(cpu)


def _ledger(opened: Mapping[int, tuple[int, float, float]]) -> Table:
    rows = tuple((lines, wall, cpu, cpu * 100_000 / lines) for lines, wall, cpu in opened.values())
    return Table(
        title="Opening a ledger: every line decoded, and checked",
        columns=("lines", "wall, s", "CPU, s", "CPU for 100,000 lines, s"),
        rows=rows,
        note="The goal is 1 s for 100,000 lines.",
    )
