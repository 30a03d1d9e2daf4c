"""The tables that a spec names, read from its repository: from the work tree as from a git revision."""

import os
from pathlib import Path

import pytest

from runner.errors import JobSpecValidationError
from runner.review.git import GitTree, clone_of
from runner.spec.location import Mounts
from runner.spec.project import read_project
from runner.spec.repository import read_spec
from tests.cubes import cube, curve
from tests.review.repositories import commit_all, git
from tests.spec.given import codes, job, lines, read, text

HOSTILE = 'luts/a,\'[x];"q"$(id)`id`:\\.cube'


def put(top: Path, path: str, content: str | None = None) -> Path:
    file = top / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(cube() if content is None else content, encoding="utf-8")
    return file


def test_the_tables_of_the_spec_and_of_its_sources_are_read_each_once(tmp_path: Path) -> None:
    put(tmp_path, "luts/show.cube")
    put(tmp_path, "luts/b.cube", curve())
    sources = "\n  - media:a.mov\n  - {path: media:b.mov, lut: luts/b.cube}\n  - {path: media:c.mov, lut: none}\n"
    found = read(tmp_path, text(sources=sources, lut="luts/../luts/show.cube".replace("luts/../", "./")))
    assert lines(found.problems) == []
    assert [(each.path, each.kind) for each in found.luts] == [("luts/b.cube", "1d"), ("luts/show.cube", "3d")]


def test_none_names_no_table_also_over_a_base_that_has_one(tmp_path: Path) -> None:
    put(tmp_path, "specs/profiles/house.yaml", "lut: luts/show.cube\n")
    found = read(tmp_path, text(extends="profiles/house.yaml", lut="none"))
    assert (lines(found.problems), found.luts) == ([], ())


def test_a_table_with_an_odd_name_is_a_table(tmp_path: Path) -> None:
    put(tmp_path, HOSTILE)
    found = read(tmp_path, text(lut="'" + HOSTILE.replace("'", "''") + "'"))
    assert [each.path for each in found.luts] == [HOSTILE]


REFUSED = {
    "one that is not there": ("luts/none.cube", "no such file or directory"),
    "a folder": ("luts", "is a directory"),
    "an absolute path": ("/etc/passwd", "it leaves the repository"),
    "a way out": ("../outside.cube", "it leaves the repository"),
    "a way out and in again": ("luts/../luts/show.cube", "it leaves the repository"),
    "a link": ("luts/link.cube", "it is a link, or behind one"),
    "a file behind a link": ("linked/show.cube", "it is a link, or behind one"),
    "no table": ("luts/none.txt", "line 1: it is neither three numbers nor a keyword of the format"),
}


@pytest.mark.parametrize(("named", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_table_of_the_repository_is_refused_at_its_place(named: str, reason: str, tmp_path: Path) -> None:
    top = tmp_path / "repo"
    put(top, "luts/show.cube")
    put(top, "luts/none.txt", "hello\n")
    put(tmp_path, "outside.cube")
    (top / "luts" / "link.cube").symlink_to("show.cube")
    (top / "linked").symlink_to("luts")
    found = read(top, text(lut=named))
    (line,) = lines(found.problems)
    assert line.startswith(f'specs/day.yaml:10:6: JS150 lut: the LUT "{named}" cannot be used: {reason}')
    assert found.spec is None
    own = read(top, text(sources=f"\n  - media:a.mov\n  - path: media:b.mov\n    lut: {named}\n"))
    assert [str(each.place) for each in own.problems] == ["specs/day.yaml:5:10"]


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "luts").mkdir()
    os.mkfifo(tmp_path / "luts" / "pipe.cube")
    (line,) = lines(read(tmp_path, text(lut="luts/pipe.cube")).problems)
    assert "not a regular file" in line


def test_a_revision_of_git_has_the_table_of_its_time_and_no_links(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    put(tmp_path, "luts/show.cube")
    (tmp_path / "luts" / "link.cube").symlink_to("show.cube")
    there = read(tmp_path, text(lut="luts/show.cube"))
    read(tmp_path, text(lut="luts/link.cube"), "specs/link.yaml")
    commit = commit_all(tmp_path)
    put(tmp_path, "luts/show.cube", curve())
    now = read(tmp_path, text(lut="luts/show.cube"))
    with GitTree(clone_of(tmp_path), commit) as tree:
        then = read_spec(tree, "specs/day.yaml", read_project(tree))
        linked = read_spec(tree, "specs/link.yaml", read_project(tree))
    assert then.luts == there.luts != now.luts
    assert codes(linked.problems) == ["JS150"]


def test_validate_reads_tables_below_the_repository_that_is_mounted(tmp_path: Path) -> None:
    clip = tmp_path / "a.mov"
    clip.write_bytes(b"x")
    put(tmp_path, "luts/show.cube")
    mounts = Mounts({"repo": tmp_path})
    job(sources=["a.mov"], output_directory="out", lut="luts/show.cube").validate(mounts)
    with pytest.raises(JobSpecValidationError) as caught:
        job(sources=["a.mov"], output_directory="out", lut="luts/other.cube").validate(mounts)
    assert codes(caught.value.problems) == ["JS150"]
