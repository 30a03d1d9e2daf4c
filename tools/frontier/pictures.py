"""Kinds of pictures to measure with, made by FFmpeg from seeded sources as the H.264 that cameras write."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from runner.execution.auxiliary import font_path
from runner.media.probe import probe
from runner.media.toolchain import bundled
from runner.plan.arguments import FontFile
from runner.plan.burn import FONT
from tests.benchmarks import media

SIZE, RATE = "1920x1080", 24
# Clouds at every scale, panned. `contrast` is how much of it each finer octave has of the one before: natural pictures
# have nearly as much in each (Field, "Relations between the statistics of natural images", 1987); out of focus, half.
_CLOUDS = (
    f"perlin=s=2048x1152:r={RATE}:octaves=8:persistence={{contrast}}:xscale=8:yscale=4.5:tscale=0.02"
    ":random_mode=seed:seed=7,crop=1920:1080:x=n*4:y=n*2,format=yuv420p,gblur=0.8"
)
# Noise of a sensor, softened as debayering does.
_NOISE = "noise=all_seed=11:c0s={luma}:c0f=t:c1s={chroma}:c1f=t:c2s={chroma}:c2f=t,gblur=0.5"
_CAMERA = _CLOUDS.format(contrast=0.85)
PICTURES: Mapping[str, str] = {
    "camera": f"{_CAMERA},{_NOISE.format(luma=8, chroma=4)}",
    "grain": f"{_CAMERA},{_NOISE.format(luma=20, chroma=12)}",
    "calm": f"{_CLOUDS.format(contrast=0.5)},{_NOISE.format(luma=2, chroma=0)}",
    "motion": (
        f"mandelbrot=s=2304x1296:r={RATE}:start_scale=0.4:end_scale=0.05:end_pts=60:maxiter=400,format=yuv420p,"
        "rotate=n*0.02:ow=1920:oh=1080,noise=all_seed=5:c0s=3:c0f=t"
    ),
    "animation": f"testsrc2=s={SIZE}:r={RATE}",
    "text": (
        f"color=c=0xF4F1E8:s={SIZE}:r={RATE},drawtext=fontfile=font.ttf:textfile=words.txt:expansion=none:fontsize=34"
        ":line_spacing=10:fontcolor=0x202020:x=80:y=40-n*3"
    ),
}
_ENCODE = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-g", "12", "-bf", "2", "-pix_fmt", "yuv420p")


def make(folder: Path, frames: int, names: tuple[str, ...] = tuple(PICTURES)) -> dict[str, Path]:
    """Make the pictures of these names in a folder, each of so many frames, and return where they lie."""
    font = FontFile(name="font.ttf", package=FONT.package, file=FONT.file, sha256=FONT.sha256)
    shutil.copy(font_path(font), folder / font.name)
    shutil.copy(Path(__file__).parents[2] / "LICENSE", folder / "words.txt")
    return {name: _made(folder, name, PICTURES[name], frames) for name in names}


def _made(folder: Path, name: str, source: str, frames: int) -> Path:
    path = folder / f"{name}.mp4"
    command = [str(bundled()), "-hide_banner", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source]
    subprocess.run([*command, "-frames:v", str(frames), *_ENCODE, path.name], cwd=folder, check=True)
    return path


def real(folder: Path) -> dict[str, Path]:
    """Return the clips of a folder, if it is there, by their names: those of 480 lines or more, with even sides."""
    return {path.stem: path for path in media.real(folder) if _large(path)}


def _large(path: Path) -> bool:
    picture = probe(path, path.name).picture
    return picture.height >= 480 and picture.width % 2 == picture.height % 2 == 0
