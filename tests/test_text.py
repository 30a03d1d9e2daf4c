"""What came from a file is printed so that no terminal, log or CI obeys it."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.text import harmless, quoted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("A001 ä 東京 'x' $y", "A001 ä 東京 'x' $y", id="ordinary text stays"),
        pytest.param("a\nb\r\tc", "a\\nb\\r\\tc", id="line ends and tabs"),
        pytest.param("\x1b[31mred", "\\x1b[31mred", id="colours of a terminal"),
        pytest.param("a\x00\x7f\x9b", "a\\x00\\x7f\\x9b", id="controls"),
        pytest.param("gpj.\u202eexe", "gpj.\\u202eexe", id="text that runs backwards"),
        pytest.param("a\u2066b\u2069", "a\\u2066b\\u2069", id="isolates"),
        pytest.param("a\u2028b\u2029", "a\\u2028b\\u2029", id="separators of lines and paragraphs"),
        pytest.param("a\u200bb\ufeff", "a\\u200bb\\ufeff", id="what nobody sees"),
        pytest.param("caf\udce9", "caf\\udce9", id="bytes that are no UTF-8"),
        pytest.param("::error::x", "\\::error::x", id="a command to GitHub"),
        pytest.param("  ##vso[task]", "  \\#\\#vso[task]", id="a command to Azure, indented"),
        pytest.param("x ##[error]y", "x #\\#[error]y", id="a command to Azure inside a line"),
        pytest.param("take ##2", "take ##2", id="number signs inside"),
        pytest.param("a::b", "a::b", id="two colons inside"),
    ],
)
def test_text_is_shown_and_not_obeyed(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.text(alphabet=st.characters(exclude_categories=())) | st.text("#:[] av\n", max_size=9))
def test_no_text_whatever_breaks_a_line_or_moves_a_cursor(text: str) -> None:
    shown = harmless(text)
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not shown.lstrip().startswith(("::", "##"))
    assert not re.search(r"##\w*\[", shown)
    shown.encode()


@given(st.text(max_size=200))
def test_text_that_is_harmless_already_stays(text: str) -> None:
    assert harmless(harmless(text)) == harmless(text)


def test_quoted_text_is_cut_in_the_middle_so_that_both_ends_are_seen() -> None:
    assert quoted("short") == '"short"'
    assert quoted("x" * 80) == f'"{"x" * 80}"'
    assert quoted("begin" + "x" * 100 + "end") == '"begin' + "x" * 55 + "…" + "x" * 16 + 'end"'
    assert len(quoted("x" * 81)) == 82
    assert quoted("a\nb") == '"a\\nb"'
