"""Small clips that FFmpeg makes on the spot, and independent looks at what came out."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from runner.media.toolchain import bundled

FFMPEG = str(bundled())
PICTURE = "testsrc2=s={size}:r={rate}:d={seconds}"


def ffmpeg(*arguments: str) -> str:
    """Run the bundled FFmpeg and return what it printed; a failure shows its complaints."""
    done = subprocess.run([FFMPEG, "-hide_banner", "-nostdin", "-v", "error", "-y", *arguments], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def clip(
    path: Path,
    *,
    size: str = "320x180",
    rate: str = "25",
    seconds: float = 0.4,
    tracks: Sequence[int] = (),
    encode: Sequence[str] = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
    sound: Sequence[str] = ("-c:a", "pcm_s16le"),
    extra: Sequence[str] = (),
) -> Path:
    """Make a clip: `tracks` gives the channels of each audio track, each track with a tone of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    inputs = ["-f", "lavfi", "-i", PICTURE.format(size=size, rate=rate, seconds=seconds)]
    maps = ["-map", "0:v"]
    for number, channels in enumerate(tracks):
        tone = "|".join(f"sin(2*PI*{300 * (number + 1) + 50 * channel}*t)/4" for channel in range(channels))
        inputs += ["-f", "lavfi", "-i", f"aevalsrc={tone}:s=48000:d={seconds}"]
        maps += ["-map", f"{number + 1}:a"]
    ffmpeg(*inputs, *maps, *encode, *(sound if tracks else ()), *extra, f"file:{path}")
    return path


def streamhash(path: Path) -> list[str]:
    """Return FFmpeg's hash of every picture and sound stream: equal lists are the very same streams."""
    return ffmpeg("-i", f"file:{path}", "-map", "0:v", "-map", "0:a?", "-c", "copy", "-f", "streamhash", "-").split()


def decoded_frames(path: Path) -> int:
    """Count the frames that decode, by FFmpeg and not by our own code."""
    progress = ffmpeg(
        *("-i", f"file:{path}", "-map", "0:V:0", "-fps_mode", "passthrough", "-f", "null", "-progress", "-", "-")
    )
    return int(progress.split("frame=")[-1].split()[0])
