"""What outputs will cost, roughly: bytes, CPU time and memory, from measured rates per codec and recipe."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from runner.plan.model import Output


@dataclass(frozen=True, slots=True)
class Rate:
    """Bits for each pixel, and CPU seconds for each 100 million pixels, decoding an HD H.264 source included."""

    bits: float
    cpu: float


# Measured with FFmpeg 9.0.2 and recipes 1 over two noisy HD clips and one of a drone; good to a factor of two or so,
# for pictures and machines differ.
_1: Mapping[str, Rate] = {
    "prores_proxy": Rate(0.94, 9.97),
    "prores_lt": Rate(2.17, 13.29),
    "prores_standard": Rate(3.03, 12.29),
    "prores_hq": Rate(4.41, 14.36),
    "prores_4444": Rate(5.95, 16.35),
    "dnxhd": Rate(1.47, 2.91),
    "dnxhr_lb": Rate(0.83, 2.20),
    "dnxhr_sq": Rate(2.43, 2.58),
    "dnxhr_hq": Rate(3.64, 2.65),
    "dnxhr_hqx": Rate(3.64, 6.86),
    "dnxhr_444": Rate(7.19, 8.78),
    "h264": Rate(0.68, 3.77),
    "h265": Rate(0.31, 11.63),
    "vp9": Rate(0.16, 12.85),
    "av1": Rate(0.12, 6.82),
}
# By the number of the recipes; where a row has not changed, its rate has not.
RATES: Mapping[int, Mapping[str, Rate]] = {
    1: _1,
    2: {**_1, "prores_proxy": Rate(0.86, 2.40), "prores_lt": Rate(1.70, 2.95), "vp9": Rate(0.14, 3.50)},
}
# Bytes of memory that a good job may need, for each output and for each pixel. Measured with 9.0.2 on two cores, bytes
# of data segment: 320x180 below 0.5 GiB; 4K x264 and x265 1.5, SVT-AV1 2; 8K x265 and SVT-AV1 6 GiB. A source is
# decoded once: whether it is 4K or 8K, each x264 of 1080 lines that is added to the first takes 0.4 GiB more.
_MEMORY_OUTPUT, _MEMORY_PIXEL = 1 << 30, 220


@dataclass(frozen=True, slots=True)
class Cost:
    """What a group of outputs costs to make: how many, seconds of picture, bytes, CPU seconds."""

    outputs: int = 0
    seconds: float = 0
    size: float = 0
    cpu: float = 0


def cost(outputs: Iterable[Output]) -> Cost:
    """Return the estimate for making these outputs."""
    count, seconds, size, cpu = 0, 0.0, 0.0, 0.0
    for output in outputs:
        expects = output.expects
        pixels = expects.width * expects.height * expects.frames
        rate = RATES[output.recipes or 1][output.intent.picture.codec]
        count, seconds = count + 1, seconds + float(expects.seconds)
        size, cpu = size + pixels * rate.bits / 8, cpu + pixels / 1e8 * rate.cpu
    return Cost(count, seconds, size, cpu)


def memory(outputs: Sequence[Output]) -> int:
    """Return the bytes of memory that one FFmpeg may need to make these outputs of one source: at most, not usually."""
    picture = outputs[0].source.facts.picture
    sizes = [each.expects.width * each.expects.height for each in outputs]
    decoded = max(0, picture.width * picture.height - max(sizes))
    return _MEMORY_OUTPUT * len(outputs) + _MEMORY_PIXEL * (sum(sizes) + decoded)
