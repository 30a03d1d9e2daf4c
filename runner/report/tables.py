"""Tables for a terminal and for a pipe."""

import sys
from collections.abc import Sequence

from runner.text import harmless

_COLOURS = {
    "done": "green",
    "made": "green",
    "missing": "yellow",
    "failed": "red",
    "interrupted": "yellow",
    "foreign": "red",
    "stale": "magenta",
    "outdated": "cyan",
    "orphaned": "blue",
    "verified": "green",
    "adopted": "green",
    "ours": "green",
    "ok": "green",
    "unverified": "yellow",
    "note": "yellow",
    "damaged": "red",
    "refused": "red",
    "stops": "red",
}


def size_text(size: int) -> str:
    """Return a size in bytes as people read it."""
    value, unit = float(size), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if value >= 100 or unit == "B" else f"{value:.1f} {unit}"


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to stdout: drawn and coloured on a terminal, in plain columns otherwise."""
    rows = [[harmless(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _drawn(head, rows)
        return
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _drawn(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*head, header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell, style=_COLOURS.get(cell, "")) for cell in row))
    Console(highlight=False).print(table)
