"""A lock on an open file, among the processes of one machine; over NFS it may reach no further."""

import fcntl
import time

# Locks are held for the time of reading or writing a small file; who waits longer waits for a stopped process.
_WAIT_SECONDS = 10.0
_TICK_SECONDS = 0.02


def lock(descriptor: int) -> bool:
    """Lock an open file, until it is unlocked or closed; False where the file system has no locks.

    Raises TimeoutError when whoever has the lock does not let it go.
    """
    end = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < end:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_TICK_SECONDS)
        except OSError:
            return False
        else:
            return True
    raise TimeoutError("a process that does not move has it locked")


def unlock(descriptor: int) -> None:
    """Let others have it."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
