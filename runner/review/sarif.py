"""Problems as SARIF 2.1.0, which code scanning and editors read."""

import hashlib
from collections import Counter
from typing import Any
from urllib.parse import quote

from runner import __version__
from runner.errors import CODES, Exit, Place, Problem, Row, spoken
from runner.review import Checked, ascii_json, is_note, sentence
from runner.spec.tree import PROJECT_FILE

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# Versioned as 3.5.4 of the standard has it: another way to compute it gets another number, and old alerts still match.
FINGERPRINT = "jobspecProblem/v1"
_RULES = {code: index for index, code in enumerate(CODES)}


class _Gaps(dict[str, str]):
    def __missing__(self, _: str) -> str:
        return "…"


def _text(text: str) -> str:
    """Return `text` as SARIF's plain text: braces doubled (3.11.5), and nothing that reads as a link (3.11.6)."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _rule(code: str, row: Row) -> dict[str, Any]:
    """Return the rule of one code. GitHub wants all three texts."""
    short = {"text": _text(f"{code}: {row.text.format_map(_Gaps())}")}
    note = row.exit is Exit.OK
    told = (
        "A note; it fails nothing." if note else f"An error; jobspec exits with {int(row.exit)} when nothing is worse."
    )
    level = {"level": "note" if note else "error"}
    return {
        "id": code,
        "shortDescription": short,
        "fullDescription": short,
        "help": {"text": told},
        "defaultConfiguration": level,
    }


def _uri(file: str) -> str:
    return quote(file.encode("utf-8", "surrogateescape"), safe="/")


def _location(place: Place | None) -> dict[str, Any]:
    """Return where a problem stands; what stands nowhere at the project's own file, for GitHub takes no other."""
    if place is None:
        return {"physicalLocation": {"artifactLocation": {"uri": PROJECT_FILE}}}
    region = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place.file)}, "region": region}}


def _identity(problem: Problem) -> str:
    """Return a digest of what makes a problem this one; neither its line nor its wording has a part in it."""
    file = problem.place.file if problem.place else ""
    parts = (problem.code, file, spoken(problem.path), problem.found or "")
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _result(problem: Problem, number: int) -> dict[str, Any]:
    return {
        "ruleId": problem.code,
        "ruleIndex": _RULES[problem.code],
        "level": "note" if is_note(problem) else "error",
        "message": {"text": _text(sentence(problem))},
        "locations": [_location(problem.place)],
        "partialFingerprints": {FINGERPRINT: f"{_identity(problem)}:{number}"},
    }


def _results(problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    """Return a result for each problem; those that are the same but for their line are counted through."""
    seen: Counter[str] = Counter()
    results = []
    for each in problems:
        seen[_identity(each)] += 1
        results.append(_result(each, seen[_identity(each)]))
    return results


def write(checked: Checked) -> str:
    """Return a SARIF log with one run: all codes as rules, the files that were checked, a result for each problem."""
    rules = [_rule(code, row) for code, row in CODES.items()]
    files = [{"location": {"uri": _uri(file)}, "roles": ["analysisTarget"]} for file in dict.fromkeys(checked.files)]
    run = {
        "tool": {"driver": {"name": "jobspec", "version": __version__, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "artifacts": files,
        "results": _results(checked.problems),
    }
    return ascii_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
