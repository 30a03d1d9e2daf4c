"""The steps of one attempt at one output, before and after FFmpeg: each does its part, or raises why it cannot."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event

from runner import canonical
from runner.errors import JobspecError, problem
from runner.execution import claims, endings, gate, limits, publish, sweep
from runner.execution.attempt import Attempt, Yielded
from runner.execution.ledger import Stat, read_ledger, stat_of
from runner.execution.publish import Stopped
from runner.media.source import content_of_source
from runner.plan.compose import compose


def claim(attempt: Attempt, held: ExitStack, others: Sequence[Attempt]) -> None:
    """Claim the output until `held` is closed, and see that it can be begun beside the others of its task.

    Raises Held, Yielded, Stopped, JobspecError and OSError.
    """
    if attempt.setting.stop.is_set():
        raise Stopped
    if not attempt.replaces:
        _refuse_what_stands(attempt)
    location, over = attempt.output.location, attempt.setting.taken_over
    held.enter_context(claims.claimed(attempt.state, location, attempt.name, over))
    _refuse_what_stands(attempt)  # while we waited for the claim it may have been made
    _refuse_full(attempt, others)
    attempt.before = _source_before(attempt)


def start(attempt: Attempt, task: Iterable[Attempt]) -> None:
    """Record that the output is begun, as one of `task`, and make its folders. Raises OSError."""
    beside = tuple(each.output.location for each in task if each is not attempt)
    arguments = canonical.short(compose([attempt.output]))
    attempt.record("started", source=attempt.before, arguments=arguments, beside=beside)
    sweep.begin(attempt.work)
    attempt.log.parent.mkdir(parents=True, exist_ok=True)


def finish(attempt: Attempt) -> None:
    """Give an encoded file its name, if it is what was planned, and end the attempt. Raises as `claim` does."""
    with _hashing(attempt) as digest:
        _gate(attempt)
        same_source(attempt)
        attempt.end(size=_publish(attempt, digest()))


@contextmanager
def _hashing(attempt: Attempt) -> Iterator[Callable[[], str]]:
    """Flush and hash the encoded file while the gate decodes it; yield what waits for the digest."""
    stop, refused = attempt.setting.stop, Event()
    with ThreadPoolExecutor(1, thread_name_prefix="hash") as thread:
        digest = thread.submit(_flushed, attempt.encoded, lambda: stop.is_set() or refused.is_set())
        try:
            yield digest.result
        finally:
            refused.set()


def _flushed(encoded: Path, stopped: Callable[[], bool]) -> str:
    publish.sync(encoded)
    return publish.sha256(encoded, stopped)


def _refuse_what_stands(attempt: Attempt) -> None:
    """Raise when the final name is taken: by what another runner made of the same key, or by something else.

    What is to be replaced may stand; but not what another runner has replaced it with since.
    """
    output = attempt.output
    if not os.path.lexists(attempt.final):
        return
    if attempt.replaces and _is(attempt.final, attempt.replaces):
        return
    # Only now: to read all that was ever recorded for each of many outputs would take longer than to make them.
    record = read_ledger(attempt.state).recorded(output.location, attempt.final)
    if record and record.key == output.key:
        raise Yielded(record.writer)
    raise attempt.refuse("JS181", writer=record.writer) if record else attempt.refuse("JS093")


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and not path.is_symlink() and publish.sha256(path) == digest


def _refuse_full(attempt: Attempt, others: Sequence[Attempt]) -> None:
    """Raise when the file certainly does not fit on its disk beside those of its task that go there too."""
    beside = [each.output for each in others if _disk(each.final) == _disk(attempt.final)]
    found = limits.room([*beside, attempt.output], attempt.work)
    if found and found[1] < found[0]:
        wanted, free = (f"{size / 1e6:,.1f} MB" for size in found)
        raise attempt.refuse("JS175", wanted=wanted, free=free, folder=attempt.final.parent)


def _disk(path: Path) -> int:
    return next(each for each in path.parents if each.is_dir()).stat().st_dev


def _source_now(attempt: Attempt) -> Stat:
    """Return the source's stat; where the whole mount is gone, that is what is told."""
    try:
        return stat_of(attempt.source, sequence=attempt.sequence)
    except FileNotFoundError:
        raise attempt.changed("it is gone") from None


def same_source(attempt: Attempt) -> None:
    """Raise JobspecError when the source is not what it was when the output was claimed."""
    after, before = _source_now(attempt), attempt.before
    if before and after != before:
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


def _gate(attempt: Attempt) -> None:
    setting, output = attempt.setting, attempt.output
    allowed = limits.limits_of([output], setting.wanted, setting.workers)
    verdict = gate.inspect(
        attempt.encoded,
        output.expects,
        setting.ffmpeg,
        attempt.log,
        setting.stop,
        mode=setting.gate,
        limits=allowed,
        threads=setting.threads,
    )
    if verdict.stopped:
        raise Stopped
    if verdict.ended and (found := endings.judged(verdict.ended, output, allowed, attempt.log)):
        raise JobspecError(found)
    if verdict.reasons:
        raise attempt.refuse("JS092", reason="; ".join(verdict.reasons), log=attempt.log)
    attempt.excess = verdict.excess


def _publish(attempt: Attempt, digest: str) -> int:
    """Record and publish a file that is flushed; return the size in bytes."""
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
