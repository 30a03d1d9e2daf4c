"""Progress of a run: bars on a terminal, plain lines in a pipe."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from types import TracebackType
from typing import Any, Protocol

from runner.errors import problem
from runner.execution.process import Progress
from runner.execution.task import Outcome
from runner.plan.model import Output
from runner.report.reader import reader_may_be_gone
from runner.report.tables import size_text
from runner.text import harmless


class Report(AbstractContextManager["Report"], Protocol):
    """Told by the engine, from several threads, what happens."""

    def begun(self, output: Output) -> None:
        """A task begins."""

    def moved(self, output: Output, progress: Progress) -> None:
        """A task moved on."""

    def ended(self, outcome: Outcome) -> None:
        """A task ended."""


def line_of(outcome: Outcome) -> str:
    """Return how a task ended, a line for each thing to say."""
    name = harmless(outcome.output.location)
    if outcome.problems:
        return "\n".join(f"{outcome.word} {name}: {each}" for each in outcome.problems)
    if outcome.by:
        return f"done   {name}: {problem('JS180', writer=outcome.by)}"
    frames, size = outcome.output.expects.frames, size_text(outcome.size)
    where = f" on {harmless(outcome.worker)}" if outcome.worker else ""
    made = f"made   {name}  {frames} frames, {size}, {outcome.seconds:.1f} s{where}"
    return f"note   {name}: {outcome.note}\n{made}" if outcome.note else made


class Lines:
    """A line on stderr when a task begins and when it ends."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._total, self._ended, self._lock = len(outputs), 0, Lock()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def begun(self, output: Output) -> None:
        """See Report."""
        self._say(f"encode {harmless(output.location)}")

    def moved(self, output: Output, progress: Progress) -> None:
        """See Report; a pipe is told nothing in between."""

    def ended(self, outcome: Outcome) -> None:
        """See Report."""
        with self._lock:
            self._ended += 1
        self._say(f"{line_of(outcome)}  [{self._ended}/{self._total}]")

    def _say(self, text: str) -> None:
        with self._lock, reader_may_be_gone():
            print(text, file=sys.stderr, flush=True)


class Bars:
    """A bar for each running task and one for all, with frames a second, speed and time left, on stderr."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True, highlight=False),
        )
        self._frames: dict[str, int] = {}
        self._tasks: dict[str, Any] = {}
        total = sum(output.expects.frames for output in outputs)
        self._all = self._bars.add_task(f"[bold]{len(outputs)} outputs", total=total, pace="")

    def __enter__(self) -> "Bars":
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with reader_may_be_gone():
            self._bars.stop()

    def begun(self, output: Output) -> None:
        """See Report."""
        from rich.markup import escape

        name = escape(harmless(output.name))
        self._tasks[output.location] = self._bars.add_task(name, total=output.expects.frames, pace="")

    def moved(self, output: Output, progress: Progress) -> None:
        """See Report."""
        task = self._tasks[output.location]
        speed = f"{progress.speed:.2f}x" if progress.speed else ""
        pace = self._bars.tasks[self._bars.task_ids.index(task)].speed if task in self._bars.task_ids else None
        shown = f"{pace:.0f} fps {speed}" if pace else speed
        self._bars.update(task, completed=min(progress.frame, output.expects.frames), pace=shown)
        self._advance(output, progress.frame)

    def ended(self, outcome: Outcome) -> None:
        """See Report."""
        if outcome.word not in ("interrupted", "claimed", "lost"):
            self._advance(outcome.output, outcome.output.expects.frames)
        self._bars.remove_task(self._tasks.pop(outcome.output.location))
        style = "red" if outcome.problems else "green"
        with reader_may_be_gone():
            self._bars.console.print(line_of(outcome), style=style, markup=False, soft_wrap=True)

    def _advance(self, output: Output, frame: int) -> None:
        frame = min(frame, output.expects.frames)
        self._bars.advance(self._all, frame - self._frames.get(output.location, 0))
        self._frames[output.location] = frame


def reporter(outputs: Sequence[Output]) -> Report:
    """Return the report that suits where stderr goes."""
    return Bars(outputs) if sys.stderr.isatty() else Lines(outputs)


@contextmanager
def counting(what: str) -> Iterator[Callable[[object], None]]:
    """Count things on stderr while they are looked at; yields what to call for each. Silent when piped."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed:.0f} files"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(escape(harmless(what)), total=None)
        yield lambda _: bars.advance(task)
