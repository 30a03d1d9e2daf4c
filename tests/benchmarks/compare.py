"""`make bench-compare REV=…`: what this work tree and another revision take for the same things, in turns.

The other revision is checked out below build/bench with a virtual environment of its own, so that its dependencies are
those that it names. Both look at the same repositories, which this work tree makes: locks and ledgers have one format.
Exits with 1 when something has become slower by more than noise: see SLOWER.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

from tests.benchmarks.harness import Figures, Table, interleaved, machine, markdown, measured
from tests.benchmarks.lock import LOCK, card
from tests.benchmarks.media import camera
from tests.benchmarks.repositories import committed, made_apart, mounts, write

HERE = Path(__file__).parents[2]
BUILD = HERE / "build/bench"
# What is planned alone.
SPECS, SOURCES = 10, 2_000
# What is made, for verbs that look at outputs; building it takes ten seconds.
DAYS, MADE = 20, 10_000
# What is locked anew, and what is encoded.
FILES, CLIPS = 300, 3
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


@dataclass(frozen=True, slots=True)
class Revision:
    """One of the two: its Python, and a folder of its own for what it remembers, which hangs on its code."""

    python: Path
    cache: Path

    def jobspec(self, top: Path, *words: str) -> Figures:
        """Run a verb in a repository; where its recipes are others than ours, what is made is stale to it (3)."""
        env = {**mounts(top), "XDG_CACHE_HOME": str(self.cache)}
        return measured([self.python, "-m", "runner", *words], cwd=top, env=env, codes=(0, 3))

    def forget(self) -> None:
        """Remove what it remembers."""
        shutil.rmtree(self.cache, ignore_errors=True)


def repositories(top: Path) -> None:
    """Make all repositories that are looked at, each in a folder of its own."""
    committed(top / "locked", SPECS, SOURCES)
    made_apart(top / "made", DAYS, MADE)
    card(top / "card", FILES)
    films(top / "films")


def films(top: Path) -> None:
    """Make a repository of two specs over the same few clips, which nothing has locked."""
    for number in range(CLIPS):
        camera(top / f"media/clip{number}.mp4", size="1280x720", seconds=1 + number / 2, seed=number)
    write(top / "jobspec.toml", b'[roots]\nmedia = "clips"\nproxies = "what is made"\n')
    sources = ", ".join(f'"media:clip{number}.mp4"' for number in range(CLIPS))
    for codec in ("prores_proxy", "h264"):
        write(top / f"specs/{codec}.yaml", FILMS.format(sources=sources, codec=codec).encode())


Maker = Callable[[Revision], Figures]


def verb(top: Path, *words: str) -> Maker:
    """Return how a verb is measured."""
    return lambda revision: revision.jobspec(top, *words)


def first(top: Path, word: str) -> Maker:
    """Return how a verb is measured that remembers nothing, so that it builds the plan."""

    def maker(revision: Revision) -> Figures:
        revision.forget()
        return revision.jobspec(top, word)

    return maker


def again(top: Path, word: str) -> Maker:
    """Return how a verb is measured right after itself, so that it remembers."""

    def maker(revision: Revision) -> Figures:
        revision.jobspec(top, word)
        return revision.jobspec(top, word)

    return maker


def anew(top: Path) -> Maker:
    """Return how `lock` is measured where there is no lock."""

    def maker(revision: Revision) -> Figures:
        (top / LOCK).unlink(missing_ok=True)
        return revision.jobspec(top, "lock")

    return maker


def run(top: Path) -> Maker:
    """Return how a whole run is measured: each time into a folder of its own."""
    numbers = count()

    def maker(revision: Revision) -> Figures:
        made = top / f"made{next(numbers)}"
        made.mkdir()
        return revision.jobspec(top, "run", "--root", f"proxies={made}")

    return maker


def makers(top: Path) -> dict[str, Maker]:
    """Return what is compared: each verb over the repository that was made for it."""
    locked, made = f"{SOURCES:,} locked sources", f"{MADE:,} outputs, all made"
    return {
        "jobspec --version": verb(top / "locked", "--version"),
        f"check, {locked}": verb(top / "locked", "check"),
        f"plan --locked, {locked}": verb(top / "locked", "plan", "--locked", "--format", "jsonl"),
        f"diff of one base, {locked}": verb(top / "locked", "diff", "main"),
        f"status, the first time, {made}": first(top / "made", "status"),
        f"status, again, {made}": again(top / "made", "status"),
        f"run with nothing to do, again, {made}": again(top / "made", "run"),
        f"lock, {FILES} small files, all new": anew(top / "card"),
        f"run, {CLIPS} clips of 720p to ProRes Proxy and H.264": run(top / "films"),
    }


def compared(theirs: Path, runs: int) -> Table:
    """Return the table of both revisions."""
    with tempfile.TemporaryDirectory(prefix="jobspec-compare-") as folder:
        top = Path(folder)
        repositories(top)
        pythons = {"then": theirs, "now": Path(sys.executable)}
        revisions = {when: Revision(python, top / "cache" / when) for when, python in pythons.items()}
        made = makers(top)
        cases = {(name, when): partial(made[name], each) for name in made for when, each in revisions.items()}
        found = interleaved(cases, runs)
    columns = ("what", "then, s", "now, s", "ratio", "then, CPU s", "now, CPU s", "ratio", "memory, ratio")
    rows = tuple(_row(name, found[name, "then"], found[name, "now"]) for name in made)
    return Table(title="This work tree against another revision", columns=columns, rows=rows)


def _row(name: str, then: Figures, now: Figures) -> tuple[str | float, ...]:
    ratios = (now.wall / then.wall, now.cpu / then.cpu, now.megabytes / then.megabytes)
    return name, then.wall, now.wall, ratios[0], then.cpu, now.cpu, ratios[1], ratios[2]


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
