"""What runs within a Dask worker: starts `jobspec exec-task` as a process, and stays with it until it ends."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

import distributed

from runner import __version__
from runner.execution.telling import read

# The resource whose amount says how many tasks a worker makes at once.
SLOT = "encode"
# Where the lines of a task go, for the clients that subscribe to it.
TOPIC = "jobspec"
_TICK_SECONDS = 0.2
# FFmpeg is asked to end, and after three seconds killed (execution/stopping.py); the process itself is killed last.
_GRACE_SECONDS = 4.5
_MOST_SAID_BYTES = 1 << 12
# Of a task of Dask's: it runs, and somebody wants what comes of it.
_WANTED = ("executing", "long-running")
_AT_WORK = ("running", "paused", "closing_gracefully")


class Refused(Exception):
    """This worker is not one that the task may run on."""


def slots_of(resources: dict[str, float]) -> int:
    """Return how many tasks a worker with these resources makes at once."""
    return int(resources.get(SLOT, 0))


def _command(worker: Any, options: Sequence[str]) -> list[str]:
    """Return the command of a task: its cores are those that the worker was given, shared by its slots."""
    slots = max(1, slots_of(worker.state.total_resources))
    threads = max(1, worker.state.nthreads // slots)
    return [
        *(sys.executable, "-P", "-m", "runner", "exec-task", *options),
        *("--threads", str(threads), "--workers", str(slots)),
        *("--ledger", f"{os.getpid()}-worker", "--worker", str(worker.name)),
    ]


@dataclass(slots=True)
class _Child:
    """A running exec-task: its lines go to the clients, and its last ones to the result."""

    process: "subprocess.Popen[bytes]"
    lines: list[str] = field(default_factory=list)
    said: bytes = b""
    rest: bytes = b""

    def output(self, data: bytes) -> Iterator[str]:
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")

    def complaint(self, data: bytes) -> None:
        self.said = (self.said + data)[-_MOST_SAID_BYTES:]


def _wanted(worker: Any, key: object) -> bool:
    """Say whether the task is still wanted here: not cancelled, its client there, this worker part of a cluster.

    A thread of Dask's cannot be stopped from outside; what its worker knows of its task is looked up instead.
    """
    state = worker.state.tasks.get(key)
    return state is not None and state.state in _WANTED and worker.status.name in _AT_WORK


def perform(client: str, version: str, *options: str) -> tuple[str, ...]:
    """Run one task on this worker and return its lines, the last of which say how it ended.

    `client` is who wants to hear of it meanwhile. Raises Refused for another version of ours than the client's.
    """
    if version != __version__:
        raise Refused(f"it has jobspec {__version__}, not {version}")
    worker = distributed.get_worker()
    return _stayed_with(worker, worker.get_current_task(), client, _command(worker, options))


def _stayed_with(worker: Any, key: object, client: str, command: Sequence[str]) -> tuple[str, ...]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    ended: list[str] = []
    with subprocess.Popen(command, start_new_session=True, **pipes) as process:  # type: ignore[call-overload]
        child = _Child(process)
        try:
            for line in _heard(child, lambda: _wanted(worker, key)):
                if read(line).what in ("ended", "refused"):
                    ended.append(line)
                worker.log_event(TOPIC, {"client": client, "who": str(worker.name), "key": key, "line": line})
        except BaseException:
            _kill(process)
            raise
    if not ended:
        said = child.said.decode("utf-8", "replace").strip()
        raise RuntimeError(said or f"exec-task exited with {process.returncode}")
    return tuple(ended)


def _heard(child: _Child, wanted: Any) -> Iterator[str]:
    """Yield the lines of a child until it has ended; once it is unwanted close its stdin, the word to stop."""
    closed: float | None = None
    with selectors.DefaultSelector() as selector:
        for pipe in (child.process.stdout, child.process.stderr):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map() or child.process.poll() is None:
            if closed is None and not wanted():
                closed = time.monotonic()
                _close(child.process.stdin)
            if closed is not None and time.monotonic() - closed > _GRACE_SECONDS:
                _kill(child.process)
            yield from _read(child, selector)


def _read(child: _Child, selector: selectors.BaseSelector) -> Iterator[str]:
    if not selector.get_map():
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(_TICK_SECONDS)
    for key, _ in selector.select(_TICK_SECONDS) if selector.get_map() else ():
        data = os.read(key.fd, 1 << 16)
        if not data:
            selector.unregister(key.fileobj)
        elif key.fileobj is child.process.stdout:
            yield from child.output(data)
        else:
            child.complaint(data)


def _close(pipe: IO[bytes] | None) -> None:
    with suppress(OSError):
        if pipe:
            pipe.close()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill an exec-task; its FFmpeg is on the leash and goes with it."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
