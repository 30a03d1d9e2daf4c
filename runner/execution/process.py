"""The one door through which FFmpeg is started to encode or decode: spawn, progress, limits, stop, bounded log."""

import os
import selectors
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from runner.execution import children
from runner.execution.complaints import Listener

PROGRESS = ("-progress", "pipe:1", "-nostats", "-stats_period", "0.5")
MOST_LOG_BYTES = 1 << 20
# An FFmpeg that says this much is wrong in any case; it is not listened to for ever.
MOST_SAID_BYTES = 1 << 24
_TICK_SECONDS = 0.2
_LONGEST_LINE = 1 << 16

# Why we ended it: no progress, over its time, or talking without end.
Cut = Literal["stalled", "late", "noisy"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one FFmpeg is: frames written, and its speed against real time where it says so."""

    frame: int = 0
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one FFmpeg may take: seconds in all, seconds without progress, bytes of memory; None is no limit."""

    wall: float | None = None
    stall: float | None = None
    memory: int | None = None


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


@dataclass(slots=True)
class _Watch:
    """Reads both pipes of a child until they close: a pipe that nobody drains stops FFmpeg."""

    log: IO[bytes]
    tell: Callable[[Progress], None]
    listener: Listener
    frame: int = 0
    said: int = 0
    sign: object = None
    moved: float = field(default_factory=time.monotonic)
    rest: bytes = b""

    def output(self, data: bytes) -> None:
        *lines, rest = (self.rest + data).split(b"\n")
        self.rest = rest[-_LONGEST_LINE:]
        values = dict(line.split(b"=", 1) for line in lines if b"=" in line)
        if (frame := values.get(b"frame", b"").strip()).isdigit():
            self.frame = int(frame)
        if b"progress" in values:
            self.alive((self.frame, values.get(b"out_time_us"), values.get(b"total_size")))
            self.tell(Progress(self.frame, _speed(values.get(b"speed", b""))))

    def complaint(self, data: bytes) -> None:
        self.log.write(data[: max(0, MOST_LOG_BYTES - self.said)])
        self.said += len(data)
        self.listener.hear(data)

    def alive(self, sign: object) -> None:
        """Take a sign of life: it counts when it is another than the last."""
        if sign != self.sign:
            self.sign, self.moved = sign, time.monotonic()


def _speed(text: bytes) -> float | None:
    try:
        return float(text.strip().rstrip(b"x"))
    except ValueError:
        return None


@dataclass(slots=True)
class _Guard:
    """Says when a child has broken a limit. A file that grows is progress too: faststart writes all of it twice."""

    limits: Limits
    watch: _Watch
    grows: Path | None
    begun: float = field(default_factory=time.monotonic)
    size: tuple[int, int] = (0, 0)
    grew: float = field(default_factory=time.monotonic)

    def broken(self) -> Cut | None:
        """Return the limit that is broken now, if one is."""
        now = time.monotonic()
        if self.watch.said > MOST_SAID_BYTES:
            return "noisy"
        if self.limits.wall is not None and now - self.begun > self.limits.wall:
            return "late"
        return "stalled" if self.limits.stall is not None and now - self._moved(now) > self.limits.stall else None

    def _moved(self, now: float) -> float:
        if (size := _size(self.grows)) != self.size:
            self.size, self.grew = size, now
        return max(self.watch.moved, self.grew)


def _size(path: Path | None) -> tuple[int, int]:
    try:
        status = path.stat() if path else None
    except OSError:
        status = None
    return (status.st_size, status.st_mtime_ns) if status else (0, 0)


def _drain(
    child: "subprocess.Popen[bytes]", watch: _Watch, guard: _Guard, stop: threading.Event
) -> tuple[bool, Cut | None]:
    """Read until both pipes close; return whether the child was told to stop, and the limit that it broke."""
    stopper = children.Stopper(child)
    stopped, cut = False, None
    with selectors.DefaultSelector() as selector:
        for pipe, take in ((child.stdout, watch.output), (child.stderr, watch.complaint)):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ, take)
        while selector.get_map():
            stopped = stopped or stop.is_set()
            cut = cut or guard.broken()
            if stopped or cut:
                stopper.step(getattr(stop, "hurried", False))
            for key, _ in selector.select(_TICK_SECONDS):
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
    grows: Path | None = None,
    tolerates: Sequence[str] = (),
) -> Ended:
    """Run one FFmpeg in `folder` to its end and return how it ended; its complaints go to `log`, at most 1 MiB.

    Sets `-progress` itself. When `stop` is set, or a limit is broken, the child gets TERM, three seconds, then KILL.
    `grows` is the file it writes, a sign of life as long as it changes. Lines that match one of `tolerates` are logged
    and are no complaint. Raises OSError when it cannot be started.
    """
    limits = limits or Limits()
    with log.open("ab", buffering=0) as file:
        child = children.spawn([command[0], *PROGRESS, *command[1:]], folder, limits.memory)
        watch = _Watch(file, tell, Listener(tuple(tolerates)))
        with child:
            try:
                stopped, cut = _drain(child, watch, _Guard(limits, watch, grows), stop)
            except BaseException:
                children.kill(child)
                raise
    return Ended(child.returncode, watch.frame, watch.listener.complaint(), stopped, cut)
