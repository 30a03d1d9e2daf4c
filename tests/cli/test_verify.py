"""`jobspec verify` as a user sees it: what is whole, damaged, missing, foreign, never verified."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.execution.publish import sha256
from tests.cli.inside import jobspec
from tests.cli.made import fill, made_once
from tests.clips import FFMPEG, clip
from tests.conftest import Repository
from tests.execution.fakes import processes_about

Row = dict[str, str]
FULL, HASHED = (), ("--hash-only",)
WAYS = [pytest.param(FULL, id="decoding"), pytest.param(HASHED, id="by hash")]


def verify(repository: Repository, *arguments: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit code, and state and note of each place."""
    done = jobspec(repository, "verify", "--json", *arguments)
    rows: list[Row] = json.loads(done.stdout)
    return done.returncode, {row["output"]: (row["state"], row["note"]) for row in rows}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return made_once(tmp_path_factory.mktemp("once"))


@pytest.fixture
def made(repository: Repository, once: Repository) -> Path:
    """The one output of a plain job, which is made."""
    fill(repository, once)
    return repository.proxies / "out" / "a.mov"


def flip(path: Path) -> None:
    """Change one bit in the middle of a file, and nothing of its size and times: what a bad disk does."""
    data, status = bytearray(path.read_bytes()), path.stat()
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cut(path: Path) -> None:
    os.truncate(path, 70000)


def fold(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link(path: Path) -> None:
    path.rename(path.with_name("elsewhere.mov"))
    path.symlink_to(path.with_name("elsewhere.mov"))


@pytest.mark.parametrize("way", WAYS)
def test_what_was_made_is_verified(repository: Repository, made: Path, way: tuple[str, ...]) -> None:
    assert verify(repository, *way) == (0, {"proxies:out/a.mov": ("verified", "")})


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        pytest.param(flip, "same size, other content", id="one bit is another"),
        pytest.param(cut, r"70000 bytes, \d{6} were recorded", id="the half is gone"),
        pytest.param(fold, "something that is no file stands there", id="a folder"),
        pytest.param(link, "something that is no file stands there", id="a link"),
    ],
)
def test_what_is_not_the_published_file_any_more_is_damaged(
    repository: Repository, made: Path, way: tuple[str, ...], harm: Callable[[Path], None], reason: str
) -> None:
    harm(made)
    code, found = verify(repository, *way)
    state, note = found["proxies:out/a.mov"]
    assert (code, state) == (4, "damaged")
    assert re.match(f"JS195: is not what was published here: {reason}; restore it", note)


@pytest.mark.parametrize("way", WAYS)
def test_what_was_published_and_is_gone_is_missing(repository: Repository, made: Path, way: tuple[str, ...]) -> None:
    made.unlink()
    code, found = verify(repository, *way)
    assert (code, found["proxies:out/a.mov"][0]) == (4, "missing")


@pytest.mark.parametrize("way", WAYS)
def test_what_was_never_made_was_never_verified_and_that_is_no_failure(
    repository: Repository, way: tuple[str, ...]
) -> None:
    repository.clip()
    repository.spec()
    assert verify(repository, *way) == (0, {"proxies:out/a.mov": ("unverified", "never made")})


@pytest.mark.parametrize("way", WAYS)
def test_what_no_record_describes_is_foreign(repository: Repository, way: tuple[str, ...]) -> None:
    repository.clip()
    repository.spec()
    clip(repository.proxies / "out" / "a.mov")
    code, found = verify(repository, *way)
    state, note = found["proxies:out/a.mov"]
    assert (code, state) == (4, "foreign")
    assert note.startswith("JS093: stands there and is not ours")


def test_a_whole_copy_with_other_times_is_verified(repository: Repository, made: Path) -> None:
    data = made.read_bytes()
    made.unlink()
    made.write_bytes(data)
    os.utime(made, (1, 1))
    assert verify(repository, "--hash-only")[0] == 0


def test_the_gate_finds_what_no_hash_can_say(repository: Repository, made: Path) -> None:
    """A record of a file that was bad from the start, as a gate of an older version might have let through."""
    clip(made, tracks=(1,), seconds=0.2)
    _forge(repository, made)
    assert verify(repository, "--hash-only")[0] == 0
    code, found = verify(repository)
    state, note = found["proxies:out/a.mov"]
    assert (code, state) == (4, "damaged")
    assert "5 frames decode, 10 were planned" in note


def _forge(repository: Repository, path: Path) -> None:
    (ledger,) = (repository.proxies / "out" / ".jobspec" / "ledger").iterdir()
    lines = [json.loads(line) for line in ledger.read_text().splitlines()]
    told = {"size": path.stat().st_size, "sha256": sha256(path), "mtime": path.stat().st_mtime_ns}
    ledger.write_text("".join(json.dumps(line | told if "sha256" in line else line) + "\n" for line in lines))


def test_a_stale_file_is_judged_by_the_plan_it_was_made_for(repository: Repository, made: Path) -> None:
    repository.spec(resolution="half")
    assert verify(repository) == (0, {"proxies:out/a.mov": ("verified", "")})


def test_a_stale_file_whose_plan_is_gone_is_verified_by_its_hash_and_that_is_said(
    repository: Repository, made: Path
) -> None:
    repository.spec(resolution="half")
    shutil.rmtree(made.parent / ".jobspec" / "plans")
    note = "by hash alone: the plan it was made by is gone"
    assert verify(repository) == (0, {"proxies:out/a.mov": ("verified", note)})


def test_our_files_that_no_plan_names_any_more_are_verified_too(repository: Repository, made: Path) -> None:
    repository.spec(template="new-{{ source_name }}")
    flip(made)
    code, found = verify(repository)
    assert (code, {place: state for place, (state, _) in found.items()}) == (
        4,
        {"proxies:out/new-a.mov": "unverified", "proxies:out/a.mov": "damaged"},
    )
    assert verify(repository, "--only", "new-a.mov")[0] == 0


def test_other_jobs_files_in_the_folder_are_not_this_specs_business(repository: Repository, made: Path) -> None:
    other = repository.spec("night.yaml", template="night-{{ source_name }}", more="job_id: night\n")
    assert set(verify(repository, str(other))[1]) == {"proxies:out/night-a.mov"}


def test_verify_writes_nothing_and_asks_no_ffmpeg_for_hashes(repository: Repository, made: Path) -> None:
    before = {path: path.lstat().st_mtime_ns for path in repository.proxies.rglob("*")}
    assert jobspec(repository, "verify").returncode == 0
    assert jobspec(repository, "verify", "--hash-only", env={"JOBSPEC_FFMPEG": "/nowhere"}).returncode == 0
    assert {path: path.lstat().st_mtime_ns for path in repository.proxies.rglob("*")} == before
    done = jobspec(repository, "verify", env={"JOBSPEC_FFMPEG": "/nowhere"})
    assert done.returncode == 75
    assert "JS080" in done.stderr


def test_a_locked_spec_is_verified_where_its_media_are_not(repository: Repository, made: Path) -> None:
    assert jobspec(repository, "lock").returncode == 0
    shutil.rmtree(repository.media)
    assert verify(repository) == (0, {"proxies:out/a.mov": ("verified", "")})


@pytest.mark.parametrize("verb", ["verify", "adopt"])
def test_files_of_a_share_that_is_gone_are_not_called_never_made(
    repository: Repository, made: Path, verb: str, tmp_path: Path
) -> None:
    done = jobspec(repository, verb, env={"JOBSPEC_ROOT_PROXIES": str(tmp_path / "gone")})
    assert (done.returncode, done.stdout) == (75, "")
    assert 'JS058: the root "proxies" is mounted at a folder that is not there' in done.stderr


def test_people_get_a_table_and_the_counts(repository: Repository, made: Path) -> None:
    done = jobspec(repository, "verify")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["state", "output", "note"],
        ["verified", "proxies:out/a.mov"],
    ]
    assert done.stderr == "1 verified\n"


_SLOW = """\
#!/bin/sh
case " $* " in *" -f null "*) : >{begun}; exec sleep 60 ;; esac
exec {real} "$@"
"""


def test_a_decoder_that_is_killed_says_nothing_of_the_file(repository: Repository, made: Path) -> None:
    killed = repository.top / "ffmpeg"
    killed.write_text(f'#!/bin/sh\ncase " $* " in *" -f null "*) kill -KILL $$ ;; esac\nexec {FFMPEG} "$@"\n')
    killed.chmod(0o755)
    code, found = verify(repository, "--ffmpeg", str(killed))
    assert (code, found["proxies:out/a.mov"][0]) == (75, "unverified")
    assert "JS199: could not be decoded here: " in found["proxies:out/a.mov"][1]


def test_ctrl_c_ends_it_and_says_what_was_not_looked_at(repository: Repository, made: Path, tmp_path: Path) -> None:
    begun, slow = tmp_path / "begun", tmp_path / "ffmpeg"
    slow.write_text(_SLOW.format(begun=begun, real=FFMPEG))
    slow.chmod(0o755)
    command = [sys.executable, "-m", "runner", "verify", "--ffmpeg", str(slow)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=repository.top, env=repository.environment, stdout=pipe, stderr=pipe) as run:
        while not begun.exists():
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=20)
    assert run.returncode == 130
    assert b"unverified" in out
    assert b"interrupted" in out
    assert processes_about(str(made)) == []
