"""What a task is told: the options of `exec-task`, strings alone, with no place but below roots."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from runner.execution.attempt import Setting
from runner.execution.cluster.parts import Entry
from runner.plan.model import Output


class Orders:
    """The orders of one run: where its outputs stand in the parts of its plan, what is the same for all."""

    def __init__(
        self, entries: Mapping[str, Entry], setting: Setting, replaces: Mapping[str, str], ffmpeg: str | None
    ) -> None:
        self._entries, self._setting, self._replaces, self._ffmpeg = entries, setting, replaces, ffmpeg

    def number(self, group: Sequence[Output]) -> int:
        """Return the number, in this run, of the task that these outputs are of."""
        return self._entries[group[0].location].number

    def options(self, group: Sequence[Output], lost_hosts: Collection[str]) -> tuple[str, ...]:
        """Return the options of one task. What hosts that are lost had claimed is taken over."""
        entry = self._entries[group[0].location]
        return (
            *("--plan", entry.plan, "--digest", entry.digest, "--of", self._setting.plan, "--task", str(entry.task)),
            *(part for output in group for part in ("--due", self._due(output))),
            *self._for_all(),
            *(part for host in sorted({*self._setting.taken_over, *lost_hosts}) for part in ("--take-over", host)),
        )

    def _due(self, output: Output) -> str:
        replaced = self._replaces.get(output.location)
        number = self._entries[output.location].output
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
