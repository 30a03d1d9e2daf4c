"""One task, start to finish; the one entry point of every engine.

Order, for each of its outputs: is it made already → claim → record started → encode in a work folder → gate, while it
is flushed and hashed → source still the same → record verified → publish → record finished. One FFmpeg encodes them
all; whatever else happens to one is its own affair, and leaves no file under its final name. When that FFmpeg cannot
be trusted, or the gate refuses what it made, each output that was to come out of it is tried alone.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial

from runner.errors import JobspecError, Problem, problem
from runner.execution import auxiliary, claims, endings, limits, process, steps, sweep
from runner.execution.attempt import LOGS, Attempt, Outcome, Setting, Yielded
from runner.execution.ledger import Stat, stat_of
from runner.execution.process import Ended, Progress
from runner.execution.publish import Stopped
from runner.execution.sweep import WORK
from runner.plan.arguments import Binding, bind
from runner.plan.compose import compose
from runner.plan.model import Output

__all__ = ["LOGS", "WORK", "Outcome", "Setting", "Stat", "execute", "stat_of"]

# Seconds before the second attempt, twice as many before the third, and so on: what passes by itself takes a moment.
PAUSE_SECONDS = 2.0

Tell = Callable[[Output, Progress], None]


def _encode(task: Sequence[Attempt]) -> Ended | OSError:
    """Run one FFmpeg for all outputs of a task, in the work folder of the first, and return how it ended."""
    setting, outputs = task[0].setting, [each.output for each in task]
    binding = Binding(setting.mounts, setting.ffmpeg, tuple(each.work for each in task), setting.threads)
    try:
        return process.run(
            bind(compose(outputs), binding),
            folder=task[0].work,
            log=task[0].log,
            stop=setting.stop,
            tell=partial(_told, task),
            limits=limits.limits_of(outputs, setting.wanted, setting.workers),
            grows=[each.encoded for each in task],
            tolerates=outputs[0].tolerates,
        )
    except OSError as error:
        return error


def _told(task: Sequence[Attempt], progress: Progress) -> None:
    """Pass on how far all outputs are: FFmpeg counts the frames of the first alone, and they advance together."""
    first = max(1, task[0].output.expects.frames)
    for each in task:
        each.tell(replace(progress, frame=progress.frame * each.output.expects.frames // first))


def _judge(attempt: Attempt, task: Sequence[Attempt], ended: Ended | OSError) -> None:
    """Raise what is wrong with how the task's FFmpeg ended, as far as this output is concerned."""
    if isinstance(ended, OSError):
        raise ended
    if ended.stopped:
        raise Stopped
    outputs, setting = [each.output for each in task], attempt.setting
    allowed = limits.limits_of(outputs, setting.wanted, setting.workers)
    if found := endings.judged(ended, attempt.output, allowed, task[0].log):
        steps.same_source(attempt)  # if it changed, that is why
        raise JobspecError(found)
    if not attempt.encoded.is_file():
        raise attempt.refuse("JS092", reason="there is no file", log=task[0].log)


def _place(attempt: Attempt, task: Sequence[Attempt]) -> None:
    """Put the files that filters read where FFmpeg starts, unless another output of the task has put them there."""
    folder = task[0].work
    missing = [each for each in attempt.output.auxiliary if not (folder / each.name).exists()]
    auxiliary.place(missing, folder, attempt.setting.mounts)


def _placed(task: list[Attempt]) -> list[Attempt]:
    """Return the attempts whose files lie where FFmpeg starts: the first may drop out, and with it its folder."""
    while task:
        ready = _going_on(task, partial(_place, task=task))
        if ready and ready[0] is task[0]:
            return ready
        task = ready
    return task


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


def _yielded(attempt: Attempt, writer: str) -> None:
    with suppress(OSError):
        attempt.record("yielded", reason=writer)
    attempt.end(by=writer)


def _tidy(attempt: Attempt) -> None:
    """Remove the work folder, and the log when nothing stands in it."""
    if not attempt.keep_work:
        sweep.remove(attempt.work)
    with suppress(OSError):
        if not attempt.log.stat().st_size:
            attempt.log.unlink()


def _goes_on(attempt: Attempt, step: Callable[[Attempt], None]) -> bool:
    """Take a step with an attempt; when that ends it, settle how."""
    try:
        step(attempt)
    except Stopped:
        attempt.end([problem("JS098")])
    except claims.Held as held:
        attempt.end([problem("JS099", holder=held, advice=held.advice)])
    except Yielded as yielded:
        _yielded(attempt, yielded.writer)
    except (JobspecError, OSError) as error:
        attempt.end(_failed(attempt, error))
    return attempt.outcome is None


def _going_on(attempts: Sequence[Attempt], step: Callable[[Attempt], None]) -> list[Attempt]:
    return [each for each in attempts if _goes_on(each, step)]


def _claimed(attempts: Sequence[Attempt], held: ExitStack) -> list[Attempt]:
    """Return the attempts that can be begun, claimed until `held` is closed."""
    task: list[Attempt] = []
    for each in attempts:
        if _goes_on(each, partial(steps.claim, held=held, others=task)):
            task.append(each)
    return task


def _tried(attempts: Sequence[Attempt]) -> Iterator[Attempt]:
    """Make one attempt at the outputs of a task; yield each as soon as it has its outcome."""
    with ExitStack() as held:
        for each in attempts:
            held.callback(_tidy, each)
        task = _claimed(attempts, held)
        task = _going_on(task, partial(steps.start, task=task))
        if task := _placed(task):
            task = _going_on(task, partial(_judge, task=task, ended=_encode(task)))
        yield from (each for each in attempts if each.outcome)
        for each in task:
            _goes_on(each, steps.finish)
            yield each


def _begun(output: Output, setting: Setting, replaces: Mapping[str, str], tell: Tell, again: int) -> Attempt | Outcome:
    """Return a new attempt, or its end where the ledger cannot be begun: without a record nothing is made."""
    try:
        return Attempt(output, setting, replaces.get(output.location), partial(tell, output), again)
    except OSError as error:
        return Outcome(output, (endings.of_error(error, setting.ffmpeg, setting.ffmpeg),), 0)


def _settled(attempt: Attempt) -> Outcome:
    (tried,) = _tried([attempt])
    return tried.settled


def _alone(output: Output, setting: Setting, replaces: Mapping[str, str], tell: Tell, first: int) -> Outcome:
    """Make one output; a failure that may pass by itself is tried again."""
    for again in range(setting.retries + 1):
        begun = _begun(output, setting, replaces, tell, first + again)
        outcome = _settled(begun) if isinstance(begun, Attempt) else begun
        last = again == setting.retries or not endings.may_pass(outcome.problems)
        if last or setting.stop.wait(PAUSE_SECONDS * (again + 1)):
            break
    return outcome


def _together(
    outputs: Sequence[Output], setting: Setting, replaces: Mapping[str, str], tell: Tell
) -> Iterator[tuple[Outcome, bool]]:
    """Try outputs of one source at once; yield how each ended, and whether it is to be tried alone.

    That is what failed once it was under way with others; of what failed by itself, what may pass.
    """
    begun = [_begun(each, setting, replaces, tell, 0) for each in outputs]
    yield from ((each, _again(each, setting)) for each in begun if isinstance(each, Outcome))
    for each in _tried([each for each in begun if isinstance(each, Attempt)]):
        under_way = each.before is not None and each.settled.word == "failed"
        yield each.settled, under_way or _again(each.settled, setting)


def _again(outcome: Outcome, setting: Setting) -> bool:
    return setting.retries > 0 and endings.may_pass(outcome.problems)


def _note(outcome: Outcome, outputs: Sequence[Output]) -> Problem:
    others = ", ".join(each.location for each in outputs if each is not outcome.output)
    return problem("JS220", others=others, reason="; ".join(map(str, outcome.problems)))


def execute(
    outputs: Sequence[Output],
    setting: Setting,
    *,
    replaces: Mapping[str, str] | None = None,
    tell: Tell = lambda output, progress: None,
) -> Iterator[Outcome]:
    """Make the outputs of one task and yield how each ended; raises nothing for what can go wrong with a file.

    Several are encoded by one FFmpeg, and where that fails each is tried alone. A failure of one alone that may pass by
    itself is tried again, `setting.retries` times; every attempt is in the ledger. `replaces` gives, by location, the
    SHA-256 of our own older file, when it shall be replaced once the new one has passed.
    """
    begun, several, known = time.monotonic(), len(outputs) > 1, replaces or {}
    left: list[tuple[Output, Problem | None]] = [] if several else [(each, None) for each in outputs]
    for outcome, alone in _together(outputs, setting, known, tell) if several else ():
        if alone:
            left.append((outcome.output, _note(outcome, outputs)))
        else:
            yield replace(outcome, seconds=time.monotonic() - begun)
    for output, why in left:
        outcome = _alone(output, setting, known, tell, first=int(several))
        yield replace(outcome, seconds=time.monotonic() - begun, alone=why)
