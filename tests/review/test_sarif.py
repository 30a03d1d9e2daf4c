"""SARIF 2.1.0: valid, with rules and fingerprints that stay the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft7Validator, FormatChecker

from runner.errors import CODES, Problem, problem
from runner.review import sarif
from tests.review.given import HOSTILE, any_text, checked, note, wrong

SCHEMA = Draft7Validator(
    json.loads((Path(__file__).parent / "sarif-2.1.0-subset.json").read_text(encoding="utf-8")),
    format_checker=FormatChecker(),
)


def run_of(*problems: Problem, files: tuple[str, ...] = ("specs/day.yaml",)) -> dict[str, Any]:
    """Return the one run of the log, once it is known to be valid."""
    log = json.loads(sarif.write(checked(*problems, files=files)))
    assert [error.message for error in SCHEMA.iter_errors(log)] == []
    run = log["runs"][0]
    assert isinstance(run, dict)
    return run


def result_of(each: Problem) -> Any:
    return run_of(each)["results"][0]


def fingerprints(*problems: Problem) -> list[dict[str, str]]:
    return [each["partialFingerprints"] for each in run_of(*problems)["results"]]


def test_a_problem_is_an_error_with_its_place() -> None:
    result = result_of(wrong())
    assert result["ruleId"] == "JS021"
    assert result["level"] == "error"
    assert result["message"] == {"text": 'resolution: "haf" is not a resolution; did you mean "half"?'}
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "specs/day.yaml"},
                "region": {"startLine": 12, "startColumn": 13},
            }
        }
    ]


def test_a_note_is_a_note() -> None:
    assert result_of(note())["level"] == "note"


def test_every_code_is_a_rule_under_its_own_name() -> None:
    rules = run_of()["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(CODES)
    levels = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in rules}
    assert (levels["JS021"], levels["JS049"]) == ("error", "note")


def test_a_rule_describes_itself_with_gaps_for_what_differs() -> None:
    rules = {rule["id"]: rule["shortDescription"]["text"] for rule in run_of()["tool"]["driver"]["rules"]}
    assert rules["JS030"] == "JS030: … cannot go into …: …"
    assert "{{{{ token }}}}" in rules["JS041"]


def test_a_result_points_at_its_rule() -> None:
    run = run_of(note(), wrong())
    rules = run["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in run["results"]] == ["JS049", "JS021"]


def test_the_files_that_were_checked_are_listed_also_when_nothing_is_wrong_with_them() -> None:
    run = run_of(files=("specs/a.yaml", "specs/b c.yaml"))
    assert [each["location"]["uri"] for each in run["artifacts"]] == ["specs/a.yaml", "specs/b%20c.yaml"]
    assert run["results"] == []


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("specs/tag eins.yaml", "specs/tag%20eins.yaml"),
        ("specs/größe.yaml", "specs/gr%C3%B6%C3%9Fe.yaml"),
        ("specs/a#b?c%d.yaml", "specs/a%23b%3Fc%25d.yaml"),
        ("javascript:x.yaml", "javascript%3Ax.yaml"),
        ("specs/not-utf8-\udcff.yaml", "specs/not-utf8-%FF.yaml"),
    ],
    ids=["a space", "letters with dots", "signs that mean something in an address", "a scheme", "not UTF-8"],
)
def test_a_file_name_is_a_relative_address(file: str, uri: str) -> None:
    location = result_of(wrong(file=file))["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": uri}


def test_a_problem_that_stands_nowhere_is_shown_at_the_projects_own_file() -> None:
    result = result_of(problem("JS008", found="no.yaml"))
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "jobspec.toml"}}}]


def test_a_fingerprint_stays_when_lines_move() -> None:
    assert fingerprints(wrong(line=12)) == fingerprints(wrong(line=40, column=2))


def test_a_fingerprint_stays_when_the_wording_changes() -> None:
    before = problem("JS004", ("codec",), found="codec", first="3")
    after = problem("JS004", ("codec",), found="codec", first="8", legal=("x",))
    assert fingerprints(before) == fingerprints(after)


@pytest.mark.parametrize(
    "other",
    [
        wrong("hlf"),
        wrong(file="specs/night.yaml"),
        wrong().within(("base",)),
        problem("JS022", ("resolution",), found="haf", place=wrong().place),
    ],
    ids=["another value", "another file", "another field", "another code"],
)
def test_a_fingerprint_tells_problems_apart(other: Problem) -> None:
    assert fingerprints(wrong()) != fingerprints(other)


def test_two_problems_that_differ_only_in_their_line_are_counted() -> None:
    first, second = fingerprints(wrong(line=1), wrong(line=2))
    assert first != second
    assert [first, second] == fingerprints(wrong(line=7), wrong(line=9))


def test_a_fingerprint_is_the_same_tomorrow() -> None:
    assert fingerprints(wrong()) == [{"jobspecProblem/v1": "478cca3ab0604bafb8d8a94192813188:1"}]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_strangers_text_stays_text(text: str) -> None:
    each = wrong(text, file=text.replace("\ud800", "no name on disk has one"))
    written = sarif.write(checked(each))
    assert all(character == "\n" or "\x20" <= character <= "\x7e" for character in written)
    assert "##" not in written
    assert run_of(each)["results"][0]["ruleId"] == "JS021"


@settings(deadline=None, max_examples=30)
@given(found=any_text)
def test_any_text_gives_a_valid_log(found: str) -> None:
    assert result_of(wrong(found))["message"]["text"].startswith("resolution: ")
