"""JUnit XML, read back by an XML parser."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from runner.errors import problem
from runner.review import Checked, junit
from tests.review.given import HOSTILE, any_text, checked, note, wrong


def cases(of: Checked) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(junit.write(of))
    return {case.attrib["name"]: case for case in root.iter("testcase")}


def test_every_file_is_a_test_and_a_good_one_passes() -> None:
    found = cases(checked(wrong(file="specs/b.yaml"), files=("specs/a.yaml", "specs/b.yaml")))
    assert list(found) == ["specs/a.yaml", "specs/b.yaml"]
    assert list(found["specs/a.yaml"]) == []
    assert found["specs/b.yaml"].find("failure") is not None


def test_a_failure_holds_every_problem_of_its_file_line_by_line() -> None:
    (case,) = cases(checked(wrong("haf"), wrong("qarter", line=14))).values()
    (failure,) = case.findall("failure")
    assert failure.text == f"{wrong('haf')}\n{wrong('qarter', line=14)}\n"
    assert failure.attrib == {"type": "JS021", "message": "2 × JS021"}


def test_a_note_fails_nothing_and_is_told_as_output() -> None:
    (case,) = cases(checked(note())).values()
    assert case.find("failure") is None
    assert case.findtext("system-out") == f"{note()}\n"


def test_a_file_that_is_no_spec_is_a_test_when_something_is_wrong_with_it() -> None:
    found = cases(checked(wrong(file="specs/profiles/house.yaml")))
    assert list(found) == ["specs/day.yaml", "specs/profiles/house.yaml"]
    assert found["specs/profiles/house.yaml"].find("failure") is not None


def test_a_problem_that_stands_nowhere_is_not_lost() -> None:
    found = cases(checked(problem("JS008", found="no.yaml"), files=()))
    assert "no.yaml" in (found["jobspec check"].findtext("failure") or "")


def test_tests_and_failures_are_counted() -> None:
    files = ("specs/a.yaml", "specs/b.yaml", "specs/c.yaml")
    root = ElementTree.fromstring(junit.write(checked(wrong(file=files[0]), note(file=files[1]), files=files)))
    counts = {"tests": "3", "failures": "1", "errors": "0", "skipped": "0"}
    assert root.tag == "testsuites"
    assert counts.items() <= root.attrib.items()
    assert counts.items() <= root[0].attrib.items()


def test_a_test_is_named_by_its_file_in_all_three_ways_that_readers_look_for() -> None:
    (case,) = cases(checked()).values()
    assert case.attrib == {
        "classname": "jobspec check",
        "name": "specs/day.yaml",
        "file": "specs/day.yaml",
        "time": "0",
    }


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_strangers_text_stays_text(text: str) -> None:
    written = junit.write(checked(wrong(text), note(text), wrong(file=text), files=("specs/day.yaml", text)))
    root = ElementTree.fromstring(written.encode())
    assert [case.tag for case in root[0]] == ["testcase", "testcase"]
    assert {child.tag for case in root[0] for child in case} == {"failure", "system-out"}
    assert "[[ATTACHMENT" not in written
    assert "##[" not in written
    assert not any((point < 0x20 and point != 0x0A) or 0x7F <= point < 0xA0 for point in map(ord, written))


@settings(deadline=None)
@given(found=any_text, file=any_text)
def test_any_text_gives_xml_that_a_parser_takes(found: str, file: str) -> None:
    written = junit.write(checked(wrong(found, file=file), files=(file,)))
    (case,) = ElementTree.fromstring(written.encode()).iter("testcase")
    assert (case.findtext("failure") or "").count("\n") == 1
