"""How many frames a picture has and at what rate they follow each other: by the times of its packets.

The fields of a header that speak of rates are taken at their word only where the times bear them out.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise
from statistics import median
from typing import Any, Literal

from runner.media.look import Look
from runner.media.opening import Source, codec_of, pictures_of
from runner.spec.rates import HIGHEST, STANDARD_RATES, snapped

Counted = Literal["index", "packets", "decoded"]
# When a frame is shown and for how long, in ticks; None for what has no time, 0 for what says no length.
Shown = tuple[int | None, int]

_DISCARDED = 2  # AVINDEX_DISCARD_FRAME: an edit list leaves this frame out

# Where a packet may be less than a frame, by codec and container (* is any); only decoding counts then.
_UNEQUAL = {
    ("vp8", "*"): "alternate reference frames are packets that are never shown",
    ("mpeg4", "avi"): "packed B-frames: two frames in one packet, an empty one after it (DivX, Xvid)",
}
# Containers that part H.264 and MPEG-2 by what the parser finds: of an interlaced picture these may be fields (PAFF).
_PARSED = ("mpegts", "mpeg", "h264", "hevc")
# Containers that are a mere stream, and may be joined end to end by anybody.
_BEGINS_AGAIN = ("mpegts", "mpeg")


@dataclass(frozen=True, slots=True)
class Timing:
    """Frames, how they were counted, and their rate: exact, or nominal when not constant.

    `seconds` says how long they are shown where frames and rate do not: the rate is not constant, or the last one
    stays. `rate` is None when nothing tells it.
    """

    frames: int
    counted: Counted
    rate: Fraction | None
    constant: bool
    seconds: Fraction | None


def timing_of(source: Source, stream: Any, look: Look) -> Timing:
    """Return the timing of a picture: from its index where that can be trusted, else from reading the whole file."""
    frames, counted, times, stay = _count(source, stream, look)
    tick = Fraction(stream.time_base)
    if _format(stream) in _BEGINS_AGAIN:
        times = _joined(times, tick)
    constant = _constant(times)
    interval = _median(times) * tick
    rate = _exact(stream, times, tick) if constant else _nominal(interval, tick, _named(stream))
    return Timing(
        frames,
        counted,
        rate if rate and rate <= HIGHEST else None,
        constant,
        _seconds(times, stay, tick, interval, constant),
    )


def _seconds(times: Sequence[int], stay: int, tick: Fraction, interval: Fraction, constant: bool) -> Fraction | None:
    """Return the length of the picture, the stay of its last frame included: what is resampled holds it that long."""
    longer = stay * tick > 2 * interval > 0
    if constant and not longer:
        return None
    return (max(times) - min(times)) * tick + (stay * tick if longer else interval)


def _count(source: Source, stream: Any, look: Look) -> tuple[int, Counted, list[int], int]:
    """Return the number of frames that decoding gives, how it was learnt, their times, and the last one's stay.

    Times are in ticks; a stay of 0 is not known.
    """
    if not look.whole or _unequal(stream, look):
        shown = _decoded_times(source)
        return len(shown), "decoded", _known(shown), _stay(shown)
    times = _index_times(stream)
    if times and _constant(times) and not _outlasted(stream, times):
        return len(times), "index", times, 0
    if _format(stream) == "mxf" and stream.duration and stream.average_rate:
        return round(stream.duration * stream.time_base * stream.average_rate), "index", [], 0
    shown = _packet_times(source, stream, look)
    return len(shown), "packets", _known(shown), _stay(shown)


def _outlasted(stream: Any, times: Sequence[int]) -> bool:
    """Say whether the track is longer than its evenly spaced frames: then the last one stays, the packets say how long.

    A frame more is no stay: it may be the container's rounding.
    """
    return bool(stream.duration and stream.duration > (len(times) + 1) * _median(times) > 0)


def _format(stream: Any) -> str:
    return str(stream.container.format.name)


def _unequal(stream: Any, look: Look) -> bool:
    """Say whether packets and frames may differ in number later on, although the first ones do not."""
    codec, form = codec_of(stream), _format(stream)
    fields = form in _PARSED and look.scan != "progressive"
    cut = any(entry.flags & _DISCARDED for entry in stream.index_entries)
    return fields or cut or bool(_UNEQUAL.keys() & {(codec, form), (codec, "*")})


def _index_times(stream: Any) -> list[int]:
    """Return the decoding times, in ticks, of the frames in the container's index; none when it is not complete."""
    entries = stream.index_entries
    if not stream.frames or len(entries) != stream.frames:
        return []
    return [entry.timestamp for entry in entries]


def _known(shown: Iterable[Shown]) -> list[int]:
    return [time for time, _ in shown if time is not None]


def _stay(shown: Iterable[Shown]) -> int:
    """Return how many ticks the last frame is shown, 0 where that is not known."""
    _, stay = max(((time, stay) for time, stay in shown if time is not None), default=(0, 0))
    return stay


def _packet_times(source: Source, stream: Any, look: Look) -> list[Shown]:
    """Return the showing times of all packets of the picture, with how long each stays. Reads the file to its end.

    Goes on where the look stopped, so that a sound file is opened and read once.
    """
    if look.packets is not None:
        return _times_of(chain(look.packets, stream.container.demux(stream)))
    with source.open() as container:
        return _times_of(container.demux(pictures_of(container)[0]))


def _times_of(packets: Iterable[Any]) -> list[Shown]:
    """Keeps no packet: a film is larger than the memory."""
    real = (packet for packet in packets if packet.size and not packet.is_discard)
    return [(_shown_at(packet), packet.duration or 0) for packet in real]


def _shown_at(packet: Any) -> int | None:
    time: int | None = packet.dts if packet.pts is None else packet.pts
    return time


def _decoded_times(source: Source) -> list[Shown]:
    """Return the showing times of all frames, with how long each stays. Decodes the whole file."""
    with source.open() as container:
        stream = pictures_of(container)[0]
        stream.thread_type = "AUTO"
        return [(frame.pts, frame.duration or 0) for frame in container.decode(stream)]


def _joined(times: Sequence[int], tick: Fraction) -> list[int]:
    """Return times in which none lies a second or more before one that came earlier in the file.

    The clock of streams that were joined end to end begins again: what follows is moved behind the rest, as FFmpeg
    does when it encodes.
    """
    second, shift, ordered = max(1, int(1 / tick)), 0, list[int]()
    for time in times:
        highest = ordered[-1] if ordered else time
        if time + shift < highest - second:
            shift = highest - time + min(_deltas(ordered[-3:]), default=0)
        insort(ordered, time + shift)
    return ordered


def _deltas(times: Sequence[int]) -> list[int]:
    return [after - before for before, after in pairwise(sorted(times))]


def _constant(times: Sequence[int]) -> bool:
    """Say whether all intervals are equal to a clock tick either way: a tick is the container's rounding.

    Where a tick is a whole frame (AVI), a tick more is a frame that was dropped. How long the last frame stays does
    not count: phones and editors let it stay as long as the sound.
    """
    deltas = _deltas(times)
    return not deltas or max(deltas) - min(deltas) <= min(1, min(deltas) - 1)


def _median(times: Sequence[int]) -> Fraction:
    deltas = _deltas(times)
    return Fraction(median(deltas)) if deltas else Fraction(0)


def _named(stream: Any) -> Fraction | None:
    """Return the rate that the header names, snapped to the standard ones; None for none, or one beyond all."""
    header = stream.average_rate or stream.guessed_rate
    named = snapped(Fraction(header)) if header else None
    return named if named and named <= HIGHEST else None


def _exact(stream: Any, times: Sequence[int], tick: Fraction) -> Fraction | None:
    """Return the rate of evenly spaced times: their mean, in which all roundings but the first and last cancel.

    A header's average counts a longer last frame in, and then is no rate of the picture.
    """
    named = _named(stream)
    if len(times) < 2:
        return named
    steps = len(times) - 1
    return _nominal((max(times) - min(times)) * tick / steps, tick / steps, named)


def _nominal(interval: Fraction, slack: Fraction, named: Fraction | None) -> Fraction | None:
    """Return the rate that an interval of seconds stands for, itself rounded by up to `slack`.

    Matroska's milliseconds make 30.303 of 29.97. Of the rates that fit it is the header's, else the nearest standard
    one.
    """
    if not interval or (named and abs(1 / named - interval) <= slack):
        return named
    nearest = min(STANDARD_RATES, key=lambda rate: abs(1 / rate - interval))
    return nearest if abs(1 / nearest - interval) <= slack else snapped(1 / interval)
