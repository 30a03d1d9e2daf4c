"""Outputs with tables and burn-ins, made as a run makes them: their files in the work folder, FFmpeg there."""

import subprocess
from pathlib import Path
from typing import Any

from runner.execution.auxiliary import place
from runner.media.facts import Facts
from runner.media.probe import probe
from runner.media.releases import DECLARED
from runner.plan import recipes
from runner.plan.build import Request, build
from runner.plan.model import Output
from runner.spec.cube import read_cube
from runner.spec.location import Mounts
from tests.clips import FFMPEG
from tests.plan.planning import made, spec


def graded(known: Facts, top: Path, toolchain: str = DECLARED, **changes: Any) -> Output:
    """Return the one output of a spec whose table lies below `top`."""
    job = spec(**changes)
    names = {each for each in (job.lut, *(clip.own.lut for clip in job.clips)) if each and each != "none"}
    luts = tuple(read_cube((top / name).read_bytes(), name) for name in sorted(names))
    (output,) = build(
        [Request(spec=job, facts=(known,), luts=luts)], toolchain=toolchain, number=recipes.DECLARED
    ).outputs
    return output


def graded_from(source: Path, top: Path, **changes: Any) -> Output:
    """Return the output that a real clip gets."""
    return graded(probe(source, str(source)), top, sources=[str(source)], **changes)


def drawn(output: Output, folder: Path, top: Path | None = None) -> Path:
    """Make an output in `folder`; its table lies below `top`."""
    folder.mkdir(parents=True)
    place(output.auxiliary, folder, Mounts({"repo": top} if top else {}))
    return made(output, folder)


def pixels(path: Path, form: str, *, frame: int = 0, filters: str = "null") -> bytes:
    """Return one frame of a file, decoded."""
    chosen = f"select=eq(n\\,{frame}),{filters},format={form}"
    arguments = ("-map", "0:v", "-vf", chosen, "-frames:v", "1", "-f", "rawvideo", "-")
    done = subprocess.run([FFMPEG, "-v", "error", "-i", f"file:{path}", *arguments], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout
