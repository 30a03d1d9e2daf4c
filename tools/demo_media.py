"""Make the three source clips of the demo below the folder that is given, unless they are there."""

import subprocess
import sys
from pathlib import Path

from runner.media.toolchain import bundled

# Camera-like: a moving picture with fine noise, so that encoders have something to do.
_NOISE = "noise=alls=6:all_seed=7:allf=t"
CLIPS: dict[str, tuple[str, ...]] = {
    # 1080p 23.976 from one o'clock, two mono tracks of PCM
    "day01/A001C001.mov": (
        *("-f", "lavfi", "-i", f"testsrc2=s=1920x1080:r=24000/1001:d=3,{_NOISE}"),
        *("-f", "lavfi", "-i", "sine=f=440:r=48000:d=3", "-f", "lavfi", "-i", "sine=f=880:r=48000:d=3"),
        *("-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18"),
        *("-pix_fmt", "yuv420p", "-c:a", "pcm_s24le", "-timecode", "01:00:00:00"),
        *("-metadata:s:v:0", "reel_name=A001"),
    ),
    # 720p 29.97 drop-frame, stereo AAC
    "day01/B002C014.mp4": (
        *("-f", "lavfi", "-i", f"mandelbrot=s=1280x720:r=30000/1001,{_NOISE}"),
        *("-f", "lavfi", "-i", "aevalsrc=sin(2*PI*330*t)/4|sin(2*PI*550*t)/4:s=48000:d=3"),
        *("-t", "3", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"),
        *("-c:a", "aac", "-timecode", "10:00:00;02"),
    ),
    # PAL, anamorphic 16:9, silent
    "day01/archive tape.mkv": (
        *("-f", "lavfi", "-i", f"smptebars=s=720x576:r=25:d=3,{_NOISE}"),
        *("-vf", "setsar=64/45", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"),
    ),
}


def make(folder: Path) -> None:
    """Make the clips that are missing; a half-made one never gets its name."""
    for name, arguments in CLIPS.items():
        path = folder / name
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".half-{path.name}")
        command = [str(bundled()), "-hide_banner", "-nostdin", "-v", "error", "-y", *arguments, f"file:{half}"]
        subprocess.run(command, check=True)
        half.rename(path)
        print(f"made {path}")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
