"""What one task needs of a saved plan, found without decoding the rest."""

import hashlib

import pytest

from runner.errors import JobspecError
from runner.plan import document
from runner.plan.excerpt import excerpt
from runner.plan.model import Plan
from tests.plan.planning import facts, plan


@pytest.fixture
def three() -> Plan:
    """A plan of three tasks."""
    return plan([facts(content=f"{number}0") for number in range(3)], sources=[f"media:{name}.mov" for name in "abc"])


def hashed(lines: list[bytes]) -> str:
    return f"sha256:{hashlib.sha256(b''.join(lines)).hexdigest()}"


def refused(lines: list[bytes], task: int, numbers: set[int], digest: str) -> str:
    with pytest.raises(JobspecError) as caught:
        excerpt(lines, task, numbers, digest)
    return caught.value.problems[0].code


def test_a_task_gets_its_own_outputs_alone(three: Plan) -> None:
    lines = list(document.lines(three))
    for number, output in enumerate(three.outputs):
        assert excerpt(lines, number, {number}, document.digest(three)) == (output,)


def test_lines_of_other_tasks_are_hashed_and_not_decoded(three: Plan) -> None:
    lines = list(document.lines(three))
    spoilt = [line.replace(b'"b.mov"', b'"x.mov"') for line in lines]
    assert spoilt != lines
    assert refused(spoilt, 0, {0}, document.digest(three)) == "JS250"
    lines[3] = b'{"line":"output","value":"nonsense"}\n'
    assert excerpt(lines, 0, {0}, hashed(lines)) == (three.outputs[0],)


@pytest.mark.parametrize(
    ("task", "numbers", "code"),
    [
        pytest.param(3, {0}, "JS183", id="no such task"),
        pytest.param(0, {1}, "JS052", id="an output of another task"),
        pytest.param(0, {7}, "JS052", id="no such output"),
    ],
)
def test_what_is_not_of_the_task_is_refused(three: Plan, task: int, numbers: set[int], code: str) -> None:
    assert refused(list(document.lines(three)), task, numbers, document.digest(three)) == code


def test_a_plan_of_another_format_is_refused(three: Plan) -> None:
    lines = [line.replace(b'"format":1,', b'"format":99,') for line in document.lines(three)]
    assert refused(lines, 0, {0}, hashed(lines)) == "JS052"


def test_what_is_no_plan_is_refused() -> None:
    lines = [b"no plan\n", b'{"line":"task",\n']
    assert refused(lines, 0, set(), hashed(lines)) == "JS052"
