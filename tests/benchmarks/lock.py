"""How many small files `lock` learns in a second, against reading as much of them without a look inside."""

import shutil
import sys
import tempfile
from pathlib import Path

from runner.execution.cores import cores
from tests.benchmarks.harness import Figures, Table, interleaved, measured
from tests.benchmarks.repositories import BASE, PROJECT, mounts, write
from tests.clips import clip

FILES = 1_000
LOCK = "specs/day.lock.jsonl"
SPEC = 'jobspec_version: "2.0"\nsources:\n  - glob: "media:**/*.mov"\noutput_directory: proxies:out\n' + BASE
SAMPLED = """
import sys
from pathlib import Path
from runner.media.probe import content_of
for path in Path(sys.argv[1]).rglob("*.mov"):
    content_of(path)
"""


def tables(runs: int, files: int = FILES) -> list[Table]:
    """Return how fast new files are learnt, known ones looked at again, and their bytes sampled."""
    with tempfile.TemporaryDirectory(prefix="jobspec-bench-") as folder:
        top = Path(folder)
        card(top, files)
        cases = {
            "jobspec lock, all new": lambda: _locked(top, new=True),
            "jobspec lock, nothing new": lambda: _locked(top, new=False),
            "their content's digests alone": lambda: measured(
                [sys.executable, "-c", SAMPLED, str(top / "media")], env={"PYTHONPATH": str(Path.cwd())}
            ),
        }
        found = interleaved(cases, runs)
    rows = tuple(
        (f"`{name}`", each.wall, each.cpu, files / each.wall, files / each.cpu) for name, each in found.items()
    )
    columns = ("what", "wall, s", "CPU, s", "files a second", "files a CPU second")
    note = f"The goal is 300 files a second on two quiet cores; {cores()} are used here."
    return [Table(title=f"Locking {files:,} small files", columns=columns, rows=rows, note=note)]


def card(top: Path, files: int) -> None:
    """Make a card of small files: copies of one, for it is opening and reading that is measured."""
    write(top / "jobspec.toml", PROJECT.encode())
    write(top / "specs/day.yaml", SPEC.encode())
    seed = clip(top / "seed.mov", seconds=0.4, tracks=(2,))
    for number in range(files):
        path = top / f"media/card{number // 100}/A{number:04d}.mov"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(seed, path)


def _locked(top: Path, *, new: bool) -> Figures:
    if new:
        (top / LOCK).unlink(missing_ok=True)
    return measured([sys.executable, "-m", "runner", "lock"], cwd=top, env=mounts(top))
