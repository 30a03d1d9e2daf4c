"""How an FFmpeg is stopped: asked, given time, killed."""

import os
import signal
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

GRACE_SECONDS = 3.0


class Stop(threading.Event):
    """The order to stop: FFmpeg gets TERM and time to end. Given a second time, it gets KILL at once."""

    hurried = False

    def hurry(self) -> None:
        """Stop, and wait for nobody."""
        self.hurried = True
        self.set()


def kill(group: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to the group of a child: to it and all its own children."""
    with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM where only a zombie is left
        os.killpg(group, number)


@dataclass(slots=True)
class Stopper:
    """TERM once, then KILL after the grace time, to the child's process group."""

    group: int
    since: float | None = None

    def step(self, hurried: bool = False) -> None:
        """Do what is due now; called again and again until the child has ended."""
        if self.since is None:
            self.since = time.monotonic()
            kill(self.group, signal.SIGTERM)
        if hurried or time.monotonic() - self.since > GRACE_SECONDS:
            kill(self.group)
