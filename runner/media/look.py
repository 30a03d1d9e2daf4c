"""A look at the first frames of a picture: what they say of its scan, and whether its packets are its frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from runner.media.facts import Scan
from runner.media.opening import MEDIA_ERRORS, TopFirst, codec_of

# A recording may begin with a frame of another kind than the rest: the others outvote it.
LOOKED_AT = 3
# Above 1080 lines (1088 as coded) no standard has fields (SMPTE ST 2036-1), and frames are slow to decode.
MOST_LINES = 1088
# Enough for three frames of any order of coding, in fields too; a file that gives none by then is damaged.
MOST_PACKETS = 64

# Codecs whose every frame says whether it was shot in fields. Containers say it of the whole track, and wrongly where
# progressive pictures travel in an interlaced format (PsF: XDCAM and XAVC at 25p in 50i), or where the muxer did not
# know (DV and DNxHD in a mov of FFmpeg's: measured).
_TELLING = {"h264", "mpeg2video", "prores", "dnxhd", "dvvideo", "vc1"}
# FFmpeg's AVFieldOrder: TT and TB begin with the top field, BB and BT with the bottom one.
_ORDERS: dict[int, Scan] = {2: "tff", 4: "tff", 3: "bff", 5: "bff"}


@dataclass(frozen=True, slots=True)
class Look:
    """What the first frames show. `whole` says that every packet is one frame, and decodes from the first one on.

    `packets` are those that were read for it, and what the container gives next comes after them; None where reading
    or decoding them met damage.
    """

    first: Any
    scan: Scan
    whole: bool
    packets: Sequence[Any] | None


def look(container: Any, stream: Any) -> Look | None:
    """Decode a few frames from where the container stands, its begin; None when none comes."""
    packets, frames, damaged = _decoded(container, stream) if stream.codec_context else ([], [], False)
    if not frames:
        return None
    fed = [packet for packet in packets if not packet.is_discard]
    whole = packets[0].is_keyframe and len(frames) == len(fed)
    return Look(frames[0], _scan(stream, frames), whole, None if damaged else packets)


def _decoded(container: Any, stream: Any) -> tuple[list[Any], list[Any], bool]:
    """Return the first packets, every frame they give, and whether there was damage.

    Also the frames that the decoder keeps back for their order.
    """
    packets: list[Any] = []
    frames: list[Any] = []
    context = stream.codec_context
    wanted = LOOKED_AT if context.height <= MOST_LINES else 1
    try:
        for packet in islice((each for each in container.demux(stream) if each.size), MOST_PACKETS):
            packets.append(packet)
            frames += context.decode(packet)
            if len(frames) >= wanted:
                break
        frames += context.decode(None)
    except MEDIA_ERRORS:
        return packets, frames, True  # what came before it is what there is; how many in all, decoding all will say
    return packets, frames, False


def _scan(stream: Any, frames: Sequence[Any]) -> Scan:
    """Return the scan: the frames' word where the codec has one, most of them deciding, else the header's."""
    header = _ORDERS.get(int(stream.codec_context.field_order or 0), "progressive")
    fields = [frame for frame in frames if frame.interlaced_frame]
    if fields and 2 * len(fields) >= len(frames):
        order = TopFirst(fields[0])
        return "tff" if 2 * sum(order.says(frame) for frame in fields) >= len(fields) else "bff"
    return "progressive" if codec_of(stream) in _TELLING else header
