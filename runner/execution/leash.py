"""A program of its own, which becomes FFmpeg: binds it to the life of its runner, and sets its limits.

`python -I -S leash.py HOW PARENT MEMORY COMMAND…`. Between fork and exec no Python may run in a process of many
threads, for a lock that another thread held there is held for ever; so this is a program, and no preexec_fn. It costs
about 12 ms. It imports nothing of ours, for it runs without a path to it.
"""

import ctypes
import os
import resource
import select
import signal
import sys
import time

# Two ways to die with the runner: asked of the kernel (Linux), or watched by a parent of its own (macOS).
BIND, WATCH = "bind", "watch"
NOT_STARTED = 127
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOOK_SECONDS = 0.25


def _bind(parent: int) -> None:
    """Have the kernel kill this process when the thread that spawned it ends; it survives the exec."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before we asked
        os._exit(NOT_STARTED)


def _limit(memory: int) -> None:
    """Cap what the process may allocate, and let it leave no core.

    RLIMIT_DATA and not RLIMIT_AS: the C library reserves 64 MiB of addresses for each thread and touches little of it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory:
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _become(command: list[str]) -> None:
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTERM):  # what is ignored would stay so
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]} cannot be started: {error.strerror}\n".encode())
        os._exit(NOT_STARTED)


def _watch(parent: int, child: int) -> None:
    """Wait for the child and end as it ends; when the runner is gone, kill the whole group, ourselves included."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            _end_as(status)
        if os.getppid() != parent:
            os.killpg(0, signal.SIGKILL)
        select.select([reading], [], [], _LOOK_SECONDS)


def _end_as(status: int) -> None:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code != signal.SIGKILL else None
        os.kill(os.getpid(), -code)
        time.sleep(1)
    os._exit(code)


def main(how: str, parent: int, memory: int, command: list[str]) -> None:
    """Become the command, or stay as the one who watches over it."""
    if how == BIND:
        _bind(parent)
    else:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what our group is sent is meant for the child
        if child := os.fork():
            _watch(parent, child)
    _limit(memory)
    _become(command)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
