"""`--engine`, as far as no Dask is needed for it: tests/cluster has the rest."""

from pathlib import Path

import pytest

from tests.conftest import Repository
from tests.test_startup import imported


@pytest.fixture
def due(repository: Repository) -> Repository:
    """A repository with an output to make."""
    repository.clip()
    repository.spec()
    return repository


def test_a_local_run_imports_nothing_of_dask(due: Repository) -> None:
    found, done = imported("-m", "runner", "run", cwd=due.top, env=due.environment)
    assert done.returncode == 0, done.stderr
    assert "runner" in found
    assert found & {"distributed", "dask", "tornado"} == set()


def test_without_the_extra_the_error_names_what_installs_it(due: Repository, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "distributed.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'distributed'\", name=__name__)\n"
    )
    done = due.jobspec("run", "--engine", "dask", "--scheduler", "tls://x:1", env={"PYTHONPATH": str(hidden)})
    assert done.returncode == 64
    assert done.stderr.strip().splitlines()[-1].startswith("JS240")
    assert "pip install 'jobspec-runner[dask]'" in done.stderr
    assert due.outputs() == []


def test_an_engine_without_a_scheduler_is_no_engine(due: Repository) -> None:
    done = due.jobspec("run", "--engine", "dask")
    assert done.returncode == 64
    assert "JS255" in done.stderr
    assert "--scheduler tls://HOST:PORT" in done.stderr


def test_nobody_is_asked_when_nothing_is_to_be_made(due: Repository) -> None:
    assert due.jobspec("run").returncode == 0
    done = due.jobspec("run", "--engine", "dask", "--scheduler", "tls://nowhere.invalid:1")
    assert done.returncode == 0, done.stderr
    assert "nothing was encoded" in done.stderr


def test_one_task_by_itself_has_no_choice_of_an_engine(due: Repository) -> None:
    assert "--engine" in due.jobspec("run", "--help").stdout
    assert "--engine" in due.jobspec("retry", "--help").stdout
    assert "--engine" not in due.jobspec("exec-task", "--help").stdout
