"""What a cluster costs: 24 short tasks on two workers against two local ones, and 10,000 that are done already."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks import repositories
from tests.benchmarks.harness import Case, Figures, Table, interleaved, measured
from tests.cli.made import new_repository
from tests.clips import clip
from tests.cluster.cluster import Cluster
from tests.conftest import Repository
from tests.faults.site import Site

SHORT, MANY, SPECS = 24, 10_000, 10
# Four to five seconds of CPU, encode and gate together, on one core of a cloud machine.
FRAMES, SIZE = 200, "640x360"


def _site(top: Path, count: int, **options: object) -> Site:
    """Return a site of sources that are one file under many names."""
    repository = new_repository(top)
    names = [f"{number:05}.mov" for number in range(count)]
    first = clip(repository.media / names[0], **options)  # type: ignore[arg-type]
    for name in names[1:]:
        (repository.media / name).hardlink_to(first)
    repository.spec(sources=tuple(f"media:{name}" for name in names))
    _do(repository, "lock")
    return Site(repository)


def _do(repository: Repository, *arguments: str) -> Figures:
    command = (sys.executable, "-m", "runner", *arguments)
    return measured(command, cwd=repository.top, env=repository.environment)


@contextmanager
def _cluster(top: Path, site: Site) -> Iterator[Cluster]:
    found = Cluster(top, site)
    try:
        found.scheduler()
        for name in ("alpha", "beta"):
            found.worker(name)
        yield found
    finally:
        found.end()


def _afresh(site: Site, *arguments: str) -> Case:
    def case() -> Figures:
        shutil.rmtree(site.out, ignore_errors=True)
        return _do(site.repository, "run", *arguments)

    return case


def _short(top: Path, runs: int) -> Table:
    site = _site(top, SHORT, size=SIZE, seconds=FRAMES / 25)
    with _cluster(top, site) as cluster:
        cases = {"local": _afresh(site, "--workers", "2"), "dask": _afresh(site, *cluster.arguments())}
        found = interleaved(cases, runs)
    rows = tuple((name, each.wall, each.wall / found["local"].wall) for name, each in found.items())
    note = f"{SHORT} clips of {FRAMES} frames, {SIZE}, ProRes Proxy; the goal is 1.10. The cluster stands already."
    return Table(title="24 short tasks, two workers", columns=("engine", "wall, s", "÷ local"), rows=rows, note=note)


def _done(top: Path, runs: int) -> Table:
    repositories.made(top, SPECS, MANY)
    run = (sys.executable, "-m", "runner", "run")
    with _cluster(top, _no_site(top)) as cluster:
        env = repositories.mounts(top)
        cases: dict[str, Case] = {
            "local": lambda: measured(run, cwd=top, env=env),
            "dask": lambda: measured((*run, *cluster.arguments()), cwd=top, env=env),
        }
        found = interleaved(cases, runs)
    rows = tuple((name, each.wall, each.cpu, each.megabytes) for name, each in found.items())
    columns = ("engine", "wall, s", "CPU, s", "MB")
    note = "The goal is 30 s. What stands is seen by who runs: nothing is handed to the cluster."
    return Table(title=f"{MANY:,} tasks that are done already", columns=columns, rows=rows, note=note)


def _no_site(top: Path) -> Site:
    return Site(Repository(top, top / "media", top / "proxies"))


def tables(runs: int) -> list[Table]:
    """Return what a cluster of two workers takes, against the local engine in the same minutes."""
    with tempfile.TemporaryDirectory() as short, tempfile.TemporaryDirectory() as done:
        return [_short(Path(short), runs), _done(Path(done), runs)]
