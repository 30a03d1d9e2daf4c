"""Which layouts are mixed to which number of channels: where FFmpeg has coefficients that people agree on."""

from runner.media.facts import Sound

# What FFmpeg takes channels without a layout for (av_channel_layout_default).
GUESSED = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
_WIDER = frozenset(
    (
        *("2.1", "3.0", "3.0(back)", "3.1", "4.0", "4.1", "quad", "quad(side)", "5.0", "5.0(side)", "5.1", "5.1(side)"),
        *("6.0", "6.1", "6.1(back)", "7.0", "7.1"),
    )
)
# Downwards by ITU-R BS.775, as libswresample has it; upwards only what one loudspeaker played, from two. More would
# be channels without sound.
_MIXES = {
    1: ("mono", _WIDER | {"stereo", "downmix"}),
    2: ("stereo", _WIDER | {"mono"}),
    6: ("5.1", frozenset(("6.1", "6.1(back)", "7.1"))),
}


def mixed(track: Sound, channels: int) -> str | None:
    """Return the layout that mixing a track to this number of channels gives, None where no rule says how."""
    name = track.layout or {1: "mono", 2: "stereo"}.get(track.channels)
    becomes, sources = _MIXES.get(channels, ("", frozenset()))
    return becomes if name in sources else None


def drops_lfe(layout: str | None, channels: int) -> bool:
    """Say whether a mix leaves the LFE out: into one or two channels it has no coefficient."""
    return channels < 3 and bool(layout) and ".1" in str(layout)
