"""`jobspec run` as a user sees it."""

from tests.clips import decoded_frames
from tests.conftest import Repository


def test_a_second_run_encodes_nothing_and_says_so(repository: Repository) -> None:
    repository.clip(seconds=0.4)
    repository.spec()
    first = repository.jobspec("run")
    assert first.returncode == 0, first.stderr
    made = repository.proxies / "out" / "a.mov"
    before = made.stat().st_mtime_ns
    second = repository.jobspec("run")
    assert second.returncode == 0
    assert "all 1 outputs are up to date" in second.stderr
    assert made.stat().st_mtime_ns == before
    assert decoded_frames(made) == 10
