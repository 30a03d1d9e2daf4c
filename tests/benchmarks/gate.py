"""What the gate costs against the encode: noisy HD, encoded as recipes do, decoded as `verify: full` does."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.harness import Case, Table, interleaved, measured
from tests.benchmarks.media import camera
from tests.clips import FFMPEG

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


def _ffmpeg(*arguments: str | Path) -> Case:
    return lambda: measured([FFMPEG, "-nostdin", "-v", "error", "-y", *arguments])


def _row(source: Path, folder: Path, codec: str, arguments: Sequence[str], runs: int) -> tuple[str | float, ...]:
    container, *options = arguments
    made = folder / f"made.{container}"
    encode = _ffmpeg("-i", source, *options, made)
    encode()
    decode = _ffmpeg("-xerror", "-err_detect", "explode", "-i", made, "-f", "null", "-")
    found = interleaved({"encode": encode, "gate": decode}, runs)
    return codec, found["encode"].cpu, found["gate"].cpu, found["gate"].cpu / found["encode"].cpu


def tables(runs: int, seconds: float = 2, size: str = "1920x1080") -> list[Table]:
    """Return the gate's share of each codec, in CPU seconds, decoding of the source included in the encode."""
    with tempfile.TemporaryDirectory() as name:
        source = camera(Path(name, "source.mp4"), seconds=seconds, size=size, sound=False)
        rows = tuple(_row(source, Path(name), codec, words, runs) for codec, words in CODECS.items())
    columns = ("codec", "encode, CPU s", "gate, CPU s", "gate ÷ encode")
    return [Table(title="What the gate costs", columns=columns, rows=rows)]
