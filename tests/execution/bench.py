"""A bench for one task or a few, in this process: sources, outputs, a plan for them, the setting to run it in."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner import JobSpec
from runner.execution.ledger import Record, Writer, read_ledger
from runner.execution.stopping import Stop
from runner.execution.task import Outcome, Setting, execute
from runner.media.probe import probe
from runner.media.releases import DECLARED
from runner.media.toolchain import identify
from runner.plan import recipes
from runner.plan.build import Request, build
from runner.plan.document import digest
from runner.plan.model import Output, Plan
from runner.spec.location import Mounts, parse_location
from tests.clips import FFMPEG, clip

FIELDS: dict[str, Any] = {
    "job_id": "day",
    "output_directory": "proxies:out",
    "codec": "prores_proxy",
    "container": "mov",
    "resolution": "same",
    "fps_mode": "same-as-source",
    "naming_template": "{{ source_name }}",
}
BUILD = identify(Path(FFMPEG))


@dataclass(frozen=True)
class Bench:
    """Two mounted roots, `media` and `proxies`, and what is needed to make one from the other.

    `sample` is a clip of ten frames: most tests need no other, and copying one costs less than encoding it.
    """

    top: Path
    sample: Path
    stop: Stop = field(default_factory=Stop)

    @property
    def mounts(self) -> Mounts:
        return Mounts({"media": self.top / "media", "proxies": self.top / "proxies"})

    @property
    def out(self) -> Path:
        return self.top / "proxies" / "out"

    @property
    def state(self) -> Path:
        return self.out / ".jobspec"

    def clip(self, name: str = "a.mov", **options: Any) -> Path:
        path = self.top / "media" / name
        if options:
            return clip(path, **options)
        path.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(self.sample, path))

    def plan(self, *names: str, toolchain: str = DECLARED, **fields: Any) -> Plan:
        """Return a plan of these sources; `fields` of the JobSpec that are not the usual ones."""
        sources = tuple(f"media:{name}" for name in names or ("a.mov",))
        spec = JobSpec(**{**FIELDS, "sources": sources, **fields})
        facts = tuple(probe(self.mounts.bind(parse_location(source)), source) for source in sources)
        return build([Request(spec=spec, facts=facts)], toolchain=toolchain, number=recipes.DECLARED)

    def setting(self, plan: Plan, ffmpeg: Path = Path(FFMPEG)) -> Setting:
        states = dict.fromkeys(output.state for output in plan.outputs)
        return Setting(
            mounts=self.mounts,
            ffmpeg=ffmpeg,
            build=BUILD.version,
            threads=1,
            plan=digest(plan),
            stop=self.stop,
            writers={state: Writer(self.mounts.bind(parse_location(state))) for state in states},
        )

    def make(self, plan: Plan | None = None, ffmpeg: Path = Path(FFMPEG), replaces: str | None = None) -> Outcome:
        """Make the first output of a plan."""
        plan = plan or self.plan()
        return alone(plan.outputs[0], self.setting(plan, ffmpeg), replaces)

    def records(self, output: Output | None = None) -> list[Record]:
        """Return the records of one output, or of all, oldest first."""
        ledger = read_ledger(self.state)
        if output:
            return ledger.of(output.location)
        return sorted((record for of in ledger.by_output.values() for record in of), key=lambda record: record.time)

    def events(self) -> list[str]:
        return [record.event for record in self.records()]

    def files(self) -> list[str]:
        """Return what lies in the output folder, our own records left out."""
        return sorted(path.name for path in self.out.glob("*") if path.name != ".jobspec")


def alone(output: Output, setting: Setting, replaces: str | None = None) -> Outcome:
    """Make one output by a task of its own."""
    (outcome,) = execute([output], setting, replaces={output.location: replaces} if replaces else None)
    return outcome


def codes(outcome: Outcome) -> list[str]:
    return [each.code for each in outcome.problems]


def messages(outcomes: Iterable[Outcome]) -> str:
    return "\n".join(each.message for outcome in outcomes for each in outcome.problems)


def bench_in(top: Path, sample: Path) -> Bench:
    for folder in ("media", "proxies"):
        (top / folder).mkdir()
    return Bench(top, sample)
