"""`jobspec status` as a user sees it: every state, its note, and the exit code that goes with it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.made import fill, made_once
from tests.conftest import Repository
from tests.execution.fakes import FAILS, fake, waiting

Row = dict[str, str]


def status(repository: Repository, *arguments: str) -> tuple[int, list[Row]]:
    done = repository.jobspec("status", "--json", *arguments)
    assert done.stderr == ""
    rows: list[Row] = json.loads(done.stdout)
    return done.returncode, rows


def only(repository: Repository) -> tuple[int, str, str]:
    """Return exit code, state and note of a job with one output."""
    code, (row,) = status(repository)
    assert (row["output"], row["source"]) == ("proxies:out/a.mov", "media:a.mov")
    return code, row["state"], row["note"]


@pytest.fixture
def path(repository: Repository) -> Path:
    """The place of the one output of a plain job, which is not made yet."""
    repository.clip()
    repository.spec()
    return repository.proxies / "out" / "a.mov"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return made_once(tmp_path_factory.mktemp("once"))


@pytest.fixture
def made(repository: Repository, once: Repository) -> Path:
    """The one output of a plain job, which is made."""
    fill(repository, once)
    return repository.proxies / "out" / "a.mov"


def test_an_output_that_was_never_made_is_missing_and_that_is_no_failure(repository: Repository, path: Path) -> None:
    assert only(repository) == (0, "missing", "")


def test_an_output_that_was_made_is_done(repository: Repository, made: Path) -> None:
    assert only(repository) == (0, "done", "")


def test_a_failed_output_is_told_with_its_reason(repository: Repository, path: Path) -> None:
    repository.jobspec("run", "--ffmpeg", str(fake(repository.top / "ffmpeg", FAILS)))
    code, state, note = only(repository)
    assert (code, state) == (4, "failed")
    assert note.startswith("FFmpeg failed with exit code 7: the card is on fire; log: ")


def test_an_output_whose_run_was_killed_was_begun_and_never_finished(repository: Repository, path: Path) -> None:
    begun, go_on = repository.top / "begun", repository.top / "go-on"
    ffmpeg = waiting(repository.top / "ffmpeg", begun, go_on)
    command = [sys.executable, "-m", "runner", "run", "--ffmpeg", str(ffmpeg)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=repository.top, env=repository.environment, stdout=pipe, stderr=pipe) as run:
        while not begun.exists():
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
        go_on.touch()
    assert only(repository) == (0, "missing", "begun, never finished")


@pytest.mark.parametrize(
    ("edit", "note"),
    [
        pytest.param({"codec": "prores_lt"}, "picture moved", id="another codec"),
        pytest.param({"resolution": "half"}, "picture moved", id="another size"),
        pytest.param({"container": "mkv", "template": "{{ source_name }}.mkv"}, "", id="another name"),
    ],
)
def test_an_edit_is_told_by_what_it_moved(repository: Repository, made: Path, edit: dict[str, str], note: str) -> None:
    repository.spec(**edit)  # type: ignore[arg-type]
    code, rows = status(repository)
    told = {row["output"]: (row["state"], row["note"]) for row in rows}
    if note:
        assert (code, told) == (3, {"proxies:out/a.mov": ("stale", note)})
    else:
        gone = ("orphaned", "ours, no longer planned")
        assert (code, told) == (0, {"proxies:out/a.mkv": ("missing", ""), "proxies:out/a.mov": gone})


def test_a_source_of_other_content_makes_its_output_stale(repository: Repository, made: Path) -> None:
    repository.clip(tracks=(1,), seconds=0.48)
    assert only(repository) == (3, "stale", "source moved")


def test_another_toolchain_outdates(repository: Repository, made: Path) -> None:
    repository.write("jobspec.toml", '[roots]\nmedia = "m"\nproxies = "p"\n[toolchain]\nffmpeg = "7.0"\n')
    assert only(repository) == (3, "outdated", "toolchain moved")


@pytest.mark.parametrize("kind", ["a file", "a folder", "a link to nothing"])
def test_what_is_not_ours_is_foreign(repository: Repository, path: Path, kind: str) -> None:
    path.parent.mkdir()
    if kind == "a file":
        path.write_text("somebody's")
    elif kind == "a folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere")
    assert only(repository) == (4, "foreign", "not made by jobspec")


def test_outputs_of_a_source_that_was_dropped_are_orphaned_and_stay(repository: Repository, path: Path) -> None:
    repository.clip("b.mov")
    repository.spec(sources=("media:a.mov", "media:b.mov"))
    repository.jobspec("run")
    repository.spec(sources=("media:b.mov",))
    code, rows = status(repository)
    assert code == 0
    assert [(row["state"], row["output"]) for row in rows] == [
        ("done", "proxies:out/b.mov"),
        ("orphaned", "proxies:out/a.mov"),
    ]
    assert "orphaned" not in repository.jobspec("run").stdout
    assert repository.outputs() == ["out/a.mov", "out/b.mov"]


def test_a_renamed_spec_orphans_nothing(repository: Repository, made: Path) -> None:
    (repository.top / "specs" / "day.yaml").rename(repository.top / "specs" / "night.yaml")
    assert only(repository) == (0, "done", "")


def test_the_worst_state_decides_the_exit_code(repository: Repository, made: Path) -> None:
    repository.clip("b.mov")
    repository.spec(codec="prores_lt", sources=("media:a.mov", "media:b.mov"))
    (repository.proxies / "out" / "b.mov").write_text("somebody's")
    code, rows = status(repository)
    assert [row["state"] for row in rows] == ["stale", "foreign"]
    assert code == 4


def test_people_get_a_table_in_the_order_of_the_spec(repository: Repository, path: Path) -> None:
    repository.clip("b.mov")
    repository.spec(sources=("media:b.mov", "media:a.mov"))
    done = repository.jobspec("status")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["state", "output", "source", "note"],
        ["missing", "proxies:out/b.mov", "media:b.mov"],
        ["missing", "proxies:out/a.mov", "media:a.mov"],
    ]


def test_status_needs_no_ffmpeg_and_writes_nothing(repository: Repository, path: Path) -> None:
    before = sorted(repository.proxies.parent.rglob("*"))
    repository.jobspec("status", env={"JOBSPEC_FFMPEG": "/nowhere/ffmpeg"})
    assert sorted(repository.proxies.parent.rglob("*")) == before


def test_a_name_that_a_terminal_would_obey_is_spelled_out(repository: Repository) -> None:
    repository.clip("a\x1b[2J.mov")
    repository.spec(sources=('"media:a\\e[2J.mov"',), template="x")
    done = repository.jobspec("status")
    assert "media:a\\x1b[2J.mov" in done.stdout
    assert "\x1b" not in done.stdout


def test_our_file_is_known_after_a_restore_from_a_backup(repository: Repository, made: Path) -> None:
    data = made.read_bytes()
    made.unlink()
    made.write_bytes(data)
    os.utime(made, (1, 1))
    assert only(repository) == (0, "done", "")
