"""How many cores this process may really use: those it may run on, and no more than its control groups are given."""

import os
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path, PurePosixPath

_ROOT = Path("/")
# Where the hierarchies are mounted: the newer kind alone, beside the older one, or the older one's controller.
_NEWER, _OLDER = ("sys/fs/cgroup", "sys/fs/cgroup/unified"), ("sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct")


def cores(root: Path = _ROOT) -> int:
    """Return the number of cores for this process, at least 1; a part of one counts as one.

    `root` is where /proc and /sys are. Sources: sched_getaffinity(2); "CPU Interface Files" in the kernel's
    admin-guide/cgroup-v2; scheduler/sched-bwc for the older kind.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([allowed, *(ceil(each) for each in quotas(root))]))


def quotas(root: Path) -> Iterator[float]:
    """Yield the cores that each control group around this process is given, where it is given less than all."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if not controllers:
            yield from _each(root, _NEWER, path, _quota)
        elif "cpu" in controllers.split(","):
            yield from _each(root, _OLDER, path, _older_quota)


def _each(root: Path, mounts: tuple[str, ...], path: str, read: Callable[[Path], float | None]) -> Iterator[float]:
    """Yield the quotas of a group and of all around it: any of them holds.

    In a container without a view of its own the path is the host's, and is not there: what is above it still is.
    """
    inner = PurePosixPath(path.lstrip("/"))
    for mount in mounts:
        for group in (inner, *inner.parents):
            if quota := read(root / mount / group):
                yield quota


def _quota(group: Path) -> float | None:
    """Read "200000 100000": microseconds of CPU in each period; "max" is no limit."""
    return _ratio(*[*_text(group / "cpu.max").split(), "", ""][:2])


def _older_quota(group: Path) -> float | None:
    return _ratio(_text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float | None:
    """Return the cores of a quota; -1 is no limit."""
    known = quota.isdigit() and period.isdigit() and int(period)
    return int(quota) / int(period) if known else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
