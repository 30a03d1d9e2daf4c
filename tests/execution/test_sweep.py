"""What the dead left behind is swept; what a living runner works in never."""

from pathlib import Path

import msgspec
import pytest

from runner import canonical
from runner.execution.ledger import Ledger, Record
from runner.execution.owner import me
from runner.execution.publish import sha256
from runner.execution.sweep import MARK, OWNER, WORK, begin, owner_of, remove, sweep, sweep_marks
from tests.execution.test_ledger import PLACE, record

DEAD = msgspec.structs.replace(me(), start="1")
ELSEWHERE = msgspec.structs.replace(me(), host="nas2", machine="another")
NOTHING = Ledger({})


def left_by(directory: Path, owner: object, name: str = "x-1", text: str = "half a film") -> Path:
    work = directory / WORK / name
    work.mkdir(parents=True)
    (work / OWNER).write_bytes(canonical.encode(owner))
    (work / "output.mov").write_text(text)
    return work


def test_a_work_folder_says_whose_it_is_and_is_not_swept_while_that_one_lives(tmp_path: Path) -> None:
    work = tmp_path / WORK / "x-1"
    begin(work)
    assert owner_of(work) == me()
    assert sweep(tmp_path, NOTHING) == []
    assert sweep(tmp_path, NOTHING, {me().host}) == []
    assert work.is_dir()


def test_a_work_folder_of_the_dead_is_swept_with_the_folder_of_them_all(tmp_path: Path) -> None:
    left_by(tmp_path, DEAD)
    assert sweep(tmp_path, NOTHING) == []
    assert list((tmp_path / ".jobspec").iterdir()) == []


def test_a_work_folder_of_another_host_is_swept_when_that_host_is_taken_over(tmp_path: Path) -> None:
    work = left_by(tmp_path, ELSEWHERE)
    sweep(tmp_path, NOTHING)
    assert work.is_dir()
    sweep(tmp_path, NOTHING, {"nas2"})
    assert not work.exists()


def test_a_folder_that_says_nothing_is_left_as_those_of_plan_sh_are(tmp_path: Path) -> None:
    work = tmp_path / WORK / "sh.abcdef"
    work.mkdir(parents=True)
    sweep(tmp_path, NOTHING)
    assert work.is_dir()


def test_a_folder_whose_owner_was_killed_while_he_made_or_removed_it_is_swept(tmp_path: Path) -> None:
    for name in (".new-x-1", "x-2"):
        (tmp_path / WORK / name).mkdir(parents=True)
    sweep(tmp_path, NOTHING)
    assert not (tmp_path / WORK).exists()


def test_a_folder_whose_owner_was_killed_while_he_wrote_down_whose_it_is_is_swept(tmp_path: Path) -> None:
    for name, text in ((".new-x-1", b""), (".new-x-2", canonical.encode(DEAD)[:20])):
        (tmp_path / WORK / name).mkdir(parents=True)
        (tmp_path / WORK / name / OWNER).write_bytes(text)
    sweep(tmp_path, NOTHING)
    assert not (tmp_path / WORK).exists()


def test_removing_a_folder_takes_what_says_whose_it_is_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = left_by(tmp_path, DEAD)
    (work / "inside").mkdir()
    removed: list[str] = []
    unlink = Path.unlink
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok=False: (removed.append(path.name), unlink(path)))
    remove(work)
    assert removed == ["output.mov", OWNER]
    assert not work.exists()


@pytest.mark.parametrize("before", [None, b"", b"{"], ids=["is empty", "has a file", "has half a word"])
def test_a_folder_that_is_swept_while_it_is_made_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bytes | None
) -> None:
    write, swept = Path.write_bytes, [True, True]

    def write_around_a_sweep(path: Path, data: bytes) -> int:
        if not swept or not swept.pop():
            return write(path, data)
        if before is None:
            sweep(tmp_path, NOTHING)
            return write(path, data)
        with path.open("wb", buffering=0) as file:
            file.write(before)
            sweep(tmp_path, NOTHING)
            file.write(data[len(before) :])
        return len(data)

    monkeypatch.setattr(Path, "write_bytes", write_around_a_sweep)
    begin(tmp_path / WORK / "x-1")
    assert owner_of(tmp_path / WORK / "x-1") == me()
    assert not swept
    assert [path.name for path in (tmp_path / WORK).iterdir()] == ["x-1"]


def test_marks_of_the_dead_are_swept_and_no_others(tmp_path: Path) -> None:
    for name, owner in (("dead", DEAD), ("lives", me()), ("elsewhere", ELSEWHERE)):
        (tmp_path / f"{MARK}{name}").write_bytes(canonical.encode(owner))
    sweep_marks(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {".seen-lives", ".seen-elsewhere"}
    sweep_marks(tmp_path, {"nas2"})
    assert {path.name for path in tmp_path.iterdir()} == {".seen-lives"}


def test_an_output_folder_that_was_never_used_stays_as_it_is(tmp_path: Path) -> None:
    sweep(tmp_path / "none", NOTHING)
    assert list(tmp_path.iterdir()) == []


def known(*records: Record) -> Ledger:
    return Ledger({PLACE: list(records)})


def test_half_a_file_that_was_to_replace_another_is_swept(tmp_path: Path) -> None:
    work = left_by(tmp_path, DEAD)
    assert sweep(tmp_path, known(record("started", replaces="sha256:0"))) == []
    assert not work.exists()


def test_a_folder_that_another_runner_sweeps_at_this_moment_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = left_by(tmp_path, DEAD)
    monkeypatch.setattr("runner.execution.sweep.sha256", lambda path: remove(work) or sha256(path))
    assert sweep(tmp_path, known(record("verified", replaces="sha256:0", sha256="sha256:1"))) == []


def test_our_older_file_that_a_killed_replacement_took_is_swept(tmp_path: Path) -> None:
    work = left_by(tmp_path, DEAD, text="our older file")
    digest = sha256(work / "output.mov")
    assert sweep(tmp_path, known(record("verified", sha256=digest), record("verified", replaces=digest))) == []
    assert not work.exists()


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_a_strangers_file_that_a_killed_replacement_took_is_kept_and_named(tmp_path: Path, kind: str) -> None:
    work = left_by(tmp_path, DEAD, text="a stranger's")
    path = work / "output.mov"
    if kind != "file":
        path.unlink()
    if kind == "link":
        path.symlink_to("nowhere")
    if kind == "folder":
        path.mkdir()
    ledger = known(record("verified", replaces="sha256:0", sha256="sha256:1"))
    assert sweep(tmp_path, ledger) == [work]
    assert path.is_symlink() or path.exists()
