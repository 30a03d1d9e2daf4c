"""A diff for people and programs: text, Markdown that fits a pull request, JSON."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from runner.plan.arguments import Arg, Threads
from runner.plan.changes import Change, Kind
from runner.plan.estimate import Cost
from runner.plan.model import Output
from runner.report.planned import cell
from runner.report.tables import size_text
from runner.review import ascii_json
from runner.review.diff import Diff, Group
from runner.text import harmless

# GitHub refuses longer comments; GitLab and Gitea allow more.
LONGEST_COMMENT = 65_536
MARKER = "<!-- jobspec-diff -->"
_SHOWN_KINDS = tuple(kind for kind in Kind if kind is not Kind.UNCHANGED)
_ROWS = 20
# Room for the two lines that say what was cut.
_CUT = 200


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}{'s' * (count != 1)}"


def duration_text(seconds: float) -> str:
    """Return a length of time as people read it: "42 s", "3 min", "5.2 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def cost_text(cost: Cost) -> str:
    """Return the cost line of a group."""
    if not cost.outputs:
        return "nothing to make"
    return (
        f"to make: {_counted(cost.outputs, 'output')}, {duration_text(cost.seconds)} of picture, "
        f"about {size_text(round(cost.size))} and {duration_text(cost.cpu)} of CPU time"
    )


def _totals(diff: Diff) -> str:
    counts = [f"{diff.count(kind):,} {kind}" for kind in _SHOWN_KINDS if diff.count(kind)]
    untold = [f"{diff.untold:,} that cannot be told"] if diff.untold else []
    return ", ".join([*(counts or ["no changes"]), f"{diff.unchanged:,} unchanged", *untold])


def _extent(group: Group) -> str:
    """Return how many jobs and outputs a group is about: "2 jobs, 3,112 outputs (3,112 re-encoded)"."""
    counts = ", ".join(f"{group.count(kind):,} {kind}" for kind in _SHOWN_KINDS if group.count(kind))
    return f"{_counted(len(group.jobs), 'job')}, {_counted(len(group.changes), 'output')} ({counts})"


def _what(change: Change) -> str:
    return "; ".join(change.words) or change.output.source.location


def text(diff: Diff) -> Iterator[str]:
    """Yield the lines of a diff for a terminal."""
    yield _totals(diff)
    for group in diff.groups:
        yield ""
        yield harmless(f"{group.title}: {_extent(group)}")
        yield f"  {cost_text(group.cost)}"
        yield from (f"  LOST {harmless(loss)}: {_counted(count, 'output')}" for loss, count in group.losses)
        for job in group.jobs:
            yield f"  job {harmless(job)}"
            members = [each for each in group.changes if each.output.job == job]
            yield from (
                f"    {each.kind} {harmless(each.output.location)}: {harmless(_what(each))}" for each in members
            )
    yield from _tail(diff)
    yield ""
    yield f"plan {diff.digest}"


def _tail(diff: Diff) -> Iterator[str]:
    if orphaned := diff.orphaned:
        yield ""
        yield f"orphaned, ours and named by no spec any more: {_counted(len(orphaned), 'file')}"
        yield from (f"  {harmless(place)}" for place in orphaned)
    for file in diff.unlocked:
        yield f"{harmless(file)} changed and has no lock: what it makes cannot be told without media"
    yield from map(str, diff.problems)


def _spelled(argument: Arg) -> str:
    return "THREADS" if isinstance(argument, Threads) else harmless(str(argument))


def _words(output: Output) -> list[str]:
    return [_spelled(each) for each in (*output.arguments.filters, *output.arguments.writing)]


def _arguments(change: Change) -> list[str]:
    """Return the difference of FFmpeg's arguments, as a unified diff of one word a line shows it."""
    from difflib import unified_diff

    if not change.before or not change.after:
        return []
    lines = unified_diff(_words(change.before), _words(change.after), lineterm="", n=0)
    return [line for line in islice(lines, 2, None) if not line.startswith("@@")]


def _section(group: Group) -> str:
    """Return one group as Markdown."""
    lines = [f"### {cell(group.title)}", "", cell(_extent(group)), ""]
    lines += [f"- {cell(cost_text(group.cost))}"]
    lines += [f"- **lost:** {cell(loss)} ({_counted(count, 'output')})" for loss, count in group.losses]
    lines += ["", "| | output | what |", "|---|---|---|"]
    lines += [f"| {each.kind} | {cell(each.output.location)} | {cell(_what(each))} |" for each in group.changes[:_ROWS]]
    more = len(group.changes) - _ROWS
    lines += [f"| | … and {more:,} more | |"] if more > 0 else []
    arguments = _arguments(group.changes[0])
    if arguments:
        body = "\n".join(f"    {line}" for line in arguments)
        lines += ["", "<details><summary>FFmpeg arguments of the first</summary>", "", body, "", "</details>"]
    return "\n".join([*lines, "", ""])


def _remarks(diff: Diff) -> Iterator[str]:
    """Yield, as items of a list, what is to be said beside the groups."""
    yield from (f"- {cell(str(each))}\n" for each in diff.problems)
    yield from (f"- {cell(file)} changed and has no lock: what it makes cannot be told\n" for file in diff.unlocked)
    if orphaned := diff.orphaned:
        yield f"- **orphaned:** {_counted(len(orphaned), 'file')} of ours that no spec names any more\n"


def _fitting(pieces: Iterable[str], room: int) -> tuple[str, list[int]]:
    """Return those pieces that fit into so many characters together, and the numbers of those that do not."""
    taken, left = [], []
    for number, piece in enumerate(pieces):
        fits = len(piece) <= room
        room -= len(piece) if fits else 0
        taken += [piece] if fits else []
        left += [] if fits else [number]
    return "".join(taken), left


def markdown(diff: Diff, limit: int = LONGEST_COMMENT) -> str:
    """Return one comment of at most `limit` characters: totals first, cut by whole groups with a count."""
    head, foot = f"{MARKER}\n## jobspec: {_totals(diff)}\n\n", f"\nplan `{diff.digest}`\n"
    room = limit - len(head) - len(foot) - _CUT
    remarks, unsaid = _fitting(_remarks(diff), room // 4)
    sections, unshown = _fitting(map(_section, diff.groups), room - len(remarks))
    outputs = sum(len(diff.groups[number].changes) for number in unshown)
    more = f"… and {_counted(len(unshown), 'more group')} with {_counted(outputs, 'output')}\n\n" if unshown else ""
    also = f"- … and {len(unsaid):,} more of the like\n" if unsaid else ""
    return head + sections + more + remarks + also + foot


def _group_data(group: Group) -> dict[str, Any]:
    cost = group.cost
    return {
        "causes": [{"file": each.file, "line": each.line or None, "words": each.words} for each in group.causes],
        "jobs": list(group.jobs),
        "cost": {
            "outputs": cost.outputs,
            "seconds": round(cost.seconds, 3),
            "bytes": round(cost.size),
            "cpu_seconds": round(cost.cpu, 1),
        },
        "losses": dict(group.losses),
        "changes": [
            {
                "kind": str(each.kind),
                "output": each.output.location,
                "was": each.before.location if each.before else None,
                "source": each.output.source.location,
                "job": each.output.job,
                "words": list(each.words),
                "losses": list(each.losses),
            }
            for each in group.changes
        ],
    }


def as_json(diff: Diff) -> str:
    """Return the whole diff as JSON, in nothing but printable ASCII."""
    data = {
        "counts": {str(kind): diff.count(kind) for kind in Kind},
        "untold": diff.untold,
        "groups": [_group_data(group) for group in diff.groups],
        "orphaned": list(diff.orphaned),
        "unlocked": list(diff.unlocked),
        "problems": [str(each) for each in diff.problems],
        "plan": diff.digest,
    }
    return ascii_json(data)
