"""What measures is not run by tests; that all of it can be called, and is on the page that says what there is, is."""

import re
from pathlib import Path

from tests.benchmarks.__main__ import found
from tests.benchmarks.media import real

PAGE = Path(__file__).parents[1] / "docs/performance.md"


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
