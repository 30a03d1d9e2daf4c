"""The expansion: specs and facts become a plan."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any

from runner import canonical
from runner.errors import JobspecError, Place, Problem, problem
from runner.media.facts import FORMATS, IMAGES, MOST_PIXELS, Facts
from runner.media.toolchain import release
from runner.plan import burn, lut, picture, recipes, sound, sound_judgement, timing, wrap
from runner.plan.arguments import Arg, Input, Threads
from runner.plan.model import (
    FORMAT,
    Arguments,
    Expectation,
    Header,
    Intent,
    Job,
    Key,
    Output,
    PictureIntent,
    Plan,
    Source,
    Task,
)
from runner.plan.recipe import Recipe
from runner.plan.stated import stated
from runner.spec import naming
from runner.spec.audio import Audio, audio_of
from runner.spec.cube import Lut
from runner.spec.location import parse_location
from runner.spec.model import JobSpec
from runner.spec.overlay import Overlay, overlays_of
from runner.spec.rates import rate_label, rate_text
from runner.spec.resolution import Resolution, parse_resolution
from runner.spec.source import Document
from runner.spec.sources import Clip

STATE = ".jobspec"
# An AAC or Opus track is padded to whole packets, and FFmpeg may round a track's end to one more.
_SOUND_SLACK = Fraction(1, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A job to plan: a spec whose sources are all paths and whose template is inlined, and their facts in order.

    `indices` are those that a lock froze, by default 0, 1…; `entries` say which entry of the spec each source comes
    from; `skipped` names unusable sources with the reason;
    `state` is where records go, by default below the output directory; `file` is the spec's path in its repository;
    `toolchain` and `number` are those of its lock, by default the plan's; `origin` knows the spec's positions;
    `luts` are the tables that the spec names.
    """

    spec: JobSpec
    facts: tuple[Facts, ...]
    indices: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    state: str | None = None
    file: str = ""
    toolchain: str | None = None
    number: int | None = None
    origin: Document | None = None
    luts: tuple[Lut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """What is the same for all sources of a job, looked up once."""

    spec: JobSpec
    data: dict[str, Any]
    frozen: dict[str, dict[str, str]]
    directory: str
    template: naming.Template
    resolution: Resolution
    state: str
    toolchain: str
    number: int
    table: recipes.Table
    recipe: Recipe
    sound: sound.Treatment
    overlays: tuple[Overlay, ...]
    luts: tuple[Lut, ...]


def _intent(setting: _Setting, clip: Clip, facts: Facts) -> Intent:
    """Return what the output shall be. Raises JobspecError where what shall be burnt in is not to be had."""
    spec = setting.spec
    frame = picture.frame_of(facts.picture, spec, setting.resolution)
    seen = picture.intend(spec, facts.picture, frame, setting.recipe)
    seen = lut.graded(seen, lut.chosen(spec, clip, setting.luts))
    seen = _burnt(setting, clip, facts, seen) if setting.overlays else seen
    carried = wrap.intend(spec.container, facts, seen.rate, retimed=seen.timing == "retimed")
    return Intent(picture=seen, sound=sound.intend(facts, setting.sound), wrap=carried)


def _burnt(setting: _Setting, clip: Clip, facts: Facts, seen: PictureIntent) -> PictureIntent:
    code = wrap.timecode_of(facts, seen.rate, retimed=seen.timing == "retimed")
    if refused := burn.refusals(str(parse_location(clip.path)), setting.overlays, code):
        raise JobspecError(refused)
    return burn.burnt(seen, setting.overlays, _name(setting, clip), code)


def _name(setting: _Setting, clip: Clip) -> str:
    return naming.spec_tokens(setting.data, clip, 0)["source_name"]


def _refusals(setting: _Setting, clip: Clip, source: str, facts: Facts) -> list[Problem]:
    """Return why this source cannot be made, as far as that is known before it is clear what shall become of it."""
    spec = setting.spec
    retimed = timing.timing(facts.picture, spec) == "retimed"
    found = wrap.refusals(source, facts, spec.container, spec.rate or facts.picture.rate, retimed=retimed)
    if facts.picture.codec == "exr" and clip.own.transfer is None:
        found.append(problem("JS168", source=source))
    found += sound_judgement.refusals(source, facts, setting.sound)
    family = (setting.recipe.decodes_as, spec.container)
    if family in release(setting.toolchain).refuses:
        reason = f"FFmpeg {setting.toolchain} cannot; {release(setting.toolchain).why}"
        found.append(problem("JS030", codec=spec.codec, container=spec.container, reason=reason))
    return found


# The first complaint of a decoder ends FFmpeg, unless the spec lets some through by name.
_STRICT = ("-xerror", "-err_detect", "explode")
# Told to explode, FFmpeg's TIFF decoder takes every tag that it does not know for damage, the unit of the resolution
# (296) among them, which any TIFF has (5.1.9 and 9.0.2, measured). It still complains of damage, which the gate hears.
_LENIENT = {"tiff": ("-xerror",)}


def _reading(setting: _Setting, clip: Clip, source: str, facts: Facts) -> tuple[Arg, ...]:
    return (
        *(() if clip.own.tolerate else _LENIENT.get(facts.picture.codec, _STRICT)),
        *("-protocol_whitelist", "file", "-format_whitelist", _whitelist(facts.format)),
        *("-max_pixels", str(MOST_PIXELS), "-threads", Threads()),
        *(_counted(facts) if facts.sequence else release(setting.toolchain).reading),
        *("-i", Input(location=source, sequence=facts.sequence is not None)),
    )


def _counted(facts: Facts) -> tuple[str, ...]:
    """Return how the files of a sequence are read: from the first number on, at the rate that its spec states."""
    assert facts.sequence is not None
    start, rate = str(facts.sequence.first), rate_text(facts.picture.rate)
    return ("-f", IMAGES, "-pattern_type", "sequence", "-start_number", start, "-framerate", rate)


@lru_cache(maxsize=64)
def _whitelist(found: str) -> str:
    """Return the demuxers that may open a source: the family that the probe found, no other."""
    names = found.split(",")
    return ",".join(name for name in names if name in FORMATS) or names[0]


def _writing(setting: _Setting, source: str, facts: Facts, intent: Intent) -> tuple[Arg, ...]:
    recipe = setting.recipe
    return (
        *sound.options(facts, intent.sound, setting.sound, _length(facts, intent)),
        *("-c:v", recipe.encoder, *picture.options(intent.picture, recipe)),
        *_threads(recipe),
        *recipe.tags.get(setting.spec.container, ()),
        *("-fps_mode", "passthrough"),
        *wrap.options(intent.wrap, source),
    )


def _threads(recipe: Recipe) -> tuple[Arg, ...]:
    if recipe.threads == "own":
        return ()
    return ("-threads:v", Threads() if recipe.threads == "any" else str(recipe.threads))


def _arguments(setting: _Setting, clip: Clip, source: str, facts: Facts, intent: Intent) -> Arguments:
    late = facts.offset is not None and facts.offset > 0
    return Arguments(
        reading=_reading(setting, clip, source, facts),
        filters=(
            *timing.exactly(facts, intent.picture),
            *picture.filters(facts.picture, intent.picture, late=late),
        ),
        writing=_writing(setting, source, facts, intent),
    )


def _length(facts: Facts, intent: Intent) -> Fraction:
    """Return the length of the output's picture in seconds."""
    return timing.expected_frames(facts, intent.picture)[0] / intent.picture.rate


def _expectation(setting: _Setting, facts: Facts, intent: Intent) -> Expectation:
    seen = intent.picture
    frames, off = timing.expected_frames(facts, seen)
    seconds = frames / seen.rate
    lengths = sound.lengths(facts, setting.sound, seconds)
    known = [length for length in lengths if length is not None]
    shown, late = timing.shown(facts, seen), abs(facts.offset or Fraction(0)) / timing.speed(facts.picture, seen)
    return Expectation(
        frames=frames,
        frames_off=off,
        rate=seen.rate,
        seconds=seconds,
        longest=max([shown, *known]) + late + _SOUND_SLACK if len(known) == len(lengths) else None,
        codec=setting.recipe.decodes_as,
        width=seen.width,
        height=seen.height,
        sar=seen.sar,
        pixel_format=seen.pixel_format,
        timecode=intent.wrap.timecode,
        channels=tuple(track.channels for track in intent.sound),
        sounds=lengths,
        scan=seen.scan,
        colour=seen.colour,
        reel=intent.wrap.reel,
        sample_rates=tuple(track.sample_rate for track in intent.sound),
        target=setting.recipe.target(seen.width, seen.height, seen.rate),
    )


# Of what most outputs of a job share.
_digest = lru_cache(maxsize=4096)(canonical.short)


def _key(setting: _Setting, clip: Clip, facts: Facts, intent: Intent) -> Key:
    recipe, heard = setting.recipe, setting.sound.recipe
    container = setting.spec.container
    encoding: list[object] = [recipe.encoder, picture.options(intent.picture, recipe), recipe.threads, picture.SCALER]
    encoding += [recipe.tags.get(container, ()), recipes.MUXING[container]]
    if intent.sound:
        encoding += [heard.encoder, heard.options]
    if intent.picture.lut:
        encoding += lut.filters(facts.picture, intent.picture, picture.SCALER)
    if intent.picture.burns:
        encoding += [burn.FONT.sha256, burn.filters(intent.picture)]
    return Key(
        source=_source_key(clip, facts),
        picture=_digest(intent.picture),
        sound=_digest(intent.sound),
        wrap=canonical.short(intent.wrap),
        toolchain=setting.toolchain,
        recipes=_digest(tuple(encoding)),
    )


def _source_key(clip: Clip, facts: Facts) -> str:
    """Return the digest of a source as it is read: its content, and what of its entry changes what comes out of it.

    Rate and transfer of a sequence are in it by themselves: once resampled or tone-mapped, the intent shows neither.
    """
    said = [each for each in (clip.own.tolerate, clip.own.rate, clip.own.transfer) if each]
    return canonical.short([facts.content, *said] if said else facts.content)


def _fact_tokens(facts: Facts, intent: Intent) -> dict[str, str]:
    tokens = {
        "width": str(intent.picture.width),
        "height": str(intent.picture.height),
        "fps": rate_label(intent.picture.rate),
        "timecode": (facts.timecode or "").replace(":", "-").replace(";", "-").replace(".", "-"),
        "reel": facts.reel or "",
    }
    return {name: value for name, value in tokens.items() if value}


def _tokens(setting: _Setting, clip: Clip, index: int, facts: Facts, intent: Intent) -> dict[str, str]:
    """Return the tokens of one source; those that a resolved spec brings along stand."""
    fresh = naming.spec_tokens(setting.data, clip, index) | _fact_tokens(facts, intent)
    return setting.frozen.get(clip.path) or fresh


def _losses(setting: _Setting, clip: Clip, facts: Facts, intent: Intent) -> tuple[str, ...]:
    others = [each for each in facts.ignored if each.startswith("video")]
    return (
        *picture.losses(facts.picture, intent.picture, setting.spec, setting.recipe),
        *(burn.losses(setting.overlays, _name(setting, clip)) if setting.overlays else ()),
        *sound_judgement.losses(facts, setting.sound, _length(facts, intent)),
        *wrap.losses(facts, intent.wrap, intent.picture.rate),
        *(f"the file has {len(others) + 1} pictures; the first is taken" for _ in others[:1]),
        *(f"what the decoder says like {each!r} is let through" for each in clip.own.tolerate),
        *(f"{each} cannot be decoded and is left out" for each in facts.ignored if each.startswith("audio")),
    )


def _output(setting: _Setting, clip: Clip, index: int, facts: Facts) -> tuple[Output, dict[str, str]]:
    """Return one planned output and its tokens. Raises JobspecError for what cannot be made or named."""
    source, facts, setting = str(parse_location(clip.path)), stated(facts, setting.spec, clip), _for(clip, setting)
    if refused := _refusals(setting, clip, source, facts):
        raise JobspecError(refused)
    intent = _intent(setting, clip, facts)
    refused = picture.refusals(
        source, facts.picture, intent.picture, setting.spec.container, setting.recipe, setting.table
    )
    if refused:
        raise JobspecError(refused)
    tokens = _tokens(setting, clip, index, facts, intent)
    output = Output(
        directory=setting.directory,
        name=naming.output_name(setting.template, tokens, source),
        state=setting.state,
        job=setting.spec.job_id,
        index=index,
        source=Source(location=source, facts=facts),
        intent=intent,
        arguments=_arguments(setting, clip, source, facts, intent),
        needs=tuple(sorted({setting.recipe.encoder, *([setting.sound.recipe.encoder] if intent.sound else [])})),
        expects=_expectation(setting, facts, intent),
        losses=_losses(setting, clip, facts, intent),
        auxiliary=(*lut.auxiliary(lut.chosen(setting.spec, clip, setting.luts)), *burn.auxiliary(intent.picture)),
        tolerates=clip.own.tolerate,
        recipes=setting.number if setting.number > 1 else None,
        key=_key(setting, clip, facts, intent),
    )
    return output, tokens


def _setting(request: Request, toolchain: str, number: int) -> _Setting:
    spec, directory = request.spec, parse_location(request.spec.output_directory)
    release(request.toolchain or toolchain)
    number = _known(request.number if request.number is not None else number)
    table = recipes.TABLES[number]
    return _Setting(
        spec=spec,
        data=spec.to_dict(),
        frozen={source: dict(tokens) for source, tokens in spec.resolved_tokens},
        directory=str(directory),
        template=naming.parse_template(spec.naming_template, frozenset(spec.own_tokens)),
        resolution=parse_resolution(spec.resolution),
        state=request.state or str(directory / STATE),
        toolchain=request.toolchain or toolchain,
        number=number,
        table=table,
        recipe=table.picture[spec.codec],
        sound=_treatment(spec, table, audio_of(None, spec.audio)),
        overlays=overlays_of(spec.overlay),
        luts=request.luts,
    )


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


def _for(clip: Clip, setting: _Setting) -> _Setting:
    """Return the setting of one clip: that of its job, but for what the clip says of its own sound."""
    if clip.own.audio is None:
        return setting
    audio = audio_of(clip.own.audio, setting.spec.audio)
    return replace(setting, sound=_treatment(setting.spec, setting.table, audio))


def _known(number: int) -> int:
    if number not in recipes.TABLES:
        raise JobspecError(problem("JS084", found=str(number), legal=map(str, recipes.TABLES)))
    return number


def _job(request: Request, setting: _Setting, tokens: Mapping[str, Mapping[str, str]]) -> Job:
    return Job(
        job_id=setting.spec.job_id,
        state=setting.state,
        file=request.file,
        toolchain=setting.toolchain,
        recipes=setting.number,
        skipped=request.skipped,
        luts=request.luts,
        spec={**setting.data, "resolved_tokens": tokens},
    )


def _expand(request: Request, toolchain: str, number: int) -> tuple[Job | None, list[Output], list[Problem]]:
    """Return the job, its outputs, and every problem that one of its sources has; no job where nothing can be made."""
    try:
        setting = _setting(request, toolchain, number)
    except JobspecError as error:
        return None, [], [each.at(Place(request.file) if request.file else None) for each in error.problems]
    outputs: list[Output] = []
    tokens: dict[str, Mapping[str, str]] = {}
    problems: list[Problem] = []
    numbers = range(len(request.facts))
    columns = (request.spec.clips, request.indices or numbers, request.entries or numbers, request.facts)
    for clip, index, entry, facts in zip(*columns, strict=True):
        try:
            output, tokens[clip.path] = _output(setting, clip, index, facts)
            outputs.append(output)
        except JobspecError as error:
            problems += [_placed(each, entry, request.origin) for each in error.problems]
    return _job(request, setting, tokens), outputs, problems


def _placed(found: Problem, index: int, origin: Document | None) -> Problem:
    """Return the problem with its place: that of its own field, else of its source."""
    found = found if found.path else found.within(("sources", index))
    return found.at(origin.place(found.path)) if origin else found


def _places(outputs: Iterable[Output]) -> Iterator[Problem]:
    """Yield a problem for each output whose place another output or a source has."""
    outputs = list(outputs)
    yield from naming.collisions((f"{each.job}: {each.source.location}", each.location) for each in outputs)
    sources = {naming.same_place(each.source.location): each.source.location for each in outputs}
    for each in outputs:
        if other := sources.get(naming.same_place(each.location)):
            yield problem("JS055", ("output_directory",), found=each.location, other=other)


def _contested(outputs: Iterable[Output]) -> frozenset[str]:
    """Return the jobs that have an output whose place is also that of another output, or of a source."""
    outputs = list(outputs)
    taken = Counter([naming.same_place(each.location) for each in outputs])
    taken.update({naming.same_place(each.source.location) for each in outputs})
    return frozenset(each.job for each in outputs if taken[naming.same_place(each.location)] > 1)


def attempt(requests: Sequence[Request], *, toolchain: str, number: int) -> tuple[Plan, tuple[Problem, ...]]:
    """Return the plan of the jobs that can be made, as `build` does, and all that is wrong with the others."""
    expanded = [_expand(request, toolchain, number) for request in requests]
    problems = [each for _, _, wrong in expanded for each in wrong]
    places = list(_places(output for _, outputs, _ in expanded for output in outputs))
    contested = _contested(output for _, outputs, _ in expanded for output in outputs) if places else frozenset()
    fine = [
        (job, made) for job, made, wrong in expanded if job is not None and not wrong and job.job_id not in contested
    ]
    jobs, outputs = [job for job, _ in fine], [output for _, made in fine for output in made]
    plan = Plan(header=_header(jobs, outputs), jobs=tuple(jobs), outputs=tuple(outputs), tasks=_tasks(outputs))
    return plan, (*problems, *places)


def build(requests: Sequence[Request], *, toolchain: str, number: int) -> Plan:
    """Return the plan that makes every source of every request; pure.

    `toolchain` is a release line such as "9.0", `number` that of the recipe tables, for requests that bring none.
    Raises JobspecError with all problems of all sources, each with its path in its spec.
    """
    plan, problems = attempt(requests, toolchain=toolchain, number=number)
    if problems:
        raise JobspecError(problems)
    return plan


def _header(jobs: Sequence[Job], outputs: Sequence[Output]) -> Header:
    return Header(
        format=FORMAT,
        toolchain=tuple(sorted({job.toolchain for job in jobs})),
        recipes=tuple(sorted({job.recipes for job in jobs})),
        inputs=canonical.digest([jobs, [each.source for each in outputs]]),
    )


def _tasks(outputs: Sequence[Output]) -> tuple[Task, ...]:
    return tuple(Task(source=each.source.location, outputs=(number,)) for number, each in enumerate(outputs))


def requests_of(plan: Plan) -> list[Request]:
    """Return the inputs that a plan embeds: built again, they must give the same plan."""
    made: dict[str, list[Output]] = {}
    for output in plan.outputs:
        made.setdefault(output.job, []).append(output)
    return [
        Request(
            spec=JobSpec.from_dict(job.spec),
            facts=tuple(each.source.facts for each in made.get(job.job_id, ())),
            indices=tuple(each.index for each in made.get(job.job_id, ())),
            skipped=job.skipped,
            luts=job.luts,
            state=job.state,
            file=job.file,
            toolchain=job.toolchain,
            number=job.recipes,
        )
        for job in plan.jobs
    ]
