"""How many cores this process may really use: those it may run on, and no more than its control groups are given."""

import os
from collections.abc import Iterator
from math import ceil
from pathlib import Path

from runner.execution.groups import ROOT, newer, older, said


def cores(root: Path = ROOT) -> int:
    """Return the number of cores for this process, at least 1; a part of one counts as one.

    `root` is where /proc and /sys are. Sources: sched_getaffinity(2); "CPU Interface Files" in the kernel's
    admin-guide/cgroup-v2; scheduler/sched-bwc for the older kind.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([allowed, *(ceil(each) for each in quotas(root))]))


def quotas(root: Path) -> Iterator[float]:
    """Yield the cores that each control group around this process is given, where it is given less than all."""
    found = (*map(_quota, newer(root)), *map(_older_quota, older(root, "cpu")))
    return (quota for quota in found if quota)


def _quota(group: Path) -> float | None:
    """Read "200000 100000": microseconds of CPU in each period; "max" is no limit."""
    return _ratio(*[*said(group / "cpu.max").split(), "", ""][:2])


def _older_quota(group: Path) -> float | None:
    return _ratio(said(group / "cpu.cfs_quota_us"), said(group / "cpu.cfs_period_us"))


def _ratio(quota: str, period: str) -> float | None:
    """Return the cores of a quota; -1 is no limit."""
    known = quota.isdigit() and period.isdigit() and int(period)
    return int(quota) / int(period) if known else None
