"""`exec-task --digest`: a task that another runner has looked at, chosen and ordered; told in lines, ended at its word.

What is the same for all tasks of a run was found out once, by whoever orders: how outputs stand, what the dead left,
what file systems allow. Here is done what one task needs, for it is paid for each of 100,000.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.cli.interrupts import interruptible
from runner.cli.wishes import Wishes
from runner.errors import Exit, JobspecError, problem, worst
from runner.execution.attempt import Outcome, Setting
from runner.execution.cores import cores
from runner.execution.crew import threads_each
from runner.execution.ledger import Writer
from runner.execution.owner import me
from runner.execution.process import Progress
from runner.execution.stopping import Stop
from runner.execution.task import execute
from runner.execution.telling import Told, written
from runner.media.toolchain import Build, another_line, find_ffmpeg, identify
from runner.plan.excerpt import excerpt
from runner.plan.model import Output
from runner.spec.location import Mounts, is_location, parse_location
from runner.spec.presence import absent, left_root
from runner.spec.project import mounts_here

# How long an outcome waits for room in a pipe that nobody drains, as when the process at its other end is stopped.
_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One task as it is ordered.

    `plan` is a path, or a place below a root; `due` the numbers of the outputs to make, with the SHA-256 of the file
    that each shall replace, or None; `threads` are for each FFmpeg, None for as many as there are cores; `ledger`
    names a file of records that is shared with other processes of this machine; `worker` is who the records name;
    `build` is the FFmpeg that it must be; `of` is the digest of the plan that this one is a part of, if it is one.
    """

    plan: str
    digest: str
    task: int
    due: Mapping[int, str | None]
    threads: int | None = None
    ledger: str | None = None
    worker: str | None = None
    build: str | None = None
    of: str | None = None


def _where(plan: str, roots: Mapping[str, str]) -> Path:
    """Return the file of the plan here: a path, or a place as plans write it, such as proxies:out/x.jsonl."""
    if not is_location(plan) or str(parse_location(plan)) != plan:
        return Path(plan)
    place = parse_location(plan)
    return mounts_here(None, [place.root] if place.root else [], roots, os.environ).bind(place)


def _outputs(order: Order, roots: Mapping[str, str]) -> tuple[Output, ...]:
    path = _where(order.plan, roots)
    try:
        with path.open("rb") as file:
            return excerpt(file, order.task, order.due.keys(), order.digest)
    except OSError as error:
        raise JobspecError(problem("JS251", found=str(path), reason=error.strerror or str(error))) from None


def _mounts(outputs: tuple[Output, ...], roots: Mapping[str, str]) -> Mounts:
    """Return the mounts that the outputs need. Raises JobspecError when one is not there, or a place leaves it."""
    places = {place for each in outputs for place in (each.source.location, each.directory, each.location, each.state)}
    used = {root for place in places if (root := parse_location(place).root)}
    mounts = mounts_here(None, used, roots, os.environ)
    if wrong := absent(mounts, used) or [
        found for each in places if (found := left_root(parse_location(each), mounts))
    ]:
        raise JobspecError(wrong)
    return mounts


def _build(order: Order, outputs: tuple[Output, ...], wished: str | None) -> Build:
    build = identify(find_ffmpeg(wished, os.environ))
    if order.build is not None and build.version != order.build:
        raise JobspecError(problem("JS252", found=build.version, wanted=order.build, program=build.path))
    if wrong := [found for each in outputs if (found := another_line(build, each.key.toolchain))]:
        raise JobspecError(wrong)
    return build


def _setting(order: Order, outputs: tuple[Output, ...], mounts: Mounts, wishes: Wishes) -> Setting:
    build = _build(order, outputs, wishes.ffmpeg)
    states = dict.fromkeys(each.state for each in outputs)
    return Setting(
        mounts=mounts,
        ffmpeg=build.path,
        build=build.version,
        threads=threads_each(order.threads or cores()),
        plan=order.of or order.digest,
        stop=Stop(),
        writers={each: Writer(mounts.bind(parse_location(each)), shared=order.ledger) for each in states},
        retries=wishes.retries,
        wanted=wishes.wanted,
        workers=wishes.workers or 1,
        gate=wishes.verify,
        taken_over=frozenset(wishes.taken_over),
        worker=order.worker,
    )


def _tell(told: Told) -> None:
    """Write a line; progress that finds no room is dropped, for what comes later says more."""
    patience = 0 if told.what == "moved" else _PATIENCE_SECONDS
    if select.select([], [sys.stdout], [], patience)[1]:
        with suppress(OSError):  # whoever read it is gone; then stdin has ended too
            os.write(sys.stdout.fileno(), written(told))


def _told_of(outcome: Outcome) -> Told:
    return Told(
        what="ended",
        output=outcome.output.location,
        problems=outcome.problems,
        size=outcome.size,
        seconds=outcome.seconds,
        by=outcome.by,
        alone=outcome.alone,
        excess=outcome.excess,
    )


def _end_with_stdin() -> None:
    """Stop this process in good order when stdin ends: whoever ordered the task has closed it, or is dead."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _moved(output: Output, progress: Progress) -> None:
    _tell(Told(what="moved", output=output.location, frame=progress.frame, speed=progress.speed))


def perform(order: Order, roots: Mapping[str, str], wishes: Wishes) -> Exit:
    """Make the due outputs of one task; tell each step on stdout, and end when stdin does."""
    try:
        outputs = _outputs(order, roots)
        setting = _setting(order, outputs, _mounts(outputs, roots), wishes)
    except JobspecError as error:
        _tell(Told(what="refused", problems=error.problems))
        return error.exit
    with interruptible(setting.stop):
        _end_with_stdin()
        codes = list(_all(order, outputs, setting))
        for writer in setting.writers.values():
            writer.close()
    return worst([Exit.OK, *codes])


def _all(order: Order, outputs: tuple[Output, ...], setting: Setting) -> Iterator[Exit]:
    due = zip(sorted(order.due), outputs, strict=True)
    replaces = {each.location: digest for number, each in due if (digest := order.due[number])}
    for each in outputs:
        _tell(Told(what="begun", output=each.location, owner=str(me())))
    for outcome in execute(outputs, setting, replaces=replaces, tell=_moved):
        _tell(_told_of(outcome))
        yield from (found.exit for found in outcome.problems)
