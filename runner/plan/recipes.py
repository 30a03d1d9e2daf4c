"""Numbered tables: codec → encoder arguments and limits. A row, once released under a number, never changes."""

from collections.abc import Mapping
from dataclasses import dataclass

from runner.plan import recipes_1, recipes_2
from runner.plan.recipe import Recipe
from runner.plan.sound_recipes import SOUND_TABLES, SoundTable
from runner.spec import codecs

# The number used where neither lock nor project declares one.
DECLARED = 2


@dataclass(frozen=True, slots=True)
class Table:
    """All recipes of one number."""

    picture: Mapping[str, Recipe]
    sound: SoundTable


TABLES: Mapping[int, Table] = {
    1: Table(recipes_1.PICTURE, SOUND_TABLES[1]),
    2: Table(recipes_2.PICTURE, SOUND_TABLES[1]),
}
assert all(set(table.picture) == set(codecs.CODECS) for table in TABLES.values())
# What the muxer of each container is told: index at the front for the web; colour in the box QuickTime reads.
MUXING: Mapping[str, tuple[str, ...]] = {
    "mov": ("-movflags", "+write_colr"),
    "mp4": ("-movflags", "+faststart+write_colr"),
    "mkv": (),
    "webm": (),
    "mxf": (),
}
