"""`jobspec adopt` as a user sees it: what is good becomes ours, what is not is named with its numbers."""

import json
import os
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
from tests.cli.made import fill, made_once, new_repository
from tests.clips import FFMPEG, clip
from tests.conftest import Repository
from tests.mounts import freeze, tmpfs

Row = dict[str, str]
PRORES = ("-c:v", "prores_ks", "-profile:v", "0", "-pix_fmt", "yuv422p10le")
PLACE = "proxies:out/a.mov"


def adopt(repository: Repository, *arguments: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit code, and state and note of each place."""
    done = jobspec(repository, "adopt", "--json", *arguments)
    rows: list[Row] = json.loads(done.stdout)
    return done.returncode, {row["output"]: (row["state"], row["note"]) for row in rows}


def refused(repository: Repository) -> str:
    """Return why the one output is not adopted, and see to it that nothing was touched by that."""
    before = tree(repository)
    code, found = adopt(repository)
    state, note = found[PLACE]
    assert (code, state) == (4, "refused")
    assert tree(repository) == before
    assert note.startswith("JS198: is not adopted: ")
    assert note.endswith("; it is left as it is")
    return note.removeprefix("JS198: is not adopted: ").removesuffix("; it is left as it is")


def tree(repository: Repository) -> dict[Path, tuple[int, int, int]]:
    """Return what lies below the outputs, and which file it is."""
    found = {path: path.lstat() for path in repository.proxies.rglob("*")}
    return {path: (status.st_ino, status.st_size, status.st_mtime_ns) for path, status in found.items()}


def standing(repository: Repository) -> str:
    (row,) = json.loads(jobspec(repository, "status", "--json").stdout)
    return f"{row['state']} {row['note']}".strip()


def records(repository: Repository) -> list[dict[str, object]]:
    ledgers = (repository.proxies / "out" / ".jobspec" / "ledger").glob("*.jsonl")
    return [json.loads(line) for path in ledgers for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return made_once(tmp_path_factory.mktemp("once"))


@pytest.fixture(scope="module")
def by_script(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository whose one output plan.sh made."""
    repository = new_repository(tmp_path_factory.mktemp("script"))
    repository.clip(tracks=(1,))
    repository.spec()
    script = repository.top.parent / "plan.sh"
    assert jobspec(repository, "plan", "--format", "sh", "-o", str(script)).returncode == 0
    subprocess.run(["sh", str(script)], check=True, capture_output=True, env={"PATH": "/usr/bin:/bin"})
    script.unlink()
    return repository


@pytest.fixture
def there(repository: Repository, by_script: Repository) -> Path:
    """The one output of a plain job, which plan.sh made and which is foreign to us."""
    fill(repository, by_script)
    return repository.proxies / "out" / "a.mov"


@pytest.fixture
def path(repository: Repository) -> Path:
    """The place of the one output of a plain job, where nothing is yet."""
    repository.clip(tracks=(1,))
    repository.spec()
    (repository.proxies / "out").mkdir()
    return repository.proxies / "out" / "a.mov"


def test_what_plan_sh_made_becomes_ours(repository: Repository, there: Path) -> None:
    before = there.stat()
    assert standing(repository) == "foreign not made by jobspec"
    assert adopt(repository) == (0, {PLACE: ("adopted", "")})
    assert standing(repository) == "done adopted"
    after = there.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    done = jobspec(repository, "run")
    assert done.returncode == 0
    assert "nothing was encoded" in done.stderr
    assert jobspec(repository, "verify").returncode == 0


def test_the_record_says_that_it_was_adopted(repository: Repository, there: Path) -> None:
    adopt(repository)
    (record,) = records(repository)
    status = there.stat()
    assert record["event"] == "adopted"
    assert (record["output"], record["job"]) == (PLACE, "day")
    assert (record["size"], record["mtime"]) == (status.st_size, status.st_mtime_ns)
    assert record["sha256"] == sha256(there)
    assert "9.0" in str(record["toolchain"])
    done = jobspec(repository, "why", "a.mov")
    assert f"{PLACE} is done" in done.stdout
    assert f"adopted {record['time']} by {record['writer']}: it passed the gate" in done.stdout


def test_an_adopted_file_is_explained_and_replaced_like_any_other_of_ours(repository: Repository, there: Path) -> None:
    adopt(repository)
    repository.spec(resolution="half")
    assert standing(repository) == "stale picture moved"
    assert "picture height 180 → 90" in jobspec(repository, "why", "a.mov").stdout
    before = there.stat().st_ino
    assert jobspec(repository, "run", "--replace").returncode == 0
    assert there.stat().st_ino != before
    assert standing(repository) == "done"


def test_a_file_of_any_maker_that_holds_what_was_planned_is_adopted(repository: Repository, path: Path) -> None:
    clip(path, tracks=(1,), encode=("-c:v", "prores_aw", "-pix_fmt", "yuv422p10le"), sound=("-c:a", "pcm_s24le"))
    assert adopt(repository)[0] == 0


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        pytest.param({"seconds": 0.2}, "5 frames decode, 10 were planned", id="too short"),
        pytest.param({"size": "160x90"}, "size is 160x90, 320x180 was planned", id="another size"),
        pytest.param({"tracks": ()}, "audio tracks is 0, 1 was planned", id="silent"),
        pytest.param({"rate": "24", "seconds": 10 / 24}, "frame rate is 24, 25 was planned", id="another rate"),
    ],
)
def test_what_does_not_hold_what_was_planned_is_named_with_the_numbers_and_left_alone(
    repository: Repository, path: Path, made: dict[str, object], reason: str
) -> None:
    clip(path, **{"tracks": (1,), "encode": PRORES, **made})  # type: ignore[arg-type]
    assert reason in refused(repository)
    assert standing(repository) == "foreign not made by jobspec"


def a_folder(path: Path, _: Path) -> None:
    path.mkdir()


def a_link(path: Path, source: Path) -> None:
    path.symlink_to(source)


def the_source(path: Path, source: Path) -> None:
    path.hardlink_to(source)


def no_media(path: Path, _: Path) -> None:
    path.write_text("somebody's")


@pytest.mark.parametrize(
    ("occupy", "reason"),
    [
        pytest.param(a_folder, "it is no regular file", id="a folder"),
        pytest.param(a_link, "it is no regular file", id="a link"),
        pytest.param(the_source, "it is the source itself, under another name", id="the source by another name"),
        pytest.param(no_media, "is not a media file that can be read", id="no media"),
    ],
)
def test_what_is_no_file_of_its_own_is_refused(
    repository: Repository, path: Path, occupy: Callable[[Path, Path], None], reason: str
) -> None:
    occupy(path, repository.media / "a.mov")
    assert reason in refused(repository)


def test_an_output_that_is_ours_already_is_said_so(repository: Repository, once: Repository) -> None:
    fill(repository, once)
    before = tree(repository)
    assert adopt(repository) == (0, {PLACE: ("ours", "is ours already")})
    assert tree(repository) == before


def test_one_that_is_ours_for_an_older_plan_is_left_to_replace(repository: Repository, once: Repository) -> None:
    fill(repository, once)
    repository.spec(resolution="half")
    code, found = adopt(repository)
    state, note = found[PLACE]
    assert (code, state) == (3, "stale")
    assert "--replace" in note


def test_where_nothing_is_there_is_nothing_to_adopt_and_no_ffmpeg_is_asked(repository: Repository, path: Path) -> None:
    assert adopt(repository, "--ffmpeg", "/nowhere") == (0, {PLACE: ("missing", "nothing is there")})
    assert list(path.parent.iterdir()) == []


def test_a_damaged_file_of_ours_is_not_made_ours_again(repository: Repository, once: Repository) -> None:
    """A bit in the middle of a ProRes frame decodes without complaint: the gate alone would let it pass."""
    fill(repository, once)
    made = repository.proxies / "out" / "a.mov"
    data = bytearray(made.read_bytes())
    data[len(data) // 2] ^= 1
    made.write_bytes(data)
    assert "as a damaged copy has" in refused(repository)


def test_what_was_made_anew_where_ours_was_is_adopted(repository: Repository, once: Repository) -> None:
    fill(repository, once)
    made = repository.proxies / "out" / "a.mov"
    made.unlink()
    clip(made, tracks=(1,), encode=PRORES, sound=("-c:a", "pcm_s24le"), extra=("-metadata", "comment=by another"))
    assert adopt(repository) == (0, {PLACE: ("adopted", "")})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda path: os.truncate(path, 100), "the source media:a.mov changed: 100 bytes, ", id="cut"),
        pytest.param(
            lambda path: path.write_bytes(bytes(path.stat().st_size)),
            "the source media:a.mov changed: other content, at the same size",
            id="overwritten",
        ),
        pytest.param(Path.unlink, "No such file or directory (", id="gone"),
    ],
)
def test_with_a_source_that_is_not_the_planned_one_nothing_is_adopted(
    repository: Repository, there: Path, change: Callable[[Path], None], reason: str
) -> None:
    assert jobspec(repository, "lock").returncode == 0
    change(repository.media / "a.mov")
    assert reason in refused(repository)


_MEANWHILE = """\
#!/bin/sh
case " $* " in *" -f null "*) touch -d 2001-01-01 {moved} ;; esac
exec {real} "$@"
"""


@pytest.mark.parametrize(
    ("moved", "reason"),
    [
        pytest.param("proxies/out/a.mov", "it moved while it was read", id="the file"),
        pytest.param("media/a.mov", "the source media:a.mov moved meanwhile", id="the source"),
    ],
)
def test_what_moves_while_it_is_read_is_refused(repository: Repository, there: Path, moved: str, reason: str) -> None:
    meddler = repository.top / "ffmpeg"
    meddler.write_text(_MEANWHILE.format(moved=repository.top.parent / moved, real=FFMPEG))
    meddler.chmod(0o755)
    code, found = adopt(repository, "--ffmpeg", str(meddler))
    assert (code, found[PLACE][0]) == (4, "refused")
    assert reason in found[PLACE][1]
    assert not (there.parent / ".jobspec" / "ledger").exists()


def test_each_output_is_told_for_itself_in_the_plans_order(repository: Repository, once: Repository) -> None:
    fill(repository, once)
    for name in ("b.mov", "c.mov", "d.mov"):
        shutil.copyfile(repository.media / "a.mov", repository.media / name)
    repository.spec(sources=tuple(f"media:{name}.mov" for name in "dcba"))
    shutil.copyfile(repository.proxies / "out" / "a.mov", repository.proxies / "out" / "b.mov")
    (repository.proxies / "out" / "c.mov").write_text("somebody's")
    done = jobspec(repository, "adopt")
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [
        ["missing", "proxies:out/d.mov"],
        ["refused", "proxies:out/c.mov"],
        ["adopted", "proxies:out/b.mov"],
        ["ours", "proxies:out/a.mov"],
    ]
    assert done.returncode == 4
    assert done.stderr == "1 of 4 adopted\n"


def test_only_narrows_it(repository: Repository, there: Path) -> None:
    shutil.copyfile(repository.media / "a.mov", repository.media / "b.mov")
    repository.spec(sources=("media:a.mov", "media:b.mov"))
    shutil.copyfile(there, there.with_name("b.mov"))
    assert adopt(repository, "--only", "b.mov") == (0, {"proxies:out/b.mov": ("adopted", "")})
    assert [record["output"] for record in records(repository)] == ["proxies:out/b.mov"]


def test_where_no_record_can_be_written_nothing_is_adopted(repository: Repository, by_script: Repository) -> None:
    with tmpfs(repository.proxies):
        fill(repository, by_script)
        freeze(repository.proxies)
        code, found = adopt(repository)
    assert (code, found[PLACE][0]) == (4, "refused")
    assert "JS095: Read-only file system" in found[PLACE][1]


_SLOW = """\
#!/bin/sh
case " $* " in *" -f null "*) : >{begun}; exec sleep 60 ;; esac
exec {real} "$@"
"""


def test_a_decoder_that_is_killed_lets_nothing_pass(repository: Repository, there: Path) -> None:
    killed = repository.top / "ffmpeg"
    killed.write_text(f'#!/bin/sh\ncase " $* " in *" -f null "*) kill -KILL $$ ;; esac\nexec {FFMPEG} "$@"\n')
    killed.chmod(0o755)
    code, found = adopt(repository, "--ffmpeg", str(killed))
    assert (code, found[PLACE][0]) == (4, "refused")
    assert "it could not be decoded here: " in found[PLACE][1]


def test_ctrl_c_ends_it_and_nothing_is_adopted(repository: Repository, there: Path) -> None:
    begun, slow = repository.top / "begun", repository.top / "ffmpeg"
    slow.write_text(_SLOW.format(begun=begun, real=FFMPEG))
    slow.chmod(0o755)
    command = [sys.executable, "-m", "runner", "adopt", "--ffmpeg", str(slow)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=repository.top, env=repository.environment, stdout=pipe, stderr=pipe) as run:
        while not begun.exists():
            assert run.poll() is None
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=20)
    assert run.returncode == 130
    assert b"interrupted" in out
    assert standing(repository) == "foreign not made by jobspec"
