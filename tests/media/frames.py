"""Image sequences that FFmpeg makes on the spot, one file a frame."""

import struct
from pathlib import Path

from tests.clips import ffmpeg

PIXELS = {".exr": "gbrpf32le", ".jpg": "yuvj444p", ".dpx": "gbrp10le"}
# Where SMPTE ST 268 puts them in the header of a DPX: film's rate, television's timecode and rate.
_FILM_RATE, _TIMECODE, _RATE, _HEADER = 1724, 1920, 1940, 2048


def frames(folder: Path, name: str = "plate.%04d.dpx", first: int = 1001, count: int = 12, size: str = "64x36") -> Path:
    """Make a sequence and return its pattern; `name` is one that FFmpeg's image2 takes."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = PIXELS.get(Path(name).suffix, "rgb24")
    made = ("-frames:v", str(count), "-pix_fmt", pixels, "-start_number", str(first))
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}:r=24", *made, "-f", "image2", f"file:{folder / name}")
    return folder / name


def in_header(file: Path, rate: float | None = None, timecode: str | None = None) -> None:
    """Write rate and timecode into the header of a DPX, as scanners and recorders do."""
    data = bytearray(file.read_bytes())
    order = ">" if data[:4] == b"SDPX" else "<"
    (offset,) = struct.unpack_from(f"{order}I", data, 4)
    data[offset:offset] = b"\xff" * (_HEADER - offset)  # FFmpeg leaves these parts of the header away
    struct.pack_into(f"{order}I", data, 4, _HEADER)
    if rate is not None:
        struct.pack_into(f"{order}f", data, _FILM_RATE, rate)
        struct.pack_into(f"{order}f", data, _RATE, rate)
    if timecode is not None:
        struct.pack_into(f"{order}I", data, _TIMECODE, int(timecode.replace(":", "").replace(";", ""), 16))
    file.write_bytes(data)
