"""The one door through which FFmpeg is started to encode or decode: spawn, progress, stop, bounded log."""

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from runner.plan.arguments import ENVIRONMENT

# What a child may inherit. FFREPORT and its like make FFmpeg write files; whatever is not named here is gone.
_INHERITED = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
PROGRESS = ("-progress", "pipe:1", "-nostats", "-stats_period", "0.5")
MOST_LOG_BYTES = 1 << 20
GRACE_SECONDS = 3.0
_TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one FFmpeg is: frames written, and its speed against real time where it says so."""

    frame: int = 0
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How one FFmpeg ended: exit status (negative for a signal), frames written, the start of its complaints."""

    status: int
    frames: int
    complaint: str
    stopped: bool = False

    @property
    def clean(self) -> bool:
        """Whether it exited with 0, said nothing and was not told to stop: anything else is not trusted."""
        return self.status == 0 and not self.complaint and not self.stopped


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every FFmpeg."""
    return {name: environ[name] for name in _INHERITED if name in environ} | dict(ENVIRONMENT)


@dataclass(slots=True)
class _Watch:
    """Reads both pipes of a child until they close: a pipe that nobody drains stops FFmpeg."""

    log: IO[bytes]
    tell: Callable[[Progress], None]
    frame: int = 0
    logged: int = 0
    start: bytes = b""
    rest: bytes = field(default=b"")

    def output(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        values = dict(line.split(b"=", 1) for line in lines if b"=" in line)
        if (frame := values.get(b"frame", b"").strip()).isdigit():
            self.frame = int(frame)
        if b"progress" in values:
            self.tell(Progress(self.frame, _speed(values.get(b"speed", b""))))

    def complaint(self, data: bytes) -> None:
        self.log.write(data[: max(0, MOST_LOG_BYTES - self.logged)])
        self.logged += len(data)
        self.start = (self.start + data)[:4096]


def _speed(text: bytes) -> float | None:
    try:
        return float(text.strip().rstrip(b"x"))
    except ValueError:
        return None


def _signal(child: "subprocess.Popen[bytes]", number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


@dataclass(slots=True)
class _Stopper:
    """TERM once, then KILL after the grace time, to the child's process group."""

    child: "subprocess.Popen[bytes]"
    since: float | None = None

    def step(self) -> None:
        if self.since is None:
            self.since = time.monotonic()
            _signal(self.child, signal.SIGTERM)
        elif time.monotonic() - self.since > GRACE_SECONDS:
            _signal(self.child, signal.SIGKILL)


def _drain(child: "subprocess.Popen[bytes]", watch: _Watch, stop: threading.Event) -> bool:
    """Read until both pipes close; return whether the child was told to stop."""
    stopper = _Stopper(child)
    with selectors.DefaultSelector() as selector:
        for pipe, take in ((child.stdout, watch.output), (child.stderr, watch.complaint)):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ, take)
        while selector.get_map():
            if stop.is_set():
                stopper.step()
            for key, _ in selector.select(_TICK_SECONDS):
                data = os.read(key.fd, 1 << 16)
                key.data(data)
                if not data:
                    selector.unregister(key.fileobj)
    return stopper.since is not None


def run(
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    stop: threading.Event,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Ended:
    """Run one FFmpeg in `folder` to its end and return how it ended; its complaints go to `log`, at most 1 MiB.

    Sets `-progress` itself. When `stop` is set, the child gets TERM, three seconds, then KILL.
    Raises OSError when it cannot be started.
    """
    with log.open("ab") as file:
        child = subprocess.Popen(
            [command[0], *PROGRESS, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment(os.environ),
            start_new_session=True,
        )
        watch = _Watch(file, tell)
        with child:
            try:
                stopped = _drain(child, watch, stop)
            except BaseException:
                _signal(child, signal.SIGKILL)
                raise
    return Ended(child.returncode, watch.frame, watch.start.decode("utf-8", "replace").strip(), stopped)
