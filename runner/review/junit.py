"""Problems as JUnit XML, which GitLab, Jenkins and Azure show as tests: one for each file."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from runner.errors import Problem
from runner.review import Checked, is_note
from runner.text import harmless

# Not a Char of XML 1.0 (2.2): no parser takes a file with one of these, however it is escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# GitLab links to, and a Jenkins plugin copies, any file that a test's output names so.
_ATTACHMENT = re.compile(r"\[(?=\[ATTACHMENT)", re.IGNORECASE)
SUITE = "jobspec check"


def _legal(text: str) -> str:
    return _ILLEGAL.sub(lambda match: f"\\u{ord(match[0]):04x}", _ATTACHMENT.sub(r"[\\", harmless(text)))


def _lines(problems: Sequence[Problem]) -> str:
    return "".join(f"{_legal(str(each))}\n" for each in problems)


def _case(suite: ElementTree.Element, name: str, problems: Sequence[Problem]) -> None:
    """Add the test of one file; a test has one failure at most, which holds all lines."""
    name = _legal(name)
    case = ElementTree.SubElement(suite, "testcase", classname=SUITE, name=name, file=name, time="0")
    wrong = [each for each in problems if not is_note(each)]
    notes = [each for each in problems if is_note(each)]
    if wrong:
        codes = ", ".join(dict.fromkeys(each.code for each in wrong))
        failure = ElementTree.SubElement(case, "failure", type=wrong[0].code, message=f"{len(wrong)} × {codes}")
        failure.text = _lines(wrong)
    if notes:
        ElementTree.SubElement(case, "system-out").text = _lines(notes)


def _by_file(checked: Checked) -> dict[str, list[Problem]]:
    """Return the problems of each file: those checked first, then others that something is wrong with."""
    found: dict[str, list[Problem]] = {file: [] for file in checked.files}
    for each in checked.problems:
        found.setdefault(each.place.file if each.place else SUITE, []).append(each)
    return found


def write(checked: Checked) -> str:
    """Return a JUnit report in which every file is a test, failed when something is wrong with it."""
    found = _by_file(checked)
    failed = sum(any(not is_note(each) for each in problems) for problems in found.values())
    counts = {"tests": str(len(found)), "failures": str(failed), "errors": "0", "skipped": "0", "time": "0"}
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": SUITE, **counts})
    for file, problems in found.items():
        _case(suite, file, problems)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'
