"""What happens to audio: every track, in order, at 48 kHz, encoded as the container likes it."""

from fractions import Fraction

from runner.errors import Problem, problem
from runner.media.facts import Facts, Sound
from runner.plan.model import TrackIntent
from runner.plan.recipes import SoundRecipe

# Containers that interleave sound with every frame: the file is as long as its picture, and has no edit list.
_FRAMED = frozenset(("mxf",))
_AUDIBLE = Fraction(1, 20)


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


def padding(tracks: tuple[TrackIntent, ...], container: str, seconds: Fraction) -> tuple[str, ...]:
    """Return the filter that makes sound as long as the picture: MXF holds no frame without its sound."""
    return ("-af", f"apad=whole_dur={float(seconds):.6f}") if tracks and container in _FRAMED else ()


def lengths(sound: tuple[Sound, ...], container: str, seconds: Fraction) -> tuple[Fraction | None, ...]:
    """Return how long each track shall be, in seconds, where that is known; `seconds` is the picture's length."""
    return tuple(seconds if container in _FRAMED else track.seconds for track in sound)


def refusals(source: str, facts: Facts, container: str, recipe: SoundRecipe) -> list[Problem]:
    """Return why this container, or its codec, cannot hold these tracks as they are."""
    found = []
    widest = max((track.channels for track in facts.sound), default=0)
    if widest > recipe.most_channels:
        remedy = "mov, mkv and mxf carry it as PCM"
        codec = f"{recipe.decodes_as} in {container}"
        found.append(problem("JS072", source=source, found=str(widest), codec=codec, remedy=remedy))
    if facts.offset and container in _FRAMED:
        offset = f"{float(abs(facts.offset)):.3f} s {'after' if facts.offset > 0 else 'before'}"
        found.append(problem("JS077", source=source, offset=offset, container=container))
    return found


def losses(sound: tuple[Sound, ...], recipe: SoundRecipe) -> list[str]:
    """Return what of the source's sound the output does not keep, in words."""
    rates = sorted({track.sample_rate for track in sound} - {recipe.sample_rate})
    return [f"sound is resampled from {rate} Hz to {recipe.sample_rate} Hz" for rate in rates]


def cut(sound: tuple[Sound, ...], container: str, seconds: Fraction) -> list[str]:
    """Return what is lost of sound that goes on after the picture, where the file ends with the picture."""
    longest = max((track.seconds for track in sound if track.seconds is not None), default=seconds)
    if container not in _FRAMED or longest - seconds < _AUDIBLE:
        return []
    return [f"{float(longest - seconds):.2f} s of sound after the picture are cut, for {container} ends with it"]
