"""A plan as JSON Lines: canonical, named by its digest, read back strictly."""

import hashlib
import json
from typing import Any

import pytest

from runner.errors import JobspecError
from runner.plan import document
from runner.plan.model import Plan
from tests.plan.planning import FILM, facts, plan, tracks


@pytest.fixture
def full() -> Plan:
    """A plan with something in every field."""
    first = facts(sound=tracks(1, 1), timecode="01:00:00:00", reel="A001", rate=FILM, scan="tff", ignored=("data 3",))
    second = facts(content="11", constant=False, seconds=FILM, rotation=90)
    sources = ["media:Töne/it's\n1.mov", "/card/b.mov"]
    return plan([first, second], sources=sources, naming_template="{{ tokens.unit }}-{{ index }}", tokens={"unit": "2"})


def complaint(lines: list[bytes]) -> str:
    with pytest.raises(JobspecError) as caught:
        document.read(lines)
    (found,) = caught.value.problems
    return found.message


def test_a_plan_comes_back_from_its_lines_as_the_plan_it_was(full: Plan) -> None:
    lines = list(document.lines(full))
    assert document.read(lines) == full
    assert list(document.lines(document.read(lines))) == lines


def test_the_digest_is_what_sha256sum_says_of_the_file(full: Plan) -> None:
    written = b"".join(document.lines(full))
    assert document.digest(full) == f"sha256:{hashlib.sha256(written).hexdigest()}"
    assert document.digest(document.read(written.splitlines(keepends=True))) == document.digest(full)


def test_there_is_a_line_for_the_header_each_job_each_output_and_each_task(full: Plan) -> None:
    kinds = [json.loads(line)["line"] for line in document.lines(full)]
    assert kinds == ["header", "job", "output", "output", "task", "task"]


def sorted_keys(value: Any) -> bool:
    if isinstance(value, dict):
        return list(value) == sorted(value) and all(map(sorted_keys, value.values()))
    return all(map(sorted_keys, value)) if isinstance(value, list) else not isinstance(value, float)


def test_every_line_has_sorted_keys_no_floats_no_spaces_and_is_one_line(full: Plan) -> None:
    for line in document.lines(full):
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert sorted_keys(json.loads(line))
        assert line.decode().strip() == json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":"))


def test_letters_outside_ascii_stand_as_they_are(full: Plan) -> None:
    assert "Töne".encode() in b"".join(document.lines(full))


def test_a_task_refers_to_its_outputs_by_number_and_holds_none_of_them(full: Plan) -> None:
    tasks = [json.loads(line) for line in document.lines(full) if b'"line":"task"' in line]
    assert [each["value"]["outputs"] for each in tasks] == [[0], [1]]
    assert set(tasks[0]["value"]) == {"outputs", "source"}


def test_a_line_that_cannot_be_read_is_named_by_its_number(full: Plan) -> None:
    lines = list(document.lines(full))
    lines[2] = b"{broken\n"
    assert complaint(lines).startswith("line 3 of the plan cannot be read: ")


def test_a_value_that_does_not_fit_is_named_by_its_line_and_its_path(full: Plan) -> None:
    lines = [line.replace(b'"frames":100', b'"frames":"many"') for line in document.lines(full)]
    told = complaint(lines)
    assert told.startswith("line 3 of the plan cannot be read: ")
    assert "frames" in told


@pytest.mark.parametrize(
    "rate", [b'"24000/0"', b'"fast"', b'"1/2/3"', b"25"], ids=["zero", "a word", "three", "number"]
)
def test_a_rate_that_is_none_is_named_and_no_crash(rate: bytes, full: Plan) -> None:
    lines = [line.replace(b'"24000/1001"', rate) for line in document.lines(full)]
    assert complaint(lines).startswith("line 3 of the plan cannot be read: ")


def test_a_field_that_this_version_does_not_know_is_not_read_over(full: Plan) -> None:
    lines = [line.replace(b'"value":{', b'"value":{"aaa":1,', 1) for line in document.lines(full)]
    assert "line 1 of the plan cannot be read" in complaint(lines)
    assert "aaa" in complaint(lines)


def test_a_kind_of_line_that_this_version_does_not_know_is_not_read_over(full: Plan) -> None:
    assert "line 7 of the plan" in complaint([*document.lines(full), b'{"line":"comment","value":{}}\n'])


@pytest.mark.parametrize("count", [0, 2], ids=["no header", "two headers"])
def test_a_plan_has_exactly_one_header(count: int, full: Plan) -> None:
    header, *others = document.lines(full)
    assert complaint([*[header] * count, *others]) == "this is no plan: it has no header, or more than one"


def test_an_empty_file_is_no_plan() -> None:
    assert complaint([]) == "this is no plan: it has no header, or more than one"
