"""All that measures runs, on work so small that its figures say nothing, and is on the page that says what there is."""

import json
import re
import sys
from dataclasses import replace
from math import isfinite
from pathlib import Path

import pytest

from tests.benchmarks import compare, media, others, overhead, scale, share, workers
from tests.benchmarks.__main__ import found
from tests.benchmarks.harness import Table, markdown, plain
from tests.benchmarks.media import real

PAGE = Path(__file__).parents[1] / "docs/performance.md"
# What makes each measurement small. Without its cluster, whose engine is an extra: tests/cluster has that one.
SMALL: dict[str, dict[str, object]] = {
    "gate": {"seconds": 0.2, "size": "320x180"},
    "lock": {"files": 4},
    "others": {"files": 20},
    "overhead": {},
    "plan_and_diff": {"specs": 2, "sources": 4},
    "scale": {"sizes": (2, 4)},
    "share": {},
    "startup": {},
    "workers": {},
}
ONE_JOB = {"prores_proxy": "quarter"}


def test_the_page_names_every_measurement_there_is() -> None:
    named = re.findall(
        r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8").partition("## What is done")[0], re.MULTILINE
    )
    assert sorted(named) == sorted(found())


def test_real_clips_are_those_that_hold_pictures(tmp_path: Path) -> None:
    for name in ("b.mov", "a.mp4", "README.md", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in real(tmp_path)] == ["a.mp4", "b.mov"]
    assert real(tmp_path / "nowhere") == ()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make all clips short, and do without Snakemake, which comes from the network and takes half a minute."""
    monkeypatch.setattr(media, "KEPT", tmp_path / "clips")
    short = replace(share.CASES[0], outputs=(share.PROXY, share.VIEW), size="320x180", seconds=0.2)
    for module, constants in {
        compare: {"SPECS": 1, "SOURCES": 2, "DAYS": 1, "MADE": 2, "FILES": 2, "CLIPS": 1},
        others: {"DAYS": 2, "_snakemake": lambda: None},
        overhead: {"CLIPS": 2, "SECONDS": 0.2, "JOBS": ONE_JOB},
        scale: {"IN_A_SPEC": 2},
        share: {"CASES": (short,)},
        workers: {"LENGTHS": (0.2, 0.4), "LONG": 0.4, "JOBS": ONE_JOB},
    }.items():
        for name, value in constants.items():
            monkeypatch.setattr(module, name, value)


def test_no_measurement_is_left_out_here() -> None:
    assert {*SMALL, "cluster"} == found().keys()


@pytest.mark.parametrize("name", SMALL)
def test_a_measurement_fills_its_tables(name: str, small: None) -> None:
    for table in found()[name].tables(1, **SMALL[name]):
        fills(table)


def test_two_revisions_can_be_compared(small: None) -> None:
    fills(compare.compared(Path(sys.executable), 1))


def fills(table: Table) -> None:
    """See that a table has something in every row, for people and for programs."""
    assert table.rows, table.title
    assert {len(row) for row in table.rows} == {len(table.columns)}, table.title
    assert markdown(table).count("\n|") == len(table.rows) + 2
    assert json.loads(json.dumps(plain(table)))["rows"] == [list(row) for row in table.rows]
    assert all(isfinite(each) for row in table.rows for each in row if isinstance(each, float)), table.rows
