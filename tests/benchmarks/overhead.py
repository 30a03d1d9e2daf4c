"""What `jobspec run` costs over the same FFmpeg lines under `xargs -P` without any check."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from runner.execution.cores import cores
from tests.benchmarks.harness import Figures, Table, measured, turns
from tests.benchmarks.media import camera
from tests.benchmarks.team import Team, team

# A worker on each core, with as many clips as the others: `run` then gives every FFmpeg one thread, as the lines have.
WORKERS, THREADS = cores(), 1
CLIPS, SECONDS = 3 * WORKERS, 4
JOBS = {"prores_proxy": "half", "dnxhr_lb": "half", "h264": "half"}


def _xargs(lines: Sequence[Sequence[str]], folder: Path) -> Figures:
    """Run the lines, as many at once as `run` has workers; what xargs reads its children do not, theirs is empty."""
    listed = folder / "lines"
    listed.write_bytes(b"\0".join(shlex.join(line).encode() for line in lines))
    return measured(["xargs", "-0", "-P", str(WORKERS), "-n", "1", "sh", "-c"], stdin=listed)


def _encode(made: Team) -> Figures:
    made.clear()
    return _xargs(list(made.commands(made.plan(), THREADS)), made.top)


def _decode(made: Team) -> Figures:
    """Decode every output as the gate does, and nothing else."""
    return _xargs(list(made.decodings(THREADS)), made.top)


def _row(codec: str, resolution: str, runs: int) -> tuple[str | float, ...]:
    with team() as made:
        for number in range(CLIPS):
            camera(made.media / f"{number}.mov", seconds=SECONDS, seed=number)
        made.spec("job", [f"{number}.mov" for number in range(CLIPS)], codec=codec, resolution=resolution)
        made.jobspec("lock")
        cases = {
            "lines": lambda: _encode(made),
            "quick": lambda: made.run("--verify", "quick", "--workers", str(WORKERS)),
            "full": lambda: made.run("--workers", str(WORKERS)),
            "gate": lambda: _decode(made),
        }
        taken = list(turns(cases, runs))
    return (codec, *(median(each) for each in zip(*map(_ratios, taken), strict=True)))


def _ratios(turn: Mapping[str, Figures]) -> tuple[float, ...]:
    """Return what the columns tell, of one turn."""
    lines, quick, full, gate = (turn[case] for case in ("lines", "quick", "full", "gate"))
    return (
        *(lines.wall, quick.wall / lines.wall, full.wall / lines.wall),
        *((full.wall - gate.wall) / lines.wall, gate.wall, quick.cpu / lines.cpu, full.cpu / lines.cpu),
    )


def tables(runs: int) -> list[Table]:
    """Return wall and CPU time of whole runs over those of the bare lines."""
    columns = (
        *("codec", "lines, s", "run without decoding ÷", "run ÷", "run less the gate's decoding ÷", "that decoding, s"),
        *("CPU without decoding ÷", "CPU ÷"),
    )
    return [
        Table(
            title="What a run costs over its own FFmpeg lines",
            columns=columns,
            rows=tuple(_row(codec, resolution, runs) for codec, resolution in JOBS.items()),
            note=f"{CLIPS} HD H.264 clips of {SECONDS} s to half size, {WORKERS} at once, in one thread each; the lines"
            f" of the plan under `xargs -P {WORKERS}`, unchecked; `run --verify quick` and `run`, from start-up to exit"
            " code. The gate's decoding is measured alone, as many at once. Ratios are those of one turn, and of them"
            " the median.",
        )
    ]
