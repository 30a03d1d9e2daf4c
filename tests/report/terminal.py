"""A real terminal for a process: what it prints there, what is typed, how it ends."""

import errno
import os
import pty
import re
import select
import signal
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")


def plain(text: str) -> str:
    """Return what a terminal was sent without colours and cursor movements."""
    return _CONTROL.sub("", text)


class Terminal:
    """A process in a session of its own, on a terminal of 40 lines; kill it with `close` if it still runs."""

    def __init__(self, command: Sequence[str], cwd: Path, env: Mapping[str, str], columns: int = 200) -> None:
        self.printed = ""
        self._bytes = b""
        self._status: int | None = None
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            termios.tcsetwinsize(0, (40, columns))
            os.chdir(cwd)
            os.execve(command[0], list(command), {"TERM": "xterm-256color", **env})

    def _read(self, seconds: float) -> bool:
        """Read what comes within some seconds; return whether the terminal is still open."""
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self._master, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:  # what Linux answers when the last process has closed the terminal
                raise
            data = b""
        self._bytes += data
        self.printed = self._bytes.decode("utf-8", "replace")
        return bool(data)

    def wait_for(self, text: str, seconds: float = 30) -> None:
        """Read until `text` was printed."""
        end = time.monotonic() + seconds
        while text not in plain(self.printed):
            assert self._read(0.1), f"it ended without {text!r}:\n{self.printed}"
            assert time.monotonic() < end, f"{text!r} did not come:\n{self.printed}"

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def wait(self, seconds: float = 60) -> int:
        """Read to the end and return the exit code, negative for a signal."""
        end = time.monotonic() + seconds
        while self._read(0.1):
            assert time.monotonic() < end, f"it does not end:\n{self.printed}"
        return self._reap()

    def _reap(self) -> int:
        if self._status is None:
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._status

    def hang_up(self) -> None:
        """Close the terminal as a closed window does, and wait for the process."""
        os.close(self._master)
        self._reap()

    def close(self) -> None:
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            self._reap()
