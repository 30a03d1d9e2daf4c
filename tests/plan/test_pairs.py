"""Every pair of codec and container, tried for real: those of the table are written, the others are refused."""

from pathlib import Path

import pytest

from runner.media.probe import probe
from runner.spec.codecs import CODECS, CONTAINERS, why_not
from tests.clips import clip, decoded_frames
from tests.plan.planning import made, planned_from, started

PAIRS = [(codec, container) for codec in CODECS for container in CONTAINERS]
HOLD = [pair for pair in PAIRS if why_not(*pair) is None]
REFUSED = [pair for pair in PAIRS if why_not(*pair) is not None]


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plainest clip: five frames, one track."""
    return clip(tmp_path_factory.mktemp("pairs") / "plain.mov", seconds=0.2, tracks=(1,))


@pytest.fixture(scope="session")
def hd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of a size that DNxHD has."""
    return clip(tmp_path_factory.mktemp("pairs") / "hd.mov", size="1280x720", seconds=0.08, tracks=(1,))


def source_for(codec: str, plain: Path, hd: Path) -> Path:
    return hd if codec == "dnxhd" else plain


@pytest.mark.parametrize(("codec", "container"), HOLD, ids=[f"{codec} in {container}" for codec, container in HOLD])
def test_a_pair_that_holds_encodes_a_plain_clip_and_decodes_as_planned(
    codec: str, container: str, plain: Path, hd: Path, tmp_path: Path
) -> None:
    output = planned_from(source_for(codec, plain, hd), codec=codec, container=container)
    file = made(output, tmp_path)
    assert decoded_frames(file) == output.expects.frames
    found = probe(file, "made")
    chroma = output.expects.pixel_format.partition("p")[0]
    assert (found.picture.codec, found.picture.rate) == (output.expects.codec, output.expects.rate)
    assert found.picture.pixel_format.startswith(chroma)
    assert len(found.sound) == 1


@pytest.mark.parametrize(
    ("codec", "container"), REFUSED, ids=[f"{codec} in {container}" for codec, container in REFUSED]
)
def test_a_pair_that_does_not_hold_is_refused_by_the_muxer_itself(
    codec: str, container: str, plain: Path, hd: Path, tmp_path: Path
) -> None:
    done = started(planned_from(source_for(codec, plain, hd), codec=codec, container=container), tmp_path)
    assert done.returncode != 0
    assert b"Could not write header" in done.stderr


@pytest.mark.parametrize("container", [name for name, row in CONTAINERS.items() if row.why])
def test_a_container_that_refuses_says_what_to_use_instead(container: str) -> None:
    assert "use" in CONTAINERS[container].why


def test_both_kinds_of_pairs_were_tried() -> None:
    assert len(HOLD) + len(REFUSED) == len(CODECS) * len(CONTAINERS) == 75
