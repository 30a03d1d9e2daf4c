"""With a lock, check, plan, diff and show need no media: what merging does is seen where there is none."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clips import clip
from tests.conftest import Repository
from tests.review.repositories import commit_all, git

# Ends the process as soon as it opens or lists anything below a folder, imports PyAV, or starts anything but git.
GUARDED = """\
import os, runpy, sys

FORBIDDEN = os.path.realpath(sys.argv[1])
STARTS = {"os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn"}


def guilty(event, arguments):
    if event in ("open", "os.scandir", "os.listdir", "os.chdir") and isinstance(arguments[0], (str, bytes)):
        return (os.path.realpath(os.fsdecode(arguments[0])) + "/").startswith(FORBIDDEN + "/")
    if event == "import":
        return arguments[0].partition(".")[0] == "av"
    if event == "subprocess.Popen":
        return os.path.basename(os.fsdecode(arguments[0])) != "git"
    return event in STARTS


def guard(event, arguments):
    if guilty(event, arguments):
        os.write(2, f"forbidden: {event} {arguments[0]!r}\\n".encode())
        os._exit(99)


sys.argv[:2] = ["jobspec"]
sys.addaudithook(guard)
runpy.run_module("runner", run_name="__main__")
"""
FACTS = '"picture":{"codec":"h264"'


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A git repository of two locked specs, one of them with a base, a template, and a clip that is skipped."""
    top = tmp_path_factory.mktemp("team")
    found = Repository(top / "repo", top / "media", top / "proxies")
    for folder in (found.top, found.media, found.proxies):
        folder.mkdir()
    clip(found.media / "a.mov", seconds=0.2)
    shutil.copy(found.media / "a.mov", found.media / "b.mov")
    (found.media / "cut.mov").write_bytes((found.media / "a.mov").read_bytes()[:200])
    found.write("jobspec.toml", '[roots]\nmedia = "camera originals"\nproxies = "what we make"\n')
    found.write("templates/house.j2", "{{ source_name }}_{{ width }}_{{ index }}\n")
    found.spec(sources=('{glob: "media:**/*.mov", on_unusable: skip}',), template="house.j2")
    found.write("specs/profiles/house.yaml", "codec: prores_lt\ncontainer: mov\n")
    found.write(
        "specs/late.yaml",
        'jobspec_version: "2.0"\nextends: profiles/house.yaml\nsources: [media:a.mov]\noutput_directory: proxies:late\n'
        'resolution: half\nfps_mode: same-as-source\nnaming_template: "{{ source_name }}"\n',
    )
    assert found.jobspec("lock").returncode == 0
    git(found.top, "init", "--quiet", "--initial-branch", "main")
    commit_all(found.top)
    return found


@pytest.fixture
def team(template: Repository, tmp_path: Path) -> Repository:
    """A copy of that repository for each test, with the media beside it."""
    shutil.copytree(template.top.parent, tmp_path / "team", copy_function=shutil.copyfile)
    return Repository(tmp_path / "team" / "repo", tmp_path / "team" / "media", tmp_path / "team" / "proxies")


def guarded(team: Repository, *arguments: str, mounted: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run the command where nobody may touch the media, import PyAV or start a process but git."""
    environment = team.environment if mounted else {"PATH": "/usr/bin:/bin", "HOME": str(team.top.parent)}
    return subprocess.run(
        [sys.executable, "-c", GUARDED, str(team.media), *arguments],
        cwd=team.top,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


VERBS = [
    pytest.param(("check",), "2 specs: no problems", id="check"),
    pytest.param(("check", "--format", "sarif"), '"results"', id="check as SARIF"),
    pytest.param(("plan",), "3 outputs, FFmpeg 9.0", id="plan"),
    pytest.param(("plan", "--locked"), "3 outputs, FFmpeg 9.0", id="plan --locked"),
    pytest.param(("plan", "--format", "jsonl"), FACTS, id="plan as JSON Lines"),
    pytest.param(("plan", "--format", "sh"), "set -eu", id="plan as a script"),
    pytest.param(("plan", "--format", "markdown"), "**3 outputs** in 2 jobs", id="plan as Markdown"),
    pytest.param(("plan", "--since", "HEAD"), "0 outputs", id="plan --since"),
    pytest.param(("show", "specs/late.yaml"), "specs/profiles/house.yaml:1", id="show"),
    pytest.param(("diff", "HEAD"), "3 unchanged", id="diff"),
]


@pytest.mark.parametrize(("arguments", "words"), VERBS)
def test_nobody_opens_media_imports_pyav_or_starts_anything_but_git(
    team: Repository, arguments: tuple[str, ...], words: str
) -> None:
    done = guarded(team, *arguments)
    assert done.returncode == 0, done.stderr
    assert words in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("check",), ("plan", "--locked"), ("show", "specs/day.yaml"), ("diff", "HEAD")],
    ids=["check", "plan --locked", "show", "diff"],
)
def test_it_is_the_same_where_no_root_is_mounted_and_the_media_are_elsewhere(
    team: Repository, arguments: tuple[str, ...]
) -> None:
    with_media = guarded(team, *arguments)
    shutil.rmtree(team.media)
    done = guarded(team, *arguments, mounted=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, with_media.stdout, with_media.stderr)


def test_a_saved_plan_is_shown_without_media(team: Repository) -> None:
    assert guarded(team, "plan", "-o", "plan.jsonl").returncode == 0
    done = guarded(team, "show", "plan.jsonl", mounted=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 outputs, FFmpeg 9.0" in done.stdout


def test_an_invalid_spec_is_told_without_media(team: Repository) -> None:
    text = (team.top / "specs" / "late.yaml").read_text(encoding="utf-8")
    team.write("specs/late.yaml", text.replace("half", "haf"))
    done = guarded(team, "check", mounted=False)
    assert done.returncode == 1
    assert 'specs/late.yaml:5:13: JS021 resolution: "haf" is not a resolution' in done.stdout


def test_a_clip_that_no_codec_can_take_is_told_without_media(team: Repository) -> None:
    text = (team.top / "specs" / "late.yaml").read_text(encoding="utf-8")
    team.write("specs/late.yaml", f"{text}codec: dnxhd\n")
    done = guarded(team, "check", mounted=False)
    assert done.returncode == 1
    assert "specs/late.yaml:3:11: JS070 sources[0]: media:a.mov: dnxhd has no format of 160x90" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "event"),
    [
        pytest.param(("lock",), "import", id="lock imports PyAV"),
        pytest.param(("run",), "forbidden", id="run opens and starts"),
    ],
)
def test_the_guard_of_these_tests_stops_what_needs_media(
    team: Repository, arguments: tuple[str, ...], event: str
) -> None:
    done = guarded(team, *arguments)
    assert done.returncode == 99
    assert event in done.stderr


def test_a_plan_without_a_lock_is_stopped_by_the_guard_and_by_locked(team: Repository) -> None:
    (team.top / "specs" / "late.lock.jsonl").unlink()
    assert guarded(team, "plan").returncode == 99
    done = guarded(team, "plan", "--locked")
    assert done.returncode == 3
    assert (
        done.stderr == "specs/late.yaml:1:1: JS126: has no lock, and --locked forbids to probe; run `jobspec lock "
        "specs/late.yaml`\n"
    )


def test_a_lock_that_names_files_of_the_machine_opens_none(team: Repository) -> None:
    path = team.top / "specs" / "day.lock.jsonl"
    header, first, *others = path.read_text(encoding="utf-8").splitlines()
    stolen = json.dumps(json.loads(first) | {"location": "/etc/passwd", "index": 90})
    path.write_text("\n".join([header, first, *others, stolen, ""]), encoding="utf-8")
    for arguments in (("check",), ("plan", "--locked"), ("diff", "HEAD")):
        done = guarded(team, *arguments)
        assert done.returncode == 0, done.stderr
        assert "/etc/passwd" not in done.stdout
