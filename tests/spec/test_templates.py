"""Naming templates that are files below templates/."""

import os
from pathlib import Path

import pytest

from runner.spec.templates import is_template_file, read_template
from runner.spec.tree import WorkTree
from tests.spec.given import lines


@pytest.fixture
def tree(tmp_path: Path) -> WorkTree:
    """A repository with two templates, and a secret beside it."""
    (tmp_path / "secret.j2").write_text("secret", encoding="utf-8")
    (tmp_path / "repo" / "templates" / "house").mkdir(parents=True)
    (tmp_path / "repo" / "secret.j2").write_text("secret", encoding="utf-8")
    for name, text in (("editorial.j2", "{{ source_name }}\n"), ("house/review.j2", "{{ index }}\r\n")):
        (tmp_path / "repo" / "templates" / name).write_bytes(text.encode())
    return WorkTree(tmp_path / "repo")


@pytest.mark.parametrize(
    ("text", "is_file"),
    [("editorial.j2", True), ("a/b.j2", True), ("{{ source_name }}.j2", False), ("{index}.j2", False), ("clip", False)],
)
def test_what_ends_in_j2_and_holds_no_brace_names_a_file(text: str, is_file: bool) -> None:
    assert is_template_file(text) is is_file


@pytest.mark.parametrize("value", [None, 5, ["editorial.j2"]], ids=repr)
def test_what_is_no_text_names_no_file(value: object, tree: WorkTree) -> None:
    assert not is_template_file(value)
    assert read_template(value, tree) == (None, [])


def test_a_template_that_stands_in_the_spec_is_itself(tree: WorkTree) -> None:
    assert read_template("{{ source_name }}", tree) == ("{{ source_name }}", [])


@pytest.mark.parametrize(("name", "text"), [("editorial.j2", "{{ source_name }}"), ("house/review.j2", "{{ index }}")])
def test_a_file_is_read_without_its_last_line_end(name: str, text: str, tree: WorkTree) -> None:
    assert read_template(name, tree) == (text, [])


def test_a_file_that_is_not_there_is_named_with_the_nearest_that_is(tree: WorkTree) -> None:
    text, found = read_template("editorail.j2", tree)
    assert text is None
    assert lines(found) == [
        'JS046 naming_template: the template "editorail.j2" is not in templates/; did you mean "editorial.j2"?'
    ]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("../secret.j2", id="the folder above"),
        pytest.param("../../secret.j2", id="above the repository"),
        pytest.param("house/../../secret.j2", id="by a detour"),
        pytest.param("/etc/secret.j2", id="absolute"),
        pytest.param("a\0.j2", id="a NUL"),
        pytest.param("\ud800.j2", id="no UTF-8"),
        pytest.param("x" * 300 + ".j2", id="a name too long"),
        pytest.param("pipe.j2", id="a pipe"),
        pytest.param("folder.j2", id="a folder"),
    ],
)
def test_nothing_but_a_file_below_templates_is_read(name: str, tree: WorkTree) -> None:
    os.mkfifo(tree.top / "templates" / "pipe.j2")
    (tree.top / "templates" / "folder.j2").mkdir()
    text, found = read_template(name, tree)
    assert text is None
    assert [each.code for each in found] == ["JS046"]


def test_a_template_that_is_no_utf8_is_refused(tree: WorkTree) -> None:
    (tree.top / "templates" / "bad.j2").write_bytes(b"\xff")
    assert lines(read_template("bad.j2", tree)[1]) == [
        "JS040 naming_template: not a naming template: templates/bad.j2 is not UTF-8"
    ]


def test_a_repository_without_templates_says_so(tmp_path: Path) -> None:
    assert lines(read_template("editorial.j2", WorkTree(tmp_path))[1]) == [
        'JS046 naming_template: the template "editorial.j2" is not in templates/'
    ]
