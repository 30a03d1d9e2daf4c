"""Which outputs a verb is about: all of the plan, or those that --only and --since leave."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click
import msgspec

from runner.errors import JobspecError, problem
from runner.plan.brief import Planned
from runner.plan.model import Plan

F = TypeVar("F", bound=Callable[..., Any])


def only_option(function: F) -> F:
    """Give a verb --only, which narrows it by output or source."""
    text = "Only outputs whose place, name or source matches; * and ? are wildcards. May be given again."
    return click.option("--only", "patterns", multiple=True, metavar="PATTERN", help=text)(function)


class _Plan(Protocol):
    @property
    def outputs(self) -> Sequence[Planned]: ...


def wanted(output: Planned, patterns: tuple[str, ...]) -> bool:
    """Say whether an output is one of those that --only names; without --only all are."""
    texts = (output.location, output.name, output.origin, output.origin.rpartition("/")[2])
    return not patterns or any(fnmatchcase(text, pattern) for text in texts for pattern in patterns)


def chosen(plan: _Plan, patterns: tuple[str, ...]) -> frozenset[str]:
    """Return the places of the outputs that --only names. Raises JobspecError (64) for a pattern that names none."""
    idle = [each for each in patterns if not any(wanted(output, (each,)) for output in plan.outputs)]
    if idle:
        reason = "--only {}: no output and no source of these specs is called that"
        raise JobspecError([problem("JS100", reason=reason.format(each)) for each in idle])
    return frozenset(output.location for output in plan.outputs if wanted(output, patterns))


def changed_since(revision: str, plan: Plan, top: Path) -> frozenset[str]:
    """Return the places of outputs whose key or place is not what it was at the merge base with `revision`.

    `top` is the repository of the plan's specs. Raises JobspecError (64) when the revision is not there.
    """
    from runner.review.git import GitTree, clone_of
    from runner.review.sides import side_of

    clone = clone_of(top)
    with GitTree(clone, clone.merge_base(revision, "HEAD")) as tree:
        before = {output.location: output.key for output in side_of(tree).plan.outputs}
    return frozenset(output.location for output in plan.outputs if before.get(output.location) != output.key)


def narrowed(plan: Plan, places: frozenset[str]) -> Plan:
    """Return the plan with these outputs alone."""
    kept = {number: place for place, number in enumerate(_kept(plan, places))}
    tasks = [tuple(kept[number] for number in task.outputs if number in kept) for task in plan.tasks]
    return msgspec.structs.replace(
        plan,
        outputs=tuple(plan.outputs[number] for number in kept),
        tasks=tuple(
            msgspec.structs.replace(task, outputs=left) for task, left in zip(plan.tasks, tasks, strict=True) if left
        ),
    )


def _kept(plan: Plan, places: frozenset[str]) -> list[int]:
    return [number for number, output in enumerate(plan.outputs) if output.location in places]
