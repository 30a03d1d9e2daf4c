"""What one task needs of a saved plan: few of its lines are decoded, all of them are hashed."""

import hashlib
from collections.abc import Collection, Iterable

import msgspec

from runner.errors import JobspecError, problem
from runner.plan.document import value_of
from runner.plan.model import FORMAT, Header, Output, Task

# How canonical lines begin: keys are sorted, and "line" comes before "value".
_OUTPUT, _TASK = b'{"line":"output",', b'{"line":"task",'


def _kept(lines: Iterable[bytes], task: int, numbers: Collection[int], digest: str) -> tuple[bytes, list[bytes]]:
    """Return the header's line, and those of the outputs and the task. Raises JobspecError for another digest."""
    hashed, header, kept = hashlib.sha256(), b"", []
    outputs = tasks = 0
    for line in lines:
        hashed.update(line)
        header = header or line
        if line.startswith(_OUTPUT):
            if outputs in numbers:
                kept.append(line)
            outputs += 1
        elif line.startswith(_TASK):
            if tasks == task:
                kept.append(line)
            tasks += 1
    if (real := f"sha256:{hashed.hexdigest()}") != digest:
        raise JobspecError(problem("JS250", found=digest, real=real))
    if task >= tasks:
        raise JobspecError(problem("JS183", found=str(task), count=tasks))
    return header, kept


def excerpt(lines: Iterable[bytes], task: int, numbers: Collection[int], digest: str) -> tuple[Output, ...]:
    """Return those outputs of a task that have these numbers in the plan, in the plan's order.

    `digest` is the plan's, from whoever made it. Lines that hash to it are as they were made, so what they say need
    not be derived again; a plan whose digest nobody vouches for is for `runner.plan.trust`.
    Raises JobspecError for other lines, another format, and outputs that are not of the task.
    """
    header, kept = _kept(lines, task, numbers, digest)
    try:
        format_, values = value_of(header), [value_of(line) for line in kept]
    except (msgspec.MsgspecError, ValueError) as error:
        raise JobspecError(problem("JS052", reason=f"the plan cannot be read: {error}")) from None
    if not isinstance(format_, Header) or format_.format != FORMAT:
        raise JobspecError(problem("JS052", reason=f"the plan is not of format {FORMAT}"))
    found = tuple(each for each in values if isinstance(each, Output))
    of_task = next(each.outputs for each in values if isinstance(each, Task))
    if not set(numbers) <= set(of_task) or len(found) != len(set(numbers)):
        raise JobspecError(problem("JS052", reason=f"task {task} has the outputs {of_task}, not {sorted(numbers)}"))
    return found
