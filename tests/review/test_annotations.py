"""Annotations, read back the way GitHub's runner reads them."""

import pytest
from hypothesis import given, settings

from runner.errors import problem
from runner.review import annotations
from runner.text import harmless
from tests.review.given import HOSTILE, any_text, checked, commands, note, wrong


def test_a_problem_is_an_error_at_its_line_and_column_with_its_code_as_title() -> None:
    assert annotations.write(checked(wrong())) == (
        "::error file=specs/day.yaml,line=12,col=13,title=JS021::"
        'resolution: "haf" is not a resolution; did you mean "half"?\n'
    )


def test_a_note_is_a_notice() -> None:
    (name, properties, said) = next(commands(annotations.write(checked(note("output names")))))
    assert (name, properties["title"]) == ("notice", "JS049")
    assert said == "naming_template: not judged here, needs the facts of the sources: output names"


def test_a_problem_that_stands_nowhere_has_only_a_title() -> None:
    printed = annotations.write(checked(problem("JS008", found="no.yaml")))
    assert [(name, properties) for name, properties, _ in commands(printed)] == [("error", {"title": "JS008"})]


def test_nothing_found_gives_no_line() -> None:
    assert annotations.write(checked()) == ""


def test_a_property_hides_what_would_end_it_or_the_command() -> None:
    assert annotations.property_value("a%,b:c\r\n") == "a%25%2Cb%3Ac%0D%0A"


def test_what_is_said_may_hold_commas_and_colons_but_no_line_end() -> None:
    assert annotations.said("100%: a, b\r\n") == "100%25: a, b%0D%0A"


@pytest.mark.parametrize(
    "name", ["specs/a,b.yaml", "specs/a:b.yaml", "specs/100%.yaml", "specs/a%2Cb.yaml", "a b=c.yaml"]
)
def test_a_file_name_comes_back_as_it_is(name: str) -> None:
    (_, properties, _) = next(commands(annotations.write(checked(wrong(file=name)))))
    assert properties == {"file": name, "line": "12", "col": "13", "title": "JS021"}


@settings(deadline=None)
@given(found=any_text, file=any_text)
def test_any_text_gives_one_command_that_says_what_the_problem_says(found: str, file: str) -> None:
    each = wrong(found, file=file)
    read = list(commands(annotations.write(checked(each))))
    where = {"file": harmless(file), "line": "12", "col": "13", "title": "JS021"}
    assert read == [("error", where, f"resolution: {each.message}")]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_problem_printed_as_text_is_never_a_command(text: str) -> None:
    each = wrong(text, file=text)
    assert list(commands(f"{each}\n{each.message}\n{harmless(text)}\n")) == []
