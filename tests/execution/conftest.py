"""A bench for each test of what encodes."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clips import clip
from tests.execution.bench import Bench, bench_in
from tests.execution.fakes import end_processes_about


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("sample") / "sample.mov")


@pytest.fixture
def bench(tmp_path: Path, sample: Path) -> Bench:
    return bench_in(tmp_path, sample)


@pytest.fixture(autouse=True)
def watchdog(tmp_path: Path) -> Iterator[None]:
    """End what the code under test failed to end, so that such a test fails and does not hang."""
    timer = threading.Timer(30, end_processes_about, [str(tmp_path)])
    timer.start()
    yield
    timer.cancel()
