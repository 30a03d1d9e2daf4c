"""One attempt at one output: what is the same for all of a run, its places on this machine, its records."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from runner.errors import Exit, JobspecError, Problem, problem
from runner.execution import limits, process, weight
from runner.execution.ledger import Event, Record, Stat, Writer, now
from runner.execution.stopping import Stop
from runner.execution.sweep import WORK
from runner.plan.model import Output
from runner.spec.location import Mounts, parse_location

LOGS = "logs"
Gate = Literal["full", "quick"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is the same for all tasks of a run: this machine, this FFmpeg, this plan, and the order to stop.

    `retries` is how often a failure that may pass by itself is tried again; `workers` how many tasks share the
    machine's memory; `taken_over` names hosts whose runners are vouched to be gone; `worker` is who the
    records name, where an engine has workers of its own.
    """

    mounts: Mounts
    ffmpeg: Path
    build: str
    threads: int
    plan: str
    stop: Stop
    writers: dict[str, Writer]
    retries: int = 0
    wanted: limits.Wanted = limits.DEFAULTS
    workers: int = 1
    gate: Gate = "full"
    taken_over: frozenset[str] = frozenset()
    worker: str | None = None


# What a task that ended without a file and without a fault is called.
_WORDS = {Exit.INTERRUPTED: "interrupted", Exit.TRY_AGAIN: "claimed"}
# A cluster that goes away takes nobody's claim.
_LOST = ("JS247", "JS253")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended: no problem means that the file stands.

    `seconds` is wall time; `by` is the writer of another runner that made the output meanwhile; `excess` is the
    picture's data rate in bits a second where that is above the published one; `worker` who made it, where an engine
    has workers of its own.
    """

    output: Output
    problems: tuple[Problem, ...]
    seconds: float
    size: int = 0
    by: str | None = None
    excess: int | None = None
    worker: str | None = None

    @property
    def note(self) -> Problem | None:
        """What is to be known of a file that stands."""
        return weight.note(self.output.expects, self.excess)

    @property
    def word(self) -> str:
        """How it ended: made, done (by another), claimed (by another), interrupted, lost (with a cluster), failed."""
        exits = {each.exit for each in self.problems}
        if not exits:
            return "done" if self.by else "made"
        if any(each.code in _LOST for each in self.problems):
            return "lost"
        return _WORDS.get(exits.pop(), "failed") if len(exits) == 1 else "failed"


class Yielded(Exception):
    """Another runner has made this very output; its writer is named."""

    def __init__(self, writer: str) -> None:
        self.writer = writer
        super().__init__(writer)


@dataclass(slots=True)
class Attempt:
    """One attempt at one output: its places on this machine, and its records.

    `before` is the source's stat from the moment that the output is claimed; `excess` is what the gate found of the
    picture's data rate; `outcome` is there when it has ended.
    """

    output: Output
    setting: Setting
    replaces: str | None
    tell: Callable[[process.Progress], None]
    again: int = 0
    keep_work: bool = False
    excess: int | None = None
    before: Stat | None = None
    outcome: Outcome | None = None
    name: str = field(init=False)
    state: Path = field(init=False)
    final: Path = field(init=False)
    source: Path = field(init=False)
    work: Path = field(init=False)
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.writer.attempt()
        self.state = self._bound(self.output.state)
        self.final = self._bound(self.output.location)
        self.source = self._bound(self.output.source.location)
        self.work = self._bound(self.output.directory) / WORK / self.name
        self.log = self.state / LOGS / f"{self.name}.log"

    def _bound(self, location: str) -> Path:
        return self.setting.mounts.bind(parse_location(location))

    @property
    def writer(self) -> Writer:
        """Where this attempt is recorded."""
        return self.setting.writers[self.output.state]

    @property
    def sequence(self) -> bool:
        """Whether the source is an image sequence."""
        return self.output.source.facts.sequence is not None

    @property
    def encoded(self) -> Path:
        """The file that FFmpeg writes."""
        return self.work / self.output.work_name

    def record(self, event: Event, **told: object) -> None:
        """Write a record of this attempt; `told` are fields of Record. Raises OSError."""
        setting = self.setting
        self.writer.write(
            Record(
                event=event,
                output=self.output.location,
                key=self.output.key,
                attempt=self.name,
                writer=self.writer.name,
                plan=setting.plan,
                toolchain=setting.build,
                time=now(),
                job=self.output.job,
                again=self.again,
                gate=None if setting.gate == "full" else setting.gate,
                replaces=self.replaces,
                worker=setting.worker,
                **told,  # type: ignore[arg-type]
            )
        )

    def end(self, problems: Sequence[Problem] = (), size: int = 0, by: str | None = None) -> None:
        """Settle how this attempt ended."""
        self.outcome = Outcome(self.output, tuple(problems), 0, size, by, self.excess)

    @property
    def settled(self) -> Outcome:
        """How this attempt ended, once it has."""
        assert self.outcome
        return self.outcome

    def refuse(self, code: str, **values: str | Path) -> JobspecError:
        """Return the error that ends this attempt, on the output."""
        told = tuple((name, str(value)) for name, value in values.items())
        return JobspecError(Problem(code=code, found=self.output.location, values=told))

    def changed(self, reason: str) -> JobspecError:
        """Return the error that the source is not what it was."""
        return JobspecError(problem("JS094", found=self.output.source.location, reason=reason))
