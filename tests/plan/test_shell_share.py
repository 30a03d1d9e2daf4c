"""A task of several outputs in plan.sh: one decoding, only what is missing, and each alone when it fails together."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from runner.media.probe import probe
from runner.media.releases import DECLARED
from runner.plan import recipes
from runner.plan.build import Request, build
from runner.plan.model import Plan
from runner.plan.share import apart
from runner.plan.shell import script
from tests.clips import FFMPEG, clip, streamhash
from tests.conftest import Repository
from tests.plan.planning import spec
from tests.plan.test_shell import DASH, complaints, files, run

CODECS = {"lt": ("prores_lt", "mov"), "h264": ("h264", "mp4"), "dnx": ("dnxhr_lb", "mxf")}
ALL = ["dnx/a.mxf", "h264/a.mp4", "lt/a.mov"]


def plan_of(source: Path) -> Plan:
    """Return the plan of three specs that name one clip, each with a folder of its own."""
    facts, same = (probe(source, str(source)),), {"sources": [str(source)], "naming_template": "a"}
    specs = [
        spec(job_id=name, output_directory=f"proxies:{name}", codec=codec, container=container, **same)
        for name, (codec, container) in CODECS.items()
    ]
    return build([Request(spec=each, facts=facts) for each in specs], toolchain=DECLARED, number=recipes.DECLARED)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clip(tmp_path_factory.mktemp("source") / "it's a.mov", rate="24", seconds=0.5, tracks=(1,))


@pytest.fixture
def proxies(tmp_path: Path) -> Path:
    folder = tmp_path / "proxies"
    folder.mkdir()
    return folder


@pytest.fixture
def counting(tmp_path: Path) -> Callable[[str], Path]:
    """Write an FFmpeg that notes each encode in `count`, and does what it is told when it has several outputs."""

    def write(together: str = ":") -> Path:
        path = tmp_path / "counting"
        several = f'case "$*" in *"-map 0:V:0 -vf"*"-map 0:V:0 -vf"*) {together} ;; esac'
        encodes = f"case \"$*\" in *' -vf '*) echo >>'{tmp_path}/count'; {several} ;; esac"
        path.write_text(f"#!/bin/sh\n{encodes}\nexec '{FFMPEG}' \"$@\"\n")
        path.chmod(0o755)
        return path

    return write


def encodes(tmp_path: Path) -> int:
    return len((tmp_path / "count").read_text().splitlines()) if (tmp_path / "count").exists() else 0


def streams(proxies: Path) -> dict[str, list[str]]:
    return {name: streamhash(proxies / name) for name in files(proxies)}


def test_one_ffmpeg_makes_all_outputs_with_the_streams_that_each_has_alone(
    source: Path, tmp_path: Path, proxies: Path, counting: Callable[[], Path]
) -> None:
    plan = plan_of(source)
    text = script(plan, counting(), {"proxies": proxies})
    assert complaints(text) == ""
    done = run(text, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (encodes(tmp_path), files(proxies)) == (1, ALL)
    shared = streams(proxies)
    shutil.rmtree(proxies)
    assert run(script(apart(plan), counting(), {"proxies": proxies}), tmp_path).returncode == 0
    assert encodes(tmp_path) == 4
    assert streams(proxies) == shared


@pytest.mark.parametrize("there", ALL)
def test_what_stands_there_is_left_alone_and_the_others_are_made_by_one_ffmpeg(
    there: str, source: Path, tmp_path: Path, proxies: Path, counting: Callable[[], Path]
) -> None:
    (proxies / there).parent.mkdir()
    (proxies / there).write_text("somebody's")
    done = run(script(plan_of(source), counting(), {"proxies": proxies}), tmp_path)
    assert (done.returncode, done.stderr) == (3, f"left alone, it is there already: {proxies}/{there}\n")
    assert (encodes(tmp_path), files(proxies)) == (1, ALL)
    assert (proxies / there).read_text() == "somebody's"


def test_a_second_run_makes_nothing(source: Path, tmp_path: Path, proxies: Path, counting: Callable[[], Path]) -> None:
    text = script(plan_of(source), counting(), {"proxies": proxies})
    assert [run(text, tmp_path).returncode for _ in range(2)] == [0, 3]
    assert (encodes(tmp_path), files(proxies)) == (1, ALL)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("exit 7", id="it fails"),
        pytest.param("echo corrupt something >&2", id="it complains"),
        pytest.param(f"exec '{FFMPEG}' -t 0.2 \"$@\"", id="frames are missing"),
    ],
)
def test_what_fails_together_is_made_alone(
    fault: str, source: Path, tmp_path: Path, proxies: Path, counting: Callable[[str], Path]
) -> None:
    done = run(script(plan_of(source), counting(fault), {"proxies": proxies}), tmp_path)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "now each of them alone")
    assert (encodes(tmp_path), files(proxies)) == (4, ALL)


def test_complaints_that_do_not_fit_on_the_disk_are_not_taken_for_none(
    source: Path, tmp_path: Path, proxies: Path, counting: Callable[[str], Path]
) -> None:
    made = plan_of(source)
    tolerant = replace(made, outputs=tuple(replace(each, tolerates=("co located",)) for each in made.outputs))
    fault = "ln -s /dev/full left; echo nothing is well >&2"
    text = script(tolerant, counting(fault), {"proxies": proxies})
    assert complaints(text) == ""
    done = run(text, tmp_path)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "now each of them alone")
    assert f"cannot go through what FFmpeg said: {proxies}/lt/a.mov, " in done.stderr
    assert (encodes(tmp_path), files(proxies)) == (4, ALL)


def test_what_fails_alone_too_ends_the_script(source: Path, tmp_path: Path, proxies: Path) -> None:
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\ncase "$*" in *libx264*) exit 7 ;; esac\nexec \'{FFMPEG}\' "$@"\n')
    program.chmod(0o755)
    done = run(script(plan_of(source), program, {"proxies": proxies}), tmp_path)
    assert done.returncode == 4
    assert f"FFmpeg failed: {proxies}/lt/a.mov, {proxies}/h264/a.mp4, {proxies}/dnx/a.mxf" in done.stderr
    assert f"FFmpeg failed: {proxies}/h264/a.mp4\n" in done.stderr
    assert files(proxies) == ["lt/a.mov"]


def test_ctrl_c_ends_all_of_them_and_leaves_nothing(tmp_path: Path, proxies: Path) -> None:
    file = clip(tmp_path / "a.mov", size="320x180", seconds=20)
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\nexec '{FFMPEG}' -re \"$@\"\n")
    slow.chmod(0o755)
    (tmp_path / "plan.sh").write_text(script(plan_of(file), slow, {"proxies": proxies}))
    child = subprocess.Popen([DASH, str(tmp_path / "plan.sh")], env={}, start_new_session=True, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 30
        while len(list(proxies.rglob("output.*"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(child.pid, signal.SIGINT)
        child.communicate(timeout=30)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
    assert child.returncode == 130
    assert files(proxies) == []
    assert not list(proxies.glob("*/.jobspec/work/*"))


def test_tables_texts_and_losses_are_those_of_their_output(repository: Repository, tmp_path: Path) -> None:
    repository.clip("a.mov", extra=("-timecode", "01:00:00:00"))
    repository.spec("clean.yaml", template="clean")
    burnt = "overlay:\n  - show: source_name\n  - show: timecode\n"
    repository.spec("burnt.yaml", codec="h264", container="mp4", template="burnt", more=burnt)
    text = repository.jobspec("plan", "--format", "sh").stdout
    assert complaints(text) == ""
    assert "decoded once for 2 outputs" in text
    ran = repository.jobspec("run")
    assert ran.returncode == 0, ran.stderr
    done = run(text, tmp_path, {"ROOT_PROXIES": str(tmp_path / "by script")})
    assert (done.returncode, done.stderr) == (0, "")
    assert streams(tmp_path / "by script") == {
        f"out/{name}": streamhash(repository.proxies / "out" / name) for name in ("burnt.mp4", "clean.mov")
    }
