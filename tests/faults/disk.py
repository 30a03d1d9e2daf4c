"""A small disk for the outputs of a site: a tmpfs in a mount namespace of its own, which ends with it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.site import RUN, Site

PAGE = 4096
_HOLD = 'mount -t tmpfs -o size=64m,mode=755 none "$1" && echo mounted && exec sleep 600'


@dataclass(frozen=True)
class Disk:
    """The disk as seen from outside: `inside` is its folder by way of the process that holds the namespace."""

    site: Site
    holder: int

    @property
    def inside(self) -> Path:
        return Path(f"/proc/{self.holder}/root{self.site.repository.proxies}")

    def command(self, *words: str) -> list[str]:
        """Return a command that runs where the disk is mounted."""
        return ["nsenter", f"--target={self.holder}", "--mount", f"--wd={self.site.repository.top}", *words]

    def run(self, *arguments: str) -> tuple[int, str]:
        """Run to the end; return the exit code and what was said."""
        done = subprocess.run(
            self.command(*RUN, *arguments),
            env=self.site.repository.environment | {"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout

    def leave(self, size: int) -> None:
        """Fill the disk until this many bytes are free, in whole pages."""
        free = os.statvfs(self.inside).f_bavail * PAGE
        with (self.inside / "filler").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(PAGE, (free - size) // PAGE * PAGE))

    def relieve(self) -> None:
        (self.inside / "filler").unlink()

    def remount(self, options: str) -> None:
        done = subprocess.run(self.command("mount", "-o", f"remount,{options}", str(self.site.repository.proxies)))
        assert done.returncode == 0

    @property
    def finals(self) -> list[Path]:
        return [path for path in self.inside.glob("out/*.*") if path.name != ".jobspec"]


@contextmanager
def disk_of(site: Site) -> Iterator[Disk]:
    """Mount a disk in the place of a site's outputs. Fails, and never skips, where that is not permitted."""
    command = ["unshare", "--mount", "sh", "-c", _HOLD, "sh", str(site.repository.proxies)]
    holder = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert holder.stdout
        said = holder.stdout.readline()
        assert said == "mounted\n", f"the fault suite mounts small disks, as root or with CAP_SYS_ADMIN: {said}"
        yield Disk(site, holder.pid)
    finally:
        holder.kill()
        holder.communicate()
