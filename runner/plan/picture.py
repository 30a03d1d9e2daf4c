"""What happens to the picture: geometry, scan, rate, colour. Sizes are computed here, never by FFmpeg."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from runner.errors import Problem, problem
from runner.media.facts import Colour, Picture, Scan
from runner.plan import burn, lut
from runner.plan.model import PictureIntent
from runner.plan.recipes import FixedFormat, Recipe, Table
from runner.spec.rates import rate_label, rate_text
from runner.spec.resolution import Resolution

# The same picture on every CPU (bitexact), without the shortcuts that shift chroma (full_chroma_int).
SCALER = "flags=lanczos+accurate_rnd+full_chroma_int+bitexact"
HDR = {"smpte2084": "PQ", "arib-std-b67": "HLG"}
# Frames that the count of a variable-rate source made constant may be off by: where the last frame ends is a guess.
_VARIABLE_OFF = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """A picture's size in samples and its sample aspect ratio."""

    width: int
    height: int
    sar: Fraction


def upright(picture: Picture) -> Shape:
    """Return the shape after the rotation that FFmpeg applies: a quarter turn swaps the sides."""
    if picture.rotation in (90, 270):
        return Shape(picture.height, picture.width, 1 / picture.sar)
    return Shape(picture.width, picture.height, picture.sar)


def even(length: Fraction | int) -> int:
    """Return the nearest even number, at least 2: 4:2:0 and 4:2:2 halve the sides."""
    return max(2, round(Fraction(length) / 2) * 2)


def _down(length: int) -> int:
    return max(2, length - length % 2)


@lru_cache(maxsize=1024)
def sized(shape: Shape, resolution: Resolution) -> Shape:
    """Return the output's shape: sides even, display shape kept, never larger than the source.

    A divisor keeps the source's SAR. A box that the picture does not fit into makes square pixels.
    """
    if resolution.box is None:
        divisor = resolution.divisor
        if divisor == 1:
            return Shape(_down(shape.width), _down(shape.height), shape.sar)
        return Shape(even(Fraction(shape.width, divisor)), even(Fraction(shape.height, divisor)), shape.sar)
    return _boxed(shape, *resolution.box)


def _boxed(shape: Shape, width: int, height: int) -> Shape:
    display = shape.width * shape.sar
    if display <= width and shape.height <= height:
        return Shape(_down(shape.width), _down(shape.height), shape.sar)
    factor = min(width / display, Fraction(height, shape.height))
    return Shape(_within(display * factor, width), _within(shape.height * factor, height), Fraction(1))


def _within(length: Fraction, side: int) -> int:
    """Return the nearest even number that an odd side of the box still holds."""
    return min(even(length), _down(side))


def _matrix(picture: Picture, recipe: Recipe) -> str | None:
    """Return the output's matrix: the source's, but BT.709 for RGB, and the recipe's where a codec knows one alone."""
    if picture.rgb or picture.colour.matrix == "gbr":
        return "bt709"
    return picture.colour.matrix and (recipe.matrix or picture.colour.matrix)


def _colour(picture: Picture, recipe: Recipe) -> Colour:
    """Return the output's tags: the source's, full range as limited."""
    full = picture.rgb or picture.colour.range == "pc"
    return Colour(
        primaries=picture.colour.primaries,
        transfer=picture.colour.transfer,
        matrix=_matrix(picture, recipe),
        range="tv" if full else picture.colour.range,
    )


def _scan(picture: Picture, shape: Shape, recipe: Recipe) -> Scan:
    """Return the output's scan: fields survive only at their own height, upright, in a codec that has them."""
    kept = recipe.interlaced and shape.height == picture.height and not picture.rotation
    return picture.scan if kept else "progressive"


def intend(codec: str, picture: Picture, shape: Shape, rate: Fraction | None, recipe: Recipe) -> PictureIntent:
    """Return what the picture shall be; `rate` is the explicit one, None for the source's."""
    resampled = not picture.constant or (rate is not None and rate != picture.rate)
    return PictureIntent(
        codec=codec,
        width=shape.width,
        height=shape.height,
        sar=shape.sar,
        rate=rate or picture.rate,
        timing="resampled" if resampled else "every-frame",
        scan=_scan(picture, shape, recipe),
        pixel_format=recipe.alpha_format if recipe.alpha_format and picture.alpha else recipe.pixel_format,
        colour=_colour(picture, recipe),
    )


def expected_frames(picture: Picture, intent: PictureIntent) -> tuple[int, int]:
    """Return how many frames the output has, and by how many that may be off."""
    if intent.timing == "every-frame":
        return picture.frames, 0
    if picture.constant:
        return round(picture.frames / picture.rate * intent.rate), 1
    return round((picture.seconds or picture.frames / picture.rate) * intent.rate), _VARIABLE_OFF


def _scale(picture: Picture, intent: PictureIntent) -> str:
    parts = [f"scale={intent.width}:{intent.height}", SCALER]
    if picture.scan != "progressive" and intent.scan != "progressive":
        parts.append("interl=1")
    if intent.lut:
        return ":".join((*parts, *lut.back(intent)))
    if picture.rgb or intent.colour.matrix != picture.colour.matrix:
        parts.append(f"out_color_matrix={intent.colour.matrix}")
    if picture.rgb or picture.colour.range == "pc":
        parts.append("out_range=tv")
    return ":".join(parts)


@lru_cache(maxsize=64)
def _setparams(colour: Colour) -> tuple[str, ...]:
    named = (
        ("range", colour.range),
        ("color_primaries", colour.primaries),
        ("color_trc", colour.transfer),
        ("colorspace", colour.matrix),
    )
    told = [f"{name}={value}" for name, value in named if value]
    return (f"setparams={':'.join(told)}",) if told else ()


def filters(picture: Picture, intent: PictureIntent) -> tuple[str, ...]:
    """Return the filter chain from the decoded, upright picture to the encoder."""
    deinterlaced = picture.scan != "progressive" and intent.scan == "progressive"
    return (
        *(["bwdif=mode=send_frame"] if deinterlaced else []),
        *([f"fps={rate_text(intent.rate)}:start_time=0"] if intent.timing == "resampled" else []),
        *lut.filters(picture, intent, SCALER),
        _scale(picture, intent),
        *burn.filters(intent),
        f"setsar={intent.sar.numerator}/{intent.sar.denominator}",
        *_setparams(intent.colour),
        *lut.unsaid(intent),
        f"format={intent.pixel_format}",
    )


def options(intent: PictureIntent, recipe: Recipe) -> tuple[str, ...]:
    """Return the encoder's options: those of the recipe, of the fixed format, of scan and colour."""
    chosen = next((each.options for each in recipe.formats if _is(each, intent)), ())
    fields = ("-flags", "+ildct+ilme") if intent.scan != "progressive" else ()
    return (*recipe.options, *chosen, *fields, *_tags(intent.colour))


def _is(each: FixedFormat, intent: PictureIntent) -> bool:
    return (each.width, each.height, each.rate) == (intent.width, intent.height, intent.rate)


@lru_cache(maxsize=64)
def _tags(colour: Colour) -> tuple[str, ...]:
    named = (
        ("-color_range", colour.range),
        ("-color_primaries", colour.primaries),
        ("-color_trc", colour.transfer),
        ("-colorspace", colour.matrix),
    )
    return tuple(word for name, value in named if value for word in (name, value))


def refusals(source: str, picture: Picture, intent: PictureIntent, recipe: Recipe, table: Table) -> list[Problem]:
    """Return why this codec cannot make this picture: the planned errors, before a frame is encoded."""
    size = f"{intent.width}x{intent.height}"
    found = []
    if intent.width < recipe.smallest[0] or intent.height < recipe.smallest[1]:
        minimum = "x".join(map(str, recipe.smallest))
        remedy = "choose a larger resolution, or prores_proxy, which has no smallest size"
        found.append(problem("JS071", source=source, size=size, codec=intent.codec, minimum=minimum, remedy=remedy))
    if recipe.formats and not any(_is(each, intent) for each in recipe.formats):
        rate = rate_label(intent.rate)
        remedy = "dnxhr_lb takes any size and rate, in mov, mkv and mxf"
        found.append(problem("JS070", source=source, codec=intent.codec, size=size, rate=rate, remedy=remedy))
    if intent.colour.transfer in HDR and not _deep(intent.pixel_format):
        deep = ", ".join(name for name, row in table.picture.items() if _deep(row.pixel_format))
        transfer = HDR[intent.colour.transfer]
        found.append(problem("JS076", source=source, transfer=transfer, codec=intent.codec, remedy=deep))
    return found


def _deep(pixel_format: str) -> bool:
    return pixel_format.endswith("10le")


def _not_upscaled(shape: Shape, resolution: Resolution) -> list[str]:
    """Return the loss of a box that is larger than the picture on both sides: pixels are never made up."""
    if resolution.box is None:
        return []
    width, height = resolution.box
    if shape.width * shape.sar >= width or shape.height >= height:
        return []
    return [f"{width}x{height} asked, not upscaled from {shape.width}x{shape.height}"]


def losses(picture: Picture, intent: PictureIntent, resolution: Resolution) -> list[str]:
    """Return what of the source's picture, or of what was asked for, the output does not have, in words."""
    found = _not_upscaled(upright(picture), resolution)
    if not picture.constant:
        found.append(f"variable frame rate becomes constant {rate_label(intent.rate)}")
    elif intent.timing == "resampled":
        found.append(f"frame rate {rate_label(picture.rate)} becomes {rate_label(intent.rate)}")
    if picture.scan != "progressive" and intent.scan == "progressive":
        found.append("interlaced fields become progressive frames")
    was, becomes = picture.colour.matrix, intent.colour.matrix
    if intent.lut is None and was not in (None, "gbr", becomes):
        found.append(f"colour matrix {was} becomes {becomes}, the only one that {intent.codec} knows")
    if picture.alpha and not intent.pixel_format.startswith("yuva"):
        found.append("alpha is dropped")
    return found
