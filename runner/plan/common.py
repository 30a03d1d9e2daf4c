"""What the outputs of alike clips have in common, worked out once for all of them."""

from dataclasses import dataclass
from functools import lru_cache

from msgspec.structs import replace

from runner.errors import Problem, problem
from runner.media.facts import FORMATS, IMAGES, MOST_PIXELS, Facts
from runner.plan import burn, key, lut, picture, sound, sound_judgement, timing, wrap
from runner.plan.alike import Alike
from runner.plan.arguments import Arg, Auxiliary, Threads
from runner.plan.model import Burn, PictureIntent, TrackIntent
from runner.plan.recipe import Recipe
from runner.plan.setting import Setting
from runner.spec.own import Own
from runner.spec.rates import rate_label, rate_text
from runner.spec.sources import Clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What the outputs of alike clips have in common.

    `reading` lacks the input, `encoding` stands between the sound's options and the wrapper's. `heard` and `unheard`
    are the options and the losses of sound in containers that are not cut to the picture's length; `lost` is what is
    lost of the picture, `left` of other streams; `target` is the published data rate of the picture in bits a second.
    The digests are parts of the key.
    """

    picture: PictureIntent
    sound: tuple[TrackIntent, ...]
    reading: tuple[Arg, ...]
    filters: tuple[str, ...]
    encoding: tuple[Arg, ...]
    heard: tuple[str, ...]
    needs: tuple[str, ...]
    auxiliary: tuple[Auxiliary, ...]
    channels: tuple[int, ...]
    sample_rates: tuple[int, ...]
    target: int | None
    tokens: dict[str, str]
    lost: tuple[str, ...]
    unheard: tuple[str, ...]
    left: tuple[str, ...]
    picture_digest: str
    sound_digest: str
    recipes_digest: str


def refusals(setting: Setting, own: Own, source: str, facts: Facts) -> list[Problem]:
    """Return why a source cannot be made, as far as that is known before it is clear what shall become of it."""
    spec = setting.spec
    retimed = timing.timing(facts.picture, spec) == "retimed"
    found = wrap.refusals(source, facts, spec.container, setting.rate or facts.picture.rate, retimed=retimed)
    if facts.picture.codec == "exr" and own.transfer is None:
        found.append(problem("JS168", source=source))
    found += sound_judgement.refusals(source, facts, setting.sound)
    if (setting.recipe.decodes_as, spec.container) in setting.line.refuses:
        reason = f"FFmpeg {setting.toolchain} cannot; {setting.line.why}"
        found.append(problem("JS030", codec=spec.codec, container=spec.container, reason=reason))
    return found


def intended(setting: Setting, own: Own, facts: Facts, burns: tuple[Burn, ...]) -> PictureIntent:
    """Return what the picture shall be. Raises JobspecError for a table that nobody read."""
    spec = setting.spec
    frame = picture.frame_of(facts.picture, spec, setting.resolution)
    seen = picture.intend(spec, facts.picture, frame, setting.recipe)
    seen = lut.graded(seen, lut.chosen(spec, _any(own), setting.luts))
    return replace(seen, burns=burns) if burns else seen


def unmakeable(setting: Setting, source: str, facts: Facts, seen: PictureIntent) -> list[Problem]:
    """Return why a codec cannot make the picture that is intended."""
    return picture.refusals(source, facts.picture, seen, setting.spec.container, setting.recipe, setting.table)


def _any(own: Own) -> Clip:
    return Clip("", own)


@lru_cache(maxsize=4096)
def common(setting: Setting, own: Own, kind: Alike, burns: tuple[Burn, ...]) -> Common | None:
    """Return what the outputs of alike clips have in common; None where such clips are refused.

    Raises JobspecError for a table that nobody read.
    """
    facts = kind.facts
    if refusals(setting, own, "", facts):
        return None
    seen = intended(setting, own, facts, burns)
    return None if unmakeable(setting, "", facts, seen) else _common(setting, own, facts, seen)


def _common(setting: Setting, own: Own, facts: Facts, seen: PictureIntent) -> Common:
    recipe, heard = setting.recipe, sound.intend(facts, setting.sound)
    late = facts.offset is not None and facts.offset > 0
    return Common(
        picture=seen,
        sound=heard,
        reading=_reading(setting, own, facts),
        filters=(*timing.exactly(facts, seen), *picture.filters(facts.picture, seen, late=late)),
        encoding=_encoding(setting, seen),
        heard=sound.options(facts, heard, setting.sound, facts.seconds),
        needs=tuple(sorted({recipe.encoder, *([setting.sound.recipe.encoder] if heard else [])})),
        auxiliary=(*lut.auxiliary(lut.chosen(setting.spec, _any(own), setting.luts)), *burn.auxiliary(seen)),
        channels=tuple(track.channels for track in heard),
        sample_rates=tuple(track.sample_rate for track in heard),
        target=recipe.target(seen.width, seen.height, seen.rate),
        tokens={"width": str(seen.width), "height": str(seen.height), "fps": rate_label(seen.rate)},
        lost=tuple(picture.losses(facts.picture, seen, setting.spec, recipe)),
        unheard=tuple(sound_judgement.losses(facts, setting.sound, facts.seconds)),
        left=_left(own, facts),
        picture_digest=key.digest(seen),
        sound_digest=key.digest(heard),
        recipes_digest=key.digest(key.encoding(setting, facts.picture, seen, heard)),
    )


# The first complaint of a decoder ends FFmpeg, unless the spec lets some through by name.
_STRICT = ("-xerror", "-err_detect", "explode")
# Told to explode, FFmpeg's TIFF decoder takes every tag that it does not know for damage, the unit of the resolution
# (296) among them, which any TIFF has (5.1.9 and 9.0.2, measured). It still complains of damage, which the gate hears.
_LENIENT = {"tiff": ("-xerror",)}


def _reading(setting: Setting, own: Own, facts: Facts) -> tuple[Arg, ...]:
    return (
        *(() if own.tolerate else _LENIENT.get(facts.picture.codec, _STRICT)),
        *("-protocol_whitelist", "file", "-format_whitelist", _whitelist(facts.format)),
        *("-max_pixels", str(MOST_PIXELS), "-threads", Threads()),
        *(_counted(facts) if facts.sequence else setting.line.reading),
        "-i",
    )


def _counted(facts: Facts) -> tuple[str, ...]:
    """Return how the files of a sequence are read: from the first number on, at the rate that its spec states."""
    assert facts.sequence is not None
    start, rate = str(facts.sequence.first), rate_text(facts.picture.rate)
    return ("-f", IMAGES, "-pattern_type", "sequence", "-start_number", start, "-framerate", rate)


def _whitelist(found: str) -> str:
    """Return the demuxers that may open a source: the family that the probe found, no other."""
    names = found.split(",")
    return ",".join(name for name in names if name in FORMATS) or names[0]


def _encoding(setting: Setting, seen: PictureIntent) -> tuple[Arg, ...]:
    recipe = setting.recipe
    return (
        *("-c:v", recipe.encoder, *picture.options(seen, recipe)),
        *_threads(recipe),
        *recipe.tags.get(setting.spec.container, ()),
        *("-fps_mode", "passthrough"),
    )


def _threads(recipe: Recipe) -> tuple[Arg, ...]:
    if recipe.threads == "own":
        return ()
    return ("-threads:v", Threads() if recipe.threads == "any" else str(recipe.threads))


def _left(own: Own, facts: Facts) -> tuple[str, ...]:
    others = [each for each in facts.ignored if each.startswith("video")]
    return (
        *(f"the file has {len(others) + 1} pictures; the first is taken" for _ in others[:1]),
        *(f"what the decoder says like {each!r} is let through" for each in own.tolerate),
        *(f"{each} cannot be decoded and is left out" for each in facts.ignored if each.startswith("audio")),
    )
