"""How an FFmpeg or a system call ended → the problem a person reads, and whether trying again may help."""

import errno
import signal
from collections.abc import Iterable
from pathlib import Path

from runner.errors import Problem, problem
from runner.execution import complaints, leash
from runner.execution.process import Ended, Limits
from runner.plan.model import Output

# By what a complaint is about; for a source that is damaged the source is named instead of the output.
_ABOUT = {"disk": "JS174", "memory": "JS176", "mount": "JS179", "source": "JS177"}
_FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
# What a network file system answers whose server is gone; EIO too, when a soft mount gives up.
_UNMOUNTED = frozenset(
    (
        *(errno.ESTALE, errno.ENOTCONN, errno.EIO, errno.EHOSTDOWN, errno.ENODEV, errno.ETIMEDOUT),
        *((errno.EREMOTEIO,) if hasattr(errno, "EREMOTEIO") else ()),  # macOS has no such number
    )
)
# Failures that can pass by themselves: a full disk, no progress, a mount that is gone; and a kill, see below.
_PASSING = frozenset(("JS172", "JS174", "JS179"))
_KILLS = frozenset(("SIGKILL", "SIGTERM"))
_MOST_SAID = 600


def _short(text: str) -> str:
    return text if len(text) <= _MOST_SAID else f"{text[:_MOST_SAID]}…"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _cut(ended: Ended, limits: Limits, log: str) -> Problem | None:
    if ended.cut == "stalled":
        return problem("JS172", seconds=f"{limits.stall or 0:.0f}", log=log)
    if ended.cut == "late":
        return problem("JS173", seconds=f"{limits.wall or 0:.0f}", log=log)
    return problem("JS178", reason=_short(ended.complaint), log=log) if ended.cut else None


def _said(ended: Ended, output: Output, log: str) -> Problem:
    """Return what an FFmpeg that complained, or exited with another code than 0, means by it."""
    reason = _short(ended.complaint) or "it said nothing"
    about = complaints.meaning(ended.complaint)
    if ended.status == leash.NOT_STARTED and "cannot be started" in ended.complaint:
        return problem("JS170", reason=reason, log=log)
    if about:
        return problem(_ABOUT[about], found=output.source.location, reason=reason, log=log)
    if ended.status:
        return problem("JS090", status=ended.status, reason=reason, log=log)
    return problem("JS091", reason=reason, log=log)


def judged(ended: Ended, output: Output, limits: Limits, log: Path) -> Problem | None:
    """Return what is wrong with how an FFmpeg ended, None when it can be trusted."""
    if ended.clean:
        return None
    if found := _cut(ended, limits, str(log)):
        return found
    if ended.status < 0:
        reason = f" ({_short(ended.complaint)})" if ended.complaint else ", it said nothing"
        return problem("JS171", signal=_signal(-ended.status), reason=reason, log=log)
    return _said(ended, output, str(log))


def of_error(error: OSError, log: Path, ffmpeg: Path) -> Problem:
    """Return the problem of a system call that failed."""
    reason = f"{error.strerror or error} ({error.filename or 'on this machine'})"
    if error.filename == str(ffmpeg):
        return problem("JS170", reason=reason, log=log)
    if error.errno in _FULL:
        return problem("JS174", reason=reason, log=log)
    if error.errno in _UNMOUNTED:
        return problem("JS179", reason=reason, log=log)
    return problem("JS095", reason=reason)


def may_pass(problems: Iterable[Problem]) -> bool:
    """Say whether a failure may pass by itself, so that trying again is worth it; a bad source never does."""
    found = tuple(problems)
    return bool(found) and all(each.code in _PASSING or _killed(each) for each in found)


def _killed(found: Problem) -> bool:
    return found.code == "JS171" and dict(found.values)["signal"] in _KILLS
