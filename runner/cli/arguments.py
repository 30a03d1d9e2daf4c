"""The argument that names specs, the same at every verb, and the repository that it means."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from runner.errors import Problem
from runner.media.lock import SUFFIX
from runner.spec.tree import SPECS, repository_of

F = TypeVar("F", bound=Callable[..., Any])


def is_plan(path: str) -> bool:
    """Say whether an argument names a saved plan rather than a spec."""
    return path.endswith(".jsonl") and not path.endswith(SUFFIX)


def specs_argument(function: F) -> F:
    """Give a verb its SPEC arguments: files or folders, none for specs/."""
    return click.argument("specs", nargs=-1, metavar="[SPEC]...", type=click.Path())(function)


def named(specs: Sequence[str]) -> Sequence[str]:
    """Return the specs that an argument list means: without any, all below specs/."""
    return specs or [str(repository_of(Path.cwd()) / SPECS)]


def placed(found: Problem, top: Path) -> Problem:
    """Return a problem of the repository at `top` with its file named as seen from the working directory."""
    if not found.place:
        return found
    return replace(found, place=replace(found.place, file=os.path.relpath(top / found.place.file)))


def top_of(specs: Sequence[str]) -> Path:
    """Return the repository that all named specs belong to; without any, that of the working directory."""
    tops = dict.fromkeys(repository_of(Path(spec)) for spec in specs)
    if len(tops) > 1:
        raise click.UsageError(f"these specs are of different repositories: {', '.join(map(str, tops))}")
    return next(iter(tops))


def once(found: Iterable[Problem]) -> tuple[Problem, ...]:
    """Name an unmounted root once, not for each of its sources."""
    first: dict[object, Problem] = {}
    for each in found:
        first.setdefault((each.code, each.found) if each.code == "JS051" else id(each), each)
    return tuple(first.values())
