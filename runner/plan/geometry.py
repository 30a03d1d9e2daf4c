"""How large the picture becomes. Sizes are computed here, never by FFmpeg."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from runner.media.facts import Picture
from runner.spec.resolution import Resolution


@dataclass(frozen=True, slots=True)
class Shape:
    """A picture's size in samples and its sample aspect ratio."""

    width: int
    height: int
    sar: Fraction

    @property
    def display(self) -> Fraction:
        """The width that it is shown at, in square pixels of its own height."""
        return self.width * self.sar


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame of an output, and the size of the picture within it: smaller where bars are added."""

    shape: Shape
    inner: tuple[int, int]


def upright(picture: Picture) -> Shape:
    """Return the shape after the rotation that FFmpeg applies: a quarter turn swaps the sides."""
    if picture.rotation in (90, 270):
        return Shape(picture.height, picture.width, 1 / picture.sar)
    return Shape(picture.width, picture.height, picture.sar)


def even(length: Fraction | int) -> int:
    """Return the nearest even number, at least 2: 4:2:0 and 4:2:2 halve the sides."""
    return max(2, round(Fraction(length) / 2) * 2)


def down(length: Fraction | int) -> int:
    """Return the even number at or below a length, at least 2: no column is made up."""
    return max(2, int(length) // 2 * 2)


@lru_cache(maxsize=1024)
def framed(shape: Shape, resolution: Resolution, fit: str = "inside", upscale: bool = False) -> Frame:
    """Return the output's frame: sides even, display shape kept, never larger than the source unless `upscale`.

    A divisor keeps the source's SAR, and so does a box that the picture fits into as it is. A box that it does not
    fit into makes square pixels, and so do bars (`fit` is "pad"): letterboxing is counted in square pixels.
    """
    if resolution.box is None:
        width, height = (down(Fraction(side, resolution.divisor)) for side in (shape.width, shape.height))
        return Frame(Shape(width, height, shape.sar), (width, height))
    box = resolution.box
    if fit == "pad":
        outer = down(box[0]), down(box[1])
        return Frame(Shape(*outer, Fraction(1)), _fitted(shape, *outer, upscale))
    if shape.display <= box[0] and shape.height <= box[1] and not upscale:
        width, height = down(shape.width), down(shape.height)
        return Frame(Shape(width, height, shape.sar), (width, height))
    width, height = _fitted(shape, *box, upscale)
    return Frame(Shape(width, height, Fraction(1)), (width, height))


def _fitted(shape: Shape, width: int, height: int, upscale: bool) -> tuple[int, int]:
    """Return the size, in square pixels, at which the picture fits into a box; an odd side holds one less."""
    factor = min(width / shape.display, Fraction(height, shape.height))
    if not upscale:
        factor = min(factor, Fraction(1))
    return min(even(shape.display * factor), down(width)), min(even(shape.height * factor), down(height))
