"""What a command costs before it does anything, against Python itself; and which imports cost most."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.harness import Case, Table, interleaved, measured
from tests.benchmarks.repositories import BASE, PROJECT, write

SPEC = 'jobspec_version: "2.0"\nsources:\n  - media:a.mov\noutput_directory: proxies:out\n' + BASE.replace(
    "_{{ width }}x{{ height }}", ""
)
WORST = 5


def tables(runs: int) -> list[Table]:
    """Return what starting up takes, and what of it imports take."""
    with tempfile.TemporaryDirectory(prefix="jobspec-bench-") as folder:
        top = Path(folder)
        write(top / "jobspec.toml", PROJECT.encode())
        write(top / "specs/day.yaml", SPEC.encode())
        cases = {
            "python -c pass": _case(top, "-c", "pass"),
            "jobspec --version": _case(top, "-m", "runner", "--version"),
            "jobspec check of one spec": _case(top, "-m", "runner", "check"),
        }
        found = interleaved(cases, 5 * runs)
        slow = _imports(top, "-m", "runner", "check")
    base = found["python -c pass"]
    rows = tuple((f"`{name}`", each.wall, each.cpu, each.cpu / base.cpu) for name, each in found.items())
    note = "Goals on two quiet cores: `--version` at most 3 times Python itself, `check` of one spec 0.25 s."
    return [
        Table(title="Start-up", columns=("command", "wall, s", "CPU, s", "times Python"), rows=rows, note=note),
        Table(
            title=f"The {WORST} modules that `check` imports most slowly, each without those that it imports",
            columns=("module", "ms"),
            rows=tuple(slow[:WORST]),
            note=f"{len(slow)} modules, {sum(taken for _, taken in slow):.0f} ms, told by -X importtime.",
        ),
    ]


def _case(top: Path, *words: str) -> Case:
    return lambda: measured([sys.executable, *words], cwd=top)


def _imports(top: Path, *words: str) -> list[tuple[str, float]]:
    """Return modules with the milliseconds of their import alone, the slowest first."""
    command: Sequence[str] = [sys.executable, "-X", "importtime", *words]
    said = subprocess.run(command, cwd=top, check=True, capture_output=True, text=True).stderr
    lines = [line.split("|") for line in said.splitlines() if line.startswith("import time:") and "self" not in line]
    found = [(name.strip(), int(alone.rpartition(":")[2]) / 1000) for alone, _, name in lines]
    return sorted(found, key=lambda each: -each[1])
