"""How an FFmpeg is started, and how it is stopped: it never outlives its runner, whatever ends that one."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.execution import leash
from runner.plan.arguments import ENVIRONMENT

# What a child may inherit. FFREPORT and its like make FFmpeg write files; whatever is not named here is gone.
_INHERITED = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
GRACE_SECONDS = 3.0


class Stop(threading.Event):
    """The order to stop: FFmpeg gets TERM and time to end. Given a second time, it gets KILL at once."""

    hurried = False

    def hurry(self) -> None:
        """Stop, and wait for nobody."""
        self.hurried = True
        self.set()


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every FFmpeg."""
    return {name: environ[name] for name in _INHERITED if name in environ} | dict(ENVIRONMENT)


def _refuse_missing(program: str) -> None:
    """Raise the OSError that exec would raise, for the leash would start in any case."""
    number = errno.ENOENT if not Path(program).exists() else errno.EACCES
    if not Path(program).is_file() or not os.access(program, os.X_OK):
        raise OSError(number, os.strerror(number), program)


def spawn(command: Sequence[str], folder: Path, memory: int | None = None) -> "subprocess.Popen[bytes]":
    """Start a program in `folder` on the leash, leader of a session of its own, with no keyboard and two pipes.

    On Linux the kernel kills it when the calling *thread* ends: whoever spawns must also wait for it. `memory` is the
    most it may allocate, in bytes. Raises OSError when there is no such program.
    """
    _refuse_missing(command[0])
    how = leash.BIND if sys.platform == "linux" else leash.WATCH
    return subprocess.Popen(
        [sys.executable, "-I", "-S", leash.__file__, how, str(os.getpid()), str(memory or 0), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(os.environ),
        start_new_session=True,
    )


def kill(child: "subprocess.Popen[bytes]", number: int = signal.SIGKILL) -> None:
    """Send a signal to a child and all its own children."""
    with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM where only a zombie is left
        os.killpg(child.pid, number)


@dataclass(slots=True)
class Stopper:
    """TERM once, then KILL after the grace time, to the child's process group."""

    child: "subprocess.Popen[bytes]"
    since: float | None = None

    def step(self, hurried: bool = False) -> None:
        """Do what is due now; called again and again until the child has ended."""
        if self.since is None:
            self.since = time.monotonic()
            kill(self.child, signal.SIGTERM)
        if hurried or time.monotonic() - self.since > GRACE_SECONDS:
            kill(self.child)
