"""The same inputs give the same plan in any process, and the same plan the same pictures on any number of cores."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from runner.execution.crew import MOST_THREADS
from runner.spec.codecs import CODECS
from tests.clips import clip, streamhash
from tests.conftest import Repository
from tests.plan.planning import made, planned_from

SPECS = {
    "day.yaml": ("prores_proxy", "mov", "half", ("media:day 1/Töne 01.mov", "media:b.mp4")),
    "review.yaml": ("h264", "mp4", "640x360", ("media:b.mp4",)),
}


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository of two specs, with three sources that differ; read only, so all tests here share it."""
    top = tmp_path_factory.mktemp("team")
    found = Repository(top / "repo", top / "media", top / "proxies")
    for folder in (found.top, found.media, found.proxies):
        folder.mkdir()
    found.write("jobspec.toml", '[roots]\nmedia = "camera originals"\nproxies = "what we make"\n')
    found.clip("day 1/Töne 01.mov", rate="24000/1001", tracks=(1, 1), extra=("-timecode", "01:00:00:00"))
    found.clip("b.mp4", rate="30000/1001", tracks=(2,), sound=("-c:a", "aac"), extra=("-timecode", "01:00:00;02"))
    for name, (codec, container, resolution, sources) in SPECS.items():
        found.spec(
            name,
            sources=sources,
            codec=codec,
            container=container,
            resolution=resolution,
            template="{{ job_id }}/{{ source_name }}_{{ timecode }}_{{ fps }}",
            more='tokens:\n  unit: "second"\n  alpha: "one"\n  zulu: "two"\n',
        )
    return found


def planned(
    team: Repository,
    *arguments: str,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> tuple[bytes, str]:
    """Return what `jobspec plan --format jsonl` prints, as bytes, and the last line of what it says beside it."""
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "runner", "plan", "--format", "jsonl", *arguments],
        cwd=cwd or team.top,
        env={**team.environment, **(env or {})},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout, done.stderr.decode().splitlines()[-1]


@pytest.fixture(scope="module")
def written(team: Repository) -> bytes:
    return planned(team)[0]


def test_the_digest_on_stderr_is_that_of_what_stands_on_stdout(team: Repository) -> None:
    stdout, said = planned(team)
    assert said == f"sha256:{hashlib.sha256(stdout).hexdigest()}"


ENVIRONMENTS = {
    "nothing changed": {},
    "a German locale": {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"},
    "the C locale": {"LC_ALL": "C", "LANG": "C"},
    "another time zone, home and user": {"TZ": "Pacific/Chatham", "HOME": "/nowhere", "USER": "nobody"},
    "hash seed 0": {"PYTHONHASHSEED": "0"},
    "hash seed 4242": {"PYTHONHASHSEED": "4242"},
    "a narrow colour terminal": {"FORCE_COLOR": "1", "COLUMNS": "40", "TERM": "xterm-256color"},
    "another FFmpeg": {"JOBSPEC_FFMPEG": "/bin/true", "IMAGEIO_FFMPEG_EXE": "/bin/false"},
}


@pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_no_environment_changes_a_byte_of_the_plan(
    environment: dict[str, str], team: Repository, written: bytes
) -> None:
    assert planned(team, env=environment)[0] == written


@pytest.mark.parametrize("folder", ["specs", "/"], ids=["below", "the root of the disk"])
def test_no_working_directory_changes_a_byte_of_the_plan(folder: str, team: Repository, written: bytes) -> None:
    cwd = team.top / folder
    assert planned(team, os.path.relpath(team.top / "specs", cwd), cwd=cwd)[0] == written


def test_naming_the_specs_one_by_one_changes_nothing(team: Repository, written: bytes) -> None:
    assert planned(team, *(f"specs/{name}" for name in SPECS))[0] == written


def test_one_core_gives_the_plan_that_all_cores_give(team: Repository, written: bytes) -> None:
    assert planned(team, prefix=("taskset", "-c", "0"))[0] == written


@pytest.fixture(scope="module")
def elsewhere(team: Repository) -> Path:
    """The same media on another disk: copied, with other time stamps, and in another order of the folder."""
    copy = team.top.parent / "other mount" / "média"
    for file in sorted(team.media.rglob("*"), reverse=True):
        if file.is_file():
            target = copy / file.relative_to(team.media)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            os.utime(target, (1_000_000_000, 1_000_000_000))
    return copy


def test_another_mount_of_the_same_media_changes_nothing(team: Repository, written: bytes, elsewhere: Path) -> None:
    assert planned(team, env={"JOBSPEC_ROOT_MEDIA": str(elsewhere), "JOBSPEC_ROOT_PROXIES": "/mnt/p"})[0] == written


def test_a_mount_given_as_an_option_changes_nothing(team: Repository, written: bytes, elsewhere: Path) -> None:
    assert planned(team, "--root", f"media={elsewhere}")[0] == written


def test_another_checkout_of_the_repository_changes_nothing(team: Repository, written: bytes, tmp_path: Path) -> None:
    checkout = tmp_path / "a checkout"
    shutil.copytree(team.top, checkout)
    assert planned(team, cwd=checkout)[0] == written


def test_no_place_of_this_machine_is_in_the_plan(team: Repository, written: bytes) -> None:
    for place in (team.top, team.media, team.proxies, Path.home(), Path(sys.prefix)):
        assert str(place).encode() not in written


# The same plan, the same pictures.

SCALED = {"h264": "mp4", "h265": "mp4", "vp9": "webm", "av1": "mkv", "prores_proxy": "mov", "dnxhr_lb": "mov"}


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip large and long enough for what threads divide: slices, tiles, rows and frames."""
    return clip(tmp_path_factory.mktemp("busy") / "busy.mov", size="640x360", seconds=0.8)


@pytest.mark.parametrize("codec", SCALED)
def test_one_core_and_many_threads_make_the_same_streams(codec: str, busy: Path, tmp_path: Path) -> None:
    output = planned_from(busy, codec=codec, container=SCALED[codec])
    one = made(output, tmp_path / "one", threads=1, prefix=("taskset", "-c", "0"))
    assert streamhash(one) == streamhash(made(output, tmp_path / "many", threads=MOST_THREADS))


def test_every_encoder_of_the_table_was_tried_for_threads() -> None:
    families = {CODECS[codec].family for codec in SCALED}
    assert {row.family for row in CODECS.values()} - families == {"dnxhd"}  # the very encoder of dnxhr


def test_a_deinterlaced_turned_and_resampled_picture_does_not_depend_on_threads_either(tmp_path: Path) -> None:
    fields = ("-c:v", "prores_ks", "-flags", "+ildct+ilme")
    source = clip(tmp_path / "a.mov", size="640x360", encode=fields, extra=("-vf", "setfield=tff"))
    output = planned_from(source, codec="h264", resolution="half", fps_explicit="24000/1001")
    one = made(output, tmp_path / "one", threads=1, prefix=("taskset", "-c", "0"))
    assert streamhash(one) == streamhash(made(output, tmp_path / "many", threads=5))
