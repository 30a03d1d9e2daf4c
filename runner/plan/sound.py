"""What happens to audio: every track, in order, at 48 kHz, encoded as the container likes it."""

from runner.errors import Problem, problem
from runner.media.facts import Sound
from runner.plan.model import TrackIntent
from runner.plan.recipes import SoundRecipe


def intend(sound: tuple[Sound, ...], recipe: SoundRecipe) -> tuple[TrackIntent, ...]:
    """Return what each track shall be."""
    return tuple(
        TrackIntent(
            codec=recipe.decodes_as,
            channels=track.channels,
            sample_rate=recipe.sample_rate,
            layout=track.layout,
            language=track.language,
        )
        for track in sound
    )


def options(sound: tuple[Sound, ...], recipe: SoundRecipe) -> tuple[str, ...]:
    """Return the arguments that map and encode the tracks; what no output takes is left out by name."""
    maps = [word for track in sound for word in ("-map", f"0:a:{track.stream}")]
    encode = ("-c:a", recipe.encoder, *recipe.options, "-ar", str(recipe.sample_rate)) if sound else ()
    return (*maps, "-sn", "-dn", *encode)


def refusals(source: str, sound: tuple[Sound, ...], container: str, recipe: SoundRecipe) -> list[Problem]:
    """Return why this container's codec cannot hold these tracks."""
    widest = max((track.channels for track in sound), default=0)
    if widest <= recipe.most_channels:
        return []
    remedy = "mov, mkv and mxf carry it as PCM"
    codec = f"{recipe.decodes_as} in {container}"
    return [problem("JS072", source=source, found=str(widest), codec=codec, remedy=remedy)]


def losses(sound: tuple[Sound, ...], recipe: SoundRecipe) -> list[str]:
    """Return what of the source's sound the output does not keep, in words."""
    rates = sorted({track.sample_rate for track in sound} - {recipe.sample_rate})
    return [f"sound is resampled from {rate} Hz to {recipe.sample_rate} Hz" for rate in rates]
