"""`jobspec exec-task` as whatever hands out tasks sees it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.inside import Done, jobspec
from tests.clips import decoded_frames
from tests.conftest import Repository
from tests.execution.fakes import FAILS, fake


@pytest.fixture
def plan(repository: Repository) -> Path:
    """A saved plan of two tasks."""
    repository.clip("a.mov")
    shutil.copy(repository.media / "a.mov", repository.media / "b.mov")
    repository.spec(sources=("media:a.mov", "media:b.mov"))
    path = repository.top.parent / "plan.jsonl"
    done = jobspec(repository, "plan", "-o", str(path))
    assert done.returncode == 0, done.stderr
    return path


def task(repository: Repository, plan: Path, number: int, *arguments: str) -> Done:
    nowhere = repository.top.parent / "nowhere"
    nowhere.mkdir(exist_ok=True)
    return jobspec(repository, "exec-task", "--plan", str(plan), "--task", str(number), *arguments, cwd=nowhere)


def test_it_makes_one_task_and_no_other_and_needs_no_repository(repository: Repository, plan: Path) -> None:
    shutil.rmtree(repository.top)
    done = task(repository, plan, 1)
    assert done.returncode == 0, done.stderr
    assert repository.outputs() == ["out/b.mov"]
    assert decoded_frames(repository.proxies / "out" / "b.mov") == 10


def test_what_it_made_is_done_for_run_and_the_other_way_round(repository: Repository, plan: Path) -> None:
    task(repository, plan, 1)
    done = jobspec(repository, "run", "--json")
    assert [each["state"] for each in json.loads(done.stdout)["outputs"]] == ["made", "done"]
    again = task(repository, plan, 0, "--ffmpeg", "/nowhere")
    assert again.returncode == 0
    assert "up to date; nothing was encoded" in again.stderr


@pytest.mark.parametrize(
    ("number", "arguments", "code"),
    [
        pytest.param(2, (), 64, id="no such task"),
        pytest.param(0, ("--ffmpeg", "/nowhere"), 75, id="no FFmpeg"),
        pytest.param(0, ("--root", "media=/nowhere"), 75, id="no media"),
        pytest.param(0, ("--memory", "much"), 64, id="no size"),
    ],
)
def test_it_exits_as_run_does(
    repository: Repository, plan: Path, number: int, arguments: tuple[str, ...], code: int
) -> None:
    done = task(repository, plan, number, *arguments)
    assert done.returncode == code, done.stderr
    assert repository.outputs() == []


def test_a_failure_is_a_4(repository: Repository, plan: Path) -> None:
    ffmpeg = fake(repository.top / "ffmpeg", FAILS)
    assert task(repository, plan, 0, "--ffmpeg", str(ffmpeg)).returncode == 4
    assert task(repository, plan, 0).returncode == 0


def test_a_plan_that_says_other_than_its_inputs_is_not_run(repository: Repository, plan: Path) -> None:
    plan.write_text(plan.read_text().replace("prores_ks", "prores_aw"))
    done = task(repository, plan, 0)
    assert done.returncode == 1
    assert "JS121" in done.stderr
    assert repository.outputs() == []


def test_a_file_that_is_not_ours_is_left_alone(repository: Repository, plan: Path) -> None:
    (repository.proxies / "out").mkdir()
    (repository.proxies / "out" / "a.mov").write_text("somebody's")
    assert task(repository, plan, 0).returncode == 4
    assert (repository.proxies / "out" / "a.mov").read_text() == "somebody's"


def test_an_output_that_leaves_its_root_by_a_link_is_refused(repository: Repository, plan: Path) -> None:
    (repository.proxies / "out").symlink_to(repository.media)
    assert task(repository, plan, 0).returncode == 1
    assert sorted(path.name for path in repository.media.iterdir()) == ["a.mov", "b.mov"]


def test_it_is_not_in_the_list_of_verbs_and_has_help(repository: Repository) -> None:
    assert "exec-task" not in jobspec(repository, "--help").stdout
    assert "--task" in jobspec(repository, "exec-task", "--help").stdout
