"""One cage for all tests of a worker."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hostile.corpus import Case

TOP = Path(__file__).parents[2]
PROJECT = b'[roots]\nmedia = "camera originals"\nproxies = "ours"\n'


@dataclass(frozen=True, slots=True)
class Said:
    """What a caged command said: exit code (negative for a signal), CPU seconds, both outputs."""

    code: int
    seconds: float
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return [*self.out.splitlines(), *self.err.splitlines()]


@dataclass(slots=True)
class Cage:
    child: "subprocess.Popen[str]"
    scratch: Path

    def run(self, folder: Path, *arguments: str, git: bool = False) -> Said:
        out, err = self.scratch / "out", self.scratch / "err"
        order = {"folder": str(folder), "arguments": arguments, "git": git, "out": str(out), "err": str(err)}
        assert self.child.stdin and self.child.stdout
        self.child.stdin.write(json.dumps(order) + "\n")
        self.child.stdin.flush()
        answer = json.loads(self.child.stdout.readline())
        return Said(answer["code"], answer["seconds"], out.read_bytes().decode(), err.read_bytes().decode())


@pytest.fixture(scope="session")
def cage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cage]:
    """A process that has imported all, and forks for each command."""
    scratch = tmp_path_factory.mktemp("cage")
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    home = {"HOME": str(scratch), "XDG_CONFIG_HOME": str(scratch / "none"), "PYTHONPATH": str(TOP), "COLUMNS": "500"}
    command = [sys.executable, "-X", "utf8", "-m", "tests.hostile.cage"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=kept | home, cwd=TOP) as child:
        yield Cage(child, scratch)
        assert child.stdin
        child.stdin.close()


def laid(top: Path, case: Case) -> Path:
    """Put a case into a folder, as a checkout of it would lie there."""
    top.mkdir(exist_ok=True)
    for name, data in {"jobspec.toml": PROJECT, **case.files}.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for name, target in case.links:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).symlink_to(target)
    return top


def git(top: Path, *arguments: str) -> None:
    """Run git as some author."""
    who = ("-c", "user.name=x", "-c", "user.email=x@x", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=top, check=True, capture_output=True)
