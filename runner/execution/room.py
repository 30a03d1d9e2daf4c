"""Room on the disks of the output folders, against the estimate of what is to be made there."""

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from runner.plan.estimate import cost
from runner.plan.model import Output
from runner.spec.location import Mounts, parse_location

# The estimate is good to a factor of two (plan/estimate.py): what is half of it certainly does not fit where it is
# more than there is, what is twice as much certainly fits where it is less.
_UNSURE = 2
# What a disk needs beside the files: its own records, our ledger, plan and logs.
_BESIDE = 1 << 16


def standing(path: Path) -> Path:
    """Return the folder at `path`, or the nearest one above it that is there.

    Raises NotADirectoryError when something that is no folder stands in the way of it.
    """
    there = next(each for each in (path, *path.parents) if os.path.lexists(each))
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
    return there


@dataclass(frozen=True, slots=True)
class Room:
    """One disk, by a folder on it that is there: bytes free for this user, and bytes about to be made."""

    folder: Path
    free: int
    wanted: int

    @property
    def lacks(self) -> bool:
        """Whether it certainly does not fit."""
        return self.wanted / _UNSURE + _BESIDE > self.free

    @property
    def tight(self) -> bool:
        """Whether it fits only if the estimate is not too low."""
        return self.wanted * _UNSURE > self.free


def rooms(outputs: Iterable[Output], mounts: Mounts) -> list[Room]:
    """Return the room for these outputs, by disk. Raises OSError for a folder that cannot be asked."""
    folders: dict[int, Path] = {}
    disks: dict[int, list[Output]] = {}
    for output in outputs:
        folder = standing(mounts.bind(parse_location(output.directory)))
        disk = folder.stat().st_dev
        folders.setdefault(disk, folder)
        disks.setdefault(disk, []).append(output)
    return [_room(folders[disk], each) for disk, each in disks.items()]


def _room(folder: Path, outputs: Iterable[Output]) -> Room:
    status = os.statvfs(folder)
    return Room(folder, status.f_bavail * status.f_frsize, round(cost(outputs).size))
