"""What decoding once saves: outputs of one source by one FFmpeg, against an FFmpeg for each."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.harness import Figures, Table, interleaved
from tests.benchmarks.media import H264, camera, real
from tests.benchmarks.team import team

_QUIET = ("-x265-params", "log-level=1")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "20", "-pix_fmt", "yuv420p10le", *_QUIET)
PRORES = ("-c:v", "prores_ks", "-profile:v", "3", "-pix_fmt", "yuv422p10le")
PROXY = ("prores_proxy", "half")
DNXHR, VIEW, SMALL = ("dnxhr_lb", "half"), ("h264", "half"), ("h264", "quarter")


@dataclass(frozen=True, slots=True)
class Case:
    """A source, made or a real `clip`, and what is made of it: (codec, resolution) of each output."""

    source: str
    outputs: tuple[tuple[str, str], ...]
    size: str = "1920x1080"
    seconds: float = 4
    encode: tuple[str, ...] = ()
    clip: Path | None = None

    @property
    def name(self) -> str:
        """The outputs, as the table names them."""
        return " + ".join(f"{codec} {resolution}" for codec, resolution in self.outputs)


UHD = {"source": "UHD HEVC 10 bit", "size": "3840x2160", "seconds": 1, "encode": HEVC}
CASES = (
    Case("HD H.264", (DNXHR, SMALL)),
    Case("HD H.264", (PROXY, SMALL)),
    Case("HD H.264", (PROXY, VIEW)),
    Case("HD H.264", (PROXY, DNXHR, SMALL)),
    Case(outputs=(("dnxhr_lb", "quarter"), SMALL), **UHD),  # type: ignore[arg-type]
    Case(outputs=(("prores_proxy", "quarter"), ("dnxhr_lb", "quarter"), SMALL), **UHD),  # type: ignore[arg-type]
    Case("HD ProRes HQ", (PROXY, SMALL), encode=PRORES),
    *(Case(path.name, (PROXY, SMALL), clip=path) for path in real()),
)


def _source(case: Case, path: Path) -> None:
    if case.clip:
        path.parent.mkdir(exist_ok=True)
        shutil.copyfile(case.clip, path)
        return
    camera(path, size=case.size, seconds=case.seconds, encode=case.encode or H264)


def _measured(case: Case, runs: int) -> dict[str, Figures]:
    print(f"  {case.source} to {case.name}", file=sys.stderr)
    with team() as made:
        _source(case, made.media / "a.mov")
        for number, (codec, resolution) in enumerate(case.outputs):
            made.spec(f"job{number}", ["a.mov"], codec=codec, resolution=resolution)
        made.jobspec("lock")
        ways = {"each": ("--no-share",), "once": ()}
        quick = {way: lambda words=words: made.run("--verify", "quick", *words) for way, words in ways.items()}
        full = {f"{way}, gate": lambda words=words: made.run(*words) for way, words in ways.items()}
        return interleaved({**quick, **full}, runs)


def _row(case: Case, found: dict[str, Figures]) -> tuple[str | float, ...]:
    each, once, judged, judged_once = (found[way] for way in ("each", "once", "each, gate", "once, gate"))
    ratios = (each.cpu / once.cpu, each.wall / once.wall, judged.cpu / judged_once.cpu)
    return (case.source, case.name, each.cpu, once.cpu, *ratios)


def tables(runs: int) -> list[Table]:
    """Return CPU and wall time of runs that decode for each output, over those that decode once."""
    return [
        Table(
            title="Decode once",
            columns=("source", "outputs", "each, CPU s", "once, CPU s", "CPU ÷", "wall ÷", "CPU ÷ with the gate"),
            rows=tuple(_row(case, _measured(case, runs)) for case in CASES),
            note="Whole runs of `jobspec run --verify quick` with and without `--no-share`; the last column with the"
            " full gate, which decodes every output in either case. The more an encoder costs beside the decoder, the"
            " less there is to save.",
        )
    ]
