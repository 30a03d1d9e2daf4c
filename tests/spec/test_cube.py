"""Reading a .cube file: what is taken, what is refused with its line, and how long the worst of them takes."""

import hashlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.spec.cube import MOST_BYTES, Lut, numbers, read_cube
from tests.cubes import cube, curve

FINE = cube()
ROWS = FINE.removeprefix("LUT_3D_SIZE 3\n")


def read(text: str | bytes) -> Lut:
    return read_cube(text if isinstance(text, bytes) else text.encode(), "luts/a.cube")


def test_a_cube_is_known_by_its_size_and_the_digest_of_the_whole_file() -> None:
    found = read(FINE)
    digest = f"sha256:{hashlib.sha256(FINE.encode()).hexdigest()}"
    assert found == Lut(path="luts/a.cube", sha256=digest, kind="3d", size=3)
    assert found.head == "LUT_3D_SIZE 3"


def test_a_curve_is_a_table_too() -> None:
    assert (read(curve(size=5)).kind, read(curve(size=5)).head) == ("1d", "LUT_1D_SIZE 5")


TAKEN = {
    "a title and comments": f'# made by hand\nTITLE "show \xe9"\n\n{FINE}# end\n',
    "the usual range, as Adobe writes it": f"DOMAIN_MIN 0 0 0\nDOMAIN_MAX 1.0 1.0 1.0\n{FINE}",
    "the usual range, as Resolve writes it": f"LUT_3D_SIZE 3\nLUT_3D_INPUT_RANGE 0.0 1.0\n\n{ROWS}",
    "lines that end as on Windows": FINE.replace("\n", "\r\n"),
    "a byte order mark": f"\ufeff{FINE}",
    "no end of the last line": FINE.rstrip("\n"),
    "tabs": FINE.replace(" ", "\t"),
    "powers of ten and signs": FINE.replace("0.500000", "+5e-1").replace("1.000000", "1.0E0"),
    "values outside 0 to 1": FINE.replace("1.000000", "-1.5"),
    "comments among the numbers": ROWS.join(("LUT_3D_SIZE 3\n# now\n", "")).replace("0.0", "0.0", 1),
}


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_what_tools_write_is_taken(text: str) -> None:
    assert (read(text).kind, read(text).size) == ("3d", 3)


REFUSED = {
    "nothing": ("", "no LUT_1D_SIZE or LUT_3D_SIZE"),
    "no size": (ROWS, "no LUT_1D_SIZE or LUT_3D_SIZE"),
    "a size behind the numbers": (f"{ROWS}LUT_3D_SIZE 3\n", "no LUT_1D_SIZE or LUT_3D_SIZE"),
    "two sizes": (f"LUT_3D_SIZE 2\n{FINE}", "line 2: LUT_3D_SIZE stands a second time"),
    "a curve before the cube": (f"LUT_1D_SIZE 3\n{FINE}", "a curve and a cube"),
    "a size that is no number": (FINE.replace("SIZE 3", "SIZE three"), "LUT_3D_SIZE is not a number from 2 to 65"),
    "a size in other digits": (FINE.replace("SIZE 3", "SIZE \u0663"), "LUT_3D_SIZE is not a number from 2 to 65"),
    "a size of 1": ("LUT_3D_SIZE 1\n0 0 0\n", "LUT_3D_SIZE is not a number from 2 to 65"),
    "a size beyond all tools": ("LUT_3D_SIZE 99999\n", "LUT_3D_SIZE is not a number from 2 to 65"),
    "a row too few": (FINE[: FINE.rstrip().rindex("\n") + 1], "26 lines of numbers, and its size asks for 27"),
    "a row too many": (f"{FINE}0 0 0\n", "28 lines of numbers, and its size asks for 27"),
    "two numbers in a row": (f"{FINE}0 0\n", "line 29: it is not three numbers"),
    "four numbers in a row": (f"{FINE}0 0 0 0\n", "line 29: it is not three numbers"),
    "infinity": (FINE.replace("1.000000", "inf", 1), "line 4: it is not three numbers"),
    "no number": (FINE.replace("1.000000", "nan", 1), "line 4: it is not three numbers"),
    "a number that overflows": (FINE.replace("1.000000", "1e39", 1), "line 4: it is not three numbers"),
    "a hexadecimal number": (FINE.replace("1.000000", "0x1", 1), "line 4: it is not three numbers"),
    "a decimal comma": (FINE.replace("1.000000", "1,0", 1), "line 4: it is not three numbers"),
    "a keyword of another program": (
        f"LUT_IN_VIDEO_RANGE\n{FINE}",
        "line 1: it is neither three numbers nor a keyword",
    ),
    "a range that FFmpeg takes no notice of": (f"DOMAIN_MAX 2 2 2\n{FINE}", "line 1: DOMAIN_MAX is not 1 1 1"),
    "a lower range": (f"LUT_3D_SIZE 3\nDOMAIN_MIN -1 0 0\n{ROWS}", "line 2: DOMAIN_MIN is not 0 0 0"),
    "a range of Resolve's": (f"LUT_3D_INPUT_RANGE 0 4\n{FINE}", "line 1: LUT_3D_INPUT_RANGE is not 0 1"),
    "a page": ("<!DOCTYPE html>\n", "line 1: it is neither three numbers nor a keyword"),
    "a link of Git LFS": ("version https://git-lfs.github.com/spec/v1\n", "line 1: it is neither"),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_would_not_be_applied_as_it_says_is_refused_with_its_line(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        read(text)


def test_no_reason_repeats_what_stands_in_the_file() -> None:
    with pytest.raises(ValueError, match="line 1") as caught:
        read("root:x:0:0:secret\n")
    assert "secret" not in str(caught.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    for each in (data, b"LUT_3D_SIZE 2\n" + data, FINE.encode() + data):
        try:
            read(each)
        except ValueError as error:
            assert str(error)


SLOW = {
    "one long line of blanks": b" " * MOST_BYTES,
    "blanks and an x": b"LUT_3D_SIZE 2\n" + b" " * (MOST_BYTES - 20) + b"x",
    "one long number": b"LUT_3D_SIZE 2\n" + b"1" * (MOST_BYTES - 20),
    "one long comment": b"#" * MOST_BYTES,
    "nothing but line ends": b"\n" * MOST_BYTES,
    "as many rows as there may be": b"LUT_3D_SIZE 2\n" + b"0 0 0\n" * 299_000,
    "too many bytes": b"0" * (MOST_BYTES + 1),
}


@pytest.mark.parametrize("data", SLOW.values(), ids=SLOW)
def test_the_worst_files_are_refused_within_seconds(data: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(ValueError, match=r"it has more than|line 2|its size asks|no LUT_1D_SIZE"):
        read(data)
    assert time.process_time() - begun < 5


def test_only_lines_of_numbers_are_handed_on() -> None:
    text = f'TITLE "x"\nLUT_3D_INPUT_RANGE 0 1\n{FINE}# 0 0 0\nDOMAIN_MAX 1 1 1'
    assert numbers(text.encode()).decode() == ROWS
