"""A site where things go wrong: a job of three clips, what must hold after every fault, and the suite's figures."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runner.execution.publish import sha256
from runner.media.toolchain import bundled
from tests.cli.made import new_repository
from tests.conftest import Repository
from tests.execution.fakes import end_processes_about, processes_about, work_folders

FRAMES = 10
NAMES = ("a.mov", "b.mov", "c.mov")
RUN = (sys.executable, "-m", "runner", "run")
SEED = 5
FIGURES = "JOBSPEC_FIGURES"
# A file that a run was writing beside its outputs, as execution/whole.py names it.
HALF = re.compile(r"\..+-[0-9]+-[0-9]+")


def long(*numbers: int) -> list[object]:
    """Return numbers of the long part, as `range` takes them."""
    return [pytest.param(number, marks=pytest.mark.long) for number in range(*numbers)]


def dice(what: str, number: int) -> random.Random:
    """Return the chance of one case: the same each time the suite runs."""
    return random.Random(f"{SEED} {what} {number}")


def must_have(*programs: str) -> None:
    """Fail, and never skip, where a program is missing that a fault is made with."""
    missing = [each for each in programs if not shutil.which(each)]
    assert not missing, f"the fault suite needs {', '.join(missing)}; install it (apt-get install {' '.join(missing)})"


def tell(fault: str, outcome: str) -> None:
    """Count an outcome of a fault for the table, where one is wanted."""
    if folder := os.environ.get(FIGURES):
        with (Path(folder) / f"{os.getpid()}.jsonl").open("a") as file:
            file.write(json.dumps([fault, outcome]) + "\n")


def frames_of(path: Path) -> int:
    """Count the frames that decode without a word, by FFmpeg and not by our own code; -1 for a file with a fault."""
    command = (str(bundled()), "-nostdin", "-v", "error", "-xerror", "-i", f"file:{path}", "-map", "0:V:0")
    ending = ("-fps_mode", "passthrough", "-f", "null", "-progress", "-", "-")
    done = subprocess.run([*command, *ending], capture_output=True, text=True)
    bad = done.returncode or done.stderr
    return -1 if bad else int(done.stdout.split("frame=")[-1].split()[0])


@dataclass
class Site:
    """A repository with its media, and the hashes of its sources."""

    repository: Repository
    sources: dict[Path, str] = field(default_factory=dict)
    frames: int = FRAMES

    @property
    def out(self) -> Path:
        return self.repository.proxies / "out"

    @property
    def state(self) -> Path:
        return self.out / ".jobspec"

    @property
    def finals(self) -> list[Path]:
        return [path for path in self.out.rglob("*") if ".jobspec" not in path.parts and path.is_file()]

    def remember(self) -> None:
        """Take the hashes of all sources."""
        self.sources = {path: sha256(path) for path in self.repository.media.iterdir()}

    def start(
        self, *arguments: str, before: Sequence[str] = (), env: Mapping[str, str] | None = None, **options: object
    ) -> "subprocess.Popen[str]":
        """Start a run, as the last words of another command where `before` names one."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        environment = {**self.repository.environment, **(env or {})}
        command = [*before, *RUN, *arguments]
        return subprocess.Popen(command, cwd=self.repository.top, env=environment, **{**pipes, **options})  # type: ignore[call-overload, no-any-return]

    def run(self, *arguments: str, before: Sequence[str] = (), env: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run to the end; return the exit code and what was said."""
        process = self.start(*arguments, before=before, env=env)
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def wait_for(self, process: "subprocess.Popen[str]", true: Callable[[], object], seconds: float = 30) -> None:
        """Wait until something is true of a run that is under way."""
        end = time.monotonic() + seconds
        while not true():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end, "it did not come to pass"
            time.sleep(0.005)

    def encoding(self) -> bool:
        """Say whether an FFmpeg has begun to write its file."""
        return any(path.stat().st_size for path in self.out.glob(".jobspec/work/*/output.*"))

    def ffmpegs(self, seconds: float = 3) -> list[str]:
        """Return the FFmpegs that live still, after some time to die."""
        end = time.monotonic() + seconds
        while (found := processes_about(f"{self.repository.proxies}/")) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    def judge(self, said: str = "", *, sources: bool = True, foreign: Sequence[Path] = ()) -> None:
        """Whatever happened: whole files alone have final names, the sources are what they were, nothing runs."""
        try:
            assert self.ffmpegs() == [], said
            for path in self.finals:
                if path not in foreign:
                    assert frames_of(path) == self.frames, f"{path} is no whole file\n{said}"
            if sources:
                assert {path: sha256(path) for path in self.repository.media.iterdir()} == self.sources, said
            assert "Traceback" not in said, said
            assert "bug of jobspec" not in said, said
        finally:
            end_processes_about(f"{self.repository.proxies}/")

    def complete(self, *arguments: str, names: Sequence[str] = NAMES) -> None:
        """A plain run afterwards completes everything, and leaves nothing else."""
        code, said = self.run(*arguments)
        assert code == 0, said
        self.judge(said)
        assert sorted(path.name for path in self.finals) == sorted(names)
        assert work_folders(self.repository.proxies) == []
        assert {path.name for path in (self.state / "claims").glob("*")} <= {".lock"}
        assert [path for path in self.state.rglob(".*") if HALF.fullmatch(path.name)] == []


def new_site(top: Path, clip: Path, frames: int = FRAMES, names: Sequence[str] = NAMES) -> Site:
    """Return a site whose sources are copies of one clip, locked."""
    repository = new_repository(top)
    for name in names:
        shutil.copyfile(clip, repository.media / name)
    repository.spec(sources=tuple(f"media:{name}" for name in names))
    locked = repository.jobspec("lock")
    assert locked.returncode == 0, locked.stderr
    site = Site(repository, frames=frames)
    site.remember()
    return site


def copy_site(once: Site, top: Path) -> Site:
    """Return a copy of a site that is as it was made, below `top`, which need not be there."""
    repository = Repository(top / "repo", top / "media", top / "proxies")
    for old, new in (
        (once.repository.top, repository.top),
        (once.repository.media, repository.media),
        (once.repository.proxies, repository.proxies),
    ):
        shutil.copytree(old, new, symlinks=True)
    site = Site(repository, frames=once.frames)
    site.remember()
    return site


def name_of(code: int) -> str:
    """Return how a process ended, in a word for the table."""
    return signal.Signals(-code).name if code < 0 else f"exit {code}"
