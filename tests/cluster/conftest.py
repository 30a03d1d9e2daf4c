"""The cluster's tests: a site of four clips, each long enough to kill somebody in the middle of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clips import clip
from tests.cluster.cluster import Cluster
from tests.faults.site import Site, copy_site, new_site

NAMES = ("a.mov", "b.mov", "c.mov", "d.mov")
FRAMES = 150


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Site:
    top = tmp_path_factory.mktemp("site")
    source = clip(top / "source.mov", size="640x360", seconds=FRAMES / 25)
    return new_site(top, source, FRAMES, NAMES)


@pytest.fixture
def idle(once: Site, tmp_path: Path) -> Iterator[Cluster]:
    """Return a cluster that has no process yet."""
    found = Cluster(tmp_path, copy_site(once, tmp_path / "site"))
    yield found
    found.end()


@pytest.fixture
def cluster(idle: Cluster) -> Cluster:
    """Return a cluster with a scheduler and two workers."""
    idle.scheduler()
    idle.worker("alpha")
    idle.worker("beta")
    return idle
