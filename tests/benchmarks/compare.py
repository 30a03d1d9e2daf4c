"""`make bench-compare REV=…`: what this work tree and another revision take for the same things, in turns.

The other revision is checked out below build/bench with a virtual environment of its own, so that its dependencies are
those that it names. Exits with 1 when something has become slower by more than noise: see SLOWER.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.benchmarks.harness import Case, Figures, Table, interleaved, machine, markdown, measured
from tests.benchmarks.media import camera
from tests.benchmarks.repositories import committed, write

HERE = Path(__file__).parents[2]
BUILD = HERE / "build/bench"
SPECS, SOURCES, CLIPS = 10, 2_000, 3
# A ratio above this is called slower: medians of three runs on shared cores differ by less.
SLOWER = 1.15
FILMS = """\
jobspec_version: "2.0"
sources: [{sources}]
output_directory: proxies:made
codec: {codec}
container: mov
resolution: half
fps_mode: same-as-source
naming_template: "{{{{ source_name }}}}_{codec}"
"""


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=HERE, check=True, capture_output=True, text=True).stdout.strip()


@contextmanager
def other(revision: str) -> Iterator[Path]:
    """Yield the Python of the other revision, checked out and installed; the check-out is removed afterwards."""
    commit = _git("rev-parse", "--short=12", f"{revision}^{{commit}}")
    tree = BUILD / commit
    shutil.rmtree(tree, ignore_errors=True)
    _git("worktree", "prune")
    _git("worktree", "add", "--detach", "--quiet", str(tree), commit)
    try:
        subprocess.run(["make", "--silent", ".venv/.ready"], cwd=tree, check=True, stdout=subprocess.DEVNULL)
        yield tree / ".venv/bin/python"
    finally:
        _git("worktree", "remove", "--force", str(tree))


def films(top: Path) -> None:
    """Make a repository of two specs over the same few clips, which nothing has locked."""
    for number in range(CLIPS):
        camera(top / f"media/clip{number}.mp4", size="1280x720", seconds=1 + number / 2, seed=number)
    write(top / "jobspec.toml", b'[roots]\nmedia = "clips"\nproxies = "what is made"\n')
    sources = ", ".join(f'"media:clip{number}.mp4"' for number in range(CLIPS))
    for codec in ("prores_proxy", "h264"):
        write(top / f"specs/{codec}.yaml", FILMS.format(sources=sources, codec=codec).encode())


Maker = Callable[[Path], Case]


def verb(top: Path, *words: str) -> Maker:
    """Return how a verb is measured under a given Python."""
    return lambda python: lambda: measured([python, "-m", "runner", *words], cwd=top, codes=(0, 3))


def run(top: Path) -> Maker:
    """Return how a whole run is measured: each time into a folder of its own."""
    numbers = count()

    def once(python: Path) -> Case:
        def case() -> Figures:
            made = top / f"made{next(numbers)}"
            made.mkdir()
            roots = ("--root", f"media={top / 'media'}", "--root", f"proxies={made}")
            return measured([python, "-m", "runner", "run", *roots], cwd=top)

        return case

    return once


def makers(large: Path, small: Path) -> dict[str, Maker]:
    """Return what is compared: the verbs over a large locked repository, and a real run."""
    return {
        "jobspec --version": verb(large, "--version"),
        f"check, {SOURCES:,} locked sources": verb(large, "check"),
        f"plan --locked, {SOURCES:,} locked sources": verb(large, "plan", "--locked", "--format", "jsonl"),
        f"diff of one base, {SOURCES:,} locked sources": verb(large, "diff", "main"),
        f"run, {CLIPS} clips of 720p to ProRes Proxy and H.264": run(small),
    }


def compared(theirs: Path, runs: int) -> Table:
    """Return the table of both revisions."""
    with tempfile.TemporaryDirectory(prefix="jobspec-compare-") as folder:
        large, small = Path(folder, "large"), Path(folder, "small")
        committed(large, SPECS, SOURCES)
        films(small)
        pythons = {"then": theirs, "now": Path(sys.executable)}
        made = makers(large, small)
        cases = {(name, when): make(python) for name, make in made.items() for when, python in pythons.items()}
        found = interleaved(cases, runs)
    rows = []
    for name in made:
        then, now = found[name, "then"], found[name, "now"]
        ratios = (now.wall / then.wall, now.cpu / then.cpu, now.megabytes / then.megabytes)
        rows.append((name, then.wall, now.wall, ratios[0], then.cpu, now.cpu, ratios[1], ratios[2]))
    columns = ("what", "then, s", "now, s", "ratio", "then, CPU s", "now, CPU s", "ratio", "memory, ratio")
    return Table(title="This work tree against another revision", columns=columns, rows=tuple(rows))


def main() -> int:
    """Compare with the revision that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.compare", description=__doc__)
    parser.add_argument("revision", metavar="REV", help="a commit, a branch, a tag")
    parser.add_argument("--runs", type=int, default=3, help="how often each case runs; medians are told")
    asked = parser.parse_args()
    with other(asked.revision) as python:
        table = compared(python, asked.runs)
    print(", ".join(f"{name} {value}" for name, value in machine().items()), end="\n\n")
    print(markdown(table))
    slower = [str(row[0]) for row in table.rows if float(row[6]) > SLOWER]
    print(f"\nslower by more than {SLOWER - 1:.0%} CPU: {'; '.join(slower) or 'nothing'}")
    return bool(slower)


if __name__ == "__main__":
    sys.exit(main())
