"""What a tree was asked, and whether it would answer the same again."""

from pathlib import Path

import pytest

from runner.spec.trace import Traced, still
from runner.spec.tree import WorkTree


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.yaml"
    path.write_text("codec: h264\n")
    return path


def test_what_was_read_answers_the_same_until_it_is_edited(base: Path) -> None:
    tree = WorkTree(base.parent)
    traced = Traced(tree)
    traced.read("base.yaml", 100)
    traced.read("base.yaml", 100)
    assert still(tree, traced.asked)
    base.write_text("codec: h265\n")
    assert not still(tree, traced.asked)


def test_a_file_that_comes_is_another_answer(base: Path) -> None:
    tree = WorkTree(base.parent)
    traced = Traced(tree)
    with pytest.raises(FileNotFoundError):
        traced.read("other.yaml", 100)
    assert still(tree, traced.asked)
    (base.parent / "other.yaml").touch()
    assert not still(tree, traced.asked)


def test_a_file_that_is_saved_between_two_readings_is_never_the_same_again(base: Path) -> None:
    tree = WorkTree(base.parent)
    traced = Traced(tree)
    for text in ("codec: h264\n", "codec: h265\n", "codec: h265\n"):
        base.write_text(text)
        traced.read("base.yaml", 100)
    assert not still(tree, traced.asked)  # half of what was made of it is of the first text
