"""One output: what its clip adds to what the outputs of alike clips have in common."""

from fractions import Fraction

from runner import canonical
from runner.errors import JobspecError, Problem
from runner.media.facts import Facts
from runner.plan import burn, common, expect, key, sound, sound_judgement, timing, wrap
from runner.plan.alike import alike
from runner.plan.arguments import Input
from runner.plan.common import Common
from runner.plan.model import Arguments, Burn, Intent, Key, Output, Source, WrapIntent
from runner.plan.setting import Setting, with_own_sound
from runner.plan.stated import stated
from runner.spec import naming
from runner.spec.location import parse_location
from runner.spec.rates import Timecode
from runner.spec.sources import Clip


def output_of(job: Setting, clip: Clip, index: int, facts: Facts) -> tuple[Output, dict[str, str]]:
    """Return one planned output and its tokens. Raises JobspecError for what cannot be made or named."""
    source, facts = str(parse_location(clip.path)), stated(facts, job.spec, clip)
    setting = with_own_sound(job, clip.own.audio)
    code = _timecode(setting, clip, source, facts)
    burns = burn.burns(setting.overlays, _name(clip), code) if setting.overlays else ()
    shared = common.common(setting, clip.own, alike(facts), burns)
    if shared is None or (burns and burn.refusals(source, setting.overlays, code)):
        raise JobspecError(_refusals(setting, clip, source, facts, code, burns))
    return _output(setting, clip, index, source, facts, shared, code)


def _output(
    setting: Setting, clip: Clip, index: int, source: str, facts: Facts, shared: Common, code: Timecode | None
) -> tuple[Output, dict[str, str]]:
    carried = wrap.intend(setting.spec.container, facts, code)
    tokens = _tokens(setting, clip, index, facts, shared)
    frames, off = timing.expected_frames(facts, shared.picture)
    seconds = frames / shared.picture.rate
    output = Output(
        directory=setting.directory,
        name=naming.output_name(setting.template, tokens, source),
        state=setting.state,
        job=setting.spec.job_id,
        index=index,
        source=Source(location=source, facts=facts),
        intent=Intent(picture=shared.picture, sound=shared.sound, wrap=carried),
        arguments=_arguments(setting, source, facts, shared, carried, seconds),
        needs=shared.needs,
        expects=expect.expectation(setting, facts, shared, carried, frames, off, seconds),
        losses=_losses(setting, clip, facts, shared, carried, seconds),
        auxiliary=shared.auxiliary,
        tolerates=clip.own.tolerate,
        recipes=setting.number if setting.number > 1 else None,
        key=_key(setting, clip, facts, shared, carried),
    )
    return output, tokens


def _timecode(setting: Setting, clip: Clip, source: str, facts: Facts) -> Timecode | None:
    """Return the output's start timecode. Raises JobspecError for one that no clock shows."""
    retimed = timing.timing(facts.picture, setting.spec) == "retimed"
    try:
        return wrap.timecode_of(facts, setting.rate or facts.picture.rate, retimed=retimed)
    except ValueError:
        raise JobspecError(common.refusals(setting, clip.own, source, facts)) from None


def _refusals(
    setting: Setting, clip: Clip, source: str, facts: Facts, code: Timecode | None, burns: tuple[Burn, ...]
) -> list[Problem]:
    """Return why a source cannot be made; what is wrong with the picture only once all else is well."""
    if early := common.refusals(setting, clip.own, source, facts):
        return early
    seen = common.intended(setting, clip.own, facts, burns)
    late = burn.refusals(source, setting.overlays, code)
    return late or common.unmakeable(setting, source, facts, seen)


def _name(clip: Clip) -> str:
    return naming.clip_tokens(clip, 0)["source_name"]


def _framed(setting: Setting) -> bool:
    return setting.spec.container in sound.FRAMED


def _arguments(
    setting: Setting, source: str, facts: Facts, shared: Common, carried: WrapIntent, seconds: Fraction
) -> Arguments:
    heard = sound.options(facts, shared.sound, setting.sound, seconds) if _framed(setting) else shared.heard
    return Arguments(
        reading=(*shared.reading, Input(location=source, sequence=facts.sequence is not None)),
        filters=shared.filters,
        writing=(*heard, *shared.encoding, *wrap.options(carried, source)),
    )


def _key(setting: Setting, clip: Clip, facts: Facts, shared: Common, carried: WrapIntent) -> Key:
    return Key(
        source=key.source_digest(clip.own, facts),
        picture=shared.picture_digest,
        sound=shared.sound_digest,
        wrap=canonical.short(carried),
        toolchain=setting.toolchain,
        recipes=shared.recipes_digest,
    )


def _tokens(setting: Setting, clip: Clip, index: int, facts: Facts, shared: Common) -> dict[str, str]:
    """Return the tokens of one source; those that a resolved spec brings along stand."""
    if frozen := setting.frozen.get(clip.path):
        return frozen
    tokens = setting.tokens | naming.clip_tokens(clip, index) | shared.tokens
    if facts.timecode:
        tokens["timecode"] = facts.timecode.replace(":", "-").replace(";", "-").replace(".", "-")
    if facts.reel:
        tokens["reel"] = facts.reel
    return tokens


def _losses(
    setting: Setting, clip: Clip, facts: Facts, shared: Common, carried: WrapIntent, seconds: Fraction
) -> tuple[str, ...]:
    framed = _framed(setting)
    return (
        *shared.lost,
        *(burn.losses(setting.overlays, _name(clip)) if setting.overlays else ()),
        *(sound_judgement.losses(facts, setting.sound, seconds) if framed else shared.unheard),
        *wrap.losses(facts, carried, shared.picture.rate),
        *shared.left,
    )
