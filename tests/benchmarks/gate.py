"""What the gate costs against the encode: noisy HD, encoded as the plan says, decoded as `verify: full` does."""

from runner.execution.cores import cores
from runner.plan.model import Plan
from runner.plan.recipes import DECLARED
from tests.benchmarks.harness import Figures, Table, interleaved, measured
from tests.benchmarks.media import camera
from tests.benchmarks.team import Team, team

# Those that editors cut with most; of ProRes two, for a fast encoder is where the gate weighs most.
CODECS = ("prores_proxy", "prores_lt", "dnxhr_lb", "h264", "h265")


def _encode(made: Team, plan: Plan) -> Figures:
    made.clear()
    return measured(next(made.commands(plan, threads=cores())))


def _gate(made: Team) -> Figures:
    return measured(next(made.decodings(threads=cores())))


def _row(codec: str, seconds: float, size: str, runs: int) -> tuple[str | float, ...]:
    with team() as made:
        camera(made.media / "source.mp4", seconds=seconds, size=size, sound=False)
        made.spec("job", ["source.mp4"], codec=codec, resolution="same")
        plan = made.plan()
        found = interleaved({"encode": lambda: _encode(made, plan), "gate": lambda: _gate(made)}, runs)
    return codec, found["encode"].cpu, found["gate"].cpu, found["gate"].cpu / found["encode"].cpu


def tables(runs: int, seconds: float = 2, size: str = "1920x1080") -> list[Table]:
    """Return the gate's share of each codec, in CPU seconds, decoding of the source included in the encode."""
    return [
        Table(
            title="What the gate costs",
            columns=("codec", "encode, CPU s", "gate, CPU s", "gate ÷ encode"),
            rows=tuple(_row(codec, seconds, size, runs) for codec in CODECS),
            note=f"{seconds} s of noisy H.264, {size}, to the same size by recipes {DECLARED}: the plan's own lines.",
        )
    ]
