"""`jobspec exec-task --digest`: a task as an engine orders it, told in lines, given up when its stdin ends."""

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.execution.ledger import read_ledger
from tests.clips import decoded_frames
from tests.conftest import Repository
from tests.execution.fakes import end_processes_about, endless, processes_about


@pytest.fixture
def plan(repository: Repository) -> Path:
    """A plan of two tasks, kept where a run keeps it."""
    repository.clip("a.mov")
    shutil.copy(repository.media / "a.mov", repository.media / "b.mov")
    repository.spec(sources=("media:a.mov", "media:b.mov"))
    path = repository.proxies / "out/.jobspec/plans/x.jsonl"
    path.parent.mkdir(parents=True)
    assert repository.jobspec("plan", "-o", str(path)).returncode == 0
    return path


@pytest.fixture(autouse=True)
def nobody_left(repository: Repository) -> Iterator[None]:
    yield
    end_processes_about(f"{repository.proxies}/")


def digest(plan: Path) -> str:
    return f"sha256:{hashlib.sha256(plan.read_bytes()).hexdigest()}"


def ordered(
    repository: Repository, plan: Path, number: int, *more: str, place: str | None = None
) -> "subprocess.Popen[str]":
    """Order a task, of a plan below a root, or named by a path as seen from the folder around the repository."""
    named = place or f"proxies:{plan.relative_to(repository.proxies)}"
    order = ("--plan", named, "--digest", digest(plan), "--task", str(number), "--worker", "alpha", *more)
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", "runner", "exec-task", *order],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,  # type: ignore[call-overload]
        cwd=repository.top.parent,
        env=repository.environment,
    )


def told(process: "subprocess.Popen[str]") -> list[dict[str, object]]:
    """Return what it told; its stdin stays open until it has ended."""
    assert process.stdout
    lines = [json.loads(line) for line in process.stdout]
    process.communicate()
    return lines


def test_it_tells_each_step_and_records_who_made_it(repository: Repository, plan: Path) -> None:
    process = ordered(repository, plan, 1, "--due", "1", "--ledger", "shared")
    lines = told(process)
    assert process.returncode == 0, lines
    assert [each["what"] for each in lines if each["what"] != "moved"] == ["begun", "ended"]
    assert lines[-1]["output"] == "proxies:out/b.mov"
    assert repository.outputs() == ["out/b.mov"]
    assert decoded_frames(repository.proxies / "out/b.mov") == 10
    records = read_ledger(plan.parent.parent).of("proxies:out/b.mov")
    assert {each.worker for each in records} == {"alpha"}
    assert {each.plan for each in records} == {digest(plan)}


@pytest.mark.parametrize("place", ["../{0}/plan.jsonl", "./plan.jsonl", "repo/../plan.jsonl"])
def test_a_plan_may_be_named_by_any_path(repository: Repository, plan: Path, place: str) -> None:
    around = repository.top.parent
    shutil.copy(plan, around / "plan.jsonl")
    process = ordered(repository, plan, 0, "--due", "0", place=place.format(around.name))
    assert [each["what"] for each in told(process) if each["what"] != "moved"] == ["begun", "ended"]
    assert process.returncode == 0


def test_a_part_of_a_plan_is_recorded_as_the_plan_that_it_is_of(repository: Repository, plan: Path) -> None:
    assert told(ordered(repository, plan, 1, "--due", "1", "--of", "sha256:whole"))[-1]["what"] == "ended"
    records = read_ledger(plan.parent.parent).of("proxies:out/b.mov")
    assert {each.plan for each in records} == {"sha256:whole"}


def test_what_another_made_is_told_as_done_and_a_file_that_is_not_ours_as_failed(
    repository: Repository, plan: Path
) -> None:
    first = told(ordered(repository, plan, 0, "--due", "0"))
    (repository.proxies / "out/b.mov").write_text("somebody's")
    again = told(ordered(repository, plan, 0, "--due", "0"))[-1]
    assert "by" not in first[-1]
    assert again["by"]
    foreign = told(ordered(repository, plan, 1, "--due", "1"))[-1]
    assert [each["code"] for each in foreign["problems"]] == ["JS093"]  # type: ignore[attr-defined]
    assert (repository.proxies / "out/b.mov").read_text() == "somebody's"


@pytest.mark.parametrize(
    ("more", "code", "exits"),
    [
        pytest.param(("--digest", "sha256:0"), "JS250", 3, id="another plan"),
        pytest.param(("--build", "8.0"), "JS252", 3, id="another FFmpeg"),
        pytest.param(("--plan", "proxies:nowhere.jsonl"), "JS251", 75, id="no plan"),
        pytest.param(("--root", "media=/nowhere"), "JS058", 75, id="no media"),
    ],
)
def test_what_it_refuses_is_told_and_nothing_is_begun(
    repository: Repository, plan: Path, more: tuple[str, ...], code: str, exits: int
) -> None:
    process = ordered(repository, plan, 0, "--due", "0", *more)
    (line,) = told(process)
    assert line["what"] == "refused"
    assert [each["code"] for each in line["problems"]] == [code]  # type: ignore[attr-defined]
    assert process.returncode == exits
    assert repository.outputs() == []


@pytest.mark.parametrize("half", [("--digest", "sha256:0"), ("--due", "0")], ids=["nothing due", "no digest"])
def test_half_an_order_is_wrong_usage(repository: Repository, plan: Path, half: tuple[str, str]) -> None:
    done = repository.jobspec("exec-task", "--plan", str(plan), "--task", "0", *half)
    assert done.returncode == 64
    assert "give both" in done.stderr
    assert repository.outputs() == []


def test_when_its_stdin_ends_ffmpeg_does_and_nothing_is_left(repository: Repository, plan: Path) -> None:
    ffmpeg = endless(repository.top / "ffmpeg")
    process = ordered(repository, plan, 0, "--due", "0", "--ffmpeg", str(ffmpeg))
    assert process.stdin and process.stdout
    while json.loads(process.stdout.readline())["what"] != "moved":
        pass
    assert processes_about(f"{repository.proxies}/")
    process.stdin.close()
    begun = time.monotonic()
    lines = [json.loads(line) for line in process.stdout]
    assert process.wait(10) == 130
    assert time.monotonic() - begun < 5
    assert [each["code"] for each in lines[-1]["problems"]] == ["JS098"]
    assert processes_about(f"{repository.proxies}/") == []
    assert list((repository.proxies / "out/.jobspec/work").iterdir()) == []
    assert repository.outputs() == []
