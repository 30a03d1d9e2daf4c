"""What one task may take: time, silence, memory, room on the disk. Defaults come from the clip and the machine."""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.execution.groups import ROOT, newer, older, said
from runner.execution.process import Limits
from runner.plan.estimate import cost, memory
from runner.plan.model import Output

# Ten minutes for a slow mount to wake up; a hundred times the clip's length, or twenty times the CPU time that
# plan/estimate.py measured, since that is good to a factor of two and machines are shared.
_WALL_SECONDS, _WALL_LENGTHS, _WALL_CPU = 600, 100, 20
# FFmpeg reports twice a second. Two minutes are an NFS server that restarts; a tenth of the length leaves room for
# what takes long without a report, such as the index of a large file.
_STALL_SECONDS, _STALL_LENGTHS = 120, 0.1
# Of the memory that is ours, for all FFmpegs together; but never less than a good job needs (plan/estimate.py).
_MEMORY_PART = 0.8
# What a file system needs beside the file: its own records, our ledger, plan and log.
_ROOM_BESIDE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user sets instead of the defaults: seconds, seconds, bytes. None is the default, 0 is no limit."""

    timeout: float | None = None
    stall_timeout: float | None = None
    memory: int | None = None


DEFAULTS = Wanted()


def memory_here(root: Path = ROOT) -> int | None:
    """Return the bytes of memory for this process and all it starts, None where nobody says how many.

    They are the machine's, and no more than its control groups are given. `root` is where /proc and /sys are.
    """
    return min((*_of_machine(), *_of_groups(root)), default=None)


def _of_machine() -> tuple[int, ...]:
    try:
        return (os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),)
    except (ValueError, OSError):
        return ()


def _of_groups(root: Path) -> Iterator[int]:
    """Yield the limits of the control groups around this process, in bytes.

    "max" is none, and so is the older kind's huge number, being more than any machine has. Above memory.high nobody is
    killed, but all are slowed until they hardly move. Sources: "Memory Interface Files" in the kernel's
    admin-guide/cgroup-v2; admin-guide/cgroup-v1/memory for the older kind.
    """
    files = [group / name for group in newer(root) for name in ("memory.max", "memory.high")]
    files += [group / "memory.limit_in_bytes" for group in older(root, "memory")]
    return (int(limit) for limit in map(said, files) if limit.isdigit())


def _for_all() -> int | None:
    """Return the bytes of memory for all FFmpegs together."""
    here = memory_here()
    return None if here is None else int(here * _MEMORY_PART)


def _memory(outputs: Sequence[Output], workers: int) -> int | None:
    total = _for_all()
    return None if total is None else max(memory(outputs), total // workers)


def that_fit_memory(groups: Sequence[Sequence[Output]]) -> int:
    """Return how many of these groups the memory holds at once, at least 1, should the largest of them meet."""
    total = _for_all()
    return len(groups) if total is None else max(1, total // max(map(memory, groups), default=1))


def limits_of(outputs: Sequence[Output], wanted: Wanted, workers: int = 1) -> Limits:
    """Return the limits of one FFmpeg that encodes these outputs of one source, or decodes one of them.

    Each output has an encoder of its own, so time and memory add up; silence does not.
    """
    length, cpu = max(float(each.expects.seconds) for each in outputs), cost(outputs).cpu
    wall = _WALL_SECONDS + _WALL_LENGTHS * length + _WALL_CPU * cpu
    stall = _STALL_SECONDS + _STALL_LENGTHS * length
    allowed = _memory(outputs, workers) if wanted.memory is None else wanted.memory
    return Limits(
        wall=(wall if wanted.timeout is None else wanted.timeout) or None,
        stall=(stall if wanted.stall_timeout is None else wanted.stall_timeout) or None,
        memory=allowed or None,
    )


def room(outputs: Sequence[Output], folder: Path) -> tuple[int, int] | None:
    """Return (bytes wanted, bytes free) where these outputs are encoded; None where the file system does not tell.

    Wanted is half the estimate, which is good to a factor of two: what certainly does not fit is refused before it is
    begun, what may fit is tried.
    """
    there = next(each for each in (folder, *folder.parents) if each.is_dir())
    usage = shutil.disk_usage(there)
    return (int(cost(outputs).size / 2) + _ROOM_BESIDE, usage.free) if usage.total else None
