"""The one door through which FFmpeg is started to encode or decode; it never outlives its runner."""

import errno
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.execution import leash
from runner.execution.complaints import Listener
from runner.execution.stopping import Stopper, kill
from runner.execution.watching import Cut, Guard, Limits, Progress, Watch
from runner.plan.arguments import ENVIRONMENT

__all__ = ["Cut", "Ended", "Limits", "Progress", "environment", "run", "spawn"]

# What a child may inherit. FFREPORT and its like make FFmpeg write files; whatever is not named here is gone.
_INHERITED = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
PROGRESS = ("-progress", "pipe:1", "-nostats", "-stats_period", "0.5")
_TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Ended:
    """How one FFmpeg ended: exit status (negative for a signal), frames written, the start of its complaints.

    `stopped` says that it was told to stop, `cut` that it broke a limit, and which.
    """

    status: int
    frames: int
    complaint: str
    stopped: bool = False
    cut: Cut | None = None

    @property
    def clean(self) -> bool:
        """Whether it exited with 0, said nothing and was not ended by us: anything else is not trusted."""
        return self.status == 0 and not self.complaint and not self.stopped and self.cut is None


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


def _ready(selector: selectors.BaseSelector, child: "subprocess.Popen[bytes]") -> list[selectors.SelectorKey]:
    """Return the pipes that have something to say, after a moment; once both are closed, wait for the child."""
    if selector.get_map():
        return [key for key, _ in selector.select(_TICK_SECONDS)]
    with suppress(subprocess.TimeoutExpired):
        child.wait(_TICK_SECONDS)
    return []


def _drain(
    child: "subprocess.Popen[bytes]", watch: Watch, guard: Guard, stop: threading.Event
) -> tuple[bool, Cut | None]:
    """Read until the child has ended and both pipes are closed, which may come in either order.

    Returns whether it was told to stop, and the limit that it broke.
    """
    stopper = Stopper(child.pid)
    stopped, cut = False, None
    with selectors.DefaultSelector() as selector:
        for pipe, take in ((child.stdout, watch.output), (child.stderr, watch.complaint)):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ, take)
        while selector.get_map() or child.poll() is None:
            stopped = stopped or stop.is_set()
            cut = cut or guard.broken()
            if stopped or cut:
                stopper.step(getattr(stop, "hurried", False))
            for key in _ready(selector, child):
                data = os.read(key.fd, 1 << 16)
                key.data(data)
                if not data:
                    selector.unregister(key.fileobj)
    return stopped, cut


def run(
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    stop: threading.Event,
    tell: Callable[[Progress], None] = lambda _: None,
    limits: Limits | None = None,
    grows: Sequence[Path] = (),
    tolerates: Sequence[str] = (),
) -> Ended:
    """Run one FFmpeg in `folder` to its end and return how it ended; its complaints go to `log`, at most 1 MiB.

    Sets `-progress` itself. When `stop` is set, or a limit is broken, the child gets TERM, three seconds, then KILL.
    `grows` are the files it writes, a sign of life as long as one changes. Lines that match one of `tolerates` are
    logged and are no complaint. Raises OSError when it cannot be started.
    """
    limits = limits or Limits()
    with log.open("ab", buffering=0) as file:
        child = spawn([command[0], *PROGRESS, *command[1:]], folder, limits.memory)
        watch = Watch(file, tell, Listener(tuple(tolerates)))
        with child:
            try:
                stopped, cut = _drain(child, watch, Guard(limits, watch, tuple(grows)), stop)
            except BaseException:
                kill(child.pid)
                raise
    return Ended(child.returncode, watch.frame, watch.listener.complaint(), stopped, cut)
