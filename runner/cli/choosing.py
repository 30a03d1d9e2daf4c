"""Which outputs a verb is about: all of the plan, or those that --only and --since leave."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import click

from runner.plan.model import Output

F = TypeVar("F", bound=Callable[..., Any])


def only_option(function: F) -> F:
    """Give a verb --only, which narrows it by output or source."""
    text = "Only outputs whose place, name or source matches; * and ? are wildcards. May be given again."
    return click.option("--only", "patterns", multiple=True, metavar="PATTERN", help=text)(function)


def wanted(output: Output, patterns: tuple[str, ...]) -> bool:
    """Say whether an output is one of those that --only names; without --only all are."""
    texts = (output.location, output.name, output.source.location, output.source.location.rpartition("/")[2])
    return not patterns or any(fnmatchcase(text, pattern) for text in texts for pattern in patterns)
