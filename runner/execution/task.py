"""One task, start to finish; the one entry point of every engine.

Order: record started → encode in a work folder → gate → source still the same → flush, hash, record verified →
publish → record finished. Whatever ends it early leaves no file under the final name.
"""

import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from runner.errors import Exit, JobspecError, Problem, problem
from runner.execution import auxiliary, gate, process, publish
from runner.execution.ledger import Event, Record, Writer, now
from runner.media.source import content_of_source, stat_of_source
from runner.plan.arguments import Binding, bind
from runner.plan.compose import compose
from runner.plan.model import Output
from runner.spec.location import Mounts, parse_location

LOGS, WORK = "logs", Path(".jobspec", "work")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is the same for all tasks of a run: this machine, this FFmpeg, this plan, and the order to stop."""

    mounts: Mounts
    ffmpeg: Path
    build: str
    threads: int
    plan: str
    stop: threading.Event
    writers: dict[str, Writer]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a task ended: no problem means published. `seconds` is wall time."""

    output: Output
    problems: tuple[Problem, ...]
    seconds: float
    size: int = 0

    @property
    def word(self) -> str:
        """How it ended, in a word: made, failed, or interrupted, which leaves it to be made by the next run."""
        if not self.problems:
            return "made"
        return "interrupted" if all(each.exit is Exit.INTERRUPTED for each in self.problems) else "failed"


@dataclass(frozen=True, slots=True)
class Stat:
    """What is compared to notice that a source changed; it identifies nothing."""

    size: int
    mtime: int
    inode: int


def stat_of(path: Path, *, sequence: bool = False) -> Stat:
    """Return the stat of a file, or what stands for it of an image sequence. Raises OSError."""
    return Stat(*stat_of_source(path, sequence=sequence))


@dataclass(slots=True)
class _Attempt:
    """One attempt at one output: its places on this machine, and its records."""

    output: Output
    setting: Setting
    replaces: str | None
    tell: Callable[[process.Progress], None]
    name: str = field(init=False)
    final: Path = field(init=False)
    source: Path = field(init=False)
    work: Path = field(init=False)
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        mounts, output = self.setting.mounts, self.output
        self.name = self.writer.attempt()
        self.final = mounts.bind(parse_location(output.location))
        self.source = mounts.bind(parse_location(output.source.location))
        self.work = mounts.bind(parse_location(output.directory)) / WORK / self.name
        self.log = mounts.bind(parse_location(output.state)) / LOGS / f"{self.name}.log"

    @property
    def writer(self) -> Writer:
        return self.setting.writers[self.output.state]

    @property
    def sequence(self) -> bool:
        return self.output.source.facts.sequence is not None

    @property
    def encoded(self) -> Path:
        return self.work / self.output.work_name

    def record(
        self,
        event: Event,
        *,
        size: int | None = None,
        sha256: str | None = None,
        mtime: int | None = None,
        rung: str | None = None,
        reason: str | None = None,
    ) -> None:
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
                size=size,
                sha256=sha256,
                mtime=mtime,
                rung=rung,
                reason=reason,
                log=f"{LOGS}/{self.log.name}" if event == "failed" else None,
                job=self.output.job,
            )
        )

    def refuse(self, code: str, **values: str) -> JobspecError:
        return JobspecError(Problem(code=code, found=self.output.location, values=tuple(values.items())))


class _Stopped(Exception):
    """The run was told to stop while this attempt was under way."""


def _encode(attempt: _Attempt) -> None:
    setting = attempt.setting
    binding = Binding(setting.mounts, setting.ffmpeg, attempt.work, setting.threads)
    command = bind(compose([attempt.output]), binding)
    auxiliary.place(attempt.output.auxiliary, attempt.work, setting.mounts)
    ended = process.run(command, folder=attempt.work, log=attempt.log, stop=setting.stop, tell=attempt.tell)
    if ended.stopped:
        raise _Stopped
    if ended.status:
        reason = ended.complaint or "it said nothing"
        raise attempt.refuse("JS090", status=str(ended.status), reason=reason, log=str(attempt.log))
    if ended.complaint:
        raise attempt.refuse("JS091", reason=ended.complaint, log=str(attempt.log))
    if not attempt.encoded.is_file():
        raise attempt.refuse("JS092", reason="there is no file", log=str(attempt.log))


def _gate(attempt: _Attempt) -> None:
    setting = attempt.setting
    verdict = gate.inspect(attempt.encoded, attempt.output.expects, setting.ffmpeg, attempt.log, setting.stop)
    if verdict.stopped:
        raise _Stopped
    if verdict.reasons:
        raise attempt.refuse("JS092", reason="; ".join(verdict.reasons), log=str(attempt.log))


def _changed(attempt: _Attempt, reason: str) -> JobspecError:
    return JobspecError(problem("JS094", found=attempt.output.source.location, reason=reason))


def _source_now(attempt: _Attempt) -> Stat:
    try:
        return stat_of(attempt.source, sequence=attempt.sequence)
    except OSError:
        raise _changed(attempt, "it is gone") from None


def _same_source(attempt: _Attempt, before: Stat) -> None:
    after = _source_now(attempt)
    if after != before:
        reason = "size" if after.size != before.size else "time stamp or file itself"
        raise _changed(attempt, f"{reason} moved while it was read")


def _source_before(attempt: _Attempt) -> Stat:
    """Return the source's stat, once its content is known to be what the plan was made for."""
    before, planned = _source_now(attempt), attempt.output.source.facts.content
    if before.size != planned.size:
        raise _changed(attempt, f"{before.size} bytes, {planned.size} when the plan was made")
    if content_of_source(attempt.source, sequence=attempt.sequence) != planned:
        raise _changed(attempt, "its content is another than when the plan was made, at the same size")
    return before


def _publish(attempt: _Attempt) -> int:
    """Flush, hash, record, publish; return the size in bytes."""
    publish.sync(attempt.encoded)
    digest, status = publish.sha256(attempt.encoded), attempt.encoded.stat()
    size, mtime = status.st_size, status.st_mtime_ns
    attempt.record("verified", size=size, sha256=digest, mtime=mtime)
    attempt.final.parent.mkdir(parents=True, exist_ok=True)
    try:
        if attempt.replaces:
            publish.replace(attempt.encoded, attempt.final, attempt.replaces)
            rung = "replaced"
        else:
            rung = publish.publish(attempt.encoded, attempt.final)
    except FileExistsError:
        raise attempt.refuse("JS093") from None
    attempt.record("finished", size=size, sha256=digest, mtime=mtime, rung=rung)
    return size


def _steps(attempt: _Attempt) -> int:
    if not attempt.replaces and os.path.lexists(attempt.final):
        raise attempt.refuse("JS093")
    before = _source_before(attempt)
    attempt.record("started")
    attempt.work.mkdir(parents=True)
    attempt.log.parent.mkdir(parents=True, exist_ok=True)
    _encode(attempt)
    _gate(attempt)
    _same_source(attempt, before)
    return _publish(attempt)


def _failed(attempt: _Attempt, error: JobspecError | OSError) -> tuple[Problem, ...]:
    """Record a failure and return its problems; a full disk may refuse even the record."""
    found = error.problems if isinstance(error, JobspecError) else (_disk(error),)
    reason = "; ".join(each.message for each in found)
    with suppress(OSError):
        _log(attempt, reason)
    with suppress(OSError):
        attempt.record("failed", reason=reason)
    return found


def _log(attempt: _Attempt, reason: str) -> None:
    """End the log with the reason: messages and records name the log, also where FFmpeg said nothing."""
    attempt.log.parent.mkdir(parents=True, exist_ok=True)
    with attempt.log.open("a", encoding="utf-8") as log:
        log.write(f"{reason}\n")


def _disk(error: OSError) -> Problem:
    return problem("JS095", reason=f"{error.strerror or error} ({error.filename or 'output folder'})")


def execute(
    output: Output,
    setting: Setting,
    *,
    replaces: str | None = None,
    tell: Callable[[process.Progress], None] = lambda _: None,
) -> Outcome:
    """Make one output and return how it ended; raises nothing for what can go wrong with a file.

    `replaces` is the SHA-256 of our own older file, when it shall be replaced once the new one has passed.
    """
    begun = time.monotonic()
    try:
        attempt = _Attempt(output, setting, replaces, tell)
    except OSError as error:  # the ledger cannot be begun: without a record nothing is made
        return Outcome(output, (_disk(error),), time.monotonic() - begun)
    size = 0
    problems: tuple[Problem, ...] = ()
    try:
        size = _steps(attempt)
    except _Stopped:
        problems = (problem("JS098"),)
    except (JobspecError, OSError) as error:
        problems = _failed(attempt, error)
    finally:
        _tidy(attempt)
    return Outcome(output, problems, time.monotonic() - begun, size)


def _tidy(attempt: _Attempt) -> None:
    """Remove the work folder, and the log when nothing stands in it."""
    shutil.rmtree(attempt.work, ignore_errors=True)
    with suppress(OSError):
        if not attempt.log.stat().st_size:
            attempt.log.unlink()
