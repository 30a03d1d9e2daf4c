"""The names of image sequences, compared with what printf writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.spec.sequence import Pattern, is_pattern, parse_pattern


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("plate.####.exr", Pattern("plate.", 4, ".exr")),
        ("plate.%04d.exr", Pattern("plate.", 4, ".exr")),
        ("plate_%d.dpx", Pattern("plate_", 0, ".dpx")),
        ("#.png", Pattern("", 1, ".png")),
        ("%08d.tif", Pattern("", 8, ".tif")),
        ("day01/shot##/plate-######.dpx", Pattern("plate-", 6, ".dpx")),
        ("/mnt/50%d/plate.###.dpx", Pattern("plate.", 3, ".dpx")),
        ("100%.####_v2.exr", Pattern("100%.", 4, "_v2.exr")),
    ],
)
def test_a_pattern_has_one_counter_in_its_last_name(path: str, pattern: Pattern) -> None:
    assert parse_pattern(path) == pattern


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("plate.exr", "no counter"),
        ("shots##/plate.exr", "no counter"),
        ("plate.%4d.exr", "no counter"),
        ("plate.%s.exr", "no counter"),
        ("shot##.####.exr", "2 counters"),
        ("a%d.%04d.##.exr", "3 counters"),
        ("plate.##########.exr", "10 digits"),
        ("plate.%099d.exr", "99 digits"),
    ],
)
def test_a_name_without_one_counter_is_no_pattern_and_says_why(path: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_pattern(path)


@pytest.mark.parametrize(
    ("path", "name", "number"),
    [
        ("a.####.exr", "a.0000.exr", 0),
        ("a.####.exr", "a.1001.exr", 1001),
        ("a.####.exr", "a.10000.exr", 10000),
        ("a.####.exr", "a.00010.exr", None),
        ("a.####.exr", "a.010.exr", None),
        ("a.####.exr", "a.1001.dpx", None),
        ("a.####.exr", "b.1001.exr", None),
        ("a.####.exr", "a.-001.exr", None),
        ("a.####.exr", "a.１００１.exr", None),
        ("a.####.exr", "a.4294967297.exr", None),
        ("a.####.exr", "a..exr", None),
        ("a.####.exr", "a.1001.exr.tmp", None),
        ("a.%d.exr", "a.7.exr", 7),
        ("a.%d.exr", "a.07.exr", None),
        ("a.%d.exr", "a.0.exr", 0),
        ("1#1.exr", "1.exr", None),
    ],
)
def test_the_number_of_a_file_is_read_as_printf_writes_it(path: str, name: str, number: int | None) -> None:
    assert parse_pattern(path).matches(name) == number


@given(st.integers(0, 999_999_999), st.integers(0, 9), st.text("a.%_0", max_size=4), st.text("b.%_0", max_size=4))
def test_every_number_comes_back_from_its_name(number: int, digits: int, prefix: str, suffix: str) -> None:
    pattern = Pattern(prefix, digits, suffix)
    counter = f"%0{digits}d" if digits else "%d"
    assert pattern.name(number) == prefix + counter % number + suffix
    assert pattern.matches(pattern.name(number)) == number
    assert pattern.ffmpeg % number == pattern.name(number)


@pytest.mark.parametrize(
    ("path", "stem", "extension"),
    [
        ("plate.####.exr", "plate", ".exr"),
        ("A001_C002_%07d.DPX", "A001_C002", ".dpx"),
        ("shot 1 - ###.png", "shot 1", ".png"),
        ("plate.####_v2.tif", "plate_v2", ".tif"),
        ("####.dpx", "", ".dpx"),
        ("plate####", "plate", ""),
    ],
)
def test_people_read_a_name_without_counter(path: str, stem: str, extension: str) -> None:
    assert (parse_pattern(path).stem, parse_pattern(path).extension) == (stem, extension)


def test_a_per_cent_sign_of_a_name_or_a_folder_is_no_counter_to_ffmpeg() -> None:
    assert parse_pattern("100%.####.exr").ffmpeg == "100%%.%04d.exr"
    assert parse_pattern("a.####.exr").within("/mnt/50%d/") == "/mnt/50%%d/a.%04d.exr"


@pytest.mark.parametrize(("path", "meant"), [("a.####.exr", True), ("a.%d.%d.exr", True), ("##/a.mov", False)])
def test_a_counter_in_the_name_tells_that_a_sequence_was_meant(path: str, meant: bool) -> None:
    assert is_pattern(path) == meant
