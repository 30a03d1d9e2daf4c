"""A stranger's files in a cage: each is answered with one clear line, and reaches nothing of the machine."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.hostile.cage import BROKEN_OUT
from tests.hostile.conftest import Cage, Said, git, laid
from tests.hostile.corpus import SPEC, Case, cases, spec

CASES = tuple(cases())
EXPECTED = dict(
    line.split("\t", 1) for line in (Path(__file__).parent / "expected.txt").read_text(encoding="utf-8").splitlines()
)
# Invalid, stale (no lock), wrong usage, fine. Never a bug (70), never a signal, never out of the cage.
REFUSED = (0, 1, 3, 64)
# What a terminal or CI would obey: controls but the line end, overrides of direction, a workflow command.
OBEYED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|^\s*::|##\w*\[", re.MULTILINE)
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def harmless(said: Said, codes: tuple[int, ...] = REFUSED) -> None:
    assert said.code != BROKEN_OUT, said.err
    assert said.code in codes, (said.code, said.seconds, said.err[-500:])
    assert not OBEYED.search(said.out), said.out
    assert not OBEYED.search(said.err), said.err


def test_every_idea_has_its_line_and_every_line_its_idea() -> None:
    assert len(CASES) >= 80
    assert [case.name for case in CASES] == list(EXPECTED)


@every_case
def test_check_answers_with_one_clear_line(cage: Cage, tmp_path: Path, case: Case) -> None:
    said = cage.run(laid(tmp_path / "r", case), "check")
    harmless(said)
    assert said.lines[0] == EXPECTED[case.name]


@every_case
def test_plan_from_locks_reaches_nothing(cage: Cage, tmp_path: Path, case: Case) -> None:
    top = laid(tmp_path / "r", case)
    for form in ("text", "jsonl", "markdown"):
        harmless(cage.run(top, "plan", "--locked", "--format", form))


@every_case
def test_show_reaches_nothing(cage: Cage, tmp_path: Path, case: Case) -> None:
    top = laid(tmp_path / "r", case)
    if (top / SPEC).exists():
        harmless(cage.run(top, "show", SPEC))


@every_case
def test_diff_starts_git_and_nothing_else(cage: Cage, tmp_path: Path, case: Case) -> None:
    top = laid(tmp_path / "r", Case("before", {"specs/fine.yaml": spec(job_id="fine", output_directory="proxies:f")}))
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "fine")
    if case.links and case.links[0][0] == "specs":
        (top / "specs" / "fine.yaml").unlink()
        (top / "specs").rmdir()
    laid(top, case)
    git(top, "add", "-A")
    git(top, "commit", "-q", "--allow-empty", "-m", "a stranger's")
    harmless(cage.run(top, "diff", "HEAD~1", "HEAD", "--format", "markdown", git=True))
    harmless(cage.run(top, "diff", "HEAD~1", git=True))


STEERING = ("an escape sequence as key", "a command of CI as key", "a file name that steers", "a reel that steers")


@pytest.mark.parametrize("case", [each for each in CASES if each.name in STEERING], ids=lambda case: case.name)
def test_what_steers_is_spelled_out_in_every_format(cage: Cage, tmp_path: Path, case: Case) -> None:
    top = laid(tmp_path / "r", case)
    for form in ("sarif", "json"):
        said = cage.run(top, "check", "--format", form)
        assert said.out.isascii()
        assert not OBEYED.search(said.out)
        json.loads(said.out)
    junit = cage.run(top, "check", "--format", "junit")
    assert not OBEYED.search(junit.out)
    ElementTree.fromstring(junit.out)
    github = cage.run(top, "check", "--format", "github")
    assert all(re.match("::(error|notice) ", line) for line in github.out.splitlines())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", github.out)


def test_the_cage_holds(cage: Cage, tmp_path: Path) -> None:
    """Each of these is what a command may do, and a stranger's files must not bring about."""
    top = laid(tmp_path / "r", Case("fine", {SPEC: spec()}))
    git(top, "init", "-q")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "fine")
    for arguments in (["diff", "HEAD"], ["plan"], ["check", "-o", str(tmp_path / "out")], ["check", "/etc"]):
        said = cage.run(top, *arguments)
        assert said.code == BROKEN_OUT, (arguments, said)
