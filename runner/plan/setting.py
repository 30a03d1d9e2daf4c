"""What is the same for all sources of a job, looked up once."""

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from runner.errors import JobspecError, problem
from runner.media.releases import Release, release
from runner.plan import recipes, sound
from runner.plan.recipe import Recipe
from runner.plan.request import Request
from runner.spec import naming
from runner.spec.audio import Audio, audio_of
from runner.spec.cube import Lut
from runner.spec.location import parse_location
from runner.spec.model import JobSpec
from runner.spec.overlay import Overlay, overlays_of
from runner.spec.resolution import Resolution, parse_resolution

STATE = ".jobspec"


# Two of them are never compared by what stands in them: a job has one, and it knows each of its hundred thousand
# sources.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setting:
    """What is the same for all sources of a job.

    `rate` is the spec's explicit rate; `tokens` are those that no source changes; `frozen` those that a resolved spec
    brings along, by source; `toolchain` is its name, `line` the row that tells what it can do.
    """

    spec: JobSpec
    data: dict[str, Any]
    rate: Fraction | None
    tokens: dict[str, str]
    frozen: dict[str, dict[str, str]]
    directory: str
    template: naming.Template
    resolution: Resolution
    state: str
    toolchain: str
    line: Release
    number: int
    table: recipes.Table
    recipe: Recipe
    sound: sound.Treatment
    overlays: tuple[Overlay, ...]
    luts: tuple[Lut, ...]


def setting_of(request: Request, toolchain: str, number: int) -> Setting:
    """Return the setting of a job. Raises JobspecError for a toolchain or recipe number that nobody knows."""
    spec, directory = request.spec, parse_location(request.spec.output_directory)
    toolchain = request.toolchain or toolchain
    line, number = release(toolchain), _known(request.number if request.number is not None else number)
    table, data = recipes.TABLES[number], spec.to_dict()
    return Setting(
        spec=spec,
        data=data,
        rate=spec.rate,
        tokens=naming.job_tokens(data),
        frozen={source: dict(tokens) for source, tokens in spec.resolved_tokens},
        directory=str(directory),
        template=naming.parse_template(spec.naming_template, frozenset(spec.own_tokens)),
        resolution=parse_resolution(spec.resolution),
        state=request.state or str(directory / STATE),
        toolchain=toolchain,
        line=line,
        number=number,
        table=table,
        recipe=table.picture[spec.codec],
        sound=_treatment(spec, table, audio_of(None, spec.audio)),
        overlays=overlays_of(spec.overlay),
        luts=request.luts,
    )


def _known(number: int) -> int:
    if number not in recipes.TABLES:
        raise JobspecError(problem("JS084", found=str(number), legal=map(str, recipes.TABLES)))
    return number


def _treatment(spec: JobSpec, table: recipes.Table, audio: Audio) -> sound.Treatment:
    recipe = table.sound.of(spec.container, audio.codec)
    return sound.Treatment(
        audio=audio,
        recipe=recipe,
        container=spec.container,
        codec=spec.codec,
        rate=spec.rate,
        conform=spec.conform,
    )


@lru_cache(maxsize=256)
def with_own_sound(setting: Setting, audio: Any) -> Setting:
    """Return the setting of a clip: that of its job, but for what the clip says of its own sound, if it does."""
    if audio is None:
        return setting
    treatment = _treatment(setting.spec, setting.table, audio_of(audio, setting.spec.audio))
    return replace(setting, sound=treatment)
