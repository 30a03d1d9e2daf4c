"""What the gate costs against the encode: `python -m tests.benchmarks.gate`, CPU seconds, medians of three runs.

Encodes two seconds of noisy HD to some codecs, as recipes do, and decodes what
came out as `verify: full` does.
"""

import resource
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from tests.clips import FFMPEG

RUNS, FRAMES = 3, 50
CODECS = {
    "prores_proxy": ("mov", "-c:v", "prores_ks", "-profile:v", "0", "-pix_fmt", "yuv422p10le"),
    "dnxhr_lb": ("mov", "-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p"),
    "h264": (
        "mov",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "20",
        "-pix_fmt",
        "yuv420p",
        "-g",
        "15",
        "-bf",
        "0",
    ),
    "h265": ("mov", "-c:v", "libx265", "-preset", "fast", "-crf", "22", "-pix_fmt", "yuv420p"),
}


def cpu(*arguments: str) -> float:
    """Return the CPU seconds of one FFmpeg."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([FFMPEG, "-nostdin", "-v", "error", "-y", *arguments], check=True, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(source: Path, folder: Path, codec: Sequence[str]) -> tuple[float, float]:
    """Return the CPU seconds of encoding, decoding of the source included, and of the gate's decoding."""
    made = str(folder / f"made.{codec[0]}")
    encode = [cpu("-i", str(source), *codec[1:], made) for _ in range(RUNS)]
    gate = [cpu("-xerror", "-err_detect", "explode", "-i", made, "-f", "null", "-") for _ in range(RUNS)]
    return median(encode), median(gate)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "source.mp4"
        picture = ("-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=25,noise=alls=12:allf=t")
        cpu(*picture, "-frames:v", str(FRAMES), "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", str(source))
        print("| codec | encode, CPU s | gate, CPU s | gate ÷ encode |\n|---|---:|---:|---:|")
        for codec, arguments in CODECS.items():
            encode, gate = measured(source, folder, arguments)
            print(f"| {codec} | {encode:.2f} | {gate:.2f} | {gate / encode:.0%} |")


if __name__ == "__main__":
    main()
