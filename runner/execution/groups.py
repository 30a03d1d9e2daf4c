"""The control groups around this process, as folders: what any of them is given holds for all that is within."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path("/")
# Where the hierarchies are mounted: the newer kind alone or beside the older one; the older one's controllers.
_NEWER = ("sys/fs/cgroup", "sys/fs/cgroup/unified")
_OLDER = {"cpu": ("sys/fs/cgroup/cpu", "sys/fs/cgroup/cpu,cpuacct"), "memory": ("sys/fs/cgroup/memory",)}


def newer(root: Path) -> Iterator[Path]:
    """Yield the groups of the newer kind, the process's own first; `root` is where /proc and /sys are."""
    for controllers, path in _own(root):
        if not controllers:
            yield from _around(root, _NEWER, path)


def older(root: Path, controller: str) -> Iterator[Path]:
    """Yield a controller's groups of the older kind, where each has a hierarchy of its own."""
    for controllers, path in _own(root):
        if controller in controllers.split(","):
            yield from _around(root, _OLDER[controller], path)


def said(file: Path) -> str:
    """Return what a group's file says, nothing where there is none."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def _own(root: Path) -> Iterator[tuple[str, str]]:
    """Yield (controllers, path) of each group that the process is in, by cgroups(7); the newer kind names none."""
    for line in said(root / "proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        yield controllers, path


def _around(root: Path, mounts: tuple[str, ...], path: str) -> Iterator[Path]:
    """Yield where a group and all around it may be.

    In a container without a view of its own the path is the host's, and is not there: what is above it still is.
    """
    inner = PurePosixPath(path.lstrip("/"))
    for mount in mounts:
        for group in (inner, *inner.parents):
            yield root / mount / group
