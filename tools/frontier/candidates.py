"""Which settings of a codec are held against each other: rows of all recipes, their qualities, what else there is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from runner.plan.recipe import Recipe
from runner.plan.recipes import DECLARED, TABLES
from runner.spec.codecs import CODECS


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One setting of one codec; `numbers` are the recipes that have it as their row."""

    codec: str
    name: str
    recipe: Recipe
    numbers: tuple[int, ...] = ()

    @property
    def container(self) -> str:
        """A container that the codec goes into."""
        return "mkv" if self.codec in ("vp9", "av1") else "mov"


# Of ProRes: the quantiser of all slices, and the matrix that it multiplies.
_QUANTISERS: Mapping[str, tuple[tuple[str, int], ...]] = {
    "prores_proxy": (("proxy", 4), ("proxy", 6), ("proxy", 8), ("proxy", 12), ("lt", 10), ("lt", 11)),
    "prores_lt": (("lt", 4), ("lt", 5), ("standard", 6), ("standard", 8), ("hq", 11)),
    "prores_standard": (("standard", 4), ("hq", 6), ("hq", 7), ("hq", 8)),
    "prores_hq": (("hq", 2), ("hq", 4), ("hq", 5)),
    "prores_4444": (("hq", 2), ("hq", 4), ("hq", 5)),
}
# DNxHR has no other: FFmpeg 9.0.2 dies of an assertion with "-mbd rd", and fits no picture with any "-ibias".
_OTHERS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "h264": (
        {"-preset": "ultrafast"},
        {"-preset": "superfast"},
        {"-preset": "superfast", "-crf": "19"},
        {"-preset": "faster"},
        {"-preset": "fast"},
        {"-tune": "fastdecode"},
    ),
    "h265": (
        {"-preset": "ultrafast"},
        {"-preset": "ultrafast", "-crf": "18"},
        {"-preset": "superfast"},
        {"-preset": "superfast", "-crf": "19"},
        {"-preset": "superfast", "-crf": "18"},
        {"-preset": "veryfast"},
        {"-preset": "medium"},
    ),
    "vp9": (
        {"-cpu-used": "5"},
        {"-deadline": "realtime", "-cpu-used": "5", "-crf": "33"},
        {"-deadline": "realtime", "-cpu-used": "6"},
        {"-deadline": "realtime", "-cpu-used": "7", "-crf": "33"},
    ),
    "av1": ({"-preset": "7"}, {"-preset": "9"}, {"-preset": "10"}, {"-preset": "12"}),
}


def _with(row: Recipe, changes: Mapping[str, str]) -> Recipe:
    """Return a recipe with other values of some options, in their places or behind all."""
    options = list(row.options)
    for name, value in changes.items():
        if name in options:
            options[options.index(name) + 1] = value
        else:
            options += [name, value]
    return replace(row, options=tuple(options))


def _rows(codec: str) -> Iterator[Candidate]:
    """Yield the rows of all numbers, equal ones once."""
    rows: dict[tuple[str, ...], list[int]] = {}
    for number, table in TABLES.items():
        rows.setdefault((table.picture[codec].encoder, *table.picture[codec].options), []).append(number)
    for numbers in rows.values():
        named = f"recipes {' and '.join(map(str, numbers))}"
        yield Candidate(codec=codec, name=named, recipe=TABLES[numbers[0]].picture[codec], numbers=tuple(numbers))


def _qualities(codec: str) -> Iterator[Candidate]:
    """Yield what `quality:` chooses beside the row itself, of the number in force."""
    row = TABLES[DECLARED].picture[codec]
    for name, changes in row.qualities.items():
        yield Candidate(codec=codec, name=f"quality: {name}", recipe=_with(row, changes))


def _others(codec: str) -> Iterator[Candidate]:
    row = TABLES[1].picture[codec]
    for matrix, quantiser in _QUANTISERS.get(codec, ()):
        quantised = {"-quant_mat": matrix, "-qscale:v": str(quantiser)}
        yield Candidate(codec=codec, name=f"{matrix} matrix, q {quantiser}", recipe=_with(row, quantised))
    if codec in _QUANTISERS:
        aw = replace(_with(row, {"-profile:v": row.options[1].replace("4444", "4")}), encoder="prores_aw")
        yield Candidate(codec=codec, name="prores_aw", recipe=aw)
    for changes in _OTHERS.get(codec, ()):
        name = " ".join(f"{option} {value}" for option, value in changes.items())
        yield Candidate(codec=codec, name=name, recipe=_with(row, changes))


def candidates(codec: str) -> tuple[Candidate, ...]:
    """Return the settings of one codec that differ, the row of number 1 first. Raises KeyError for no codec."""
    known: dict[tuple[str, ...], Candidate] = {}
    for each in (*_rows(codec), *_qualities(codec), *_others(codec)):
        known.setdefault((each.recipe.encoder, *each.recipe.options), each)
    return tuple(known.values())


def codecs() -> tuple[str, ...]:
    """Return the codecs whose rows can be measured at any size: all but the list of DNxHD."""
    return tuple(name for name in CODECS if not TABLES[1].picture[name].fixed)
