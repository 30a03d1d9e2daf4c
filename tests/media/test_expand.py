"""Globs → files on a disk."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.errors import Exit, JobspecError
from runner.media.expand import expand
from runner.spec.globs import Glob
from runner.spec.location import Mounts


def made(top: Path, *files: str) -> Path:
    for file in files:
        (top / file).parent.mkdir(parents=True, exist_ok=True)
        (top / file).touch()
    return top


def found(top: Path, pattern: str = "**", *exclude: str) -> list[str]:
    """Return what a glob of the root media finds, without the root."""
    return [each.path for each in expand(Glob(f"media:{pattern}", exclude), Mounts({"media": top}))]


def test_files_come_sorted_by_code_point_whatever_locale_and_file_system_say(tmp_path: Path) -> None:
    names = ["z.mov", "Z.mov", "ä.mov", "a.mov", "a/b.mov", "a b.mov", "A/é.mov", "10.mov", "9.mov", "é.mov"]
    made(tmp_path, *names)
    assert found(tmp_path) == sorted(names)
    assert found(tmp_path)[:4] == ["10.mov", "9.mov", "A/é.mov", "Z.mov"]


def test_only_files_are_found(tmp_path: Path) -> None:
    made(tmp_path, "a.mov", "folder.mov/b.txt")
    os.mkfifo(tmp_path / "pipe.mov")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket.mov"))
        assert found(tmp_path, "**/*.mov") == ["a.mov"]


def test_dot_files_and_dot_folders_are_passed_by(tmp_path: Path) -> None:
    made(tmp_path, "a.mov", "._a.mov", ".DS_Store", ".Trashes/b.mov", "x/.c.mov", "x/.d/e.mov")
    assert found(tmp_path) == ["a.mov"]
    assert found(tmp_path, "x/.d/*") == ["x/.d/e.mov"]


def test_exclusions_hold_below_the_fixed_folder(tmp_path: Path) -> None:
    made(tmp_path, "day/a.mov", "day/SUB/a.mov", "day/x/SUB/y/a.mov", "SUB/a.mov")
    assert found(tmp_path, "day/**/*.mov", "**/SUB/**") == ["day/a.mov"]


def test_a_linked_folder_is_not_followed_and_a_linked_file_is_taken(tmp_path: Path) -> None:
    made(tmp_path, "real/a.mov")
    (tmp_path / "linked").symlink_to("real")
    (tmp_path / "round").symlink_to(".")
    (tmp_path / "b.mov").symlink_to("real/a.mov")
    assert found(tmp_path) == ["b.mov", "real/a.mov"]


def test_a_folder_that_the_pattern_spells_out_may_be_a_link(tmp_path: Path) -> None:
    made(tmp_path, "real/a.mov")
    (tmp_path / "linked").symlink_to("real")
    assert found(tmp_path, "linked/*.mov") == ["linked/a.mov"]


def test_a_link_that_leads_nowhere_is_found_so_that_somebody_can_name_it(tmp_path: Path) -> None:
    (tmp_path / "gone.mov").symlink_to("nothing")
    (tmp_path / "loop.mov").symlink_to("loop.mov")
    assert found(tmp_path) == ["gone.mov", "loop.mov"]


def test_a_name_that_is_not_utf8_is_found_too(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.mov")).touch()
    assert found(tmp_path) == ["\udcff.mov"]


def test_an_absolute_glob_finds_absolute_files(tmp_path: Path) -> None:
    made(tmp_path, "card/x/a.mov")
    assert [str(each) for each in expand(Glob(f"{tmp_path}/card/**"), Mounts())] == [f"{tmp_path}/card/x/a.mov"]


def test_an_absolute_glob_may_begin_with_its_wildcard() -> None:
    assert [str(each) for each in expand(Glob("/*/passwd"), Mounts())] == ["/etc/passwd"]


@pytest.mark.parametrize("pattern", ["nobody/**", "a.mov/*", "nobody/*/x.mov"])
def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path, pattern: str) -> None:
    made(tmp_path, "a.mov")
    assert found(tmp_path, pattern) == []


def test_a_root_that_is_not_mounted_is_named_with_its_variable() -> None:
    with pytest.raises(JobspecError, match="set JOBSPEC_ROOT_CAM_C=FOLDER") as caught:
        expand(Glob("cam-c:**"), Mounts())
    assert caught.value.exit is Exit.TRY_AGAIN


@pytest.fixture
def bottomless(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file, and with folders below it that go on until their path is longer than a path may be."""
    folder = os.open(made(tmp_path / "card", "a.mov"), os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200, dir_fd=folder)
        folder, before = os.open("d" * 200, os.O_RDONLY, dir_fd=folder), folder
        os.close(before)
    os.close(folder)
    yield tmp_path / "card"
    subprocess.run(["rm", "-rf", "card"], cwd=tmp_path, check=True)


def test_a_folder_that_cannot_be_looked_into_is_named_and_not_passed_by(bottomless: Path) -> None:
    with pytest.raises(JobspecError, match=r"JS062: .*cannot be read: File name too long"):
        found(bottomless, "**/*.mov")


def test_no_folder_is_looked_into_that_cannot_hold_a_match(bottomless: Path) -> None:
    assert found(bottomless, "*.mov") == ["a.mov"]
    assert found(bottomless, "*/*.mov") == []


def test_a_thousand_folders_one_in_another_are_no_crash(tmp_path: Path) -> None:
    deep = "x/" + "d/" * 1050
    try:
        subprocess.run(["sh", "-c", 'mkdir -p "$1" && : > "$1/a.mov"', "sh", deep], cwd=tmp_path, check=True)
        assert found(tmp_path, "**/a.mov") == [f"{deep}a.mov"]
    finally:
        subprocess.run(["rm", "-rf", "x"], cwd=tmp_path, check=True)
