"""What a worker says of itself when it is asked; what is asked by whole runs is in tests/cluster."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from runner.execution.cluster.question import Question, answered
from tests.conftest import Repository


def test_two_runs_that_ask_one_worker_at_once_both_find_it_fit(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBSPEC_ROOT_PROXIES", str(repository.proxies))
    many = ("proxies:out",) * 100
    question = Question(lines=(), encoders=(), filters=(), ffmpeg=None, directories=many, marks=(), sources=())
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(answered, (question, question)))
    assert [each.unable for each in answers] == [(), ()]
    assert list((repository.proxies / "out/.jobspec/work").iterdir()) == []
