"""What happens to colour: tags, matrix, range; HDR made BT.709 where asked, linear light given a curve."""

from collections.abc import Mapping

from runner.media.facts import Colour, Picture
from runner.plan.model import PictureIntent
from runner.plan.recipe import Recipe

HDR = {"smpte2084": "PQ", "arib-std-b67": "HLG"}
LINEAR = "linear"
_BT709 = Colour(primaries="bt709", transfer="bt709", matrix="bt709", range="tv")
# Tags at which swscale of FFmpeg 9 gives up ("Unsupported input", "Impossible to convert"), although a picture that
# only changes its size or depth needs neither (measured: tests/plan/test_light.py). It is not told of them.
_UNSCALED_TRANSFERS = frozenset(("log100", "log316"))
_UNSCALED_MATRICES = frozenset(("ycgco", "bt2020c", "ictcp"))
# Primaries and transfers that come back as nothing, or as others, from a codec whose frames do not say them in an MXF:
# it has labels for some (SMPTE ST 2067-21, RP 224), one of them for both of BT.470's curves (9.0.2, measured).
_UNSAID: Mapping[tuple[str, str], frozenset[str]] = {
    ("dnxhd", "mxf"): frozenset(
        ("bt470m", "film", "ebu3213", "gamma28", "log100", "log316", "iec61966-2-1"),
    ),
    ("h264", "mxf"): frozenset(("ebu3213", "gamma28")),
    ("prores", "mxf"): frozenset(("gamma28",)),
}
# setparams has other words for two of the curves than -color_trc, in 5.1 and 9.0: those of the television systems.
_SETPARAMS = {"gamma22": "bt470m", "gamma28": "bt470bg"}
# zscale calls BT.2020 by other names than the rest of FFmpeg.
_ZIMG = {"bt2020nc": "2020_ncl", "bt2020c": "2020_cl", "bt2020": "2020", "bt709": "709", "smpte170m": "170m"}


def spelled(transfer: str | None) -> str | None:
    """Return the name that the filter setparams has for a transfer."""
    return _SETPARAMS.get(transfer or "", transfer)


def untold(picture: Picture) -> list[str]:
    """Return the filter that takes tags away at which the scaler would give up; setparams at the end brings them back.

    Neither is needed to change size or depth. Where a matrix has to be computed, `unconverted` refuses it. An EXR's
    decoder says linear of any light: of one that is stated to be a log, nothing is to be said.
    """
    words = []
    if picture.colour.transfer in _UNSCALED_TRANSFERS or (picture.codec == "exr" and picture.colour.transfer is None):
        words.append("color_trc=unknown")
    if picture.colour.matrix in _UNSCALED_MATRICES:
        words.append("colorspace=unknown")
    return [f"setparams={':'.join(words)}"] if words else []


def unconverted(picture: Picture, intent: PictureIntent) -> bool:
    """Say whether a matrix would have to be converted that the scaler does not know."""
    converted = intent.lut is not None or intent.colour.matrix != picture.colour.matrix
    return picture.colour.matrix in _UNSCALED_MATRICES and converted and not _tonemapped(picture, intent)


def _matrix(picture: Picture, recipe: Recipe) -> str | None:
    """Return the output's matrix: the source's, but BT.709 for RGB, and the recipe's where a codec knows one alone."""
    if picture.rgb or picture.colour.matrix == "gbr":
        return "bt709"
    return picture.colour.matrix and (recipe.matrix or picture.colour.matrix)


def _full(picture: Picture) -> bool:
    return picture.rgb or picture.colour.range == "pc"


def colour(picture: Picture, recipe: Recipe, tonemap: bool, container: str) -> Colour:
    """Return the output's tags: the source's, full range as limited; BT.709 of HDR that is tone-mapped.

    What the container cannot say is left unsaid.
    Linear light gets the curve of BT.709, for no codec here is meant to hold it, and is taken to have its primaries.
    """
    if tonemap and picture.colour.transfer in HDR:
        return _BT709
    seen, linear = picture.colour, picture.colour.transfer == LINEAR
    dumb = _UNSAID.get((recipe.decodes_as, container), frozenset())
    return Colour(
        primaries=None if seen.primaries in dumb else seen.primaries or ("bt709" if linear else None),
        transfer=None if seen.transfer in dumb else "bt709" if linear else seen.transfer,
        matrix=_matrix(picture, recipe),
        range="tv" if _full(picture) else picture.colour.range,
    )


def _tonemapped(picture: Picture, intent: PictureIntent) -> bool:
    return picture.colour.transfer in HDR and intent.colour.transfer not in HDR


def _straightened(picture: Picture) -> bool:
    return picture.colour.transfer == LINEAR


def scaled(picture: Picture, becomes: Colour) -> list[str]:
    """Return what the scaler is told of matrix and range, where they change in it."""
    if _straightened(picture):
        return []
    parts = []
    hdr = picture.colour.transfer in HDR and becomes.transfer not in HDR
    if (picture.rgb or becomes.matrix != picture.colour.matrix) and not hdr:
        parts.append(f"out_color_matrix={becomes.matrix}")
    if _full(picture) and not hdr:
        parts.append("out_range=tv")
    return parts


def _float(intent: PictureIntent) -> str:
    return "format=gbrapf32le" if intent.pixel_format.startswith("yuva") else "format=gbrpf32le"


def _from(picture: Picture, transfer: str, primaries: str, matrix: str) -> str:
    """Return what zscale reads: the source's tags, else those that go with its transfer."""
    seen = picture.colour
    matrix = "gbr" if picture.rgb else seen.matrix or matrix
    primaries = seen.primaries or primaries
    told = {"tin": transfer, "pin": _ZIMG.get(primaries, primaries), "min": _ZIMG.get(matrix, matrix)}
    told["rin"] = "full" if _full(picture) else "limited"
    return ":".join(f"{name}={value}" for name, value in told.items())


def before_scaling(picture: Picture, intent: PictureIntent) -> list[str]:
    """Return the filters that give linear light its curve; in floats, for swscale would cut what is above white."""
    if not _straightened(picture):
        return []
    primaries = _ZIMG.get(picture.colour.primaries or "bt709", "709")
    deep = "yuva444p16le" if intent.pixel_format.startswith("yuva") else "yuv444p16le"
    read = _from(picture, LINEAR, "bt709", "bt709")
    return [_float(intent), f"zscale={read}:t=709:p={primaries}:m=709:r=limited", f"format={deep}"]


def after_scaling(picture: Picture, intent: PictureIntent) -> list[str]:
    """Return the filters that make BT.709 of HDR: by Hable's curve, which keeps what lies below white as it is.

    100 cd/m² is white; after scaling, for fewer pixels have to be computed in floats.
    """
    if not _tonemapped(picture, intent):
        return []
    read = _from(picture, picture.colour.transfer or "", "bt2020", "bt2020nc")
    # zscale finds no way from primaries that the frame does not name, although it is told them for its input.
    named = "" if picture.colour.primaries else ":p=2020"
    return [
        f"zscale={read}:t=linear:npl=100{named}",
        _float(intent),
        "zscale=p=709",
        "tonemap=hable:desat=0",
        "zscale=t=709:m=709:r=limited",
    ]


def losses(picture: Picture, intent: PictureIntent) -> list[str]:
    """Return what becomes of the source's colour, in words."""
    found = []
    if _tonemapped(picture, intent):
        found.append(f"HDR ({HDR[picture.colour.transfer or '']}) is tone-mapped to BT.709")
    if _straightened(picture):
        found.append("linear light gets the curve of BT.709; what is above white is cut")
    for what, was, becomes in (
        ("primaries", picture.colour.primaries, intent.colour.primaries),
        ("transfer", picture.colour.transfer, intent.colour.transfer),
    ):
        if was and not becomes:
            found.append(f"the colour {what} {was} cannot be told by {intent.codec} in this container")
    was, becomes = picture.colour.matrix, intent.colour.matrix
    if was not in (None, "gbr", becomes) and not _tonemapped(picture, intent):
        found.append(f"colour matrix {was} becomes {becomes}, the only one that {intent.codec} knows")
    return found
