"""What one FFmpeg says while it works, and the limits that it may break."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from runner.execution.complaints import Listener

MOST_LOG_BYTES = 1 << 20
# An FFmpeg that says this much is wrong in any case; it is not listened to for ever. What is tolerated does not count:
# a long clip may have a scratch in each of its frames.
MOST_SAID_BYTES = 1 << 24
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


@dataclass(slots=True)
class Watch:
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
class Guard:
    """Says when a child has broken a limit. A file that grows is progress too: faststart writes all of it twice."""

    limits: Limits
    watch: Watch
    grows: tuple[Path, ...]
    begun: float = field(default_factory=time.monotonic)
    size: tuple[tuple[int, int], ...] = ()
    grew: float = field(default_factory=time.monotonic)

    def broken(self) -> Cut | None:
        """Return the limit that is broken now, if one is."""
        now = time.monotonic()
        if self.watch.listener.loud > MOST_SAID_BYTES:
            return "noisy"
        if self.limits.wall is not None and now - self.begun > self.limits.wall:
            return "late"
        return "stalled" if self.limits.stall is not None and now - self._moved(now) > self.limits.stall else None

    def _moved(self, now: float) -> float:
        if (size := tuple(map(_size, self.grows))) != self.size:
            self.size, self.grew = size, now
        return max(self.watch.moved, self.grew)


def _size(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns
