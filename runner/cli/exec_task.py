"""`jobspec exec-task`: one task of a saved plan, for whatever hands out tasks; not in the list of verbs.

What it needs is imported when it is known: for an engine's order that is a third of what a run needs.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from runner.cli.confined import root_option
from runner.cli.wishes import Wishes, run_options

F = TypeVar("F", bound=Callable[..., Any])
_ORDERED = ("digest", "of", "due", "threads", "ledger", "worker", "build")


def _due(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[int, str | None]:
    pairs = [value.partition("=") for value in values]
    if wrong := [number for number, _, _ in pairs if not (number.isascii() and number.isdigit())]:
        raise click.BadParameter(f"{wrong[0]}: write --due NUMBER, or NUMBER=sha256:… of the file to replace")
    return {int(number): digest or None for number, _, digest in pairs}


def _order_options(function: F) -> F:
    """Give a verb what an engine says of a task."""
    for option in (
        click.option("--digest", metavar="SHA256", help="Of the plan, from who vouches for it."),
        click.option("--of", metavar="SHA256", help="The plan that it is a part of, for the records."),
        click.option("--due", multiple=True, metavar="N[=SHA256]", callback=_due, help="An output that is due."),
        click.option("--threads", type=click.IntRange(1), help="Of one FFmpeg, where the plan pins none."),
        click.option("--ledger", metavar="NAME", help="The file of records to share with others on this machine."),
        click.option("--worker", metavar="NAME", help="Who the records shall name."),
        click.option("--build", metavar="VERSION", help="The FFmpeg that it must be, in its own words."),
    ):
        function = option(function)
    return function


@click.command("exec-task", hidden=True)
@click.option("--plan", "path", required=True, metavar="PLAN.jsonl", help="A saved plan.")
@click.option("--task", type=click.IntRange(0), required=True, metavar="N", help="The number of the task, from 0.")
@_order_options
@run_options
@root_option
def command(path: str, task: int, roots: dict[str, str], **options: Any) -> int:
    """Make what one task of a saved plan makes, if it is missing or failed. Exits as `run` does.

    The plan is believed as far as the specs and facts in it give it again; whether it is still what the specs in a
    repository give is for whoever hands out its tasks to know.

    With --digest it is an order of an engine: what is --due is made, told in lines of JSON, and given up when stdin
    ends. Whoever gives the digest vouches for the plan: its arguments are not built anew from its specs, but given to
    FFmpeg as they stand. Roots are those of this machine.
    """
    told = {name: options.pop(name) for name in _ORDERED}
    if bool(told["digest"]) != bool(told["due"]):
        raise click.UsageError("--digest and --due are one order: give both, or neither")
    wishes = Wishes(**options)
    if told["digest"]:
        from runner.cli import ordered

        return ordered.perform(ordered.Order(plan=path, task=task, **told), roots, wishes)
    from runner.cli import alone

    return alone.perform(path, task, roots, wishes)
