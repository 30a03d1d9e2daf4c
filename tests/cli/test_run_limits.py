"""The options of `run` that say what a task may take, and how closely its output is looked at."""

import json

import pytest

from runner.execution.ledger import Record, read_ledger
from tests.cli.inside import jobspec
from tests.conftest import Repository
from tests.execution.fakes import fake

REAL = 'exec "$real" "$@" "$last"'


@pytest.fixture(autouse=True)
def day(repository: Repository) -> None:
    repository.clip()
    repository.spec()


def records(repository: Repository) -> list[Record]:
    return read_ledger(repository.proxies / "out/.jobspec").of("proxies:out/a.mov")


def test_a_quick_look_is_recorded_and_a_full_one_is_the_default(repository: Repository) -> None:
    assert jobspec(repository, "run", "--verify", "quick").returncode == 0
    assert {each.gate for each in records(repository)} == {"quick"}
    (repository.proxies / "out/a.mov").unlink()
    assert jobspec(repository, "run").returncode == 0
    assert {each.gate for each in records(repository)[3:]} == {None}


def test_what_may_pass_is_tried_twice_more_and_as_often_as_retries_says(repository: Repository) -> None:
    ffmpeg = fake(repository.top / "ffmpeg", "kill -9 $$")
    assert jobspec(repository, "run", "--ffmpeg", str(ffmpeg), "--retries", "1").returncode == 4
    assert [each.again for each in records(repository)] == [0, 0, 1, 1]


def test_an_ffmpeg_without_progress_is_ended_after_the_time_that_was_set(repository: Repository) -> None:
    ffmpeg = fake(repository.top / "ffmpeg", "exec sleep 60")
    limits = ("--stall-timeout", "0.7", "--retries", "0")
    done = jobspec(repository, "run", "--json", "--ffmpeg", str(ffmpeg), *limits)
    assert done.returncode == 4
    (problem,) = json.loads(done.stdout)["outputs"][0]["problems"]
    assert problem.startswith("JS172: FFmpeg made no progress for 1 s and was ended; nothing was published; log: ")


def test_an_ffmpeg_that_takes_too_long_is_ended_after_the_time_that_was_set(repository: Repository) -> None:
    ffmpeg = fake(repository.top / "ffmpeg", "exec yes frame=1")
    done = jobspec(repository, "run", "--ffmpeg", str(ffmpeg), "--timeout", "1")
    assert done.returncode == 4
    assert "JS173" in done.stderr


@pytest.mark.parametrize(
    ("size", "code"), [("512M", 0), ("1g", 0), ("0", 0), ("20000K", 4), ("lots", 64), ("", 64), ("-1", 64)]
)
def test_memory_is_given_as_people_write_it(repository: Repository, size: str, code: int) -> None:
    done = jobspec(repository, "run", f"--memory={size}")
    assert done.returncode == code, done.text


@pytest.mark.parametrize("option", ["--timeout=-1", "--stall-timeout=x", "--retries=-1", "--verify=never"])
def test_what_makes_no_sense_is_wrong_usage(repository: Repository, option: str) -> None:
    assert jobspec(repository, "run", option).returncode == 64
