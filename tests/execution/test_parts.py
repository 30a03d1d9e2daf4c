"""The parts of a plan that a cluster's workers read."""

from pathlib import Path

from runner.execution.cluster.parts import written
from runner.execution.sweep import WORK
from runner.plan.excerpt import excerpt
from runner.plan.model import Output, Plan
from runner.spec.location import Mounts, parse_location
from tests.plan.planning import facts, plan

COUNT = 150


def large() -> Plan:
    sources = [f"media:{number}.mov" for number in range(COUNT)]
    return plan([facts(content=f"{number:032x}") for number in range(COUNT)], sources=sources)


def test_every_output_is_found_in_a_part_that_is_much_smaller_than_the_plan(tmp_path: Path) -> None:
    made, mounts = large(), Mounts({"proxies": tmp_path})
    groups: list[tuple[Output, ...]] = [made.outputs[:2], *((each,) for each in made.outputs[2:])]
    with written(made.header, groups, mounts) as entries:
        assert entries.keys() == {each.location for each in made.outputs}
        assert len({each.plan for each in entries.values()}) == 3
        for group in groups:
            first = entries[group[0].location]
            with mounts.bind(parse_location(first.plan)).open("rb") as file:
                numbers = [entries[each.location].output for each in group]
                assert excerpt(file, first.task, numbers, first.digest) == group
        assert [entries[group[0].location].number for group in groups] == list(range(len(groups)))
    assert list((tmp_path / "out" / WORK).iterdir()) == []
