"""The filters between a decoded track and its encoder."""

from collections.abc import Iterable
from fractions import Fraction

from runner.media.facts import Sound
from runner.plan.mixing import GUESSED
from runner.plan.model import TrackIntent
from runner.plan.retiming import retime


def chain(track: Sound, intent: TrackIntent, whole: Fraction | None) -> tuple[str, ...]:
    """Return one track's filters; `whole` is the length in seconds that it is padded to, None where it is not."""
    return (
        *(_aligned(track, intent.begins) if intent.begins is not None else ()),
        *_arranged(track, intent),
        *(retime(intent.speed, track.sample_rate, intent.sample_rate) if intent.speed else ()),
        *((f"apad=whole_dur={float(whole):.6f}",) if whole is not None else ()),
    )


def _aligned(track: Sound, begins: Fraction) -> tuple[str, ...]:
    """Return the filters that cut sound before a time of the source's clock, or fill it with silence up to the sound.

    By their own times, so that each track falls into its place; async=1 fills and cuts, and stretches nothing.
    """
    first = round(begins * track.sample_rate)
    return (f"aresample={track.sample_rate}:async=1:first_pts={first}", "asetpts=PTS-STARTPTS")


def _arranged(track: Sound, intent: TrackIntent) -> tuple[str, ...]:
    """Return the filter that mixes channels, or gives them another label, or takes the one away that FFmpeg guesses."""
    if intent.channels != track.channels:
        return (f"aformat=channel_layouts={intent.layout}",)
    given = track.layout or GUESSED.get(track.channels)
    if intent.discrete:
        return (_mapped(track.channels, f"{track.channels}C"),)
    return (_mapped(track.channels, intent.layout),) if intent.layout not in (None, given) else ()


def _mapped(channels: int, layout: str | None) -> str:
    return f"channelmap={'|'.join(map(str, range(channels)))}:{layout}"


def arguments(chains: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the options that put each track's filters in its way; once for all where they are the same."""
    joined = [",".join(each) for each in chains]
    if len(set(joined)) == 1:
        return ("-af", joined[0]) if joined[0] else ()
    return tuple(word for number, text in enumerate(joined) if text for word in (f"-filter:a:{number}", text))
