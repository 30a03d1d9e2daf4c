"""What nothing else beats: the settings on the frontier of CPU time, likeness and size."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from runner.plan.recipes import DECLARED
from tests.benchmarks.harness import Table
from tools.frontier.candidates import Candidate
from tools.frontier.measure import Found

# CPU time within this is the same: what two runs of one command differ by on a shared machine.
_STEADY = 1.05


@dataclass(frozen=True, slots=True)
class Measured:
    """One setting, and what was found on each picture."""

    candidate: Candidate
    found: Mapping[str, Found]

    @property
    def cpu(self) -> float:
        """CPU seconds over all pictures."""
        return sum(each.cpu for each in self.found.values())

    @property
    def size(self) -> int:
        """Bytes over all pictures."""
        return sum(each.size for each in self.found.values())

    @property
    def ssim(self) -> float:
        """SSIM, the mean of all pictures."""
        return sum(each.ssim for each in self.found.values()) / len(self.found)


def _beaten(one: Measured, by: Measured) -> bool:
    """Return whether another setting is as good in everything and better in something."""
    as_good = by.cpu <= one.cpu * _STEADY and by.size <= one.size and by.ssim >= one.ssim
    better = by.cpu * _STEADY < one.cpu or by.size < one.size or by.ssim > one.ssim
    return as_good and better


def frontier(measured: Iterable[Measured]) -> list[Measured]:
    """Return the settings that no other beats."""
    every = list(measured)
    return [each for each in every if not any(_beaten(each, other) for other in every if other is not each)]


def _cell(found: Found, first: Found) -> str:
    """Return size and SSIM against the first row's; and VMAF's difference, where it is known."""
    likeness = f"{found.size / first.size:.2f} {(found.ssim - first.ssim) * 1000:+.1f}"
    if found.vmaf is None or first.vmaf is None:
        return likeness
    return f"{likeness} {found.vmaf - first.vmaf:+.1f}"


def _plain(found: Found) -> str:
    seen = f"{found.size / 1e6:.2f} MB {found.ssim:.4f}"
    return seen if found.vmaf is None else f"{seen} {found.vmaf:.1f}"


def table(codec: str, measured: Sequence[Measured]) -> Table:
    """Return the table of one codec: number 1's figures, and those of all others against them."""
    first, best = measured[0], frontier(measured)
    rows = []
    for each in measured:
        mark = "●" if each in best else ""
        chosen = f"**{each.candidate.name}**" if DECLARED in each.candidate.numbers else each.candidate.name
        cells = [
            _plain(found) if each is first else _cell(found, first.found[name]) for name, found in each.found.items()
        ]
        rows.append((chosen, mark, f"{each.cpu / first.cpu:.2f}", *cells))
    return Table(
        title=codec,
        columns=("setting", "frontier", "CPU", *first.found),
        rows=tuple(rows),
        note=f"Number 1 took {first.cpu:.1f} CPU seconds. Of each picture: size against number 1's, difference of SSIM"
        " in thousandths, of VMAF.",
    )
