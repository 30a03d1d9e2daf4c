"""A look-up table on the picture: which one, the filters around it, and what colour comes out of it."""

from collections.abc import Iterable

from msgspec.structs import replace

from runner.errors import JobspecError, problem
from runner.media.facts import Colour, Picture
from runner.plan.arguments import LutFile
from runner.plan.model import Grade, PictureIntent
from runner.spec.cube import Lut
from runner.spec.location import REPOSITORY, Location
from runner.spec.luts import lut_location
from runner.spec.model import JobSpec
from runner.spec.own import NONE
from runner.spec.sources import Clip

NAME = "lut.cube"
# Between the colours of a cube, tetrahedra keep greys grey (trilinear tints them); a curve needs straight lines only.
# Sixteen bits, and packed: for planes FFmpeg has a faster way that gives other bits on a CPU with AVX2 than without
# (measured with -cpuflags; tests/plan/test_lut.py).
_FORMAT, _WITH_ALPHA = "rgb48le", "rgba64le"
_FILTERS = {"1d": f"lut1d=file={NAME}:interp=linear", "3d": f"lut3d=file={NAME}:interp=tetrahedral"}
# Light that a BT.709 display does not show as it is: a table for proxies makes it BT.709 (ITU-R BT.2408 for the two HDR
# ones). What is tagged as BT.709 or not at all keeps its tags.
_UNSHOWN = frozenset(("smpte2084", "arib-std-b67", "linear", "log100", "log316"))
_WIDE = frozenset(("bt2020", "smpte431", "smpte432"))
# What the scaler is told of a matrix: names that 5.1 and 9.0 both know; 5.1 takes no notice of others (measured).
_UNSAID = "bt709"
_MATRICES = {"bt470bg": "bt601", "bt2020nc": "bt2020"}


def chosen(spec: JobSpec, clip: Clip, luts: Iterable[Lut]) -> Lut | None:
    """Return the table of one source: its own, else the spec's. Raises JobspecError for one that nobody read."""
    text = clip.own.lut or spec.lut
    if text is None or text == NONE:
        return None
    found = next((each for each in luts if each.path == _path(text)), None)
    if found is None:
        raise JobspecError(problem("JS150", found=text, reason="it was not read with its spec"))
    return found


def _path(text: str) -> str | None:
    try:
        return lut_location(text).path
    except ValueError:
        return None


def _shown(colour: Colour) -> bool:
    return colour.transfer not in _UNSHOWN and colour.primaries not in _WIDE


def graded(intent: PictureIntent, lut: Lut | None) -> PictureIntent:
    """Return what the picture shall be behind its table; the same intent without one."""
    if lut is None:
        return intent
    colour = intent.colour
    if not _shown(colour):
        colour = replace(colour, primaries="bt709", transfer="bt709", matrix="bt709")
    return replace(intent, colour=colour, lut=Grade(sha256=lut.sha256, kind=lut.kind))


def auxiliary(lut: Lut | None) -> tuple[LutFile, ...]:
    """Return the file that the filters read."""
    if lut is None:
        return ()
    place = str(Location(REPOSITORY, lut.path))
    return (LutFile(name=NAME, location=place, sha256=lut.sha256, head=lut.head),)


def filters(picture: Picture, intent: PictureIntent, scaler: str) -> tuple[str, ...]:
    """Return the filters that bring the picture into RGB and through its table; the scaler behind brings it back."""
    if intent.lut is None:
        return ()
    alpha = picture.alpha and intent.pixel_format.startswith("yuva")
    packed = f"format={_WITH_ALPHA if alpha else _FORMAT}"
    return (*_into_rgb(picture, intent, scaler), packed, _FILTERS[intent.lut.kind])


def _into_rgb(picture: Picture, intent: PictureIntent, scaler: str) -> tuple[str, ...]:
    if is_rgb(picture):
        return (f"scale={scaler}",)
    fields = ":interl=1" if keeps_fields(picture, intent) else ""
    span = picture.colour.range or "tv"
    return (f"scale={scaler}:in_color_matrix={_matrix(picture.colour)}:in_range={span}:out_range=pc{fields}",)


def _matrix(colour: Colour) -> str:
    matrix = colour.matrix or _UNSAID
    return _MATRICES.get(matrix, matrix)


def is_rgb(picture: Picture) -> bool:
    """Say whether the decoded picture is RGB."""
    return picture.rgb or picture.colour.matrix == "gbr"


def keeps_fields(picture: Picture, intent: PictureIntent) -> bool:
    """Say whether fields go through to the output, so that chroma must not be mixed across them."""
    return picture.scan != "progressive" and intent.scan != "progressive"


def back(intent: PictureIntent) -> tuple[str, ...]:
    """Return what the scaler is told for the way back from RGB; nothing without a table."""
    if intent.lut is None:
        return ()
    return (f"out_color_matrix={_matrix(intent.colour)}", "out_range=tv")


def unsaid(intent: PictureIntent) -> tuple[str, ...]:
    """Return the filter that takes back what the scaler noted of its way from RGB and the source never said."""
    named = (("range", intent.colour.range), ("colorspace", intent.colour.matrix))
    untold = [f"{name}=unknown" for name, value in named if not value]
    return (f"setparams={':'.join(untold)}",) if intent.lut and untold else ()


def losses(picture: Picture, intent: PictureIntent) -> list[str]:
    """Return what a table changes of what the source says of its colour, in words."""
    was = picture.colour.transfer if picture.colour.transfer in _UNSHOWN else picture.colour.primaries
    if intent.lut is None or _shown(picture.colour):
        return []
    return [f"{was} goes through the LUT, whose picture is taken for BT.709 and tagged so"]
