"""Colour tags: ITU-T H.273's numbers, which PyAV gives, by the names that FFmpeg's arguments take."""

from typing import Any, Literal

from runner.media.facts import Colour

# 2 is "unspecified" everywhere, and therefore absent.
PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
TRANSFERS = {
    1: "bt709",
    4: "gamma22",
    5: "gamma28",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
MATRICES = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    14: "ictcp",
}
RANGES: dict[int, Literal["tv", "pc"]] = {1: "tv", 2: "pc"}

_TABLES: tuple[tuple[str, dict[int, Any]], ...] = (
    ("color_primaries", PRIMARIES),
    ("color_trc", TRANSFERS),
    ("colorspace", MATRICES),
    ("color_range", RANGES),
)


def colour_of(context: Any, frame: Any, pixel_format: str) -> Colour:
    """Return the colour tags, those of the first frame before those of the header."""
    values = [
        next((int(value) for holder in (frame, context) if (value := getattr(holder, name, None)) in known), None)
        for name, known in _TABLES
    ]
    primaries, transfer, matrix, rng = values
    return Colour(
        primaries=PRIMARIES.get(primaries or 0),
        transfer=TRANSFERS.get(transfer or 0),
        matrix=None if matrix is None else MATRICES[matrix],
        range="pc" if pixel_format.startswith("yuvj") else RANGES.get(rng or 0),
    )
