"""A team's repository with real clips, for what encodes: `jobspec run` from nothing, and the lines of its plan."""

import json
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.plan.arguments import ENVIRONMENT, Binding, bind
from runner.plan.compose import compose
from runner.plan.document import read
from runner.plan.model import Plan
from runner.spec.location import Mounts
from tests.benchmarks.harness import Figures, measured
from tests.benchmarks.repositories import PROJECT, mounts
from tests.clips import FFMPEG

PLAIN = {"container": "mov", "resolution": "half", "fps_mode": "same-as-source", "naming_template": "{{ source_name }}"}


@dataclass(frozen=True)
class Team:
    """A repository and its two roots, below one folder."""

    top: Path

    @property
    def media(self) -> Path:
        """Where the clips lie."""
        return self.top / "media"

    @property
    def proxies(self) -> Path:
        """Where the outputs go."""
        return self.top / "proxies"

    def spec(self, name: str, sources: Sequence[str], **fields: str) -> None:
        """Write a spec of these clips, whose outputs go to a folder of its name."""
        said: Mapping[str, object] = {
            "jobspec_version": "2.0",
            "sources": [f"media:{each}" for each in sources],
            "output_directory": f"proxies:{name}",
            **PLAIN,
            **fields,
        }
        path = self.top / "repo/specs" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(said))  # JSON is YAML

    def jobspec(self, *arguments: str, cores: Collection[int] | None = None) -> Figures:
        """Run the command in the repository."""
        command = [sys.executable, "-m", "runner", *arguments]
        return measured(command, cwd=self.top / "repo", env=mounts(self.top), cores=cores)

    def run(self, *arguments: str, cores: Collection[int] | None = None) -> Figures:
        """Make everything, from nothing."""
        self.clear()
        return self.jobspec("run", *arguments, cores=cores)

    def clear(self) -> None:
        """Remove all that was made."""
        shutil.rmtree(self.proxies, ignore_errors=True)
        self.proxies.mkdir()

    def plan(self, *options: str) -> Plan:
        """Return the plan of all specs."""
        saved = self.top / "plan.jsonl"
        self.jobspec("plan", *options, "-o", str(saved))
        with saved.open("rb") as file:
            return read(file)

    def commands(self, plan: Plan, threads: int, copy: int = 0) -> Iterator[list[str]]:
        """Yield the FFmpeg line of every task, which writes into a folder for each output below the outputs.

        Lines of another `copy` write into other folders.
        """
        roots = Mounts({"media": self.media, "proxies": self.proxies})
        for task in plan.tasks:
            works = tuple(self.proxies / f"work{copy}-{number}" for number in task.outputs)
            arguments = compose([plan.outputs[number] for number in task.outputs])
            for work in works:
                work.mkdir(parents=True, exist_ok=True)
            words = bind(arguments, Binding(roots, Path(FFMPEG), works, threads))
            yield ["env", *(f"{name}={value}" for name, value in ENVIRONMENT.items()), *words]

    def decodings(self, threads: int) -> Iterator[list[str]]:
        """Yield the line by which the gate decodes, for every file that is an output or that a line above wrote."""
        for file in sorted(path for path in self.proxies.glob("*/*.mov") if path.is_file()):
            strict = ("-nostdin", "-v", "error", "-xerror", "-err_detect", "explode", "-threads", str(threads))
            streams = ("-map", "0:V:0", "-map", "0:a?", "-fps_mode", "passthrough")
            yield [FFMPEG, *strict, "-i", str(file), *streams, "-f", "null", "-"]


@contextmanager
def team() -> Iterator[Team]:
    """Yield a repository without clips and specs, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="jobspec-bench-") as name:
        found = Team(Path(name))
        (found.top / "repo").mkdir()
        (found.top / "repo/jobspec.toml").write_text(PROJECT)
        found.clear()
        yield found
