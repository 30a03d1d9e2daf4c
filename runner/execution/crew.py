"""How many FFmpegs at once, which first, and how many threads each: no core idle, and none with more than it can do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from threading import Lock

from runner.execution.cores import cores
from runner.execution.limits import that_fit_memory
from runner.plan.estimate import cost
from runner.plan.model import Output

Group = Sequence[Output]

# Cores that one FFmpeg can fill where the recipe pins its threads, since bits depend on them; None is all of them:
# SVT-AV1 takes what it finds. Of every other codec one process is given the threads that are its share.
_FILLS: dict[str, int | None] = {"h264": 4, "h265": 4, "vp9": 4, "av1": None}


def _fills(group: Group, here: int) -> int:
    """Return how many of the cores here one FFmpeg fills: its encoders run together, each in threads of its own."""
    return min(here, sum(_FILLS.get(output.intent.picture.codec, 1) or here for output in group))


def at_once(groups: Sequence[Group], asked: int | None = None) -> int:
    """Return how many processes run at once: what fills the cores and fits the memory, unless told.

    Where processes fill several cores each there is one more of them than would fill all, for none is busy while it
    starts, or while what it made is hashed.
    """
    here = cores()
    weights = [(_fills(group, here), cost(group).cpu) for group in groups]
    filled = sum(each * weight for each, weight in weights) / (sum(weight for _, weight in weights) or 1)
    count = here if filled <= 1 else min(here, ceil(here / filled) + 1)
    return max(1, min(asked or min(count, that_fit_memory(groups)), len(groups)))


def longest_first(groups: Sequence[Group], workers: int) -> list[Group]:
    """Return the groups in the order in which they begin, so that no long one runs alone at the end.

    By their estimated CPU time, equal ones in the plan's order; one worker keeps to that order, for it saves none.
    """
    return sorted(groups, key=lambda group: -cost(group).cpu) if workers > 1 else list(groups)


# Of one process. prores_ks and dnxhd open with no more than 64; and each thread of a decoder or an encoder that works
# frame by frame holds frames of its own: a UHD H.264 to DNxHR took 1.1 GB with 2, 5.3 with 16 and 10.0 with 32, of
# which 27 s were the kernel's (9.0.2, measured). FFmpeg itself takes no more than 16 unasked.
MOST_THREADS = 16


def threads_each(here: int, processes: int = 1) -> int:
    """Return the threads of one of so many processes on so many cores."""
    return max(1, min(MOST_THREADS, here // max(1, processes)))


@dataclass(slots=True)
class Share:
    """Of all cores, what each process gets as threads when it begins: the fewer tasks are left, the more.

    Only what changes no bit is bound here; where threads change bits, the recipe says how many there are.
    """

    cores: int
    workers: int
    left: int
    _lock: Lock = field(default_factory=Lock)

    def threads(self) -> int:
        """Return the threads for a task that begins now."""
        with self._lock:
            return threads_each(self.cores, min(self.workers, self.left))

    def ended(self) -> None:
        """Take note that a task has ended."""
        with self._lock:
            self.left -= 1
