"""Exact rates, and timecode against a clock that counts one frame at a time."""

from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from timecode import Timecode as OtherTimecode

from runner.spec.rates import (
    HIGHEST,
    STANDARD_RATES,
    Timecode,
    can_drop,
    parse_rate,
    parse_timecode,
    rate_label,
    rate_text,
    snapped,
)

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("23.976", Fraction(24000, 1001)),
        ("23.98", Fraction(24000, 1001)),
        ("23.976023976023978", Fraction(24000, 1001)),
        ("29.97", NTSC),
        ("29.97002997002997", NTSC),
        ("47.952", Fraction(48000, 1001)),
        ("47.95", Fraction(48000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        ("119.88", Fraction(120000, 1001)),
        ("14.985", Fraction(15000, 1001)),
        ("24000/1001", Fraction(24000, 1001)),
        ("25", Fraction(25)),
        ("25.0", Fraction(25)),
        ("24.000", Fraction(24)),
        ("50/2", Fraction(25)),
        ("12.5", Fraction(25, 2)),
        ("0.5", Fraction(1, 2)),
        (" 25 ", Fraction(25)),
        ("1000", HIGHEST),
    ],
)
def test_a_rate_as_people_write_it_is_an_exact_fraction(text: str, rate: Fraction) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.0",
        "0/1",
        "1/0",
        "-25",
        "25fps",
        "1e3",
        "25.",
        ".5",
        "nan",
        "inf",
        "1001",
        "1000.5",
        "25/",
        "24000:1001",
        "٢٥",
        "24 000/1001",
        "0x19",
        "1_000",
        "25\n25",
        "9" * 5000,
    ],
    ids=repr,
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_rate(text)


def test_a_number_without_end_is_refused_at_once() -> None:
    with pytest.raises(ValueError):
        parse_rate("9" * 100_000)


@given(st.fractions(min_value=Fraction(1, 1000), max_value=HIGHEST, max_denominator=1001))
def test_a_rate_that_is_written_out_is_read_back_exactly(rate: Fraction) -> None:
    assert parse_rate(rate_text(rate)) == rate


@pytest.mark.parametrize("rate", STANDARD_RATES, ids=str)
@pytest.mark.parametrize("digits", [3, 5, 9])
def test_a_standard_rate_written_with_three_decimals_or_more_is_that_rate(rate: Fraction, digits: int) -> None:
    assert parse_rate(f"{float(rate):.{digits}f}") == rate
    assert snapped(rate) == rate


def test_24_and_23976_are_never_mistaken_for_each_other() -> None:
    assert parse_rate("24") - parse_rate("23.976") == Fraction(24, 1001)
    assert snapped(Fraction(2399, 100)) == Fraction(2399, 100)


@pytest.mark.parametrize(
    ("rate", "label"),
    [
        ("24000/1001", "23.976"),
        ("30000/1001", "29.97"),
        ("60000/1001", "59.94"),
        ("25/2", "12.5"),
        ("25", "25"),
        ("100", "100"),
        ("1", "1"),
    ],
)
def test_a_rate_has_the_name_that_people_use(rate: str, label: str) -> None:
    assert rate_label(Fraction(rate)) == label


@pytest.mark.parametrize(
    ("rate", "drops"),
    [
        (NTSC, True),
        (Fraction(60000, 1001), True),
        (Fraction(120000, 1001), True),
        (Fraction(24000, 1001), False),
        (Fraction(15000, 1001), False),
        (Fraction(30), False),
        (Fraction(25), False),
    ],
    ids=str,
)
def test_drop_frame_exists_for_multiples_of_2997_alone(rate: Fraction, drops: bool) -> None:
    assert can_drop(rate) is drops


def clock(base: int, dropped: int) -> Iterator[tuple[int, str]]:
    """Yield count and code of frames of one day, minute by minute, as a counter in a camera shows them.

    Every frame of the first ten minutes, for drop-frame repeats itself then; of the others those at the turn.
    """
    mark, begun, digits = ";" if dropped else ":", 0, 3 if base > 100 else 2
    for minute in range(24 * 60):
        numbers = range(dropped if minute % 10 else 0, base * 60)
        looked_at = range(len(numbers)) if minute < 10 else (0, 1, 2, len(numbers) - 2, len(numbers) - 1)
        for index in looked_at:
            second, frame = divmod(numbers[index], base)
            yield begun + index, f"{minute // 60:02d}:{minute % 60:02d}:{second:02d}{mark}{frame:0{digits}d}"
        begun += len(numbers)


RATES = [
    pytest.param(Fraction(24000, 1001), 0, id="23.976"),
    pytest.param(Fraction(24), 0, id="24"),
    pytest.param(Fraction(25), 0, id="25"),
    pytest.param(NTSC, 0, id="29.97 non-drop"),
    pytest.param(NTSC, 2, id="29.97 drop"),
    pytest.param(Fraction(50), 0, id="50"),
    pytest.param(Fraction(60000, 1001), 4, id="59.94 drop"),
    pytest.param(Fraction(120000, 1001), 8, id="119.88 drop"),
]


@pytest.mark.parametrize(("rate", "dropped"), RATES)
def test_a_day_of_timecode_counts_as_a_clock_does(rate: Fraction, dropped: int) -> None:
    for count, code in clock(round(rate), dropped):
        assert str(Timecode(count, rate, bool(dropped))) == code
        assert parse_timecode(code, rate) == Timecode(count, rate, bool(dropped))


@pytest.mark.parametrize(("rate", "dropped"), RATES)
def test_midnight_follows_the_last_frame_of_a_day(rate: Fraction, dropped: int) -> None:
    last, _ = max(clock(round(rate), dropped))
    assert str(Timecode(last + 1, rate, bool(dropped))) == next(clock(round(rate), dropped))[1]


@given(st.data())
def test_every_frame_of_a_day_is_read_back_from_its_code(data: st.DataObject) -> None:
    rate, dropped = data.draw(st.sampled_from([each.values for each in RATES]))
    assert isinstance(rate, Fraction)
    assert isinstance(dropped, int)
    minutes = 24 * 60
    day = round(rate) * 60 * minutes - dropped * (minutes - minutes // 10)
    code = Timecode(data.draw(st.integers(0, day - 1)), rate, bool(dropped))
    assert parse_timecode(str(code), rate) == code


def test_a_full_stop_before_the_frames_means_drop_frame_too() -> None:
    assert parse_timecode("01:00:00.00", NTSC) == parse_timecode("01:00:00;00", NTSC)


@pytest.mark.parametrize(
    ("code", "rate"),
    [
        pytest.param("00:00:00:25", Fraction(25), id="frame 25 at 25"),
        pytest.param("00:00:00:24", Fraction(24000, 1001), id="frame 24 at 23.976"),
        pytest.param("00:00:00;00", Fraction(24), id="drop-frame at 24"),
        pytest.param("00:00:00;00", Fraction(25), id="drop-frame at 25"),
        pytest.param("00:00:00;00", Fraction(30), id="drop-frame at exactly 30"),
        pytest.param("01:01:00;00", NTSC, id="a number that drop-frame leaves out"),
        pytest.param("01:01:00;01", NTSC, id="the other number that it leaves out"),
        pytest.param("01:01:00;03", Fraction(60000, 1001), id="the last of four at 59.94"),
        pytest.param("24:00:00:00", Fraction(25), id="hour 24"),
        pytest.param("00:60:00:00", Fraction(25), id="minute 60"),
        pytest.param("00:00:60:00", Fraction(25), id="second 60"),
        pytest.param("0:00:00:00", Fraction(25), id="one digit"),
        pytest.param("00:00:00", Fraction(25), id="no frames"),
        pytest.param("٠٠:00:00:00", Fraction(25), id="digits of another script"),
        pytest.param("00:00:00:00\n", Fraction(25), id="a line end"),
        pytest.param("nonsense", Fraction(25), id="nonsense"),
    ],
)
def test_a_code_that_no_clock_shows_is_refused(code: str, rate: Fraction) -> None:
    with pytest.raises(ValueError):
        parse_timecode(code, rate)


@pytest.mark.parametrize("code", ["01:10:00;00", "01:01:00;02", "01:00:59;29"])
def test_drop_frame_leaves_out_no_other_number(code: str) -> None:
    assert str(parse_timecode(code, NTSC)) == code


def test_an_hour_of_drop_frame_is_an_hour_within_four_milliseconds() -> None:
    frames = parse_timecode("01:00:00;00", NTSC).frames
    assert abs(float(frames / NTSC) - 3600) < 0.004


@pytest.mark.parametrize(
    ("code", "old", "new", "expected"),
    [
        pytest.param("01:00:00:12", Fraction(25), Fraction(50), "01:00:00:24", id="25 to 50"),
        pytest.param("01:00:00:49", Fraction(50), Fraction(25), "01:00:00:24", id="50 to 25, rounded down"),
        pytest.param("10:00:00;00", NTSC, Fraction(60000, 1001), "10:00:00;00", id="drop stays drop at 59.94"),
        pytest.param("00:00:00;29", NTSC, NTSC, "00:00:00;29", id="the same rate"),
        pytest.param("00:00:10:00", Fraction(24), Fraction(25), "00:00:10:00", id="24 to 25"),
    ],
)
def test_a_code_at_another_rate_names_the_same_instant(code: str, old: Fraction, new: Fraction, expected: str) -> None:
    assert str(parse_timecode(code, old).at(new)) == expected


def test_drop_frame_ends_where_the_new_rate_has_none() -> None:
    moved = parse_timecode("01:00:00;00", NTSC).at(Fraction(25))
    assert not moved.drop
    assert str(moved) == "00:59:59:24"


@given(st.integers(0, 24 * 3600 * 24 - 1), st.sampled_from([44100, 48000, 96000]), st.sampled_from(STANDARD_RATES))
def test_a_recorders_sample_count_gives_the_frame_it_was_made_from(
    frames: int, sample_rate: int, rate: Fraction
) -> None:
    frames %= 24 * 3600 * round(rate)
    samples = frames * sample_rate / rate
    for written in (int(samples), -int(-samples // 1)):
        assert Timecode.from_samples(written, sample_rate, rate) == Timecode(frames, rate)


@pytest.mark.parametrize(
    ("samples", "sample_rate", "rate", "code"),
    [
        pytest.param(172_800_000, 48000, Fraction(25), "01:00:00:00", id="an hour at 25"),
        pytest.param(172_972_800, 48000, Fraction(24000, 1001), "01:00:00:00", id="23.976 is slower than the clock"),
        pytest.param(172_972_800, 48000, NTSC, "01:00:00:00", id="29.97 is written non-drop"),
        pytest.param(172_801_919, 48000, Fraction(25), "01:00:00:01", id="a sample too early"),
        pytest.param(172_801_000, 48000, Fraction(25), "01:00:00:00", id="inside the frame"),
        pytest.param(86_400 * 48000, 48000, Fraction(25), "00:00:00:00", id="midnight"),
    ],
)
def test_samples_since_midnight_are_a_timecode(samples: int, sample_rate: int, rate: Fraction, code: str) -> None:
    assert str(Timecode.from_samples(samples, sample_rate, rate)) == code


@pytest.mark.parametrize(("sample_rate", "rate"), [(0, Fraction(25)), (48000, Fraction(1, 3))])
def test_samples_at_no_rate_are_no_timecode(sample_rate: int, rate: Fraction) -> None:
    with pytest.raises(ValueError, match="no timecode"):
        Timecode.from_samples(5, sample_rate, rate)


# Another library's arithmetic. It counts frames from 1.
LABELS = {
    "23.976": (Fraction(24000, 1001), False),
    "24": (Fraction(24), False),
    "25": (Fraction(25), False),
    "29.97 drop-frame": (Fraction(30000, 1001), True),
    "29.97": (Fraction(30000, 1001), False),
    "30": (Fraction(30), False),
    "50": (Fraction(50), False),
    "59.94 drop-frame": (Fraction(60000, 1001), True),
    "59.94": (Fraction(60000, 1001), False),
    "60": (Fraction(60), False),
}


@pytest.mark.parametrize(("label", "rate", "drop"), [(label, *row) for label, row in LABELS.items()], ids=LABELS)
@given(share=st.fractions(0, 1))
def test_another_library_shows_the_same_code_for_every_frame_of_a_day(
    label: str, rate: Fraction, drop: bool, share: Fraction
) -> None:
    day = parse_timecode(f"23:59:59{';' if drop else ':'}{round(rate) - 1}", rate).frames
    frames = int(share * day)
    theirs = OtherTimecode(label.split()[0], frames=frames + 1, force_non_drop_frame=not drop)
    assert str(Timecode(frames, rate, drop)) == str(theirs)
    assert parse_timecode(str(theirs), rate).frames == theirs.frames - 1
