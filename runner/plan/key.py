"""The key of an output: digests of its parts."""

from functools import lru_cache

from runner import canonical
from runner.media.facts import Facts, Picture
from runner.plan import burn, lut, picture, recipes
from runner.plan.model import PictureIntent, TrackIntent
from runner.plan.setting import Setting
from runner.spec.own import Own

# Of what most outputs of a job share.
digest = lru_cache(maxsize=4096)(canonical.short)


def encoding(
    setting: Setting, shown: Picture, seen: PictureIntent, heard: tuple[TrackIntent, ...]
) -> tuple[object, ...]:
    """Return all that the recipes make of an intent: what changes encoded bits, beside intent and toolchain."""
    recipe, track = setting.recipe, setting.sound.recipe
    container = setting.spec.container
    found: list[object] = [recipe.encoder, picture.options(seen, recipe), recipe.threads, picture.SCALER]
    found += [recipe.tags.get(container, ()), recipes.MUXING[container]]
    if heard:
        found += [track.encoder, track.options]
    if seen.lut:
        found += lut.filters(shown, seen, picture.SCALER)
    if seen.burns:
        found += [burn.FONT.sha256, burn.filters(seen)]
    return tuple(found)


def source_digest(own: Own, facts: Facts) -> str:
    """Return the digest of a source as it is read: its content, and what of its entry changes what comes out of it.

    Rate and transfer of a sequence are in it by themselves: once resampled or tone-mapped, the intent shows neither.
    """
    said = [each for each in (own.tolerate, own.rate, own.transfer) if each]
    return canonical.short([facts.content, *said] if said else facts.content)
