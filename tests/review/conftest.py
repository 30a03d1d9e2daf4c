"""What the tests of reviewing share."""

from pathlib import Path

import pytest

from tests.review.teams import Team, team


@pytest.fixture
def day(tmp_path: Path) -> Team:
    """A repository whose main holds one locked spec, specs/day.yaml, of two clips; on a branch that changed nothing."""
    found = team(tmp_path / "repo")
    found.locked()
    found.commit("the first day")
    found.branch()
    return found
