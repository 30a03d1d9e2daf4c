"""What `resolution:` may say."""

import pytest

from runner.spec.resolution import Resolution, parse_resolution


@pytest.mark.parametrize(("text", "divisor"), [("same", 1), ("half", 2), ("quarter", 4)])
def test_a_word_divides_the_sides_of_the_source(text: str, divisor: int) -> None:
    assert parse_resolution(text) == Resolution(divisor=divisor)


@pytest.mark.parametrize(
    ("text", "box"),
    [("1280x720", (1280, 720)), ("16x16", (16, 16)), ("16384x16384", (16384, 16384)), ("720x1280", (720, 1280))],
)
def test_two_sides_are_a_box_to_fit_into(text: str, box: tuple[int, int]) -> None:
    assert parse_resolution(text) == Resolution(box=box)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("haf", id="no such word"),
        pytest.param("Half", id="a capital"),
        pytest.param("", id="nothing"),
        pytest.param("1280", id="one side"),
        pytest.param("1280 x 720", id="spaces"),
        pytest.param("1280X720", id="a capital X"),
        pytest.param("1280×720", id="a multiplication sign"),
        pytest.param("01280x720", id="a leading zero"),
        pytest.param("-1280x720", id="a negative side"),
        pytest.param("15x720", id="a side below 16"),
        pytest.param("1280x16385", id="a side above 16384"),
        pytest.param("1280x720\n", id="a line end"),
        pytest.param("1٢80x720", id="digits of another script"),
        pytest.param("9" * 5000 + "x16", id="a number without end"),
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_resolution(text)
