"""Whether sources are there: existing, regular, readable files with something in them."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.spec.location import Mounts
from runner.spec.presence import file_problem, missing_sources
from tests.spec.given import lines

# Root may read everything, so that the look is taken as a user who owns nothing. All modules are loaded before,
# for that user may not even see the folder they lie in.
AS_NOBODY = """
import json, os, sys
from pathlib import Path
from runner.spec.presence import file_problem
paths = json.loads(sys.argv[1])
str(file_problem(Path("/"), "/"))
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
print(json.dumps([str(file_problem(Path(path), "media:a.mov")) for path in paths]))
"""


def seen_by_nobody(*paths: Path) -> list[str]:
    """Return what a user without any rights learns about each path."""
    arguments = [sys.executable, "-c", AS_NOBODY, json.dumps([str(path) for path in paths])]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own is closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def with_content(path: Path) -> None:
    path.write_bytes(b"x")


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda path: None, 'JS060: "media:a.mov" does not exist', id="nothing"),
        pytest.param(Path.mkdir, 'JS061: "media:a.mov" is a folder, not a regular file', id="a folder"),
        pytest.param(os.mkfifo, 'JS061: "media:a.mov" is a pipe, not a regular file', id="a pipe"),
        pytest.param(a_socket, 'JS061: "media:a.mov" is a socket, not a regular file', id="a socket"),
        pytest.param(
            lambda path: path.symlink_to("/dev/null"),
            'JS061: "media:a.mov" is a device, not a regular file',
            id="a link to a device",
        ),
        pytest.param(Path.touch, 'JS065: "media:a.mov" is empty (0 bytes)', id="an empty file"),
        pytest.param(
            lambda path: path.symlink_to("gone"), 'JS060: "media:a.mov" does not exist', id="a link to nothing"
        ),
        pytest.param(
            lambda path: path.symlink_to(path.name),
            'JS062: "media:a.mov" cannot be read: too many levels of symbolic links',
            id="a link to itself",
        ),
    ],
)
def test_what_is_no_file_with_content_is_named_for_what_it_is(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    make(tmp_path / "a.mov")
    assert str(file_problem(tmp_path / "a.mov", "media:a.mov")) == message


def test_a_file_with_content_is_fine_and_a_link_to_one_too(tmp_path: Path) -> None:
    with_content(tmp_path / "a.mov")
    (tmp_path / "b.mov").symlink_to("a.mov")
    assert file_problem(tmp_path / "a.mov", "a.mov") is None
    assert file_problem(tmp_path / "b.mov", "b.mov") is None


def test_a_file_below_a_file_cannot_be_read(tmp_path: Path) -> None:
    with_content(tmp_path / "a.mov")
    assert str(file_problem(tmp_path / "a.mov" / "b.mov", "b.mov")) == 'JS062: "b.mov" cannot be read: not a directory'


def test_a_name_that_no_file_system_takes_cannot_be_read(tmp_path: Path) -> None:
    found = file_problem(tmp_path / ("x" * 300), "b.mov")
    assert str(found) == 'JS062: "b.mov" cannot be read: file name too long'


def test_a_file_that_this_user_may_not_read_is_named_as_such(open_folder: Path) -> None:
    closed, locked = open_folder / "a.mov", open_folder / "locked"
    with_content(closed)
    closed.chmod(0)
    locked.mkdir()
    with_content(locked / "a.mov")
    locked.chmod(0)
    with_content(open_folder / "fine.mov")
    (open_folder / "fine.mov").chmod(0o444)
    expected = 'JS062: "media:a.mov" cannot be read: permission denied'
    found = seen_by_nobody(closed, locked / "a.mov", open_folder / "fine.mov")
    locked.chmod(0o755)
    assert found == [expected, expected, "None"]


def test_every_source_is_looked_at_and_named_with_its_place_in_the_list(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "e.mov").touch()
    with_content(tmp_path / "a.mov")
    sources = ("media:gone.mov", "media:a.mov", "media:d", "cards:x.mov", "media:e.mov", str(tmp_path / "a.mov"))
    assert lines(missing_sources(sources, Mounts({"media": tmp_path}))) == [
        'JS060 sources[0]: "media:gone.mov" does not exist',
        'JS061 sources[2]: "media:d" is a folder, not a regular file',
        'JS051 sources[3]: the root "cards" is not mounted here; set JOBSPEC_ROOT_CARDS=FOLDER or pass '
        "--root cards=FOLDER",
        'JS065 sources[4]: "media:e.mov" is empty (0 bytes)',
    ]


def test_what_is_no_place_at_all_is_left_to_the_schema(tmp_path: Path) -> None:
    sources = ("media:../x", "", 5, None, "media:\udce9", "media:gone.mov")
    found = list(missing_sources(sources, Mounts({"media": tmp_path})))
    assert [each.path for each in found] == [("sources", 5)]
