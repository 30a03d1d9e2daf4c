"""A site for each test of a fault, copied from one that is made once."""

from pathlib import Path

import pytest

from tests.clips import clip
from tests.faults.site import Site, copy_site, new_site


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("sample") / "sample.mov", tracks=(1,))


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Site:
    return new_site(tmp_path_factory.mktemp("once"), sample)


@pytest.fixture
def site(tmp_path: Path, once: Site) -> Site:
    return copy_site(once, tmp_path)
