"""Clips whose channels are told apart by tone, and clips that flash when they beep."""

from collections.abc import Sequence
from pathlib import Path

from tests.acceptance.looks import samples, streams, tone
from tests.clips import ffmpeg

# An LFE plays a tone that an LFE can have; every other channel one of its own.
LFE = 60
TONES = [300 + 140 * number for number in range(16)]
_CHANNELS = {
    "3.1": ("", "", "", "LFE"),
    "5.1": ("", "", "", "LFE", "", ""),
    "5.1(side)": ("", "", "", "LFE", "", ""),
    "7.1": ("", "", "", "LFE", "", "", "", ""),
}
CAMERA = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-pix_fmt", "yuv420p")
# What a container that is not QuickTime or Matroska takes for the picture.
MPEG2 = ("-c:v", "mpeg2video", "-pix_fmt", "yuv422p")


def tones(channels: int, layout: str | None = None, first: int = 0) -> list[int]:
    """Return the tone of each channel of a track, those of the first track beginning with the lowest."""
    kinds = _CHANNELS.get(layout or "", ("",) * channels)
    return [LFE if kind else TONES[(first + number) % len(TONES)] for number, kind in enumerate(kinds)]


def toned(
    path: Path,
    *tracks: tuple[int, str | None],
    encode: Sequence[str] = CAMERA,
    sound: Sequence[str] = ("-c:a", "pcm_s24le"),
    rate: int = 48000,
    extra: Sequence[str] = (),
) -> Path:
    """Make a clip of ten frames; each track is its number of channels and its layout, None for no layout at all."""
    inputs, maps, filters = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=0.4"], ["-map", "0:v"], []
    first = 0
    for number, (channels, layout) in enumerate(tracks):
        waves = "|".join(f"sin(2*PI*{each}*t)/2" for each in tones(channels, layout, first))
        named = f":c={layout}" if layout else ""
        inputs += ["-f", "lavfi", "-i", f"aevalsrc={waves}:s={rate}:d=0.4{named}"]
        maps += ["-map", f"{number + 1}:a"]
        if layout is None:
            mapped = "|".join(map(str, range(channels)))
            filters += [f"-filter:a:{number}", f"channelmap={mapped}:{channels}C"]
        first = (first + channels) % len(TONES)
    ffmpeg(*inputs, *maps, *filters, *encode, *(sound if tracks else ()), *extra, f"file:{path}")
    return path


def heard(path: Path) -> list[list[int | None]]:
    """Return the tone of each channel of each track."""
    return [[tone(channel, [LFE, *TONES]) for channel in samples(path, number)] for number in range(len(streams(path)))]


def flashing(
    path: Path,
    *,
    picture: float = 0,
    sound: float = 0,
    encode: Sequence[str] = CAMERA,
    extra: str = "",
    at: float = 0.6,
) -> Path:
    """Make a clip that turns white and begins to beep at a time; picture and sound begin at times of their own."""
    white = f"drawbox=c=white:t=fill:enable='gte(t,{at - picture}-0.001)'{extra}"
    shown = f"color=black:s=320x180:r=25:d={1.2 - picture},{white}"
    played = f"aevalsrc='gte(t,{at - sound})*sin(2*PI*1000*t)/2':s=48000:d={1.2 - sound}"
    first, second = ("-itsoffset", str(picture), "-f", "lavfi"), ("-itsoffset", str(sound), "-f", "lavfi")
    maps = ("-map", "0", "-map", "1", "-fps_mode", "passthrough")
    ffmpeg(*first, "-i", shown, *second, "-i", played, *maps, *encode, "-c:a", "pcm_s16le", f"file:{path}")
    return path


def flash(path: Path) -> int:
    """Return the number of the first white frame."""
    raw = path.with_suffix(".gray")
    grey = ("-vf", "scale=1:1:flags=area,format=gray", "-fps_mode", "passthrough", "-f", "rawvideo")
    ffmpeg("-i", f"file:{path}", "-map", "0:v", *grey, f"file:{raw}")
    return next(number for number, level in enumerate(raw.read_bytes()) if level > 128)
