"""What alike clips share is worked out once, and no byte of a plan tells for which of them."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from runner.errors import JobspecError
from runner.media.facts import Colour, Content, Facts, Picture, Sound
from runner.plan import alike, common, key
from runner.plan.model import Output
from tests.plan.planning import FILM, NTSC, facts, hdr, planned, tracks

# For each fact that is a clip's own, another value of it.
OWN: dict[type, dict[str, Any]] = {
    Facts: {
        "content": Content(size=7, sample="sampled-sha256:ff"),
        "timecode": "02:03:04:05",
        "other_timecodes": ("09:00:00:00",),
        "reel": "B002",
        "clip": "B002C003",
        "created": "2026-11-28T10:00:00Z",
    },
    Picture: {"frames": 731, "seconds": Fraction(9)},
    Sound: {"seconds": Fraction(31, 10)},
}
CLIPS: dict[str, Facts] = {
    "a plain clip": facts(sound=tracks(2), timecode="01:00:00:00", reel="A001"),
    "a film camera's, with four tracks": facts(sound=tracks(1, 1, 1, 1), rate=FILM, timecode="01:00:00:00"),
    "drop-frame fields": facts(rate=NTSC, scan="tff", height=1080, timecode="01:00:00;02", sound=tracks(2, 6)),
    "a phone's, turned, of no constant rate": facts(rotation=90, constant=False, rate=NTSC, seconds=Fraction(4)),
    "HDR with a picture that comes late": replace(facts(colour=hdr("smpte2084"), depth=10), offset=Fraction(1, 4)),
    "odd sides, no square pixels": facts(width=721, height=577, sar=Fraction(64, 45), sound=tracks(1)),
    "a screen's: RGB with alpha": facts(rgb=True, alpha=True, pixel_format="rgba", colour=Colour(matrix="gbr")),
    "streams that are left out": facts(ignored=("video 1", "audio 2"), sound=tracks(2)),
}
SPECS: dict[str, dict[str, Any]] = {
    "ProRes": {"resolution": "half"},
    "H.264 with its texts": {
        "codec": "h264",
        "container": "mp4",
        "overlay": [{"show": "timecode"}, {"show": "source_name", "position": "top-left"}],
    },
    "MXF, as long as its picture": {"codec": "dnxhr_sq", "container": "mxf"},
    "conformed to 25": {"fps_explicit": "25", "conform": True},
    "resampled and tone-mapped": {"fps_explicit": "24000/1001", "color": "tonemap", "codec": "h264"},
}


def variants(clip: Facts) -> Iterator[Facts]:
    """Yield the clip and, for each fact that is its own, one that differs in nothing else."""
    yield clip
    yield from (replace(clip, **{name: value}) for name, value in OWN[Facts].items())
    yield from (replace(clip, picture=replace(clip.picture, **{name: each})) for name, each in OWN[Picture].items())
    for name, value in OWN[Sound].items():
        yield replace(clip, sound=tuple(replace(track, **{name: value}) for track in clip.sound))


def forget() -> None:
    """Forget all that was worked out for earlier clips."""
    common.common.cache_clear()
    key.digest.cache_clear()


def told(clip: Facts, **changes: Any) -> Output | list[str]:
    """Return the output of a clip, or why it has none."""
    try:
        return planned(clip, **changes)
    except JobspecError as error:
        return list(map(str, error.problems))


def test_every_fact_that_is_a_clips_own_is_tried() -> None:
    assert {of: set(names) for of, names in OWN.items()} == alike._OWN


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("clip", CLIPS.values(), ids=CLIPS)
def test_the_plan_of_a_clip_is_the_same_after_those_of_clips_like_it(clip: Facts, spec: dict[str, Any]) -> None:
    warm = [told(each, **spec) for each in variants(clip)]
    for each, known in zip(variants(clip), warm, strict=True):
        forget()
        assert told(each, **spec) == known


def test_clips_that_differ_in_what_is_their_own_are_worked_out_once() -> None:
    forget()
    clip, *others = variants(CLIPS["a plain clip"])
    assert {alike.alike(each) for each in others} == {alike.alike(clip)}


def test_clips_that_differ_in_anything_else_are_told_apart() -> None:
    assert len({alike.alike(clip) for clip in CLIPS.values()}) == len(CLIPS)


def test_what_is_shared_holds_nothing_of_the_clip_it_was_worked_out_for() -> None:
    clip, *others = variants(CLIPS["a plain clip"])
    assert {alike.alike(each).facts for each in others} == {alike.alike(clip).facts}
