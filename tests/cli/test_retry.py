"""`jobspec retry`: what failed, and nothing else; also from what a run saved beside its outputs."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.made import fill, new_repository
from tests.clips import decoded_frames
from tests.conftest import Repository
from tests.cubes import cube
from tests.execution.fakes import FAILS, fake, waiting

SAVED = ".jobspec/jobs/day/jobspec.json"


def saved(repository: Repository) -> Path:
    return repository.proxies / "out" / SAVED


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    repository = new_repository(tmp_path_factory.mktemp("once"))
    repository.write("templates/wide.j2", "{{ source_name }}_{{ width }}")
    repository.clip("a.mov")
    repository.clip("b.mov")
    repository.spec(sources=("media:a.mov", "media:b.mov"), template="wide.j2")
    ffmpeg = fake(repository.top / "ffmpeg", f'case "$*" in */b.mov*) {FAILS} ;; esac; exec "$real" "$@" "$last"')
    done = repository.jobspec("run", "--ffmpeg", str(ffmpeg))
    assert done.returncode == 4
    assert repository.outputs() == ["out/a_320.mov"]
    return repository


@pytest.fixture
def failed(repository: Repository, once: Repository) -> Repository:
    """A run of two sources that made the one and failed with the other; its names come from a template file."""
    fill(repository, once)
    return repository


def test_what_failed_is_made_and_nothing_else(failed: Repository) -> None:
    failed.clip("c.mov")
    failed.spec(sources=("media:a.mov", "media:b.mov", "media:c.mov"), template="wide.j2")
    before = (failed.proxies / "out" / "a_320.mov").stat().st_mtime_ns
    done = failed.jobspec("retry", "specs/day.yaml")
    assert done.returncode == 0, done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [["made", "media:b.mov"]]
    assert failed.outputs() == ["out/a_320.mov", "out/b_320.mov"]
    assert (failed.proxies / "out" / "a_320.mov").stat().st_mtime_ns == before


def test_the_saved_jobspec_is_enough_when_spec_template_and_project_are_gone(failed: Repository) -> None:
    shutil.rmtree(failed.top)
    done = failed.jobspec("retry", str(saved(failed)), cwd=failed.proxies)
    assert done.returncode == 0, done.stderr
    assert failed.outputs() == ["out/a_320.mov", "out/b_320.mov"]
    assert decoded_frames(failed.proxies / "out" / "b_320.mov") == 10
    again = failed.jobspec("retry", str(saved(failed)), cwd=failed.proxies)
    assert (again.returncode, again.stdout) == (0, "nothing failed; `jobspec run` makes what is missing\n")


def test_records_that_lie_in_a_folder_of_their_own_are_found_from_the_jobspec_in_it(repository: Repository) -> None:
    project = repository.top / "jobspec.toml"
    project.write_text(f'state_directory = "proxies:records"\n{project.read_text()}')
    repository.clip()
    repository.spec()
    assert repository.jobspec("run", "--ffmpeg", str(fake(repository.top / "ffmpeg", FAILS))).returncode == 4
    shutil.rmtree(repository.top)
    path = repository.proxies / "records/jobs/day/jobspec.json"
    done = repository.jobspec("retry", str(path), cwd=repository.proxies)
    assert done.returncode == 0, done.stderr
    assert (repository.proxies / "out" / "a.mov").is_file()
    assert sorted(path.name for path in (repository.proxies / "records").iterdir()) == [
        "claims",
        "jobs",
        "ledger",
        "logs",
        "plans",
    ]


@pytest.mark.parametrize("state", ["proxies:out/.jobspec", "proxies:records", "proxies:"])
def test_the_records_of_a_saved_jobspec_are_below_their_root_as_on_every_machine(
    repository: Repository, state: str
) -> None:
    project = repository.top / "jobspec.toml"
    project.write_text(f'state_directory = "{state}"\n{project.read_text()}')
    repository.clip()
    repository.spec()
    assert repository.jobspec("run", "--ffmpeg", str(fake(repository.top / "ffmpeg", FAILS))).returncode == 4
    (path,) = repository.proxies.rglob("jobspec.json")
    done = repository.jobspec("retry", str(path), cwd=repository.proxies)
    assert done.returncode == 0, done.stderr
    plans = [plan.read_text() for plan in path.parents[2].glob("plans/*.jsonl")]
    assert len(plans) == 2
    assert {each for plan in plans for each in re.findall('"state":"(.*?)"', plan)} == {state}


def test_what_a_retry_made_is_up_to_date_for_the_spec(failed: Repository) -> None:
    assert failed.jobspec("retry", str(saved(failed))).returncode == 0
    done = failed.jobspec("run")
    assert done.returncode == 0
    assert "all 2 outputs are up to date" in done.stderr


def test_the_saved_jobspec_is_found_by_a_relative_path_too(failed: Repository) -> None:
    done = failed.jobspec("retry", "jobspec.json", cwd=saved(failed).parent)
    assert done.returncode == 0, done.stderr
    assert failed.outputs() == ["out/a_320.mov", "out/b_320.mov"]


def test_the_names_are_those_of_the_first_run_though_the_template_says_otherwise_now(failed: Repository) -> None:
    failed.write("templates/wide.j2", "other_{{ source_name }}")
    assert failed.jobspec("retry", str(saved(failed))).returncode == 0
    assert failed.outputs() == ["out/a_320.mov", "out/b_320.mov"]


def test_the_saved_jobspec_is_made_by_the_recipes_of_its_lock(repository: Repository) -> None:
    repository.clip("a.mov")
    repository.spec(sources=("media:a.mov",), codec="prores_proxy")
    project = repository.top / "jobspec.toml"
    declared = project.read_text()
    project.write_text(f"{declared}\n[toolchain]\nrecipes = 1\n")
    assert repository.jobspec("lock").returncode == 0
    project.write_text(declared)
    assert repository.jobspec("run", "--ffmpeg", str(fake(repository.top / "ffmpeg", FAILS))).returncode == 4
    done = repository.jobspec("retry", str(saved(repository)))
    assert done.returncode == 0, done.stderr
    assert repository.jobspec("status").returncode == 0


def test_a_source_that_was_broken_is_made_once_it_is_mended(repository: Repository) -> None:
    front = ("-movflags", "+faststart")
    repository.clip("a.mov", seconds=0.8, extra=front)
    whole = (repository.media / "a.mov").read_bytes()
    there = len(whole) * 2 // 3
    (repository.media / "a.mov").write_bytes(whole[:there] + bytes(len(whole) - there))  # blocks that never arrived
    repository.spec()
    first = repository.jobspec("run")
    assert first.returncode == 4, first.stderr
    assert repository.outputs() == []
    assert repository.jobspec("retry", str(saved(repository))).returncode == 4
    (repository.media / "a.mov").write_bytes(whole)
    done = repository.jobspec("retry", str(saved(repository)))
    assert done.returncode == 0, done.stderr
    assert decoded_frames(repository.proxies / "out" / "a.mov") == 20


def test_what_a_kill_cut_short_is_made(repository: Repository) -> None:
    repository.clip()
    repository.spec()
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
    done = repository.jobspec("retry", "specs/day.yaml")
    assert done.returncode == 0, done.stderr
    assert repository.outputs() == ["out/a.mov"]


def test_what_a_kill_left_verified_and_without_its_name_is_made(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    assert repository.jobspec("run").returncode == 0
    (repository.proxies / "out/a.mov").unlink()  # and its last record, as a kill just before the name leaves it
    (ledger,) = (repository.proxies / "out/.jobspec/ledger").glob("*.jsonl")
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join(lines[:-1]))
    assert '"verified"' in lines[-2]
    assert "begun, never finished" in repository.jobspec("status").stdout
    done = repository.jobspec("retry", "specs/day.yaml")
    assert done.returncode == 0, done.stderr
    assert repository.outputs() == ["out/a.mov"]


def test_what_was_never_begun_is_left_to_run(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    done = repository.jobspec("retry", "specs/day.yaml")
    assert (done.returncode, done.stdout) == (0, "nothing failed; `jobspec run` makes what is missing\n")
    assert repository.outputs() == []


def test_json_tells_what_was_made_again(failed: Repository) -> None:
    told = json.loads(failed.jobspec("retry", "--json", "specs/day.yaml").stdout)
    assert [(each["source"], each["state"]) for each in told["outputs"]] == [("media:b.mov", "made")]
    told = json.loads(failed.jobspec("retry", "--json", "specs/day.yaml").stdout)
    assert told == {"outputs": [], "interrupted": False}


def test_what_fails_again_exits_with_4(failed: Repository) -> None:
    done = failed.jobspec("retry", "specs/day.yaml", "--ffmpeg", str(fake(failed.top / "ffmpeg-2", FAILS)))
    assert done.returncode == 4
    assert "the card is on fire" in done.stderr


def test_a_file_that_is_not_there_is_wrong_usage(repository: Repository) -> None:
    assert repository.jobspec("retry", "none.json").returncode == 64


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("nonsense", "not JSON", id="no JSON"),
        pytest.param("[]", "a JobSpec is a mapping", id="a list"),
        pytest.param('{"jobspec_version": "2.0"}', "is missing", id="a JobSpec without fields"),
    ],
)
def test_a_file_that_is_no_jobspec_is_refused(repository: Repository, text: str, reason: str) -> None:
    repository.write("jobspec.json", text)
    done = repository.jobspec("retry", "jobspec.json")
    assert done.returncode == 1
    assert reason in done.stderr


def test_the_saved_jobspec_finds_its_table_where_the_repository_is_mounted(repository: Repository) -> None:
    repository.clip()
    repository.write("luts/show.cube", cube())
    repository.spec(more="lut: luts/show.cube\n")
    ffmpeg = fake(repository.top / "ffmpeg", FAILS)
    assert repository.jobspec("run", "--ffmpeg", str(ffmpeg)).returncode == 4
    unmounted = repository.jobspec("retry", str(saved(repository)), cwd=repository.proxies)
    assert unmounted.returncode == 75
    assert "--root repo=FOLDER" in unmounted.stderr
    mounted = ("--root", f"repo={repository.top}")
    done = repository.jobspec("retry", str(saved(repository)), *mounted, cwd=repository.proxies)
    assert done.returncode == 0, done.stderr
    assert repository.outputs() == ["out/a.mov"]


def test_a_retry_does_not_follow_a_link_out_of_the_root(failed: Repository) -> None:
    elsewhere = failed.top.parent / "elsewhere"
    (failed.proxies / "out").rename(elsewhere)
    (failed.proxies / "out").symlink_to(elsewhere)
    done = failed.jobspec("retry", "specs/day.yaml")
    assert done.returncode == failed.jobspec("run").returncode != 0
    assert "JS053" in done.stderr
    assert not (elsewhere / "b_320.mov").exists()
