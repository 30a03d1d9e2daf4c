"""Problems as annotations at the lines of a pull request: GitHub's workflow commands, one in each line."""

from runner.errors import Problem
from runner.review import Checked, is_note, sentence
from runner.text import harmless

# What GitHub's runner turns back when it reads a command: these in what is said, and two more in a property, where
# a comma ends the value and a colon could end the command (actions/toolkit, packages/core/src/command.ts).
_SAID = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _SAID | str.maketrans({":": "%3A", ",": "%2C"})


def said(text: str) -> str:
    """Return `text` escaped for the part of a command that is shown."""
    return text.translate(_SAID)


def property_value(text: str) -> str:
    """Return `text` escaped for the value of a command's property."""
    return text.translate(_PROPERTY)


def _properties(problem: Problem) -> dict[str, str]:
    place = problem.place
    where = {"file": harmless(place.file), "line": str(place.line), "col": str(place.column)} if place else {}
    return {**where, "title": problem.code}


def _command(problem: Problem) -> str:
    name = "notice" if is_note(problem) else "error"
    properties = ",".join(f"{key}={property_value(value)}" for key, value in _properties(problem).items())
    return f"::{name} {properties}::{said(sentence(problem))}\n"


def write(checked: Checked) -> str:
    """Return one workflow command for each problem. GitHub shows the first ten of a kind of each step."""
    return "".join(map(_command, checked.problems))
