"""Clips to measure with: seeded pictures with the noise of a camera, and the real ones of shared/media if present."""

import os
import shutil
from hashlib import sha256
from pathlib import Path

from tests.clips import FFMPEG, ffmpeg

# Beside the work tree, where this project's developers have it; a clone elsewhere measures without.
REAL = Path(__file__).parents[3] / "shared/media"
# Grain of a sensor at base sensitivity, over a picture in which all moves: what a test pattern alone lacks.
CAMERA = "testsrc2=s={size}:r={rate}:d={seconds},noise=alls=12:allf=t:all_seed={seed}"
# Noise costs more to make than most of what is measured: clips are kept, and made once for each FFmpeg.
KEPT = Path("build/bench/clips")
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p", "-threads", "2")


def camera(
    path: Path,
    *,
    size: str = "1920x1080",
    rate: str = "25",
    seconds: float = 2,
    seed: int = 7,
    encode: tuple[str, ...] = H264,
    sound: bool = True,
) -> Path:
    """Make a clip as a camera would, with one track of sound; the same for the same arguments and FFmpeg."""
    picture = ("-f", "lavfi", "-i", CAMERA.format(size=size, rate=rate, seconds=seconds, seed=seed))
    tone = ("-f", "lavfi", "-i", f"sine=440:sample_rate=48000:duration={seconds}") if sound else ()
    path.parent.mkdir(parents=True, exist_ok=True)
    words = (*picture, *tone, *encode, *(("-c:a", "aac") if sound else ()))
    shutil.copyfile(_kept(words, path.suffix), path)
    return path


def _kept(words: tuple[str, ...], suffix: str) -> Path:
    """Return the clip that these arguments make, from this run or an earlier one."""
    name = sha256("\0".join((*words, FFMPEG, str(Path(FFMPEG).stat().st_size))).encode()).hexdigest()[:16]
    kept = KEPT / f"{name}{suffix}"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        half = kept.with_name(f"{name}.{os.getpid()}{suffix}")
        ffmpeg(*words, f"file:{half}")
        half.rename(kept)
    return kept


def real(folder: Path = REAL) -> tuple[Path, ...]:
    """Return the real clips of a folder, none where it is not there."""
    return tuple(sorted(path for path in folder.glob("*") if path.suffix in (".mov", ".mp4", ".mkv", ".mxf")))
