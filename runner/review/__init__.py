"""What was found, in the forms that places of review read. Pure: a value goes in, text comes out."""

import json
from dataclasses import dataclass

from runner.errors import Exit, Problem, spoken
from runner.text import harmless


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check looked at and found; every file is named from the repository's top, with forward slashes."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]


def is_note(problem: Problem) -> bool:
    """Say whether a problem is worth knowing and no more."""
    return problem.exit is Exit.OK


def sentence(problem: Problem) -> str:
    """Return what a problem says about which field, without place and code; harmless to print."""
    path = harmless(spoken(problem.path))
    return f"{path}: {problem.message}" if path else problem.message


def ascii_json(value: object) -> str:
    """Return JSON in which every character that is not printable ASCII is spelled out, so that it can be shown raw."""
    return json.dumps(value, indent=2).replace("\x7f", "\\u007f") + "\n"
