"""Colour tags that FFmpeg's filters do not take as they are."""

from pathlib import Path

import pytest

from runner.media.colours import MATRICES, PRIMARIES, TRANSFERS
from runner.media.facts import Colour
from runner.media.probe import probe
from runner.plan.light import HDR
from tests.clips import clip
from tests.plan.planning import facts, made, planned_from, refused

LIGHT = ("color_trc", "transfer", TRANSFERS.values())
TAGS = [
    (option, field, name)
    for option, field, names in (
        ("color_primaries", "primaries", PRIMARIES.values()),
        LIGHT,
        ("colorspace", "matrix", MATRICES.values()),
    )
    for name in names
    if name not in (*HDR, "linear", "gbr", "bt2020c", "ictcp")
]


@pytest.mark.parametrize(("option", "field", "name"), TAGS)
def test_every_tag_of_h_273_goes_through_a_change_of_size(option: str, field: str, name: str, tmp_path: Path) -> None:
    encode = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", f"-{option}", name)
    word = {"gamma22": "bt470m", "gamma28": "bt470bg"}.get(name, name)
    filters = ("-vf", f"format=yuv420p,setparams={option}={word}")
    source = clip(tmp_path / "a.mkv", seconds=0.08, encode=encode, extra=filters)
    before = probe(source, "a").picture.colour
    assert getattr(before, field) == name
    after = probe(made(planned_from(source, codec="h264", container="mkv", resolution="half"), tmp_path / "work"), "b")
    assert getattr(after.picture.colour, field) == name


@pytest.mark.parametrize("matrix", ["ycgco", "bt2020c", "ictcp"])
def test_a_matrix_that_cannot_be_converted_is_refused_where_a_codec_asks_for_another(matrix: str) -> None:
    (found,) = refused(facts(colour=Colour(matrix=matrix)), codec="dnxhr_hqx")
    assert found.code == "JS200" and matrix in found.message and "prores_proxy" in found.message
