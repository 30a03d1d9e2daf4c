"""Is what was published still there, and still good? Nothing is written but the gate's log, which is elsewhere."""

import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from runner.errors import Problem, problem
from runner.execution import weight
from runner.execution.gate import Verdict
from runner.execution.keep import kept_plan
from runner.execution.ledger import OURS, Ledger, Record
from runner.execution.publish import Stopped, sha256
from runner.plan.model import Expectation, Output, moved_parts
from runner.spec.location import Mounts, parse_location

_PUBLISHED = ("finished", "adopted")


class Fixity(StrEnum):
    """What is found of one published file."""

    VERIFIED = "verified"
    DAMAGED = "damaged"
    MISSING = "missing"
    FOREIGN = "foreign"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found at one place, and why; `stopped` when it was told to stop before it knew."""

    location: str
    state: Fixity
    problem: Problem | None = None
    note: str = ""
    stopped: bool = False


@dataclass(frozen=True)
class Subject:
    """One place to check: where it is here, what is planned there now, what the ledger says of it."""

    location: str
    path: Path
    state: Path
    records: Sequence[Record]
    output: Output | None = None

    @cached_property
    def published(self) -> Record | None:
        """The newest record of a file that got this name."""
        return next((each for each in reversed(self.records) if each.event in _PUBLISHED), None)

    def recorded(self, digest: str) -> Record | None:
        """Return the newest record of a file of ours with this SHA-256."""
        return next((each for each in reversed(self.records) if each.event in OURS and each.sha256 == digest), None)

    def expects(self, record: Record) -> Expectation | None:
        """Return what the recorded file was to hold: as planned now, else as planned when it was made, if known."""
        if self.output and not moved_parts(record.key, self.output.key):
            return self.output.expects
        plan = kept_plan(self.state, record.plan)
        outputs = plan.outputs if plan else ()
        return next((each.expects for each in outputs if each.location == self.location), None)


def unfinished(verdict: Verdict) -> str:
    """Return why a file could not be decoded to its end where that was not the file's fault."""
    ended = verdict.ended
    return (ended.complaint if ended else "") or f"FFmpeg was ended by signal {-ended.status if ended else 0}"


Judge = Callable[[Path, Expectation], Verdict]


def subjects(
    outputs: Sequence[Output], known: dict[str, Ledger], mounts: Mounts, orphans_of: Callable[[Record], bool]
) -> Iterator[Subject]:
    """Yield every planned place, then those of our files that no plan names any more and that are still there."""
    for output in outputs:
        yield _subject(output.location, output.state, known[output.state], mounts, output)
    planned = {output.location for output in outputs}
    for state, ledger in known.items():
        for location in sorted(ledger.by_output.keys() - planned):
            orphan = _subject(location, state, ledger, mounts, None)
            if orphan.published and orphans_of(orphan.published) and orphan.path.exists():
                yield orphan


def _subject(location: str, state: str, ledger: Ledger, mounts: Mounts, output: Output | None) -> Subject:
    path, folder = mounts.bind(parse_location(location)), mounts.bind(parse_location(state))
    return Subject(location, path, folder, ledger.of(location), output)


def check(subject: Subject, judge: Judge | None, stop: threading.Event) -> Checked:
    """Compare one file with its record, by SHA-256, and let `judge`, if there is one, decode it."""
    try:
        status = subject.path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return _other(subject, "something that is no file stands there")
        digest = sha256(subject.path, stop.is_set)
    except Stopped:  # a long film takes minutes
        return _stopped(subject)
    except (FileNotFoundError, NotADirectoryError):
        return _gone(subject)
    except OSError as error:
        return _other(subject, f"it cannot be read: {error.strerror}")
    record = subject.recorded(digest)
    return _judged(subject, record, judge) if record else _other(subject, _difference(subject, status.st_size))


def _gone(subject: Subject) -> Checked:
    if subject.published:
        return Checked(subject.location, Fixity.MISSING, problem("JS196"))
    return Checked(subject.location, Fixity.UNVERIFIED, note="never made")


def _other(subject: Subject, reason: str) -> Checked:
    if subject.published:
        return Checked(subject.location, Fixity.DAMAGED, problem("JS195", reason=reason))
    return Checked(subject.location, Fixity.FOREIGN, problem("JS093"))


def _stopped(subject: Subject) -> Checked:
    return Checked(subject.location, Fixity.UNVERIFIED, note="interrupted", stopped=True)


def _difference(subject: Subject, size: int) -> str:
    record = subject.published
    if record is None or record.size == size:
        return "same size, other content"
    return f"{size} bytes, {record.size} were recorded"


def _judged(subject: Subject, record: Record, judge: Judge | None) -> Checked:
    if judge is None:
        return Checked(subject.location, Fixity.VERIFIED)
    expects = subject.expects(record)
    if expects is None:
        note = "by hash alone: the plan it was made by is gone"
        return Checked(subject.location, Fixity.VERIFIED, note=note)
    verdict = judge(subject.path, expects)
    if verdict.stopped:
        return _stopped(subject)
    if verdict.ended:
        return Checked(subject.location, Fixity.UNVERIFIED, problem("JS199", reason=unfinished(verdict)))
    if verdict.reasons:
        return Checked(subject.location, Fixity.DAMAGED, problem("JS197", reason="; ".join(verdict.reasons)))
    heavy = weight.note(expects, verdict.excess)
    return Checked(subject.location, Fixity.VERIFIED, note=str(heavy or ""))
