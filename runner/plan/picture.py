"""What happens to the picture: its intent, the filters that make it, what is refused and what is lost."""

from fractions import Fraction
from functools import lru_cache

from runner.errors import Problem, problem
from runner.media.facts import Colour, Picture, Scan
from runner.plan import burn, dnxhd, light, lut, timing
from runner.plan.geometry import Frame, framed, upright
from runner.plan.light import HDR
from runner.plan.model import PictureIntent
from runner.plan.recipe import Recipe
from runner.plan.recipes import Table
from runner.spec.model import JobSpec
from runner.spec.rates import rate_label
from runner.spec.resolution import Resolution, parse_resolution

# The same picture on every CPU (bitexact), without the shortcuts that shift chroma (full_chroma_int).
SCALER = "flags=lanczos+accurate_rnd+full_chroma_int+bitexact"


def _scan(picture: Picture, frame: Frame, spec: JobSpec, recipe: Recipe, rate: Fraction) -> Scan:
    """Return the output's scan: fields survive only at their own height and rate, upright, in a codec that has them."""
    kept = spec.scan == "preserve" and picture.scan in recipe.scans.get(spec.container, ()) and not picture.rotation
    same = picture.height == frame.inner[1] == frame.shape.height and rate == picture.rate and picture.constant
    listed = not recipe.fixed or dnxhd.line(frame.shape.width, frame.shape.height, True, rate, None) is not None
    mapped = spec.color == "tonemap" and picture.colour.transfer in HDR  # zscale would mix the chroma of both fields
    return picture.scan if kept and same and listed and not mapped else "progressive"


def frame_of(picture: Picture, spec: JobSpec, resolution: Resolution) -> Frame:
    """Return the output's frame, and the size of the picture within it."""
    return framed(upright(picture), resolution, spec.fit, spec.upscale)


def intend(spec: JobSpec, picture: Picture, frame: Frame, recipe: Recipe) -> PictureIntent:
    """Return what the picture shall be."""
    rate, shape = spec.rate or picture.rate, frame.shape
    return PictureIntent(
        codec=spec.codec,
        width=shape.width,
        height=shape.height,
        sar=shape.sar,
        rate=rate,
        timing=timing.timing(picture, spec),
        scan=_scan(picture, frame, spec, recipe, rate),
        pixel_format=recipe.alpha_format if recipe.alpha_format and picture.alpha else recipe.pixel_format,
        colour=light.colour(picture, recipe, spec.color == "tonemap", spec.container),
        inner=frame.inner if frame.inner != (shape.width, shape.height) else None,
        quality=spec.quality,
    )


def _scale(picture: Picture, intent: PictureIntent) -> str:
    width, height = intent.inner or (intent.width, intent.height)
    parts = [f"scale={width}:{height}", SCALER]
    if picture.scan != "progressive" and intent.scan != "progressive":
        parts.append("interl=1")
    told = lut.back(intent) if intent.lut else light.scaled(picture, intent.colour)
    return ":".join((*parts, *told))


def _pad(intent: PictureIntent) -> list[str]:
    """Return the filter that adds bars: at even offsets, so that chroma and fields stay where they are."""
    if intent.inner is None:
        return []
    left, top = (intent.width - intent.inner[0]) // 4 * 2, (intent.height - intent.inner[1]) // 4 * 2
    return [f"pad={intent.width}:{intent.height}:{left}:{top}:black"]


@lru_cache(maxsize=64)
def _setparams(colour: Colour) -> tuple[str, ...]:
    named = (
        ("range", colour.range),
        ("color_primaries", colour.primaries),
        ("color_trc", light.spelled(colour.transfer)),
        ("colorspace", colour.matrix),
    )
    told = [f"{name}={value}" for name, value in named if value]
    return (f"setparams={':'.join(told)}",) if told else ()


def _fields(picture: Picture, intent: PictureIntent) -> list[str]:
    """Return the filter that makes frames of fields, as many as there were, where the output has none."""
    if picture.scan == "progressive" or intent.scan != "progressive":
        return []
    return [f"bwdif=mode=send_frame:parity={picture.scan}:deint=all"]


def filters(picture: Picture, intent: PictureIntent, *, late: bool = False) -> tuple[str, ...]:
    """Return the filter chain from the decoded, upright picture to the encoder; `late` as in `timing.filters`."""
    return (
        *_fields(picture, intent),
        *timing.filters(picture, intent, late=late),
        *light.untold(picture),
        *(lut.filters(picture, intent, SCALER) if intent.lut else light.before_scaling(picture, intent)),
        _scale(picture, intent),
        *([] if intent.lut else light.after_scaling(picture, intent)),
        *_pad(intent),
        *burn.filters(intent),
        *([f"setfield={intent.scan}"] if intent.scan != "progressive" else []),
        f"setsar={intent.sar.numerator}/{intent.sar.denominator}",
        *_setparams(intent.colour),
        *lut.unsaid(intent),
        f"format={intent.pixel_format}",
    )


def options(intent: PictureIntent, recipe: Recipe) -> tuple[str, ...]:
    """Return the encoder's options: those of the recipe at its quality, of the fixed line, of scan and colour."""
    fields = recipe.fields if intent.scan != "progressive" else ()
    return (*_chosen(recipe, intent.quality), *_line(intent, recipe), *fields, *_tags(intent.colour))


def _chosen(recipe: Recipe, quality: str | None) -> tuple[str, ...]:
    """Return the recipe's options, with the values of another quality in the place of the standard ones."""
    other = recipe.qualities.get(quality or "standard", {})
    words = recipe.options
    return tuple(other.get(before, word) for before, word in zip(("", *words), words, strict=False))


def _dnxhd(intent: PictureIntent) -> dnxhd.Line | None:
    return dnxhd.line(intent.width, intent.height, intent.scan != "progressive", intent.rate, intent.quality)


def _line(intent: PictureIntent, recipe: Recipe) -> tuple[str, ...]:
    line = _dnxhd(intent) if recipe.fixed else None
    return ("-b:v", f"{line.megabits}M") if line else ()


@lru_cache(maxsize=64)
def _tags(colour: Colour) -> tuple[str, ...]:
    named = (
        ("-color_range", colour.range),
        ("-color_primaries", colour.primaries),
        ("-color_trc", colour.transfer),
        ("-colorspace", colour.matrix),
    )
    return tuple(word for name, value in named if value for word in (name, value))


def refusals(
    source: str, picture: Picture, intent: PictureIntent, container: str, recipe: Recipe, table: Table
) -> list[Problem]:
    """Return why this codec cannot make this picture: the planned errors, before a frame is encoded."""
    found = [*_too_small(source, intent, recipe), *_unlisted(source, intent, recipe)]
    if light.unconverted(picture, intent):
        found.append(problem("JS200", source=source, found=picture.colour.matrix, codec=intent.codec))
    if intent.sar != 1 and container in recipe.square_in:
        shape = f"{intent.sar.numerator}:{intent.sar.denominator}"
        found.append(problem("JS169", source=source, shape=shape, codec=intent.codec, container=container))
    if intent.colour.transfer in HDR and not _deep(intent.pixel_format):
        deep = ", ".join(name for name, row in table.picture.items() if _deep(row.pixel_format))
        transfer = HDR[intent.colour.transfer]
        found.append(problem("JS076", source=source, transfer=transfer, codec=intent.codec, remedy=deep))
    return found


def _too_small(source: str, intent: PictureIntent, recipe: Recipe) -> list[Problem]:
    if intent.width >= recipe.smallest[0] and intent.height >= recipe.smallest[1]:
        return []
    size, minimum = f"{intent.width}x{intent.height}", "x".join(map(str, recipe.smallest))
    remedy = "choose a larger resolution, or prores_proxy, which has no smallest size"
    return [problem("JS071", source=source, size=size, codec=intent.codec, minimum=minimum, remedy=remedy)]


# The DNxHR profile that is what DNxHD calls by the same quality.
_INSTEAD = {"draft": "dnxhr_lb", "standard": "dnxhr_sq", "high": "dnxhr_hq"}


def _unlisted(source: str, intent: PictureIntent, recipe: Recipe) -> list[Problem]:
    if not recipe.fixed or _dnxhd(intent):
        return []
    rate, size = rate_label(intent.rate), f"{intent.width}x{intent.height}"
    remedy = f"{_INSTEAD[intent.quality or 'draft']} takes any size and rate, in mov, mkv and mxf"
    return [problem("JS070", source=source, codec=intent.codec, size=size, rate=rate, remedy=remedy)]


def _deep(pixel_format: str) -> bool:
    return pixel_format.endswith("10le")


def _not_upscaled(picture: Picture, intent: PictureIntent, resolution: Resolution) -> list[str]:
    """Return the loss of a box that is larger than the picture on both sides: pixels are never made up."""
    shape = upright(picture)
    width, height = intent.inner or (intent.width, intent.height)
    if resolution.box is None or shape.display >= resolution.box[0] or shape.height >= resolution.box[1]:
        return []
    if (width * (1 if intent.inner else intent.sar), height) > (shape.display, shape.height):
        return []
    asked = "x".join(map(str, resolution.box))
    return [f"{asked} asked, not upscaled from {shape.width}x{shape.height}"]


def losses(picture: Picture, intent: PictureIntent, spec: JobSpec, recipe: Recipe) -> list[str]:
    """Return what of the source's picture, or of what was asked for, the output does not have, in words."""
    found = _not_upscaled(picture, intent, parse_resolution(spec.resolution))
    found += timing.losses(picture, intent)
    if picture.scan != "progressive" and intent.scan == "progressive":
        found.append("interlaced fields become progressive frames")
    found += lut.losses(picture, intent) if intent.lut else light.losses(picture, intent)
    if picture.alpha and not intent.pixel_format.startswith("yuva"):
        found.append("alpha is dropped")
    line = _dnxhd(intent) if recipe.fixed else None
    if line and intent.quality and line.quality != intent.quality:
        found.append(f"DNxHD has no {intent.quality} line of this kind; the {line.quality} one is taken")
    return found
