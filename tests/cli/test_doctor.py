"""`jobspec doctor` as a user sees it: what is in order, what would stop a run, and the exit code of that run."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.cli.inside import jobspec
from tests.cli.made import fill, made_once, new_repository
from tests.clips import FFMPEG, ffmpeg
from tests.conftest import Repository
from tests.execution.fakes import fake_without
from tests.mounts import fill as fill_disk
from tests.mounts import tmpfs

Row = dict[str, str]
FOLDER, DISK = "folder proxies:out", "disk of "


def doctor(repository: Repository, *arguments: str, env: Mapping[str, str] | None = None) -> tuple[int, list[Row]]:
    done = jobspec(repository, "doctor", "--json", *arguments, env=env)
    rows: list[Row] = json.loads(done.stdout)
    return done.returncode, rows


def as_a_run(repository: Repository, *arguments: str, env: Mapping[str, str] | None = None) -> list[Row]:
    """Return what would stop a run, and see to it that a run exits as doctor does."""
    code, rows = doctor(repository, *arguments, env=env)
    assert jobspec(repository, "run", *arguments, env=env).returncode == code
    return [row for row in rows if row["state"] == "stops"]


def finding(rows: list[Row], what: str) -> tuple[str, str]:
    """Return state and words of the one finding of that name."""
    (row,) = [row for row in rows if row["what"].startswith(what)]
    return row["state"], row["finding"]


@pytest.fixture
def ready(repository: Repository) -> Repository:
    """A repository with one output to make, and everything there for it."""
    repository.clip(tracks=(1,))
    repository.spec()
    return repository


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return made_once(tmp_path_factory.mktemp("once"))


def test_where_all_is_in_order_every_finding_says_so(ready: Repository) -> None:
    code, rows = doctor(ready)
    assert (code, {row["state"] for row in rows}) == (0, {"ok"})
    assert {row["what"]: row["finding"] for row in rows if not row["what"].startswith((DISK, "ffmpeg"))} == {
        "specs": "1 valid, 1 outputs planned",
        "outputs": "1 of 1 missing",
        "toolchain": "plans are made for FFmpeg 9.0",
        "encoders": "pcm_s24le, prores_ks",
        "filters": "format, scale, setsar",
        "root media": f"{ready.media}, readable",
        "root proxies": f"{ready.proxies}, readable and writable",
        FOLDER: "new files get their names by renameat2, older files by exchange, in one step",
        "sources": "1 there, of the size that the plan knows",
    }
    assert jobspec(ready, "run").returncode == 0


def test_the_ffmpeg_is_told_with_version_line_and_path(ready: Repository) -> None:
    state, words = finding(doctor(ready)[1], "ffmpeg")
    assert state == "ok"
    assert "of release line 9.0, " in words
    assert words.endswith(FFMPEG)


def test_doctor_leaves_nothing_behind(ready: Repository) -> None:
    doctor(ready)
    assert list(ready.proxies.iterdir()) == []


def test_an_ffmpeg_of_another_version_would_stop_a_run(ready: Repository) -> None:
    other = fake_without(ready.top / "ffmpeg", version="7.0.2-static")
    (stop,) = as_a_run(ready, "--ffmpeg", str(other))
    assert stop["what"] == "toolchain"
    assert stop["finding"].startswith(f'JS081: the plan is made for FFmpeg 9.0, "{other}" is 7.0; ')


def test_a_missing_encoder_would_stop_a_run(ready: Repository) -> None:
    other = fake_without(ready.top / "ffmpeg", encoder="prores_ks")
    (stop,) = as_a_run(ready, "--ffmpeg", str(other))
    assert "lacks the encoder prores_ks, which the plan needs" in stop["finding"]


def test_a_missing_filter_would_stop_a_run(ready: Repository) -> None:
    other = ready.top / "ffmpeg"
    other.write_text(
        f'#!/bin/sh\ncase " $* " in *" -filters "*) {FFMPEG} "$@" | grep -vw setsar; exit ;; esac\nexec {FFMPEG} "$@"\n'
    )
    other.chmod(0o755)
    (stop,) = as_a_run(ready, "--ffmpeg", str(other))
    assert "lacks the filter setsar, which the plan needs" in stop["finding"]
    assert ready.outputs() == []


def test_no_ffmpeg_would_stop_a_run(ready: Repository) -> None:
    (stop,) = as_a_run(ready, env={"JOBSPEC_FFMPEG": "/nowhere/ffmpeg"})
    assert stop["what"] == "ffmpeg"
    assert "JS080" in stop["finding"]


@pytest.mark.parametrize("locked", [pytest.param(False, id="without a lock"), pytest.param(True, id="with a lock")])
@pytest.mark.parametrize("root", ["media", "proxies"])
def test_an_unmounted_root_would_stop_a_run_and_is_told_once(ready: Repository, locked: bool, root: str) -> None:
    if locked:
        assert jobspec(ready, "lock").returncode == 0
    gone = {f"JOBSPEC_ROOT_{root.upper()}": ""}
    (stop,) = as_a_run(ready, env=gone)
    assert "JS051" in stop["finding"]
    assert f'the root "{root}" is not mounted here' in stop["finding"]


@pytest.mark.parametrize("root", ["media", "proxies"])
def test_a_root_whose_folder_is_gone_would_stop_a_run_and_the_rest_is_still_told(ready: Repository, root: str) -> None:
    (stop,) = as_a_run(ready, env={f"JOBSPEC_ROOT_{root.upper()}": str(ready.top / "gone")})
    assert "JS058" in stop["finding"]
    assert finding(doctor(ready, env={f"JOBSPEC_ROOT_{root.upper()}": str(ready.top / "gone")})[1], "ffmpeg")


def test_a_read_only_output_folder_would_stop_a_run(ready: Repository) -> None:
    with tmpfs(ready.proxies, "ro"):
        (stop,) = as_a_run(ready)
        assert finding(doctor(ready)[1], "root proxies") == (
            "note",
            f"{ready.proxies}, readable, not writable itself",
        )
    assert stop["what"] == FOLDER
    assert stop["finding"].startswith(f"JS095: Read-only file system ({ready.proxies}); ")


def test_a_full_disk_would_stop_a_run(ready: Repository) -> None:
    with tmpfs(ready.proxies, "size=64k"):
        fill_disk(ready.proxies)
        folder, disk = as_a_run(ready)
    assert "JS095: No space left on device" in folder["finding"]
    assert "JS193: about 61.9 KB are to be made, and 0 B are free" in disk["finding"]


def test_a_disk_with_certainly_too_little_room_would_stop_a_run(ready: Repository) -> None:
    with tmpfs(ready.proxies, "size=64k"):
        (stop,) = as_a_run(ready)
    assert stop["finding"] == (
        f'JS193: about 61.9 KB are to be made, and 65.5 KB are free on the disk of "{ready.proxies}";'
        " free some space or choose another output_directory"
    )


def test_a_disk_where_it_fits_if_the_estimate_is_right_is_called_tight(ready: Repository) -> None:
    with tmpfs(ready.proxies, "size=112k"):
        code, rows = doctor(ready)
    state, words = finding(rows, DISK)
    assert (code, state) == (0, "note")
    assert "which is tight" in words


@pytest.mark.parametrize(
    ("kernel", "state", "words"),
    [
        pytest.param("nfs", "ok", "new files get their names by link, older files after a check", id="NFS"),
        pytest.param("neither", "note", 'JS190: "proxies:out" has neither renameat2 nor links', id="neither"),
    ],
)
def test_the_rung_that_holds_is_told_and_the_weakest_one_also_by_a_run(
    ready: Repository, kernel: str, state: str, words: str
) -> None:
    def below(verb: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "tests.execution.syscalls", kernel, sys.executable, "-m", "runner", verb]
        path = {**ready.environment, "PYTHONPATH": str(Path(__file__).parents[2])}
        return subprocess.run([*command, *arguments], cwd=ready.top, env=path, capture_output=True, text=True)

    done = below("doctor", "--json")
    found = finding(json.loads(done.stdout), FOLDER)
    assert (done.returncode, found[0]) == (0, state)
    assert found[1].startswith(words)
    run = below("run")
    assert run.returncode == 0
    assert ("JS190" in run.stderr) is (kernel == "neither")
    assert ready.outputs() == ["out/a.mov"]


def test_a_source_that_is_gone_would_fail_its_output(ready: Repository) -> None:
    assert jobspec(ready, "lock").returncode == 0
    (ready.media / "a.mov").unlink()
    (stop,) = as_a_run(ready)
    assert stop["finding"] == 'JS192: a run would fail on this: "media:a.mov" does not exist'


def test_a_source_that_grew_would_fail_its_output(ready: Repository) -> None:
    assert jobspec(ready, "lock").returncode == 0
    path = ready.media / "a.mov"
    size = path.stat().st_size
    os.truncate(path, size + 1)
    (stop,) = as_a_run(ready)
    assert stop["finding"].endswith(f"media:a.mov has {size + 1} bytes, {size} when planned")


def test_many_bad_sources_are_counted_after_the_first_twenty(ready: Repository) -> None:
    names = [f"{number:02}.mov" for number in range(23)]
    for name in names:
        shutil.copyfile(ready.media / "a.mov", ready.media / name)
    ready.spec(sources=tuple(f"media:{name}" for name in names))
    assert jobspec(ready, "lock").returncode == 0
    for name in names:
        (ready.media / name).unlink()
    code, rows = doctor(ready)
    found = [row for row in rows if row["what"] == "source"]
    assert code == 4
    assert (len(found), found[-1]["finding"]) == (21, "3 more sources like these")


def test_a_foreign_file_counts_as_in_a_run(ready: Repository) -> None:
    (ready.proxies / "out").mkdir()
    (ready.proxies / "out" / "a.mov").write_text("somebody's")
    (stop,) = as_a_run(ready)
    assert stop["finding"] == "1 of 1 foreign; `jobspec status` names them"


def test_a_stale_file_counts_as_in_a_run(repository: Repository, once: Repository) -> None:
    fill(repository, once)
    repository.spec(resolution="half")
    (stop,) = as_a_run(repository)
    assert stop["finding"] == "1 of 1 stale; `jobspec status` names them"


def test_an_invalid_spec_stops_a_run_and_the_machine_is_still_looked_at(ready: Repository) -> None:
    ready.spec(codec="haf")
    (stop,) = as_a_run(ready)
    assert "JS020 codec" in stop["finding"]
    assert finding(doctor(ready)[1], "ffmpeg")[0] == "ok"
    assert finding(doctor(ready)[1], "root media")[0] == "ok"


def test_a_folder_without_specs_still_gets_its_ffmpeg_looked_at(repository: Repository) -> None:
    (stop,) = as_a_run(repository)
    assert stop["what"] == "specs"
    assert finding(doctor(repository)[1], "ffmpeg")[0] == "ok"


def test_a_damaged_ledger_would_stop_a_run(repository: Repository, once: Repository) -> None:
    fill(repository, once)
    (ledger,) = (repository.proxies / "out" / ".jobspec" / "ledger").iterdir()
    ledger.write_bytes(b"what?\n" + ledger.read_bytes())
    (stop,) = as_a_run(repository)
    assert "JS096" in stop["finding"]


def test_with_nothing_to_make_a_missing_encoder_is_a_note(repository: Repository, once: Repository) -> None:
    fill(repository, once)
    other = fake_without(repository.top / "ffmpeg", encoder="prores_ks")
    assert as_a_run(repository, "--ffmpeg", str(other)) == []
    assert finding(doctor(repository, "--ffmpeg", str(other))[1], "encoders")[0] == "note"


def test_a_new_file_that_no_lock_holds_counts_as_in_a_run(ready: Repository) -> None:
    ready.spec(sources=('glob: "media:*.mov"',))
    assert jobspec(ready, "lock").returncode == 0
    shutil.copyfile(ready.media / "a.mov", ready.media / "b.mov")
    (stop,) = as_a_run(ready)
    assert "JS120" in stop["finding"]


def test_an_output_folder_that_leaves_its_root_by_a_link_would_stop_a_run(ready: Repository) -> None:
    (ready.top / "elsewhere").mkdir()
    (ready.proxies / "out").symlink_to(ready.top / "elsewhere")
    stops = as_a_run(ready)
    assert stops
    assert all("JS053" in stop["finding"] for stop in stops)


def test_a_file_where_the_output_folder_should_be_would_stop_a_run(ready: Repository) -> None:
    (ready.proxies / "out").write_text("somebody's")
    (stop,) = as_a_run(ready)
    assert stop["what"] == FOLDER
    assert f"Not a directory ({ready.proxies}/out)" in stop["finding"]


def test_a_folder_of_records_elsewhere_is_tried_too(ready: Repository) -> None:
    text = '[roots]\nmedia = "m"\nproxies = "p"\nrecords = "r"\n'
    ready.write("jobspec.toml", f'state_directory = "records:here"\n{text}')
    with tmpfs(ready.top / "records", "ro") as folder:
        (stop,) = as_a_run(ready, env={"JOBSPEC_ROOT_RECORDS": str(folder)})
    assert stop["what"].startswith("records records:here")
    assert "Read-only file system" in stop["finding"]


def test_people_get_a_table_and_the_sum(ready: Repository) -> None:
    done = jobspec(ready, "doctor")
    assert done.stdout.splitlines()[0].split() == ["state", "what", "finding"]
    assert done.stderr == "nothing would stop a run\n"
    assert jobspec(ready, "doctor", "--ffmpeg", "/nowhere").stderr == "one finding would stop a run\n"


AS_NOBODY = """
import difflib, os, sys
from runner.cli import entry
entry.run(["doctor"])  # what is imported as root need not be readable for nobody
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
sys.stdout.flush()
print("as nobody", flush=True)
sys.exit(entry.run(["doctor"]))
"""


@pytest.fixture
def open_repository() -> Iterator[Repository]:
    """A repository that every user may enter; pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield new_repository(Path(folder))


def test_a_root_that_this_user_may_not_read_is_told(open_repository: Repository) -> None:
    repository = open_repository
    repository.clip()
    repository.spec()
    assert jobspec(repository, "lock").returncode == 0
    repository.media.chmod(0)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY],
        cwd=repository.top,
        env=repository.environment,
        capture_output=True,
        text=True,
    )
    repository.media.chmod(0o755)
    told = done.stdout.partition("as nobody")[2]
    assert done.returncode == 4, done.stderr
    assert f'JS191: the root "media" cannot be read here ({repository.media}: Permission denied)' in told
    assert 'JS192: a run would fail on this: "media:a.mov" cannot be read: permission denied' in told
    assert "JS095: Permission denied" in told or os.geteuid() != 0


def test_an_image_sequence_is_looked_for_frame_by_frame(repository: Repository) -> None:
    frames = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=24:d=0.2")
    ffmpeg(*frames, f"file:{repository.media}/plate.%04d.png")
    repository.spec(sources=('{sequence: "media:plate.####.png", rate: 24}',))
    assert jobspec(repository, "lock").returncode == 0
    code, rows = doctor(repository)
    assert (code, finding(rows, "sources")) == (0, ("ok", "1 there, of the size that the plan knows"))
    (repository.media / "plate.0002.png").write_bytes(b"more")
    code, rows = doctor(repository)
    assert (code, finding(rows, "source")[0]) == (4, "stops")
