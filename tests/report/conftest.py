"""A bench for each test of what is told about outputs."""

from pathlib import Path

import pytest

from tests.clips import clip
from tests.execution.bench import Bench, bench_in


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("sample") / "sample.mov")


@pytest.fixture
def bench(tmp_path: Path, sample: Path) -> Bench:
    return bench_in(tmp_path, sample)
