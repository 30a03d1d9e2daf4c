"""`jobspec plan` as a user sees it."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.media.toolchain import bundled
from runner.plan import document
from tests.clips import clip
from tests.conftest import Repository

FORMATS = ("text", "jsonl", "sh", "markdown")


@pytest.fixture
def team(repository: Repository) -> Repository:
    """A repository with one source and one spec."""
    repository.clip(tracks=(1, 1), extra=("-timecode", "01:00:00:00"))
    repository.spec(resolution="half", template="{{ source_name }}_proxy")
    return repository


def outputs(text: str) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in text.splitlines()]
    return [line["value"] for line in lines if line["line"] == "output"]


def test_the_text_says_what_becomes_of_what(team: Repository) -> None:
    done = team.jobspec("plan")
    assert done.returncode == 0, done.stderr
    for words in (
        "job day",
        "proxies:out/a_proxy.mov",
        "from media:a.mov: h264 320x180 25 fps, 10 frames, 2 audio tracks (1+1 ch)",
        "make prores_proxy 160x90 25 fps in mov, 10 frames, 2 audio tracks (1+1 ch), starts 01:00:00:00",
    ):
        assert words in done.stdout


def test_every_format_prints_the_digest_of_the_same_plan_on_stderr(team: Repository) -> None:
    printed = {form: team.jobspec("plan", "--format", form) for form in FORMATS}
    digest = f"sha256:{hashlib.sha256(printed['jsonl'].stdout.encode()).hexdigest()}"
    assert {form: done.stderr.splitlines() for form, done in printed.items()} == {form: [digest] for form in FORMATS}


def test_what_is_printed_as_jsonl_can_be_read_back(team: Repository) -> None:
    done = team.jobspec("plan", "--format", "jsonl")
    plan = document.read(done.stdout.encode().splitlines(keepends=True))
    assert [output.location for output in plan.outputs] == ["proxies:out/a_proxy.mov"]
    assert document.digest(plan) == done.stderr.splitlines()[-1]


def test_a_plan_can_be_written_to_a_file(team: Repository) -> None:
    done = team.jobspec("plan", "--format", "jsonl", "-o", "plan.jsonl")
    assert (done.returncode, done.stdout) == (0, "")
    assert (team.top / "plan.jsonl").read_text() == team.jobspec("plan", "--format", "jsonl").stdout


WATCHING = """\
import os, sys

STARTING = ("subprocess.Popen", "os.posix_spawn", "os.exec", "os.fork", "os.forkpty", "os.system", "os.spawn")


def watch(event, arguments):
    if event in STARTING:
        sys.stderr.write(f"started by {event}\\n")
        sys.stderr.flush()
        os._exit(99)


sys.addaudithook(watch)
"""


@pytest.fixture
def watching(tmp_path: Path) -> dict[str, str]:
    """An environment in which Python ends with 99 as soon as it starts a process."""
    folder = tmp_path / "watching"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WATCHING)
    return {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.parametrize("form", FORMATS)
def test_planning_starts_no_process_and_makes_no_file(form: str, team: Repository, watching: dict[str, str]) -> None:
    before = sorted(team.top.parent.rglob("*"))
    done = team.jobspec("plan", "--format", form, env=watching)
    assert done.returncode == 0, done.stderr
    assert sorted(team.top.parent.rglob("*")) == before


def test_a_run_does_start_processes_and_would_be_noticed(team: Repository, watching: dict[str, str]) -> None:
    done = team.jobspec("run", env=watching)
    assert done.returncode == 99
    assert "started by" in done.stderr


def test_planning_needs_no_ffmpeg_but_the_one_that_is_installed_with_it(team: Repository, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert team.jobspec("plan", env={"PATH": str(empty)}).returncode == 0
    assert f"FFMPEG=${{FFMPEG:-{bundled()}}}" in team.jobspec("plan", "--format", "sh", env={"PATH": str(empty)}).stdout


def test_a_script_names_the_mounts_of_this_machine_and_the_jsonl_none(team: Repository) -> None:
    assert f"ROOT_MEDIA=${{ROOT_MEDIA:-{team.media}}}" in team.jobspec("plan", "--format", "sh").stdout
    jsonl = team.jobspec("plan", "--format", "jsonl").stdout
    assert str(team.media) not in jsonl
    assert str(team.proxies) not in jsonl


def test_outputs_need_no_mount_to_be_planned(team: Repository) -> None:
    environment = {name: value for name, value in team.environment.items() if name != "JOBSPEC_ROOT_PROXIES"}
    done = subprocess.run(
        [sys.executable, "-m", "runner", "plan", "--format", "sh"],
        cwd=team.top,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "${ROOT_PROXIES:?say where the root proxies is mounted}" in done.stdout


def test_sources_of_an_unmounted_root_are_asked_for_once_and_it_is_worth_trying_again(team: Repository) -> None:
    team.spec(sources=("media:a.mov", "media:b.mov", "media:c.mov"))
    environment = {name: value for name, value in team.environment.items() if name != "JOBSPEC_ROOT_MEDIA"}
    done = subprocess.run(
        [sys.executable, "-m", "runner", "plan"], cwd=team.top, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 75
    assert done.stderr.count("JS051") == 1
    assert "set JOBSPEC_ROOT_MEDIA=FOLDER or pass --root media=FOLDER" in done.stderr


def test_a_mount_can_be_given_on_the_command_line(team: Repository, tmp_path: Path) -> None:
    clip(tmp_path / "card" / "a.mov", seconds=0.2)
    done = team.jobspec("plan", "--root", f"media={tmp_path / 'card'}")
    assert "5 frames" in done.stdout


# Keys.


def key(team: Repository) -> object:
    done = team.jobspec("plan", "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    return outputs(done.stdout)[0]["key"]


def test_a_comment_a_rename_and_another_order_of_fields_keep_every_key(team: Repository) -> None:
    before = key(team)
    spec = team.top / "specs" / "day.yaml"
    lines = spec.read_text().splitlines()
    spec.write_text("\n".join(["# said by a colleague", *lines[:1], *reversed(lines[3:]), *lines[1:3]]) + "\n")
    spec.rename(spec.with_name("renamed.yaml"))
    assert key(team) == before


def test_another_name_of_the_output_keeps_every_key(team: Repository) -> None:
    before = key(team)
    team.spec(resolution="half", template="{{ index }}/{{ source_name }}_{{ codec }}")
    assert key(team) == before


def test_a_touched_and_a_copied_source_keep_every_key_and_a_changed_one_does_not(team: Repository) -> None:
    before = key(team)
    source = team.media / "a.mov"
    os.utime(source, (1_000_000_000, 1_000_000_000))
    source.write_bytes(source.read_bytes())
    assert key(team) == before
    team.clip(tracks=(1, 1), extra=("-timecode", "01:00:00:00", "-metadata", "comment=again"))
    assert key(team) != before


# Problems.


def test_every_source_that_cannot_be_planned_is_named_with_its_line(team: Repository) -> None:
    (team.media / "empty.mov").touch()
    (team.media / "text.mov").write_text("hello")
    (team.media / "folder.mov").mkdir()
    team.spec(sources=("media:a.mov", "media:empty.mov", "media:text.mov", "media:folder.mov", "media:gone.mov"))
    done = team.jobspec("plan", "specs")
    assert done.returncode == 1
    assert done.stdout == ""
    told = [line for line in done.stderr.splitlines() if line.startswith("specs/day.yaml:")]
    assert [(line.split(":")[1], line.split()[1]) for line in told] == [
        ("4", "JS065"),
        ("5", "JS063"),
        ("6", "JS061"),
        ("7", "JS060"),
    ]


def test_a_refusal_of_the_planner_stands_at_its_source_with_its_remedy(team: Repository) -> None:
    team.spec(codec="dnxhd", resolution="half")
    done = team.jobspec("plan")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "specs/day.yaml:3:5: JS070 sources[0]: media:a.mov: dnxhd has no format of 160x90 at 25"
    )
    assert "dnxhr_lb takes any size and rate" in done.stderr


def test_problems_are_placed_as_seen_from_the_working_directory(team: Repository) -> None:
    team.spec(codec="dnxhd")
    done = team.jobspec("plan", "day.yaml", cwd=team.top / "specs")
    assert done.stderr.startswith("day.yaml:3:5: JS070")


def test_an_invalid_spec_is_not_planned_and_no_media_is_opened(team: Repository) -> None:
    team.spec(codec="prores_proxi", sources=("media:gone.mov",))
    done = team.jobspec("plan")
    assert done.returncode == 1
    assert 'did you mean "prores_proxy"?' in done.stderr
    assert "gone.mov" not in done.stderr


def test_an_unknown_format_is_wrong_usage(team: Repository) -> None:
    done = team.jobspec("plan", "--format", "yaml")
    assert done.returncode == 64
    assert "'yaml' is not one of" in done.stderr


def test_a_name_that_would_be_obeyed_by_a_terminal_is_printed_harmless(team: Repository) -> None:
    clip(team.media / "a\x1b[31m\nred.mov", seconds=0.2)
    team.spec(sources=('"media:a\\e[31m\\nred.mov"',), template="{{ index }}")
    for form in ("text", "markdown"):
        done = team.jobspec("plan", "--format", form)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout
        assert "a\\x1b" in done.stdout.replace("&#92;", "\\").replace("&#91;", "[")


def test_losses_are_named_in_the_text_and_in_markdown(team: Repository) -> None:
    team.spec(codec="dnxhr_lb", container="mxf", more='fps_explicit: "50"\n')
    spec = team.top / "specs" / "day.yaml"
    spec.write_text(spec.read_text().replace("same-as-source", "explicit"))
    for form in ("text", "markdown"):
        assert "frame rate 25 becomes 50" in team.jobspec("plan", "--format", form).stdout
