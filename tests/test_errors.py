"""Problems as people read them, their codes, and what a command exits with."""

import ast
import re
import string
from pathlib import Path

import pytest

import runner
from runner.errors import CODES, Exit, JobspecError, JobSpecValidationError, Place, errors, problem, spoken, worst

PACKAGE = Path(runner.__file__).parent
SOURCES = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}


def test_a_problem_reads_as_the_design_shows_it() -> None:
    found = problem(
        "JS021", ("resolution",), found="haf", legal=("same", "half"), place=Place("specs/day01.yaml", 12, 8)
    )
    assert str(found) == ('specs/day01.yaml:12:8: JS021 resolution: "haf" is not a resolution; did you mean "half"?')


def test_a_problem_without_a_nearest_name_lists_the_legal_ones() -> None:
    found = problem("JS022", ("container",), found="zzz", legal=("mov", "mp4"))
    assert str(found) == 'JS022 container: "zzz" is not a container; legal: mov, mp4'
    assert found.nearest is None


def test_a_problem_without_legal_names_lists_none() -> None:
    assert str(problem("JS010", ("x",), found="x", of="a JobSpec")) == 'JS010 x: "x" is not a field of a JobSpec'


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("codec",), "codec"),
        (("sources", 3), "sources[3]"),
        (("sources", 3, "glob"), "sources[3].glob"),
        (("tokens", "show"), "tokens.show"),
        ((0, "a"), "[0].a"),
    ],
)
def test_a_path_is_spoken_as_an_author_writes_it(path: tuple[str | int, ...], text: str) -> None:
    assert spoken(path) == text


def test_what_stood_in_a_file_cannot_write_a_line_of_its_own() -> None:
    found = problem(
        "JS045",
        ("tokens", "x\n::error::"),
        found="a\x1b[2J",
        source="s\n",
        other="{other}",
        place=Place("specs/\n::warning::.yaml"),
    )
    text = str(found)
    assert len(text.splitlines()) == 1
    assert "\x1b" not in text
    assert "{other}" in text


def test_a_problem_may_be_put_below_another_path_and_keeps_the_place_it_has() -> None:
    found = problem("JS012", ("glob",), wanted="text", kind="a list").within(("sources", 2))
    assert spoken(found.path) == "sources[2].glob"
    placed = found.at(Place("a", 2, 3))
    assert placed.place == Place("a", 2, 3)
    assert placed.at(Place("b", 9, 9)) == placed
    assert found.at(None) == found


def test_notes_are_no_errors() -> None:
    note, wrong = problem("JS049", what="x"), problem("JS020", found="x")
    assert errors([note, wrong]) == (wrong,)


def test_an_exception_carries_every_problem_and_the_worst_exit_code() -> None:
    problems = [problem("JS051", found="media", name="media", variable="X"), problem("JS020", found="x")]
    error = JobSpecValidationError(problems)
    assert error.problems == tuple(problems)
    assert str(error).splitlines() == [str(each) for each in problems]
    assert error.exit is Exit.INVALID
    assert isinstance(error, JobspecError)
    assert isinstance(error, ValueError)
    assert JobspecError(problems[0]).problems == (problems[0],)


def test_the_worst_code_wins_in_the_order_of_the_design() -> None:
    order = [Exit.BUG, Exit.INTERRUPTED, Exit.USAGE, Exit.INVALID, Exit.FAILED, Exit.STALE, Exit.TRY_AGAIN]
    order += [Exit.CHANGES, Exit.OK]
    assert [int(code) for code in order] == [70, 130, 64, 1, 4, 3, 75, 2, 0]
    assert set(order) == set(Exit)
    for number, code in enumerate(order):
        assert worst(reversed(order[number:])) is code
    assert worst([]) is Exit.OK


@pytest.mark.parametrize("code", CODES)
def test_every_text_can_be_filled_and_is_one_sentence(code: str) -> None:
    names = {name for _, name, _, _ in string.Formatter().parse(CODES[code].text) if name}
    values = {name: f"<{name}>" for name in names - {"found"}}
    message = problem(code, found="thing", **values).message
    assert all(value in message for value in values.values())
    assert ('"thing"' in message) == ("found" in names)
    assert not message.endswith(".")
    assert not re.search(r"\s\s|\n", message)


def used_codes() -> dict[str, list[str]]:
    """Return where in the package each code is made into a problem, the table itself left out."""
    places: dict[str, list[str]] = {}
    for path, text in SOURCES.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"JS\d{3}", node.value):
                places.setdefault(node.value, []).append(f"{path.name}:{node.lineno}")
    return places


def test_every_code_that_the_package_names_has_a_text() -> None:
    assert set(used_codes()) <= set(CODES)


def calls() -> list[tuple[str, ast.Call]]:
    """Return every call that makes a problem by a code that stands in the call."""
    return [
        (path.name, node)
        for path, text in SOURCES.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "problem"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]


def test_every_problem_gives_its_text_all_the_values_it_wants() -> None:
    assert len(calls()) > 50
    for file, call in calls():
        code = ast.literal_eval(call.args[0])
        given = {keyword.arg for keyword in call.keywords}
        wanted = {name for _, name, _, _ in string.Formatter().parse(CODES[code].text) if name}
        assert wanted <= given or None in given, f"{file}:{call.lineno} {code} lacks {wanted - given}"
