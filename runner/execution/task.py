"""One task, start to finish; the one entry point of every engine.

Order: is it made already → claim → record started → encode in a work folder → gate → source still the same → flush,
hash, record verified → publish → record finished. Whatever ends it early leaves no file under the final name.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from runner import canonical
from runner.errors import JobspecError, Problem, problem
from runner.execution import auxiliary, claims, endings, gate, limits, process, publish, sweep
from runner.execution.attempt import LOGS, Attempt, Outcome, Setting, Yielded
from runner.execution.ledger import Stat, read_ledger, stat_of
from runner.execution.publish import Stopped
from runner.execution.sweep import WORK
from runner.media.source import content_of_source
from runner.plan.arguments import Binding, bind
from runner.plan.compose import compose
from runner.plan.model import Output

__all__ = ["LOGS", "WORK", "Outcome", "Setting", "Stat", "execute", "stat_of"]

# Seconds before the second attempt, twice as many before the third, and so on: what passes by itself takes a moment.
PAUSE_SECONDS = 2.0


def _refuse_what_stands(attempt: Attempt) -> None:
    """Raise when the final name is taken: by what another runner made of the same key, or by something else.

    What is to be replaced may stand; but not what another runner has replaced it with since.
    """
    output = attempt.output
    if not os.path.lexists(attempt.final):
        return
    record = read_ledger(attempt.state).recorded(output.location, attempt.final)
    if record and attempt.replaces and record.sha256 == attempt.replaces:
        return
    if record and record.key == output.key:
        raise Yielded(record.writer)
    raise attempt.refuse("JS181", writer=record.writer) if record else attempt.refuse("JS093")


def _refuse_full(attempt: Attempt) -> None:
    found = limits.room(attempt.output, attempt.work)
    if found and found[1] < found[0]:
        wanted, free = (f"{size / 1e6:,.1f} MB" for size in found)
        raise attempt.refuse("JS175", wanted=wanted, free=free, folder=attempt.final.parent)


def _source_now(attempt: Attempt) -> Stat:
    """Return the source's stat; where the whole mount is gone, that is what is told."""
    try:
        return stat_of(attempt.source, sequence=attempt.sequence)
    except FileNotFoundError:
        raise attempt.changed("it is gone") from None


def _same_source(attempt: Attempt, before: Stat) -> None:
    after = _source_now(attempt)
    if after != before:
        reason = "size" if after.size != before.size else "time stamp or file itself"
        raise attempt.changed(f"{reason} moved while it was read")


def _source_before(attempt: Attempt) -> Stat:
    """Return the source's stat, once its content is known to be what the plan was made for."""
    before, planned = _source_now(attempt), attempt.output.source.facts.content
    if before.size != planned.size:
        raise attempt.changed(f"{before.size} bytes, {planned.size} when the plan was made")
    if content_of_source(attempt.source, sequence=attempt.sequence) != planned:
        raise attempt.changed("its content is another than when the plan was made, at the same size")
    return before


def _start(attempt: Attempt, source: Stat) -> None:
    attempt.record("started", source=source, arguments=canonical.short(compose([attempt.output])))
    sweep.begin(attempt.work)
    attempt.log.parent.mkdir(parents=True, exist_ok=True)


def _encode(attempt: Attempt, source: Stat) -> None:
    setting, output = attempt.setting, attempt.output
    auxiliary.place(output.auxiliary, attempt.work, setting.mounts)
    binding = Binding(setting.mounts, setting.ffmpeg, attempt.work, setting.threads)
    ended = process.run(
        bind(compose([output]), binding),
        folder=attempt.work,
        log=attempt.log,
        stop=setting.stop,
        tell=attempt.tell,
        limits=attempt.limits,
        grows=attempt.encoded,
        tolerates=output.tolerates,
    )
    if ended.stopped:
        raise Stopped
    if found := endings.judged(ended, output, attempt.limits, attempt.log):
        _same_source(attempt, source)  # if it changed, that is why
        raise JobspecError(found)
    if not attempt.encoded.is_file():
        raise attempt.refuse("JS092", reason="there is no file", log=attempt.log)


def _gate(attempt: Attempt) -> None:
    setting, output = attempt.setting, attempt.output
    verdict = gate.inspect(
        attempt.encoded,
        output.expects,
        setting.ffmpeg,
        attempt.log,
        setting.stop,
        mode=setting.gate,
        limits=attempt.limits,
    )
    if verdict.stopped:
        raise Stopped
    if verdict.ended and (found := endings.judged(verdict.ended, output, attempt.limits, attempt.log)):
        raise JobspecError(found)
    if verdict.reasons:
        raise attempt.refuse("JS092", reason="; ".join(verdict.reasons), log=attempt.log)
    attempt.excess = verdict.excess


def _publish(attempt: Attempt) -> int:
    """Flush, hash, record, publish; return the size in bytes."""
    publish.sync(attempt.encoded)
    digest = publish.sha256(attempt.encoded, attempt.setting.stop.is_set)
    status = attempt.encoded.stat()
    told = {"size": status.st_size, "mtime": status.st_mtime_ns, "sha256": digest, "excess": attempt.excess}
    attempt.record("verified", **told)
    attempt.final.parent.mkdir(parents=True, exist_ok=True)
    try:
        rung = _name(attempt)
    except FileExistsError:
        _refuse_what_stands(attempt)
        raise attempt.refuse("JS093") from None
    attempt.record("finished", **told, rung=rung)
    return status.st_size


def _name(attempt: Attempt) -> str:
    """Give the file its final name and return how."""
    if not attempt.replaces or not os.path.lexists(attempt.final):
        return publish.publish(attempt.encoded, attempt.final)
    try:
        publish.replace(attempt.encoded, attempt.final, attempt.replaces, attempt.setting.stop.is_set)
    except publish.Stranded:
        attempt.keep_work = True
        raise JobspecError(problem("JS182", found=str(attempt.work))) from None
    return "replaced"


def _steps(attempt: Attempt) -> int:
    _refuse_what_stands(attempt)
    location, over = attempt.output.location, attempt.setting.taken_over
    with claims.claimed(attempt.state, location, attempt.name, over):
        _refuse_what_stands(attempt)  # while we waited for the claim it may have been made
        _refuse_full(attempt)
        source = _source_before(attempt)
        _start(attempt, source)
        _encode(attempt, source)
        _gate(attempt)
        _same_source(attempt, source)
        return _publish(attempt)


def _failed(attempt: Attempt, error: JobspecError | OSError) -> tuple[Problem, ...]:
    """Record a failure and return its problems; a full disk may refuse even the record."""
    found = error.problems if isinstance(error, JobspecError) else (_of_error(attempt, error),)
    reason = "; ".join(each.message for each in found)
    with suppress(OSError):
        _log(attempt, reason)
    with suppress(OSError):
        log = f"{LOGS}/{attempt.log.name}"
        attempt.record("failed", reason=reason, log=log, codes=tuple(each.code for each in found))
    return found


def _of_error(attempt: Attempt, error: OSError) -> Problem:
    return endings.of_error(error, attempt.log, attempt.setting.ffmpeg)


def _log(attempt: Attempt, reason: str) -> None:
    """End the log with the reason: messages and records name the log, also where FFmpeg said nothing."""
    attempt.log.parent.mkdir(parents=True, exist_ok=True)
    with attempt.log.open("a", encoding="utf-8") as log:
        log.write(f"{reason}\n")


def _claimed(held: claims.Held) -> Problem:
    return problem("JS099", holder=held, advice=held.advice)


def _yield(attempt: Attempt, writer: str) -> None:
    with suppress(OSError):
        attempt.record("yielded", reason=writer)


def _tidy(attempt: Attempt) -> None:
    """Remove the work folder, and the log when nothing stands in it."""
    if not attempt.keep_work:
        sweep.remove(attempt.work)
    with suppress(OSError):
        if not attempt.log.stat().st_size:
            attempt.log.unlink()


def _tried(attempt: Attempt) -> Outcome:
    """Make one attempt."""
    outcome = Outcome(attempt.output, (), 0)
    try:
        size = _steps(attempt)
        return replace(outcome, size=size, excess=attempt.excess)
    except Stopped:
        return replace(outcome, problems=(problem("JS098"),))
    except claims.Held as held:
        return replace(outcome, problems=(_claimed(held),))
    except Yielded as yielded:
        _yield(attempt, yielded.writer)
        return replace(outcome, by=yielded.writer)
    except (JobspecError, OSError) as error:
        return replace(outcome, problems=_failed(attempt, error))
    finally:
        _tidy(attempt)


def execute(
    output: Output,
    setting: Setting,
    *,
    replaces: str | None = None,
    tell: Callable[[process.Progress], None] = lambda _: None,
) -> Outcome:
    """Make one output and return how it ended; raises nothing for what can go wrong with a file.

    A failure that may pass by itself is tried again, `setting.retries` times; every attempt is in the ledger.
    `replaces` is the SHA-256 of our own older file, when it shall be replaced once the new one has passed.
    """
    begun = time.monotonic()
    for again in range(setting.retries + 1):
        try:
            outcome = _tried(Attempt(output, setting, replaces, tell, again))
        except OSError as error:  # the ledger cannot be begun: without a record nothing is made
            outcome = Outcome(output, (endings.of_error(error, setting.ffmpeg, setting.ffmpeg),), 0)
        last = again == setting.retries or not endings.may_pass(outcome.problems)
        if last or setting.stop.wait(PAUSE_SECONDS * (again + 1)):
            break
    return replace(outcome, seconds=time.monotonic() - begun)
