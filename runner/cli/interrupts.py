"""Ctrl-C, TERM and HUP while a run is under way: once is a tidy end, twice a quick one."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from runner.errors import Exit
from runner.execution.stopping import Stop
from runner.report.reader import reader_may_be_gone

# Seconds after a second Ctrl-C until the process ends, whatever it still waits for.
_PATIENCE_SECONDS = 1.5


def _leave(*_: object) -> None:
    """End at once; the kernel ends what we started (see execution/leash.py), the next run sweeps what it left."""
    with reader_may_be_gone():
        os.write(2, b"\x1b[?25h" if sys.stderr.isatty() else b"")  # the bars have hidden the cursor
    os._exit(Exit.INTERRUPTED)


@contextmanager
def interruptible(stop: Stop) -> Iterator[threading.Event]:
    """Turn Ctrl-C, TERM and HUP into the order to stop: no new tasks, FFmpeg ended, work folders removed.

    A second one kills FFmpeg, and soon after ourselves; one that comes when all has been told to stop, and the rest is
    printing, ends at once. Yields an event that says whether one of them came: --fail-fast gives the same order.
    """
    asked = threading.Event()
    patience = threading.Timer(_PATIENCE_SECONDS, _leave)
    patience.daemon = True

    def obey(*_: object) -> None:
        if not asked.is_set():
            asked.set()
            stop.set()
        elif not stop.hurried:
            stop.hurry()
            patience.start()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, obey) for number in numbers]
    try:
        yield asked
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, _leave if asked.is_set() else handler)
        patience.cancel()
