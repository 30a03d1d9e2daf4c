"""What a task is told: the options of `exec-task`, strings alone, with no place but below roots."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from runner.execution.attempt import Setting
from runner.execution.keep import PLANS
from runner.plan.model import Output, Plan
from runner.spec.location import parse_location


class Orders:
    """The orders of one run: where its plan lies, the numbers of tasks and outputs in it, what is the same for all."""

    def __init__(self, plan: Plan, setting: Setting, replaces: Mapping[str, str], ffmpeg: str | None) -> None:
        self._setting, self._replaces, self._ffmpeg = setting, replaces, ffmpeg
        self._outputs = {output.location: number for number, output in enumerate(plan.outputs)}
        self._tasks = {each: number for number, task in enumerate(plan.tasks) for each in task.outputs}

    def number(self, group: Sequence[Output]) -> int:
        """Return the number of the task that these outputs are of."""
        return self._tasks[self._outputs[group[0].location]]

    def options(self, group: Sequence[Output], lost_hosts: Collection[str]) -> tuple[str, ...]:
        """Return the options of one task. What hosts that are lost had claimed is taken over."""
        digest = self._setting.plan
        place = parse_location(group[0].state) / PLANS / f"{digest.removeprefix('sha256:')}.jsonl"
        return (
            *("--plan", str(place), "--digest", digest, "--task", str(self.number(group))),
            *(part for output in group for part in ("--due", self._due(output))),
            *self._for_all(),
            *(part for host in sorted({*self._setting.taken_over, *lost_hosts}) for part in ("--take-over", host)),
        )

    def _due(self, output: Output) -> str:
        replaced = self._replaces.get(output.location)
        number = self._outputs[output.location]
        return f"{number}={replaced}" if replaced else str(number)

    def _for_all(self) -> Iterator[str]:
        setting, wanted = self._setting, self._setting.wanted
        yield from ("--build", setting.build, "--retries", str(setting.retries), "--verify", setting.gate)
        given = (
            ("--ffmpeg", self._ffmpeg),
            ("--timeout", wanted.timeout),
            ("--stall-timeout", wanted.stall_timeout),
            ("--memory", wanted.memory),
        )
        for name, value in given:
            if value is not None:
                yield from (name, str(value))
