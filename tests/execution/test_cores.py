"""The cores that are really ours, read from control groups that the test makes up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.execution.cores import cores
from tests.execution.grouped import machine

HERE = len(os.sched_getaffinity(0))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of 64 cores, all of which this process may run on."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))


GROUPS = {
    "no groups": ("", {}, 64),
    "the newer kind": ("0::/jobs/a", {"sys/fs/cgroup/jobs/a/cpu.max": "400000 100000"}, 4),
    "no limit": ("0::/jobs/a", {"sys/fs/cgroup/jobs/a/cpu.max": "max 100000"}, 64),
    "a limit around the group": (
        "0::/jobs/a",
        {"sys/fs/cgroup/jobs/a/cpu.max": "max 100000", "sys/fs/cgroup/jobs/cpu.max": "300000 100000"},
        3,
    ),
    "the lowest of several limits": (
        "0::/jobs/a",
        {"sys/fs/cgroup/jobs/a/cpu.max": "800000 100000", "sys/fs/cgroup/jobs/cpu.max": "200000 100000"},
        2,
    ),
    "a part of a core": ("0::/a", {"sys/fs/cgroup/a/cpu.max": "150000 100000"}, 2),
    "less than one core": ("0::/a", {"sys/fs/cgroup/a/cpu.max": "20000 100000"}, 1),
    "in a container with a view of its own": ("0::/", {"sys/fs/cgroup/cpu.max": "200000 100000"}, 2),
    "the older kind": (
        "4:cpu,cpuacct:/docker/abc\n3:cpuset:/docker/abc",
        {
            "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "250000",
            "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000",
        },
        3,
    ),
    "the older kind, the host's path in a container": (
        "4:cpu,cpuacct:/docker/abc",
        {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"},
        2,
    ),
    "the older kind without a limit": (
        "1:cpu:/a",
        {"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000"},
        64,
    ),
    "both kinds": (
        "1:cpu:/\n0::/a",
        {
            "sys/fs/cgroup/unified/a/cpu.max": "500000 100000",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "600000",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        },
        5,
    ),
    "another controller's group": ("3:cpuset:/a", {"sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "100000"}, 64),
    "nonsense": ("0::/a\nno group", {"sys/fs/cgroup/a/cpu.max": "many"}, 64),
    "a period of nothing": ("0::/a", {"sys/fs/cgroup/a/cpu.max": "100000 0"}, 64),
}


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("group", "files", "found"), GROUPS.values(), ids=GROUPS)
def test_no_more_cores_are_used_than_the_groups_are_given(
    group: str, files: dict[str, str], found: int, tmp_path: Path
) -> None:
    assert cores(machine(tmp_path, group, files)) == found


def test_a_quota_gives_no_core_that_the_process_may_not_run_on(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/a/cpu.max": "6400000 100000"}
    assert cores(machine(tmp_path, "0::/a", files)) == HERE


def test_a_process_bound_to_one_core_has_one() -> None:
    program = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); from runner.execution.cores import cores"
    )
    done = subprocess.run([sys.executable, "-c", f"{program}; print(cores())"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("1\n", "")
