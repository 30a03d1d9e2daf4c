"""Revisions that are small in git and without end when listed, read or walked."""

import subprocess
from pathlib import Path
from time import monotonic

import pytest

from runner.errors import Exit, JobspecError
from runner.review import git as reviewed
from runner.review.git import GitTree, clone_of
from runner.spec.repository import find_specs
from tests.review.repositories import commit_all, environment, git


def made(folder: Path, kind: str, data: bytes) -> str:
    """Write one object and return its name."""
    command = ["git", "hash-object", "-w", "-t", kind, "--stdin"] if kind == "blob" else ["git", "mktree"]
    done = subprocess.run(command, cwd=folder, env=environment(), input=data, capture_output=True, check=True)
    return done.stdout.decode().strip()


def commit(folder: Path, tree: str) -> str:
    return git(folder, "commit-tree", tree, "-m", "x")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "a").write_text("a")
    commit_all(tmp_path)
    return tmp_path


def test_ten_folders_in_ten_folders_ten_levels_deep_are_refused(clone: Path) -> None:
    blob = made(clone, "blob", b"jobspec_version: x\n")
    tree = made(clone, "tree", b"".join(b"100644 blob %s\tf%d.yaml\n" % (blob.encode(), n) for n in range(10)))
    for _ in range(9):
        tree = made(clone, "tree", b"".join(b"040000 tree %s\td%d\n" % (tree.encode(), n) for n in range(10)))
    begin = monotonic()
    with pytest.raises(JobspecError) as caught:
        GitTree(clone_of(clone), commit(clone, tree))
    assert caught.value.exit is Exit.USAGE
    assert "JS212: commit " in str(caught.value)
    assert monotonic() - begin < 20


def test_folders_without_end_are_refused_and_not_walked(clone: Path) -> None:
    tree = made(clone, "tree", b"100644 blob %s\ta.yaml\n" % made(clone, "blob", b"a: 1\n").encode())
    for _ in range(200):
        tree = made(clone, "tree", b"040000 tree %s\td\n" % tree.encode())
    with GitTree(clone_of(clone), commit(clone, tree)) as found:
        assert list(find_specs(found, "")) == []
        assert len(reviewed._folders(found._entries)) <= reviewed._DEEPEST + 1


def test_every_folder_is_known_once_with_all_that_it_holds() -> None:
    assert reviewed._folders(["b/c/d", "b/c/e", "a", "b/f"]) == {
        "": ("a", "b/"),
        "b": ("c/", "f"),
        "b/c": ("d", "e"),
    }


def test_of_a_large_file_no_more_is_read_than_asked_for_and_the_next_answer_still_comes(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviewed, "_MOST_SKIPPED", 1000)
    (clone / "large").write_bytes(b"x" * 1_000_000)
    with GitTree(clone_of(clone), commit_all(clone)) as tree:
        assert tree.read("large", 10) == b"x" * 11
        first = tree._batch
        assert tree.read("a", 10) == b"a"
        assert first is None
        assert tree.read("large", 10) == b"x" * 11
