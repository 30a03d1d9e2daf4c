"""Burn-ins as a spec says them: what they are when little is said, and what cannot be."""

from pathlib import Path

import pytest

from runner.spec.fields import POSITIONS
from runner.spec.overlay import Overlay, overlays_of
from tests.spec.given import codes, job, lines, read, text


def test_each_kind_has_a_place_of_its_own_and_usual_size_and_opacity() -> None:
    shown = ("source_name", "timecode", "frame")
    spec = job(overlay=[*({"show": each} for each in shown), {"show": "text", "text": "for review"}])
    assert spec.problems() == ()
    found = overlays_of(spec.overlay)
    assert [each.position for each in found] == ["top-left", "bottom-left", "bottom-right", "top-right"]
    assert {(each.size, each.opacity) for each in found} == {(5, 100)}


def test_one_burn_in_alone_needs_no_list(tmp_path: Path) -> None:
    found = read(tmp_path, text(overlay="{show: timecode, position: center, size: 8, opacity: 60}"))
    assert found.spec
    assert overlays_of(found.spec.overlay) == (Overlay(show="timecode", position="center", size=8, opacity=60),)


def test_all_nine_positions_can_be_taken_at_once() -> None:
    spec = job(overlay=[{"show": "text", "text": place, "position": place} for place in POSITIONS])
    assert spec.problems() == ()
    assert len(POSITIONS) == 9


WRONG = {
    "a text without one": ("{show: text}", "10:10: JS152 overlay: shows a text and says none; add text"),
    "a text beside a timecode": (
        "{show: timecode, text: x}",
        "10:33: JS153 overlay.text: stands beside show: timecode, which has its own; say show: text",
    ),
    "two at one place": (
        "\n  - {show: frame, position: center}\n  - {show: timecode, position: center}",
        '12:32: JS154 overlay[1].position: "center" is taken by frame already; still free are top-left, top-center,'
        " top-right, middle-left, middle-right, bottom-left, bottom-center, bottom-right",
    ),
    "two at the usual place": (
        "\n  - show: timecode\n  - show: timecode",
        '12:5: JS154 overlay[1]: "bottom-left" is taken by timecode already; still free are top-left, top-center,'
        " top-right, middle-left, center, middle-right, bottom-center, bottom-right",
    ),
}


@pytest.mark.parametrize(("said", "wanted"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_named_at_its_place(said: str, wanted: str, tmp_path: Path) -> None:
    assert lines(read(tmp_path, text(overlay=said)).problems) == [f"specs/day.yaml:{wanted}"]


ILLEGAL = {
    "another word": {"show": "clock"},
    "a position that is none": {"show": "frame", "position": "left"},
    "letters as high as the picture": {"show": "frame", "size": 100},
    "letters that nobody sees": {"show": "frame", "opacity": 0},
    "no word": {"position": "center"},
}


@pytest.mark.parametrize("said", ILLEGAL.values(), ids=ILLEGAL)
def test_what_is_no_burn_in_is_refused_by_the_schema_alone(said: dict[str, object]) -> None:
    assert not {"JS152", "JS153", "JS154"} & set(codes(job(overlay=[said]).problems()))
    assert codes(job(overlay=[said]).problems())
