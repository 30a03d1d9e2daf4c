"""Tables: plain columns in a pipe, drawn and coloured on a terminal, and never obeyed by either."""

import sys
from pathlib import Path

import pytest

from runner.report.tables import show_table, size_text
from tests.report.terminal import Terminal, plain

TOP = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KB"),
        (82_400, "82.4 KB"),
        (123_456, "123 KB"),
        (5_000_000, "5.0 MB"),
        (7_300_000_000, "7.3 GB"),
        (12_000_000_000_000_000, "12000 TB"),
    ],
)
def test_a_size_is_told_in_the_unit_people_use(size: int, text: str) -> None:
    assert size_text(size) == text


def test_in_a_pipe_columns_are_aligned_and_nothing_else_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("state", "output"), [("done", "proxies:a.mov"), ("outdated", "proxies:archive tape.mov")])
    assert capsys.readouterr().out == (
        "state     output\n"  # no blanks at a line's end
        "done      proxies:a.mov\n"
        "outdated  proxies:archive tape.mov\n"
    )


def test_a_table_without_rows_is_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("state", "output"), [])
    assert capsys.readouterr().out == "state  output\n"


HOSTILE = "a\x1b[2Jb\nc\u202ed"


def test_what_a_terminal_would_obey_is_spelled_out_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("name",), [(HOSTILE,)])
    assert capsys.readouterr().out == "name\na\\x1b[2Jb\\nc\\u202ed\n"


def drawn(rows: list[tuple[str, ...]]) -> str:
    script = f"from runner.report.tables import show_table; show_table(('state', 'output'), {rows!r})"
    terminal = Terminal([sys.executable, "-c", script], TOP, {})
    assert terminal.wait() == 0
    return terminal.printed


def test_on_a_terminal_it_is_drawn_and_states_are_coloured() -> None:
    printed = drawn([("done", "proxies:a.mov"), ("failed", "proxies:b.mov")])
    assert "\x1b[32mdone" in printed
    assert "\x1b[31mfailed" in printed
    assert "┃ state  ┃ output        ┃" in plain(printed)
    assert "│ done   │ proxies:a.mov │" in plain(printed)


def test_on_a_terminal_names_are_shown_and_not_obeyed() -> None:
    printed = drawn([("done", "[red]a[/red].mov"), ("done", HOSTILE)])
    assert "│ [red]a[/red].mov " in plain(printed)
    assert "│ a\\x1b[2Jb\\nc\\u202ed " in plain(printed)
    assert "\x1b[2J" not in printed
