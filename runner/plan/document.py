"""A plan as JSON Lines: a header, a line a job, an output, a task; canonical, so that its digest names it."""

import hashlib
from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from runner import canonical
from runner.canonical import Value
from runner.errors import JobspecError, problem
from runner.plan.model import Header, Job, Output, Plan, Task


class _HeaderLine(Value, frozen=True, kw_only=True, tag="header", tag_field="line"):
    value: Header


class _JobLine(Value, frozen=True, kw_only=True, tag="job", tag_field="line"):
    value: Job


class _OutputLine(Value, frozen=True, kw_only=True, tag="output", tag_field="line"):
    value: Output


class _TaskLine(Value, frozen=True, kw_only=True, tag="task", tag_field="line"):
    value: Task


_Line = _HeaderLine | _JobLine | _OutputLine | _TaskLine


def lines(plan: Plan) -> Iterator[bytes]:
    """Yield the lines of the plan, each with its line end."""
    every: tuple[Iterable[_Line], ...] = (
        (_HeaderLine(value=plan.header),),
        (_JobLine(value=job) for job in plan.jobs),
        (_OutputLine(value=output) for output in plan.outputs),
        (_TaskLine(value=task) for task in plan.tasks),
    )
    for group in every:
        for line in group:
            yield canonical.encode(line) + b"\n"


class Written:
    """The lines of a plan, digested as they are yielded: a large plan is encoded once, and never held as text."""

    def __init__(self, plan: Plan) -> None:
        self._lines = lines(plan)
        self._hashed = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self._hashed.update(line)
            yield line

    @property
    def digest(self) -> str:
        """The digest of the lines, once all have been yielded, as `digest` gives it."""
        return f"sha256:{self._hashed.hexdigest()}"


def digest(plan: Plan) -> str:
    """Return the digest of the plan's lines, "sha256:…": what `sha256sum plan.jsonl` prints."""
    written = Written(plan)
    deque(written, maxlen=0)
    return written.digest


def value_of(line: bytes) -> Header | Job | Output | Task:
    """Read one line of a plan. Raises msgspec.MsgspecError or ValueError for what is none."""
    found: _Line = canonical.decode(line, _Line)  # type: ignore[arg-type]
    return found.value


def read(data: Iterable[bytes]) -> Plan:
    """Read the lines of a plan. Raises JobspecError, with the number of the line, for what is none."""
    found: list[_Line] = []
    for number, line in enumerate(data, 1):
        try:
            found.append(canonical.decode(line, _Line))  # type: ignore[arg-type]
        except (msgspec.MsgspecError, ValueError) as error:
            raise JobspecError(problem("JS052", reason=f"line {number} of the plan cannot be read: {error}")) from None
    headers = [line.value for line in found if isinstance(line, _HeaderLine)]
    if len(headers) != 1:
        raise JobspecError(problem("JS052", reason="this is no plan: it has no header, or more than one"))
    return Plan(
        header=headers[0],
        jobs=tuple(line.value for line in found if isinstance(line, _JobLine)),
        outputs=tuple(line.value for line in found if isinstance(line, _OutputLine)),
        tasks=tuple(line.value for line in found if isinstance(line, _TaskLine)),
    )
