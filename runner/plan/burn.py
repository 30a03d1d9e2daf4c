"""What is burnt into the picture: which letters, where, how large, and the filters that draw them."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from runner.errors import Problem, problem
from runner.plan.arguments import Auxiliary, FontFile, TextFile
from runner.plan.model import Burn, PictureIntent
from runner.spec.overlay import Overlay
from runner.spec.rates import Timecode, rate_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Font:
    """A font as a Python package ships it; `advance` of every letter in parts of `em`, `has` its letters in hex."""

    package: str
    file: str
    sha256: str
    advance: int
    em: int
    has: str
    why: str


# `has` was read from the file's cmap, without what draws nothing; tests/plan/test_burn.py reads it again.
FONT = Font(
    package="fontpkg_roboto_mono",
    file="files/RobotoMono[wght].ttf",
    sha256="sha256:66a80e79d17e4c7cabd162e2916578a4cc08fd19eef6e2a643305eae9c567b2b",
    advance=1229,
    em=2048,
    has="20-7e a0-ac ae-17f 192 1a0-1a1 1af-1b0 1f0 1fa-1ff 218-21b 237 259 2bc 2c6-2c7 2c9 2d8-2dd 2f3 384-38a 38c"
    " 38e-3a1 3a3-3ce 3d1-3d2 3d6 400-482 48a-513 1e00-1e01 1e3e-1e3f 1e80-1e85 1ea0-1ef9 1f4d 2013-2015 2017-201e"
    " 2020-2022 2025-2026 2030 2032-2033 2039-203a 203c 2044 2074 207f 20a3-20a4 20a7 20ab-20ac 2105 2113 2116 2122"
    " 2126 212e 215b-215e 2202 2206 220f 2211-2212 2215 221a 221e 222b 2248 2260 2264-2265 25ca fffc-fffd",
    why="one width for all letters, so that running numbers stand still; a slashed zero; no ligatures, which make → of "
    "the two letters -> in a name; regular weight by default; OFL 1.1",
)
NAME, MISSING = "font.ttf", "?"
# Letters stay inside the safe title area, 90 % of each side (SMPTE ST 2046-1).
_MARGIN = 20
# The box behind the letters: half as dark as they are bright, so that both hold on white, black and noise.
_BOX, _BORDER = 2, 4
_SMALLEST = 6
# Digits that a frame number is given room for: 23 days at 50 frames a second.
_FRAME = "0" * 8
_COLUMNS = {"left": "{margin}", "center": "(w-text_w)/2", "right": "w-text_w-{margin}"}
_ROWS = {"top": "{margin}", "middle": "(h-text_h)/2", "bottom": "h-text_h-{margin}"}


@lru_cache(maxsize=1)
def _letters() -> frozenset[str]:
    ends = (span.partition("-") for span in FONT.has.split())
    spans = (range(int(first, 16), int(last or first, 16) + 1) for first, _, last in ends)
    return frozenset(chr(point) for span in spans for point in span)


def drawable(text: str) -> str:
    """Return the text with a ? for every letter that the font has not; so are line ends and what steers a terminal."""
    return "".join(each if each in _letters() else MISSING for each in unicodedata.normalize("NFC", text))


def _text(overlay: Overlay, name: str, code: Timecode | None) -> str | None:
    texts = {"text": overlay.text, "source_name": name, "timecode": str(code)}
    text = texts.get(overlay.show)
    return None if text is None else drawable(text)


def burns(overlays: Iterable[Overlay], name: str, code: Timecode | None) -> tuple[Burn, ...]:
    """Return what is burnt into the picture.

    `name` is the source's, `code` that of the first frame at the output's rate.
    """
    return tuple(
        Burn(
            show=each.show,
            text=_text(each, name, code),
            position=each.position,
            size=each.size,
            opacity=each.opacity,
        )
        for each in overlays
    )


def _cell(burn: Burn) -> tuple[str, str]:
    """Return row and column of a burn-in."""
    row, _, column = burn.position.partition("-")
    return (row, column) if column else ("middle", "center")


def _room(burn: Burn, intent: PictureIntent) -> int:
    """Return the width in pixels that a burn-in may take, its box included: its share, where others share its row."""
    columns = {column for row, column in map(_cell, intent.burns) if row == _cell(burn)[0]}
    shares = 1 if len(columns) == 1 else 3 if "center" in columns else 2
    inside = intent.width - 2 * (intent.width // _MARGIN)
    return inside if shares == 1 else inside // shares - intent.width // _MARGIN // 2


def _font_size(burn: Burn, intent: PictureIntent) -> int:
    """Return the size in pixels: as asked for, or what a text that is too long leaves."""
    fitting = _room(burn, intent) * FONT.em // (FONT.advance * len(burn.text or _FRAME))
    return max(_SMALLEST, min(round(intent.height * burn.size / 100), fitting))


def _place(burn: Burn, intent: PictureIntent) -> str:
    row, column = _cell(burn)
    across = _COLUMNS[column].format(margin=intent.width // _MARGIN)
    return f"x={across}:y={_ROWS[row].format(margin=intent.height // _MARGIN)}"


def _shown(number: int, burn: Burn, intent: PictureIntent) -> str:
    """Return what is drawn. Texts are read from files, unexpanded: whatever stands in them is letters."""
    if burn.show == "frame":
        return "text=%{frame_num}"
    if burn.show == "timecode":
        code = str(burn.text).replace(":", r"\:")
        return f"timecode='{code}':timecode_rate={rate_text(intent.rate)}:tc24hmax=1"
    return f"textfile=text{number}.txt:expansion=none"


def _drawn(number: int, burn: Burn, intent: PictureIntent) -> str:
    size, opacity = _font_size(burn, intent), burn.opacity / 100
    return (
        f"drawtext=fontfile={NAME}:{_shown(number, burn, intent)}:fontsize={size}:fontcolor=white@{opacity:.2f}"
        f":box=1:boxcolor=black@{opacity / _BOX:.3f}:boxborderw={size // _BORDER}:{_place(burn, intent)}"
    )


def filters(intent: PictureIntent) -> tuple[str, ...]:
    """Return the filters that draw, in the output's own pixel format: a scaler put between would follow no recipe."""
    if not intent.burns:
        return ()
    drawn = (_drawn(number, burn, intent) for number, burn in enumerate(intent.burns))
    return (f"format={intent.pixel_format}", *drawn)


def auxiliary(intent: PictureIntent) -> tuple[Auxiliary, ...]:
    """Return the files that the filters read."""
    if not intent.burns:
        return ()
    texts = (
        TextFile(name=f"text{number}.txt", text=burn.text)
        for number, burn in enumerate(intent.burns)
        if burn.show in ("source_name", "text") and burn.text is not None
    )
    return (FontFile(name=NAME, package=FONT.package, file=FONT.file, sha256=FONT.sha256), *texts)


def refusals(source: str, overlays: Iterable[Overlay], code: Timecode | None) -> list[Problem]:
    """Return why something cannot be burnt in: an invented timecode would be taken for the source's."""
    lacking = code is None and any(each.show == "timecode" for each in overlays)
    return [problem("JS155", ("overlay",), source=source)] if lacking else []


def losses(overlays: Iterable[Overlay], name: str) -> list[str]:
    """Return what of the texts cannot be shown, in words."""
    asked = "".join(_text_asked(each, name) for each in overlays)
    lacking = dict.fromkeys(each for each in unicodedata.normalize("NFC", asked) if each not in _letters())
    return [f"the burn-in's font lacks {' '.join(lacking)}; {MISSING} stands there"] if lacking else []


def _text_asked(overlay: Overlay, name: str) -> str:
    return name if overlay.show == "source_name" else overlay.text or ""
