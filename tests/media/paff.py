"""H.264 in field pictures (PAFF), which no encoder here writes: grey pictures of raw macroblocks (ITU-T H.264, 7.3)."""

from pathlib import Path

from tests.clips import ffmpeg

_SIDE = 2  # macroblocks across, and down in a field: frames are 32x64
_RAW_MACROBLOCK = 25  # I_PCM


class _Bits:
    """Bits in the order in which H.264 writes them."""

    def __init__(self) -> None:
        self.text = ""

    def fixed(self, value: int, width: int) -> None:
        self.text += f"{value:0{width}b}"

    def counted(self, *values: int) -> None:
        """Write numbers in exponential Golomb code."""
        for value in values:
            self.text += "0" * ((value + 1).bit_length() - 1) + f"{value + 1:b}"

    def unit(self, header: int) -> bytes:
        """Return a NAL unit, with the stop bit and the bytes that keep a start code from arising within."""
        text = self.text + "1"
        text += "0" * (-len(text) % 8)
        body, zeros = bytearray([header]), 0
        for byte in int(text, 2).to_bytes(len(text) // 8, "big"):
            if zeros >= 2 and byte <= 3:
                body.append(3)
                zeros = 0
            body.append(byte)
            zeros = zeros + 1 if not byte else 0
        return b"\0\0\0\1" + bytes(body)


def _headers() -> bytes:
    sequence = _Bits()
    sequence.text = f"{77:08b}{0:08b}{30:08b}"  # main profile
    sequence.counted(0, 0, 0, 4, 1)  # id, 4 bits of frame_num, order type 0 in 8 bits, 1 reference
    sequence.fixed(0, 1)
    sequence.counted(_SIDE - 1, _SIDE - 1)
    sequence.text += "0010"  # fields may be, never within a frame; direct inference; no cropping
    sequence.text += "1" + "0000" + "1" + f"{1:032b}{50:032b}" + "1" + "0000"  # 50 fields a second
    picture = _Bits()
    picture.counted(0, 0)
    picture.text += "00"
    picture.counted(0, 0, 0)
    picture.text += "000"
    picture.counted(0, 0, 0)
    picture.text += "000"
    return sequence.unit(0x67) + picture.unit(0x68)


def _field(frame: int, bottom: bool, second: bool) -> bytes:
    bits = _Bits()
    bits.counted(0, 7, 0)  # all macroblocks, intra, first parameters
    bits.text += "0000" + "1" + str(int(bottom))
    if not second:
        bits.counted(frame % 2)
    bits.fixed(int(second), 8)
    bits.text += "0" if second else "00"
    bits.counted(0)
    for _ in range(_SIDE * _SIDE):
        bits.counted(_RAW_MACROBLOCK)
        bits.text += "0" * (-len(bits.text) % 8) + f"{64 + 4 * frame + bottom:08b}" * 384
    return b"\0\0\0\1\x09\x10" + bits.unit(0x41 if second else 0x65)


def paff(path: Path, frames: int = 10, top_first: bool = True) -> Path:
    """Make a clip of `frames` frames at 25 a second, each coded as two pictures of one field."""
    stream = path.with_name("fields.h264")
    fields = [(frame, second) for frame in range(frames) for second in (False, True)]
    stream.write_bytes(_headers() + b"".join(_field(n, second == top_first, second) for n, second in fields))
    ffmpeg("-f", "h264", "-i", f"file:{stream}", "-c", "copy", f"file:{path}")
    stream.unlink()
    return path
