"""Measure encoder settings: `python -m tools.frontier [CODEC…]`, or `make frontier`; by hand, no test times it."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.harness import machine, markdown
from tests.benchmarks.media import REAL
from tools.frontier import measure, pictures
from tools.frontier.candidates import Candidate, candidates, codecs
from tools.frontier.frontier import Measured, table


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="frontier", description=__doc__)
    parser.add_argument("codecs", nargs="*", metavar="CODEC", help=f"by default all: {', '.join(codecs())}")
    parser.add_argument("--frames", type=int, default=10, help="of each clip")
    parser.add_argument("--pictures", nargs="+", choices=pictures.PICTURES, default=list(pictures.PICTURES))
    parser.add_argument("--media", type=Path, default=REAL, help="a folder of real clips, by default ../shared/media")
    parser.add_argument("--settings", nargs="+", metavar="WORD", help="only rows, and settings whose names hold a word")
    parser.add_argument("--no-vmaf", action="store_true", help="spare its time, about that of all else")
    parser.add_argument(
        "--workers", type=int, default=1, help="jobs at once; more are faster and measure less steadily"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser.parse_args(words)


def _measure(
    chosen: Sequence[Candidate], clips: Mapping[str, Path], folder: Path, frames: int, vmaf: bool, workers: int
) -> list[Measured]:
    jobs = [(number, name) for number in range(len(chosen)) for name in clips]

    def look(job: tuple[int, str]) -> measure.Found:
        print(".", end="", file=sys.stderr, flush=True)
        return measure.one(chosen[job[0]], clips[job[1]], folder, frames, vmaf)

    with ThreadPoolExecutor(workers) as pool:
        found = dict(zip(jobs, pool.map(look, jobs), strict=True))
    print(file=sys.stderr)
    return [Measured(each, {name: found[number, name] for name in clips}) for number, each in enumerate(chosen)]


def _chosen(codec: str, wanted: Sequence[str] | None) -> list[Candidate]:
    """Return the settings of a codec whose names hold one of the words; rows of recipes are always among them."""
    every = candidates(codec)
    return [each for each in every if wanted is None or each.numbers or any(word in each.name for word in wanted)]


def main(words: Sequence[str]) -> None:
    """Measure, print Markdown, write JSON."""
    told = _arguments(words)
    vmaf = not told.no_vmaf and measure.has_vmaf()
    here = machine()
    print(f"{told.frames} frames of {pictures.SIZE}, H.264 in; FFmpeg 9.0.2; {here['cpu']}, {here['cores']} cores\n")
    with TemporaryDirectory(prefix="jobspec-frontier-") as place:
        folder = Path(place)
        clips = pictures.make(folder, told.frames, tuple(told.pictures)) | pictures.real(told.media)
        figures = []
        for codec in told.codecs or codecs():
            found = _measure(_chosen(codec, told.settings), clips, folder, told.frames, vmaf, told.workers)
            figures += [(each.candidate, each.found) for each in found]
            print(markdown(table(codec, found)), end="\n\n", flush=True)
    if told.json:
        plain = [
            {"codec": each.codec, "name": each.name, "encoder": each.recipe.encoder, "options": each.recipe.options}
            | {"found": {name: asdict(one) for name, one in found.items()}}
            for each, found in figures
        ]
        told.json.write_text(json.dumps({"machine": here, "figures": plain}, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
