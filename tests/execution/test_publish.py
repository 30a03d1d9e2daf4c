"""The last step: one name, one file, and nothing of anybody else's ever gone."""

import ctypes
import errno
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.execution.publish import Ladder, publish, replace, sha256, try_ladder
from tests.mounts import fill, tmpfs

Occupant = Callable[[Path], None]


def a_file(path: Path) -> None:
    path.write_text("somebody's")


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "inside").write_text("somebody's")


def a_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def a_link_to_a_file(path: Path) -> None:
    path.with_name("theirs").write_text("somebody's")
    path.symlink_to(path.with_name("theirs"))


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


OCCUPANTS = [
    pytest.param(a_file, id="a file"),
    pytest.param(a_folder, id="a folder"),
    pytest.param(a_dangling_link, id="a link to nothing"),
    pytest.param(a_link_to_a_file, id="a link to a file"),
    pytest.param(a_pipe, id="a pipe"),
]


def look(folder: Path) -> dict[str, str]:
    """Return what lies in a folder: kind and, for files and links, what they hold."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_text()
        else:
            found[name] = "folder" if path.is_dir() else "special"
    return found


class OldLibrary:
    """A C library from before renameat2."""

    def __init__(self, *_: object, **__: object) -> None:
        self.getpid = None


def without_renameat2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", OldLibrary)


def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer as exFAT does: no renameat2 flags, no hard links."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    without_renameat2(monkeypatch)
    monkeypatch.setattr(os, "link", refuse)


def as_it_is(_: pytest.MonkeyPatch) -> None:
    return None


FILE_SYSTEMS = [
    pytest.param(as_it_is, "renameat2", id="this file system"),
    pytest.param(without_renameat2, "link", id="one without renameat2"),
    pytest.param(without_links, "checked-rename", id="one without renameat2 and links"),
]


@pytest.fixture
def encoded(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    path = tmp_path / "work" / "output.mov"
    path.write_text("ours, new")
    return path


@pytest.fixture
def final(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "a.mov"


@pytest.mark.parametrize(("limit", "rung"), FILE_SYSTEMS)
def test_a_file_gets_its_name_by_the_best_step_there_is(
    encoded: Path, final: Path, limit: Callable[[pytest.MonkeyPatch], None], rung: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch)
    assert publish(encoded, final) == rung
    assert look(final.parent) == {"a.mov": "ours, new"}
    assert not encoded.exists()
    assert final.stat().st_nlink == 1


@pytest.mark.parametrize("occupy", OCCUPANTS)
@pytest.mark.parametrize(("limit", "rung"), FILE_SYSTEMS)
def test_whatever_has_the_name_keeps_it(
    encoded: Path,
    final: Path,
    limit: Callable[[pytest.MonkeyPatch], None],
    rung: str,
    occupy: Occupant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit(monkeypatch)
    occupy(final)
    before = look(final.parent)
    with pytest.raises(FileExistsError):
        publish(encoded, final)
    assert look(final.parent) == before
    assert encoded.read_text() == "ours, new"


def test_a_folder_that_is_not_there_is_an_error_and_no_reason_to_try_weaker_steps(encoded: Path, final: Path) -> None:
    final.parent.rmdir()
    with pytest.raises(FileNotFoundError):
        publish(encoded, final)
    assert encoded.exists()


def test_of_two_that_publish_one_name_at_once_exactly_one_does(tmp_path: Path, final: Path) -> None:
    runners = 8
    won: list[int] = []
    refused: list[int] = []
    start = threading.Barrier(runners)

    def compete(number: int) -> None:
        mine = tmp_path / f"work-{number}"
        mine.write_text(str(number))
        start.wait()
        try:
            publish(mine, final)
            won.append(number)
        except FileExistsError:
            refused.append(number)

    threads = [threading.Thread(target=compete, args=(number,)) for number in range(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(refused) == runners - 1
    assert final.read_text() == str(won[0])


@pytest.mark.parametrize(("limit", "rung"), FILE_SYSTEMS[:2])
def test_our_older_file_is_replaced_and_removed(
    encoded: Path, final: Path, limit: Callable[[pytest.MonkeyPatch], None], rung: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch)
    final.write_text("ours, old")
    replace(encoded, final, sha256(final))
    assert look(final.parent) == {"a.mov": "ours, new"}
    assert not encoded.exists()


@pytest.mark.parametrize("occupy", OCCUPANTS)
@pytest.mark.parametrize(("limit", "rung"), FILE_SYSTEMS[:2])
def test_what_took_the_place_of_our_older_file_stands_there_again(
    encoded: Path,
    final: Path,
    limit: Callable[[pytest.MonkeyPatch], None],
    rung: str,
    occupy: Occupant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit(monkeypatch)
    final.write_text("ours, old")
    ours = sha256(final)
    final.unlink()
    occupy(final)
    before = look(final.parent)
    with pytest.raises(FileExistsError):
        replace(encoded, final, ours)
    assert look(final.parent) == before
    assert encoded.read_text() == "ours, new"


@pytest.mark.parametrize("readable", [0, 1], ids=["before it leaves its name", "after it has left its name"])
def test_a_file_that_cannot_be_read_to_the_end_stands_there_again(
    encoded: Path, final: Path, monkeypatch: pytest.MonkeyPatch, readable: int
) -> None:
    final.write_text("ours, old")
    ours = sha256(final)
    left = iter([ours] * readable)

    def bad_sector(*_: object) -> str:
        for each in left:
            return each
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("runner.execution.publish.sha256", bad_sector)
    with pytest.raises(OSError, match="Input/output error"):
        replace(encoded, final, ours)
    assert look(final.parent) == {"a.mov": "ours, old"}


def test_a_link_to_our_older_file_is_not_that_file(encoded: Path, final: Path) -> None:
    kept = final.with_name("kept")
    kept.write_text("ours, old")
    final.symlink_to(kept)
    with pytest.raises(FileExistsError):
        replace(encoded, final, sha256(kept))
    assert final.is_symlink()
    assert kept.read_text() == "ours, old"


def test_a_hash_is_tagged_with_its_kind(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256(tmp_path / "abc") == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.parametrize(("limit", "rung"), FILE_SYSTEMS)
def test_the_ladder_is_tried_and_nothing_stays_behind(
    final: Path, limit: Callable[[pytest.MonkeyPatch], None], rung: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch)
    found = try_ladder(final.parent)
    assert (found.rung, found.exchanges) == (rung, rung == "renameat2")
    assert found.weak is (rung == "checked-rename")
    assert look(final.parent) == {}


@pytest.mark.parametrize(
    ("kernel", "ladder"),
    [
        pytest.param("nfs", Ladder("link", exchanges=False), id="NFS answers EINVAL to every flag of renameat2"),
        pytest.param("neither", Ladder("checked-rename", exchanges=False), id="some know no links either"),
    ],
)
def test_what_the_kernel_does_not_support_moves_on_to_the_next_rung(
    tmp_path: Path, kernel: str, ladder: Ladder
) -> None:
    script = "import sys; from runner.execution.publish import *; print(try_ladder(Path(sys.argv[1])))"
    below = (sys.executable, "-m", "tests.execution.syscalls", kernel)
    done = subprocess.run([*below, sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == (str(ladder), "")
    assert list(tmp_path.iterdir()) == []


def test_a_tmpfs_has_every_rung(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk") as folder:
        assert try_ladder(folder) == Ladder("renameat2", exchanges=True)


def test_a_read_only_folder_has_no_rung(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", "ro") as folder, pytest.raises(OSError, match="Read-only file system"):
        try_ladder(folder)


def test_a_full_disk_has_no_rung_and_keeps_nothing_of_the_try(tmp_path: Path) -> None:
    with tmpfs(tmp_path / "disk", "size=64k") as folder:
        fill(folder)
        with pytest.raises(OSError, match="No space left on device"):
            try_ladder(folder)
        assert [path.name for path in folder.iterdir()] == ["filler"]


def test_a_file_system_that_replaces_although_it_was_told_not_to_is_not_trusted(
    final: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Careless:
        """A library whose renameat2 ignores its flags."""

        def __init__(self, *_: object, **__: object) -> None:
            self.renameat2 = lambda _, old, __, new, ___: os.rename(old, new)  # noqa: PTH104

    monkeypatch.setattr(ctypes, "CDLL", Careless)
    with pytest.raises(OSError, match="replaces files although it was told not to"):
        try_ladder(final.parent)
