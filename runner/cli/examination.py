"""What `doctor` looks at, one thing after the other: each gives findings, and none stops the next."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from runner.cli.beforehand import ladder_of, weakness
from runner.errors import Exit, JobspecError, Problem, problem
from runner.execution.publish import Ladder
from runner.execution.room import rooms, standing
from runner.execution.state import Standing, state_problem
from runner.media.source import stat_of_source
from runner.media.toolchain import Build, another_line, find_ffmpeg, identify, lacking
from runner.plan.model import Output
from runner.plan.needs import encoders_of, filters_of
from runner.report.tables import size_text
from runner.spec.location import Location, Mounts, parse_location
from runner.spec.presence import absent, file_problem, sequence_problem

MOST_SOURCES = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what, and how it stands; with a problem, what a run would say of it."""

    what: str
    words: str
    problem: Problem | None = None
    note: bool = False

    @property
    def exit(self) -> Exit:
        """What a run would exit with for this alone."""
        return self.problem.exit if self.problem and not self.note else Exit.OK

    @property
    def state(self) -> str:
        """In a word: "ok", "note" for what is worth knowing, "stops" for what would stop a run or fail an output."""
        if self.exit is not Exit.OK:
            return "stops"
        return "note" if self.note or self.problem else "ok"


def troubles(what: str, problems: Iterable[Problem]) -> Iterator[Finding]:
    """Yield a finding for each problem."""
    for each in problems:
        yield Finding(what, str(each), each)


def noted(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield findings as notes: with nothing to make, what would stop a run stops none."""
    return (replace(each, note=True) if each.exit is not Exit.OK else each for each in found)


def toolchain(ffmpeg: str | None, declared: Iterable[str], outputs: Sequence[Output]) -> Iterator[Finding]:
    """Look at the FFmpeg: which it is, whether it is of the declared lines, what the outputs need of it."""
    try:
        build = identify(find_ffmpeg(ffmpeg, os.environ))
    except JobspecError as error:
        yield from troubles("ffmpeg", error.problems)
        return
    yield Finding("ffmpeg", f"{build.version} of release line {build.line or 'unknown'}, {build.path}")
    for line in declared:
        wrong = another_line(build, line)
        yield Finding("toolchain", str(wrong or f"plans are made for FFmpeg {line}"), wrong)
    yield from _has(build, "encoder", encoders_of(outputs))
    yield from _has(build, "filter", filters_of(outputs))


def _has(build: Build, kind: Literal["encoder", "filter"], needed: frozenset[str]) -> Iterator[Finding]:
    try:
        missing = lacking(build, kind, needed)
    except JobspecError as error:
        missing = list(error.problems)
    yield from troubles(f"{kind}s", missing)
    if needed and not missing:
        yield Finding(f"{kind}s", ", ".join(sorted(needed)))


def roots(names: Iterable[str], written: frozenset[str], mounts: Mounts) -> Iterator[Finding]:
    """Look at each root: is it mounted, can it be read, and written to where outputs go there."""
    for name in sorted(set(names)):
        try:
            folder = mounts.bind(Location(name, ""))
        except JobspecError as error:
            yield from troubles(f"root {name}", error.problems)
            continue
        yield _root(name, folder, name in written, mounts)


def _root(name: str, folder: Path, written: bool, mounts: Mounts) -> Finding:
    what = f"root {name}"
    for wrong in absent(mounts, [name]):
        return Finding(what, str(wrong), wrong)
    try:
        next(os.scandir(folder), None)
    except OSError as error:
        wrong = problem("JS191", found=name, folder=folder, reason=error.strerror)
        return Finding(what, str(wrong), wrong)
    if written and not os.access(folder, os.W_OK):
        return Finding(what, f"{folder}, readable, not writable itself", note=True)
    return Finding(what, f"{folder}, readable{' and writable' if written else ''}")


def folders(outputs: Iterable[Output], due: Iterable[Output], mounts: Mounts) -> Iterator[Finding]:
    """Try each output folder: how files get their names there. Only those where something is due can stop a run."""
    needed = {output.directory for output in due}
    for directory in dict.fromkeys(output.directory for output in outputs):
        try:
            found = ladder_of(directory, mounts)
        except JobspecError as error:
            each = troubles(f"folder {directory}", error.problems)
            yield from each if directory in needed else noted(each)
        else:
            weak = weakness(directory, found)
            yield Finding(f"folder {directory}", str(weak or _rung(found)), weak)


def _rung(found: Ladder) -> str:
    replaced = "older files by exchange, in one step" if found.exchanges else "older files after a check, by rename"
    return f"new files get their names by {found.rung}, {replaced}"


def records(outputs: Iterable[Output], mounts: Mounts) -> Iterator[Finding]:
    """Try each folder of records that lies elsewhere than below its output folder."""
    apart = (each.state for each in outputs if not each.state.startswith(f"{each.directory.rstrip('/')}/"))
    for state in dict.fromkeys(apart):
        try:
            with TemporaryDirectory(prefix=".jobspec-doctor-", dir=standing(mounts.bind(parse_location(state)))):
                yield Finding(f"records {state}", "writable")
        except OSError as error:
            wrong = problem("JS095", reason=f"{error.strerror} ({error.filename})")
            yield Finding(f"records {state}", str(wrong), wrong)


def disks(due: Sequence[Output], mounts: Mounts) -> Iterator[Finding]:
    """Compare the room on each disk with the estimate of what is due there."""
    try:
        found = rooms(due, mounts)
    except OSError:  # the look at the folders has told why
        return
    for each in found:
        wanted, free = size_text(each.wanted), size_text(each.free)
        what = f"disk of {each.folder}"
        if each.lacks:
            wrong = problem("JS193", wanted=wanted, free=free, found=str(each.folder))
            yield Finding(what, str(wrong), wrong)
        else:
            about = ", which is tight: the estimate is good to a factor of two" if each.tight else ""
            yield Finding(what, f"about {wanted} to be made, {free} free{about}", note=each.tight)


def sources(due: Sequence[Output], mounts: Mounts) -> Iterator[Finding]:
    """Look by stat whether each source that is due is there, readable, and of the size that the plan knows."""
    wrong = [found for each in due if (found := _source(each, mounts))]
    yield from troubles("source", wrong[:MOST_SOURCES])
    if len(wrong) > MOST_SOURCES:
        yield Finding("source", f"{len(wrong) - MOST_SOURCES} more sources like these", note=True)
    elif due and not wrong:
        yield Finding("sources", f"{len(due)} there, of the size that the plan knows")


def _source(output: Output, mounts: Mounts) -> Problem | None:
    place, planned = output.source.location, output.source.facts.content.size
    path, sequence = mounts.bind(parse_location(place)), output.source.facts.sequence is not None
    if found := sequence_problem(path, place) if sequence else file_problem(path, place):
        return problem("JS192", reason=found.message)
    size, _, _ = stat_of_source(path, sequence=sequence)
    return None if size == planned else problem("JS192", reason=f"{place} has {size} bytes, {planned} when planned")


def outputs(standings: Sequence[Standing]) -> Iterator[Finding]:
    """Tell how many outputs stand how; those that a run would name and leave as they are count as it would count."""
    for state, number in Counter(each.state for each in standings).items():
        wrong = next((found for each in standings if each.state is state and (found := state_problem(each))), None)
        more = "; `jobspec status` names them" if wrong else ""
        yield Finding("outputs", f"{number} of {len(standings)} {state}{more}", wrong)
