"""File systems of a test's own: small, full or read-only ones, mounted for the length of a block."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Mounting is for root; CI's user may ask for it without a password.
_AS_ROOT = () if os.geteuid() == 0 else ("sudo", "-n")


@contextmanager
def tmpfs(folder: Path, *options: str) -> Iterator[Path]:
    """Mount a new tmpfs at a folder, such as `tmpfs(folder, "size=64k")`; what was in it is gone afterwards."""
    folder.mkdir(exist_ok=True)
    told = ",".join(("mode=777", *options))
    subprocess.run([*_AS_ROOT, "mount", "-t", "tmpfs", "-o", told, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run([*_AS_ROOT, "umount", "--lazy", str(folder)], check=True)


def freeze(folder: Path) -> None:
    """Make what is mounted at a folder read-only."""
    subprocess.run([*_AS_ROOT, "mount", "-o", "remount,ro", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Write until the disk below `folder` is full."""
    try:
        with (folder / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 12))
    except OSError:
        return
