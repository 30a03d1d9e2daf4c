"""For the people who review: what a change does, and what was found, in the forms that places of review read."""

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
    """Return JSON that can be printed raw: only printable ASCII, and no ##, from which CI would read a command."""
    return json.dumps(value, indent=2).replace("##", "#\\u0023") + "\n"
