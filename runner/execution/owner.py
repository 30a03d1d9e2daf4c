"""Who is at work: a process told apart from every other, and whether it still lives, where that can be proved."""

import hashlib
import os
import socket
from collections.abc import Collection
from enum import Enum
from functools import lru_cache
from pathlib import Path

from runner.canonical import Value

_PROC = Path("/proc")
# The process table of the machine itself, not of a container: PROC_PID_INIT_INO of linux/proc_ns.h.
_FIRST_TABLE = "pid:[4026531836]"


class Owner(Value, frozen=True, kw_only=True):
    """A runner. `machine` tells hosts of one name apart, `boot` its lives since power-on, `table` its process tables,
    for every container has one; `start` is when the process began, in the kernel's ticks: numbers are used again.
    """

    host: str
    machine: str
    boot: str
    table: str
    pid: int
    start: str

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


class Life(Enum):
    """What can be proved of an owner from here."""

    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


@lru_cache(maxsize=1)
def _here() -> tuple[str, str, str, str]:
    """Return (host, machine, boot, table) of this process."""
    machine = _text(Path("/etc/machine-id")) or _text(Path("/var/lib/dbus/machine-id"))
    try:
        table = (_PROC / "self/ns/pid").readlink().name
    except OSError:
        table = ""
    return socket.gethostname(), _short(machine), _short(_text(_PROC / "sys/kernel/random/boot_id")), table


def started(pid: int) -> str:
    """Return when a process of this machine began, "" when it is gone, is a zombie, or cannot be told."""
    fields = _text(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return fields[19] if len(fields) > 19 and fields[0] not in ("Z", "X") else ""


def me() -> Owner:
    """Return this process."""
    host, machine, boot, table = _here()
    return Owner(host=host, machine=machine, boot=boot, table=table, pid=os.getpid(), start=started(os.getpid()))


def _runs(pid: int) -> bool:
    """Say whether there is a process of that number, where the kernel has no /proc."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _proved(owner: Owner, here: Owner) -> Life:
    """Return what is known without anybody's word. Of other machines and other containers nothing can be proved."""
    if (owner.host, owner.machine) != (here.host, here.machine):
        return Life.UNKNOWN
    if owner.boot != here.boot:  # started anew since; but images share their machine's name and number
        return Life.DEAD if here.machine and owner.table == here.table == _FIRST_TABLE else Life.UNKNOWN
    if owner.table != here.table:
        return Life.UNKNOWN
    if not here.start:
        return Life.ALIVE if _runs(owner.pid) else Life.DEAD
    return Life.ALIVE if started(owner.pid) == owner.start else Life.DEAD


def life(owner: Owner, taken_over: Collection[str] = ()) -> Life:
    """Return whether an owner lives: proved, or where nothing is, on the word of who takes over its whole host."""
    found = _proved(owner, me())
    return Life.DEAD if found is Life.UNKNOWN and owner.host in taken_over else found
