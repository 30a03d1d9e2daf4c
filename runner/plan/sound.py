"""What happens to audio: every track, in order, encoded as the container likes it or the spec asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from runner.media.facts import Facts, Sound
from runner.plan import mixing, sound_filters
from runner.plan.languages import spelled
from runner.plan.model import TrackIntent
from runner.plan.sound_recipes import SoundRecipe
from runner.spec.audio import Audio

# Containers that interleave sound with every frame: the file is as long as its picture, and has no edit list.
FRAMED = frozenset(("mxf",))
# Containers whose players are told which tracks are switched on. FFmpeg says it of the first one alone, unless the
# source says more; camera formats but QuickTime and Matroska have nothing to say, and mean all.
_SWITCHED = frozenset(("mov", "mp4"))
_SWITCHING = frozenset(("mov", "matroska"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What a spec makes of a source's sound.

    `codec` is that of the picture, `rate` its explicit frame rate, which sound runs along with when `conform`.
    """

    audio: Audio
    recipe: SoundRecipe
    container: str
    codec: str
    rate: Fraction | None = None
    conform: bool = False

    def kept(self, facts: Facts) -> tuple[Sound, ...]:
        """Return the tracks that the output has."""
        return facts.sound if self.audio.kept else ()

    def speed(self, facts: Facts) -> Fraction:
        """Return by what the sound runs faster than it was recorded; a variable rate is resampled, never conformed."""
        conformed = self.conform and self.rate is not None and facts.picture.constant
        return self.rate / facts.picture.rate if conformed and self.rate else Fraction(1)

    def resampled(self, facts: Facts) -> bool:
        """Say whether the picture's frames are made for a rate of their own, from the first instant of the file."""
        other = self.rate is not None and self.rate != facts.picture.rate
        return not facts.picture.constant or (other and not self.conform)


def intend(facts: Facts, treatment: Treatment) -> tuple[TrackIntent, ...]:
    """Return what each track shall be."""
    return tuple(_intent(number, track, facts, treatment) for number, track in enumerate(treatment.kept(facts)))


def _intent(number: int, track: Sound, facts: Facts, treatment: Treatment) -> TrackIntent:
    recipe, container, speed = treatment.recipe, treatment.container, treatment.speed(facts)
    channels = treatment.audio.channels or track.channels
    silent = container in _SWITCHED and not _SWITCHING & set(facts.format.split(","))
    return TrackIntent(
        codec=recipe.decodes_as,
        channels=channels,
        sample_rate=treatment.audio.sample_rate or recipe.sample_rate,
        layout=_layout(track, channels, recipe),
        language=track.language,
        discrete=recipe.says and recipe.labels is None and track.layout is None and channels == track.channels > 2,
        enabled=silent and number > 0,
        begins=max(facts.offset, Fraction(0)) if facts.offset and container in FRAMED else None,
        speed=speed if speed != 1 else None,
    )


def _layout(track: Sound, channels: int, recipe: SoundRecipe) -> str | None:
    """Return the layout of the output's track: None where the source says none and FFmpeg guesses the right one."""
    if channels != track.channels:
        return mixing.mixed(track, channels)
    if track.layout is not None:
        return (recipe.layouts or {}).get(track.layout, track.layout)
    label = (recipe.labels or {}).get(channels)
    return label if label != mixing.GUESSED.get(channels) else None


def options(facts: Facts, tracks: tuple[TrackIntent, ...], treatment: Treatment, seconds: Fraction) -> tuple[str, ...]:
    """Return the arguments that map, filter and encode the tracks; what no output takes is left out by name.

    `seconds` is the picture's length: MXF holds no frame without its sound, so there it is padded to that.
    """
    kept, recipe = treatment.kept(facts), treatment.recipe
    maps = [word for track in kept for word in ("-map", f"0:a:{track.stream}")]
    if not tracks:
        return (*maps, "-sn", "-dn")
    whole = seconds if treatment.container in FRAMED else None
    chains = (sound_filters.chain(track, intent, whole) for track, intent in zip(kept, tracks, strict=True))
    return (
        *(*maps, "-sn", "-dn", "-c:a", recipe.encoder, *recipe.options, "-ar", str(tracks[0].sample_rate)),
        *sound_filters.arguments(chains),
        *_tags(kept, treatment.container),
        *(("-disposition:a", "+default") if any(track.enabled for track in tracks) else ()),
    )


def _tags(kept: tuple[Sound, ...], container: str) -> Iterator[str]:
    """Yield the tags of tracks: FFmpeg is told to copy none by itself (see wrap)."""
    for number, track in enumerate(kept):
        if track.title and container != "mxf":
            yield from (f"-metadata:s:a:{number}", f"title={track.title}")
        if language := spelled(track.language, container):
            yield from (f"-metadata:s:a:{number}", f"language={language}")


def lengths(facts: Facts, treatment: Treatment, seconds: Fraction) -> tuple[Fraction | None, ...]:
    """Return how long each track shall be, in seconds, where that is known; `seconds` is the picture's length."""
    if treatment.container in FRAMED:
        return (seconds,) * len(treatment.kept(facts))
    recorded, speed = [track.seconds for track in treatment.kept(facts)], treatment.speed(facts)
    return tuple(recorded) if speed == 1 else tuple(None if each is None else each / speed for each in recorded)
