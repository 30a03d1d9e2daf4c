"""What the tests of planning share: facts and specs made of what a test cares about, and plans of real clips."""

import os
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from runner.errors import JobspecError, Problem
from runner.media.facts import Colour, Content, Facts, Picture, Sound
from runner.media.probe import probe
from runner.media.releases import DECLARED
from runner.plan import recipes
from runner.plan.arguments import ENVIRONMENT, Binding, bind
from runner.plan.build import Request, build
from runner.plan.compose import compose
from runner.plan.model import Output, Plan
from runner.spec.location import Mounts
from runner.spec.model import JobSpec
from tests.clips import FFMPEG

FILM, NTSC = Fraction(24000, 1001), Fraction(30000, 1001)


def picture(**changes: Any) -> Picture:
    """Return a plain 1080p25 picture of 100 frames, but for `changes`."""
    plain: dict[str, Any] = {
        "codec": "h264",
        "width": 1920,
        "height": 1080,
        "sar": Fraction(1),
        "pixel_format": "yuv420p",
        "depth": 8,
        "rate": Fraction(25),
        "frames": 100,
        "counted": "index",
        "scan": "progressive",
        "colour": Colour(),
    }
    return Picture(**{**plain, **changes})


def tracks(*channels: int, sample_rate: int = 48000) -> tuple[Sound, ...]:
    """Return PCM tracks with these channels."""
    return tuple(
        Sound(stream=number, codec="pcm_s16le", sample_rate=sample_rate, channels=each, seconds=Fraction(4))
        for number, each in enumerate(channels)
    )


def facts(
    *,
    content: str = "00",
    sound: Sequence[Sound] = (),
    timecode: str | None = None,
    reel: str | None = None,
    ignored: Sequence[str] = (),
    **changes: Any,
) -> Facts:
    """Return the facts of a plain clip whose picture has `changes`; `content` is its sampled digest."""
    return Facts(
        content=Content(size=1000, sample=f"sampled-sha256:{content}"),
        format="mov,mp4,m4a,3gp,3g2,mj2",
        picture=picture(**changes),
        sound=tuple(sound),
        timecode=timecode,
        reel=reel,
        ignored=tuple(ignored),
    )


def hdr(transfer: str) -> Colour:
    """Return the tags of an HDR picture."""
    return Colour(primaries="bt2020", transfer=transfer, matrix="bt2020nc", range="tv")


def spec(**changes: Any) -> JobSpec:
    """Return a valid JobSpec of one source, but for `changes`."""
    plain: dict[str, Any] = {
        "job_id": "day",
        "sources": ["media:a.mov"],
        "output_directory": "proxies:out",
        "codec": "prores_proxy",
        "container": "mov",
        "resolution": "same",
        "fps_mode": "explicit" if "fps_explicit" in changes else "same-as-source",
        "naming_template": "{{ source_name }}",
    }
    return JobSpec(**{**plain, **changes})


def plan(
    known: Facts | Sequence[Facts], toolchain: str = DECLARED, *, number: int = recipes.DECLARED, **changes: Any
) -> Plan:
    """Return the plan of one job whose sources have these facts, by recipes `number`; `changes` are its spec's."""
    every = (known,) if isinstance(known, Facts) else tuple(known)
    return build([Request(spec=spec(**changes), facts=every)], toolchain=toolchain, number=number)


def planned(known: Facts, toolchain: str = DECLARED, **changes: Any) -> Output:
    """Return the one output of a plan."""
    (output,) = plan(known, toolchain, **changes).outputs
    return output


def refused(known: Facts | Sequence[Facts], toolchain: str = DECLARED, **changes: Any) -> tuple[Problem, ...]:
    """Return the problems for which a plan is refused."""
    with pytest.raises(JobspecError) as caught:
        plan(known, toolchain, **changes)
    return caught.value.problems


def planned_from(source: Path, **changes: Any) -> Output:
    """Return the output that a real clip gets."""
    return planned(probe(source, str(source)), sources=[str(source)], **changes)


def command(output: Output, folder: Path, threads: int = 2) -> tuple[str, ...]:
    """Return the command line that makes `output` in `folder`."""
    return bind(compose([output]), Binding(Mounts(), Path(FFMPEG), (folder,), threads))


def started(
    output: Output, folder: Path, *, threads: int = 2, prefix: Sequence[str] = ()
) -> "subprocess.CompletedProcess[bytes]":
    """Run the planned FFmpeg to its end, in `folder` and with no environment but the plan's."""
    folder.mkdir(parents=True, exist_ok=True)
    return running([*prefix, *command(output, folder, threads)], folder)


def running(command: Sequence[str], folder: Path) -> "subprocess.CompletedProcess[bytes]":
    """Run a command to its end, in `folder` and with no environment but the plan's."""
    return subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.defpath, **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )


def made(output: Output, folder: Path, *, threads: int = 2, prefix: Sequence[str] = ()) -> Path:
    """Make `output` in `folder` with the planned arguments; anything that FFmpeg says is a failure."""
    done = started(output, folder, threads=threads, prefix=prefix)
    assert (done.returncode, done.stderr) == (0, b"")
    return folder / output.work_name
