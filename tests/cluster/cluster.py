"""A Dask cluster on loopback, of real processes: a scheduler, its workers, and runs that are handed to them."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from runner.execution.ledger import Record, read_ledger
from tests.faults.site import Site

# As docs/cluster.md has it: every port on one address.
HERE = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
DASK = (sys.executable, "-m", "dask")
# As docs/cluster.md has it too: what else wakes up fifty times a second, or looks into running threads a hundred times.
QUIET = {
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1 s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5 s",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
}
# Much shorter than a cluster's own: a scheduler gives up a worker that says nothing for so long.
TIME_TO_LIVE = 3


def children(number: int) -> list[int]:
    """Return the processes that a process has started and that live."""
    found = []
    for path in Path(f"/proc/{number}/task").glob("*/children"):
        with suppress(OSError):  # it has ended just now
            found += [int(each) for each in path.read_text().split()]
    return found


@dataclass
class Cluster:
    """Processes of Dask's, each leader of a session of its own; what they say lies in files below `top`."""

    top: Path
    site: Site
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    address: str = ""
    keys: tuple[str, ...] = ()

    @property
    def environment(self) -> dict[str, str]:
        told = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": f"{TIME_TO_LIVE} s", "PYTHONUNBUFFERED": "1", **QUIET}
        return {**self.site.repository.environment, **told, "TMPDIR": str(self.top)}

    def said(self, name: str) -> str:
        return (self.top / f"{name}.log").read_text()

    def _start(self, name: str, *command: str, env: Mapping[str, str] | None = None) -> None:
        with (self.top / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [*DASK, *command, *HERE, *self.keys],
                cwd=self.top,
                env={**self.environment, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def scheduler(self, protocol: str = "tcp") -> None:
        """Start the scheduler, on a port that the kernel chooses."""
        (self.top / "scheduler.log").unlink(missing_ok=True)
        self._start("scheduler", "scheduler", "--port", "0", "--protocol", protocol)
        line = self.wait_for(lambda: next((x for x in self.said("scheduler").splitlines() if "Scheduler at:" in x), ""))
        self.address = line.split("Scheduler at:")[1].strip()

    def worker(self, name: str, env: Mapping[str, str] | None = None, slots: int = 1) -> None:
        """Start a worker with its nanny, and wait until it is registered."""
        resources = ("--nthreads", str(slots), "--resources", f"encode={slots}")
        (self.top / f"{name}.log").unlink(missing_ok=True)
        self._start(name, "worker", self.address, "--name", name, *resources, env=env)
        self.wait_for(lambda: "Registered to:" in self.said(name))

    def wait_for(self, true: Callable[[], object], seconds: float = 60) -> str:
        end = time.monotonic() + seconds
        while not (found := true()):
            for name, process in self.processes.items():
                assert process.poll() is None, f"{name}: {self.said(name)}"
            assert time.monotonic() < end, "it did not come to pass"
            time.sleep(0.02)
        return str(found)

    def number(self, name: str, *, nanny: bool = False) -> int:
        """Return the process of a worker, or of its nanny."""
        number = self.processes[name].pid
        if nanny:
            return number
        lines = {each: Path(f"/proc/{each}/cmdline").read_bytes() for each in children(number)}
        return next(each for each, line in lines.items() if b"spawn_main" in line)

    def numbers(self) -> list[int]:
        """Return the scheduler, the nannies and what these have started: workers among it."""
        own = [each.pid for each in self.processes.values()]
        return [*own, *(child for each in own for child in children(each))]

    def kill(self, number: int, how: signal.Signals = signal.SIGKILL) -> None:
        os.kill(number, how)

    def end(self) -> None:
        """Kill every process that was started, and what these started."""
        for number in self.numbers():
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGCONT)
                os.kill(number, signal.SIGKILL)
        for process in self.processes.values():
            process.wait()
        self.processes = {}

    # runs

    def arguments(self, *more: str) -> tuple[str, ...]:
        return ("--engine", "dask", "--scheduler", self.address, *more)

    def start(self, *more: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        return self.site.start(*self.arguments(*more), env=env)

    def run(self, *more: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
        return self.site.run(*self.arguments(*more), env=env)

    def records(self) -> list[Record]:
        return [each for of in read_ledger(self.site.state).by_output.values() for each in of]

    def encoding(self, count: int = 1) -> bool:
        """Say whether so many FFmpegs have begun to write their files."""
        begun = 0
        for folder, _, files in os.walk(self.site.state / "work"):
            with suppress(FileNotFoundError):  # it has ended just now
                begun += sum(Path(folder, name).stat().st_size > 0 for name in files if name.startswith("output."))
        return begun >= count

    def judge(self, said: str = "", *, within: float = 5) -> None:
        """What must hold after everything: no FFmpeg, whole files alone, each recorded once."""
        assert self.site.ffmpegs(within) == [], said
        self.site.judge(said)
        finished = Counter(each.output for each in self.records() if each.event == "finished")
        assert sorted(finished) == sorted(f"proxies:out/{path.name}" for path in self.site.finals)
        assert set(finished.values()) <= {1}

    def complete(self, *names: str) -> None:
        """A run afterwards makes what is missing and nothing else, and leaves no mark of a dead client."""
        before = {path: path.stat().st_ino for path in self.site.finals}
        code, said = self.run()
        assert code == 0, said
        self.judge(said)
        assert {path.name for path in self.site.finals} == set(names)
        assert list(self.site.state.glob(".seen*")) == []
        assert {path: path.stat().st_ino for path in before} == before
