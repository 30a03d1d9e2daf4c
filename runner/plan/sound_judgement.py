"""What of a source's sound cannot be made, and what is lost: both said in the plan, before anything is encoded."""

from collections.abc import Iterator
from fractions import Fraction

from runner.errors import Problem, problem
from runner.media.facts import Facts, Sound
from runner.plan import mixing, retiming
from runner.plan.languages import spelled
from runner.plan.sound import FRAMED, Treatment
from runner.spec.codecs import CONTAINERS, why_not

_AUDIBLE = Fraction(1, 20)
# Bits that a sample has, of codecs that hold more than sixteen.
_DEEP = {"pcm_s24": 24, "pcm_s32": 32, "pcm_f32": 32, "pcm_f64": 64}
# Containers that hold channels without a layout, whatever their number: as PCM.
_PCM = ("mov", "mkv", "mxf")


def refusals(source: str, facts: Facts, treatment: Treatment) -> list[Problem]:
    """Return why this container, or its codec, cannot hold these tracks as they shall be."""
    tracks = treatment.kept(facts)
    found = [wrong for number, track in enumerate(tracks) for wrong in _track(source, number, track, treatment)]
    if facts.offset and facts.offset > 0 and tracks and treatment.container in FRAMED and treatment.resampled(facts):
        offset = f"{float(facts.offset):.3f} s after"
        found.append(problem("JS077", source=source, offset=offset, container=treatment.container))
    speed = treatment.speed(facts)
    if tracks and (reason := retiming.refusal(speed)):
        found.append(problem("JS144", ("fps_explicit",), source=source, found=str(speed), reason=reason))
    return found


def _track(source: str, number: int, track: Sound, treatment: Treatment) -> Iterator[Problem]:
    channels, recipe = treatment.audio.channels or track.channels, treatment.recipe
    codec = f"{recipe.decodes_as} in {treatment.container}"

    def wrong(code: str, reason: str = "", remedy: str = _way_out(track, treatment)) -> Problem:
        found, layout = str(track.channels), track.layout or "without a layout"
        return problem(
            code, source=source, track=number, found=found, layout=layout, codec=codec, reason=reason, remedy=remedy
        )

    if channels != track.channels:
        if mixing.mixed(track, channels) is None:
            yield wrong("JS143", f"no rule makes {channels} of them", "leave channels out for it, or say audio: none")
    elif channels > recipe.most_channels:
        yield wrong("JS072")
    elif reason := _misplaced(track, treatment):
        yield wrong("JS142", reason)


def _misplaced(track: Sound, treatment: Treatment) -> str | None:
    """Return why a codec cannot keep these channels apart, None when it can."""
    recipe = treatment.recipe
    if track.layout is None:
        unlabelled = recipe.labels is not None and track.channels not in recipe.labels
        return "would take for loudspeakers, and spoil one as an LFE" if unlabelled else None
    known = recipe.layouts is None or track.layout in recipe.layouts
    return None if known else "has no layout for, or brings back in another order"


def _way_out(track: Sound, treatment: Treatment) -> str:
    """Return what a spec can say instead: containers that hold the picture with any sound, a mix, no sound."""
    able = [name for name in _PCM if name in CONTAINERS and why_not(treatment.codec, name) is None]
    listed = " and ".join([", ".join(able[:-1]), able[-1]] if able[1:] else able)
    carry = f"{listed} {'carry' if able[1:] else 'carries'} it as PCM, "
    mix = "audio: {channels: 2} mixes it, " if mixing.mixed(track, 2) else ""
    return f"{carry}{mix}audio: none leaves it out"


def losses(facts: Facts, treatment: Treatment, seconds: Fraction) -> list[str]:
    """Return what of the source's sound the output does not keep, in words; `seconds` is the picture's length."""
    if not treatment.audio.kept:
        count = len(facts.sound)
        return [f"{count} audio track{'s are' if count > 1 else ' is'} left out, for audio is none"] if count else []
    told = (*_rates(facts, treatment), *_depth(facts, treatment), *_channels(facts, treatment))
    return [*told, *_words(facts, treatment), *_speed(facts, treatment), *_cut(facts, treatment, seconds)]


def _rates(facts: Facts, treatment: Treatment) -> Iterator[str]:
    becomes = treatment.audio.sample_rate or treatment.recipe.sample_rate
    for rate in sorted({track.sample_rate for track in facts.sound} - {becomes}):
        yield f"sound is resampled from {rate} Hz to {becomes} Hz"


def _depth(facts: Facts, treatment: Treatment) -> Iterator[str]:
    if treatment.recipe.decodes_as == "pcm_s16le":
        for bits in sorted({_DEEP[track.codec[:7]] for track in facts.sound if track.codec[:7] in _DEEP}):
            yield f"sound of {bits} bits becomes 16 bits"


def _channels(facts: Facts, treatment: Treatment) -> Iterator[str]:
    """Yield each way in which channels of a track are mixed, or lose or get a name; once for tracks that are alike."""
    yield from dict.fromkeys(loss for track in facts.sound if (loss := _arranged(track, treatment)))


def _arranged(track: Sound, treatment: Treatment) -> str | None:
    channels, recipe = treatment.audio.channels or track.channels, treatment.recipe
    name = track.layout or mixing.GUESSED.get(track.channels, "")
    if channels != track.channels:
        without = ", without its LFE" if mixing.drops_lfe(track.layout, channels) else ""
        return f"{name} sound is mixed to {channels} channel{'s' if channels > 1 else ''}{without}"
    if channels < 3:
        return None
    if track.layout is None:
        label = (recipe.labels or {}).get(channels)
        return (
            f"{channels} channels without a layout are called {label}, as {recipe.decodes_as} must" if label else None
        )
    if not recipe.says:
        return f"the layout {track.layout} is not told by {treatment.container}; its channels stay in order"
    becomes = (recipe.layouts or {}).get(track.layout, track.layout)
    return f"the layout {track.layout} is called {becomes}" if becomes != track.layout else None


def _words(facts: Facts, treatment: Treatment) -> Iterator[str]:
    """Yield which languages and titles of tracks are not carried."""
    container = treatment.container
    dumb = {track.language for track in facts.sound if track.language and not spelled(track.language, container)}
    yield from (f"the language {language} of a track is not carried by {container}" for language in sorted(dumb))
    if container == "mxf":
        titles = dict.fromkeys(track.title for track in facts.sound if track.title)
        yield from (f"the title {title} of a track is not carried by {container}" for title in titles)


def _speed(facts: Facts, treatment: Treatment) -> Iterator[str]:
    if facts.sound and (speed := treatment.speed(facts)) != 1:
        yield f"sound runs {speed} times as fast, and its pitch moves with it"


def _cut(facts: Facts, treatment: Treatment, seconds: Fraction) -> Iterator[str]:
    """Yield what is lost of sound before and after the picture, where the file is as long as that."""
    if treatment.container not in FRAMED:
        return
    offset, speed = facts.offset or Fraction(0), treatment.speed(facts)
    if offset > 0:
        yield f"{float(offset):.2f} s of sound before the picture are cut, for {treatment.container} begins with it"
    longest = max((track.seconds for track in facts.sound if track.seconds is not None), default=Fraction(0))
    after = (longest - offset) / speed - seconds
    if after >= _AUDIBLE:
        yield f"{float(after):.2f} s of sound after the picture are cut, for {treatment.container} ends with it"
