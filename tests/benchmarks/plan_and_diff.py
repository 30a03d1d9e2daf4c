"""How long it takes, and how much memory, to plan 10,000 locked sources in 50 specs, and to diff one changed base.

The repository lies in a temporary folder, with locks of facts made up for it.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.harness import Case, Table, interleaved, measured
from tests.benchmarks.repositories import committed

SPECS, SOURCES = 50, 10_000
COMMANDS = {
    "jobspec plan --locked --format jsonl": ("plan", "--locked", "--format", "jsonl"),
    "jobspec diff main (one base changed)": ("diff", "main"),
    "jobspec diff main --format markdown": ("diff", "main", "--format", "markdown"),
    "jobspec check": ("check",),
}


def tables(runs: int, specs: int = SPECS, sources: int = SOURCES) -> list[Table]:
    """Return what each command takes over so many locked sources."""
    with tempfile.TemporaryDirectory(prefix="jobspec-bench-") as folder:
        committed(Path(folder), specs, sources)
        found = interleaved({name: _case(Path(folder), words) for name, words in COMMANDS.items()}, runs)
    rows = tuple((f"`{name}`", each.wall, each.cpu, each.megabytes) for name, each in found.items())
    title = f"{sources:,} locked sources in {specs} specs over one base"
    return [Table(title=title, columns=("command", "wall, s", "CPU, s", "memory, MB"), rows=rows)]


def _case(top: Path, words: Sequence[str]) -> Case:
    return lambda: measured([sys.executable, "-m", "runner", *words], cwd=top)
