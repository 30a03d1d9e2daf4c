"""Files that somebody else made at planned places become ours, if they are what the plan would have made."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.errors import Problem
from runner.execution import publish, weight
from runner.execution.fixity import Judge, unfinished
from runner.execution.ledger import Record, Stat, Writer, now, stat_of
from runner.media.source import content_of_source
from runner.plan.model import Output
from runner.spec.location import Mounts, parse_location


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file at a planned place that no record of ours describes, on this machine; `records` are of its place."""

    output: Output
    path: Path
    source: Path
    records: Sequence[Record]

    @property
    def sequence(self) -> bool:
        """Whether the source is an image sequence."""
        return self.output.source.facts.sequence is not None


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found of a candidate: reasons against it, or what its record will say of it.

    `excess` is the picture's data rate in bits a second where that is above the published one, which refuses nothing.
    """

    candidate: Candidate
    reasons: tuple[str, ...] = ()
    stat: Stat | None = None
    sha256: str = ""
    stopped: bool = False
    excess: int | None = None

    @property
    def note(self) -> Problem | None:
        """What is to be known of a file that is adopted all the same."""
        return weight.note(self.candidate.output.expects, self.excess)


def candidate(output: Output, records: Sequence[Record], mounts: Mounts) -> Candidate:
    """Return the candidate at the place of an output. Raises JobspecError when its root is not mounted."""
    path, source = (mounts.bind(parse_location(each)) for each in (output.location, output.source.location))
    return Candidate(output, path, source, records)


def _looks(each: Candidate) -> str | None:
    """Return what speaks against a candidate before it is decoded, or None."""
    status = each.path.lstat()
    if not stat.S_ISREG(status.st_mode):
        return "it is no regular file"
    if not each.sequence and os.path.samestat(status, each.source.stat()):
        return "it is the source itself, under another name"
    if any(record.size == status.st_size for record in each.records if record.event in ("finished", "adopted")):
        return (
            "it has the size of the file that was published here and other content, as a damaged copy has;"
            " if it is no copy, move it away and run"
        )
    return None


def _source(each: Candidate) -> str | None:
    """Return how the source differs from the one that the plan was made for, or None."""
    now, planned = content_of_source(each.source, sequence=each.sequence), each.output.source.facts.content
    name = each.output.source.location
    if now.size != planned.size:
        return f"the source {name} changed: {now.size} bytes, {planned.size} when the plan was made"
    return f"the source {name} changed: other content, at the same size" if now != planned else None


def judge(each: Candidate, gate: Judge) -> Judged:
    """Return whether a candidate is what the plan would have made; the file is only read."""
    try:
        if reason := _looks(each) or _source(each):
            return Judged(each, (reason,))
        return _decoded(each, gate)
    except OSError as error:
        return Judged(each, (f"{error.strerror or error} ({error.filename or each.path})",))


def _decoded(each: Candidate, gate: Judge) -> Judged:
    before, source = stat_of(each.path), stat_of(each.source, sequence=each.sequence)
    verdict = gate(each.path, each.output.expects)
    if verdict.stopped or verdict.reasons:
        return Judged(each, verdict.reasons, stopped=verdict.stopped)
    if verdict.ended:
        return Judged(each, (f"it could not be decoded here: {unfinished(verdict)}",))
    publish.sync(each.path)
    digest = publish.sha256(each.path)
    if stat_of(each.path) != before:
        return Judged(each, ("it moved while it was read; somebody may still be writing it",))
    if stat_of(each.source, sequence=each.sequence) != source:
        return Judged(each, (f"the source {each.output.source.location} moved meanwhile",))
    return Judged(each, stat=before, sha256=digest, excess=verdict.excess)


def record(found: Judged, writer: Writer, *, plan: str, toolchain: str) -> None:
    """Record that a file which passed is ours from now on. Raises OSError."""
    output, status = found.candidate.output, found.stat
    assert status is not None
    attempt = writer.attempt()
    writer.write(
        Record(
            event="adopted",
            output=output.location,
            key=output.key,
            attempt=attempt,
            writer=writer.name,
            plan=plan,
            toolchain=toolchain,
            time=now(),
            size=status.size,
            sha256=found.sha256,
            mtime=status.mtime,
            job=output.job,
            excess=found.excess,
        )
    )
