"""Figures of the fault suite → the table in docs/reliability.md: python -m tools.reliability FIGURES DOCUMENT."""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def read(folder: Path) -> dict[str, Counter[str]]:
    """Return the outcomes of every fault, in the order of their names."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            fault, outcome = json.loads(line)
            found[fault][outcome] += 1
    return dict(sorted(found.items()))


def table(figures: dict[str, Counter[str]]) -> str:
    """Return the table in Markdown."""
    rows = ["| fault | times | outcomes |", "|---|---:|---|"]
    for fault, outcomes in figures.items():
        told = " · ".join(f"{outcome} ({count})" for outcome, count in sorted(outcomes.items()))
        rows.append(f"| {fault} | {outcomes.total()} | {told} |")
    total = sum(outcomes.total() for outcomes in figures.values())
    return "\n".join([*rows, f"| **all** | **{total}** | no half file under a final name, no source touched |"])


def main(folder: str, document: str) -> None:
    """Print the table and put it into the document, between its marks."""
    written = table(read(Path(folder)))
    print(written)
    path = Path(document)
    head, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n{written}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
