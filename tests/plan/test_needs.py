"""What an FFmpeg must have for a plan, and that the bundled one has it."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runner.media.facts import Facts
from runner.media.toolchain import encoders, filters
from runner.plan.needs import encoders_of, filters_of
from tests.clips import FFMPEG
from tests.plan.planning import facts, planned, tracks

PLAIN = {"scale", "setsar", "format"}


@pytest.mark.parametrize(
    ("known", "spec", "needed"),
    [
        pytest.param(facts(), {}, PLAIN, id="every picture"),
        pytest.param(facts(scan="tff"), {"resolution": "half"}, PLAIN | {"bwdif"}, id="fields at another height"),
        pytest.param(facts(), {"fps_explicit": Fraction(24000, 1001)}, PLAIN | {"fps"}, id="a picture at another rate"),
        pytest.param(facts(sound=tracks(1)), {"container": "mxf"}, PLAIN | {"apad"}, id="sound as long as the picture"),
    ],
)
def test_filters_are_read_from_the_arguments_of_picture_and_sound(
    known: Facts, spec: dict[str, Any], needed: set[str]
) -> None:
    found = filters_of([planned(known, **spec)])
    assert found - {"setparams"} == needed
    assert found <= filters(Path(FFMPEG))


def test_encoders_are_those_of_picture_and_sound() -> None:
    both = [planned(facts(sound=tracks(1))), planned(facts(), codec="h264")]
    assert encoders_of(both) == {"prores_ks", "pcm_s24le", "libx264"}
    assert encoders_of(both) <= encoders(Path(FFMPEG))


def test_filters_of_tracks_that_differ_are_read_too() -> None:
    early = msgspec.structs.replace(facts(sound=[*tracks(1), *tracks(1, sample_rate=44100)]), offset=Fraction(1, 5))
    assert {"aresample", "asetpts"} <= filters_of([planned(early, container="mxf")])
