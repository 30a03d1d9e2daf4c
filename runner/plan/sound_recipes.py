"""Numbered tables of sound: container and codec → encoder arguments and limits. A row, once released, never changes."""

from collections.abc import Mapping
from dataclasses import dataclass

from runner.spec.audio import HOLDS


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundRecipe:
    """How sound is encoded in one container; `options` hold for each track, rate in Hz.

    `layouts` are those that keep every channel in its place, each with the name that the encoder takes; None where
    any does. `labels` names the layout that channels without one must get, by their number; what it lacks is refused;
    None means that they stay without. `says` tells whether the file can name a layout at all.
    """

    encoder: str
    decodes_as: str
    options: tuple[str, ...] = ()
    sample_rate: int = 48000
    most_channels: int = 64
    layouts: Mapping[str, str] | None = None
    labels: Mapping[int, str] | None = None
    says: bool = True
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class SoundTable:
    """All sound recipes of one number."""

    rows: Mapping[tuple[str, str], SoundRecipe]

    def of(self, container: str, codec: str | None = None) -> SoundRecipe:
        """Return the row of a codec, or of the container's first choice."""
        return self.rows[container, codec or HOLDS[container].codecs[0]]


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


# Encoded and decoded, each channel with a tone of its own, with FFmpeg 9.0.2, and decoded with 8.1.2 also.
# AAC has one name for surround at the side and at the back. Not listed: what is refused, and 6.0, 6.1, 7.0(front) and
# 7.1(wide-side), whose channels come back in another order.
_AAC_LAYOUTS = _same(
    *("mono", "stereo", "binaural", "2.1", "3.0", "3.0(back)", "3.1", "4.0", "4.1", "quad", "quad(side)"),
    *("5.0", "5.0(side)", "5.1", "5.1(side)", "hexagonal", "6.1(back)", "7.0", "7.1", "7.1(wide)", "octagonal"),
)
# Opus has one layout for each number of channels, and its encoder refuses other names of the same loudspeakers.
# Of those it has, 5.0 and 6.1 come back with their channels mixed up, without a word.
_OPUS_LAYOUTS = {
    **_same("mono", "stereo", "binaural", "3.0", "quad", "5.1", "7.1"),
    "downmix": "stereo",
    "quad(side)": "quad",
    "5.1(side)": "5.1",
}


def _pcm(bits: int, *, says: bool = False) -> SoundRecipe:
    """Return a row of PCM: MXF as FFmpeg writes it, and Matroska around PCM, have nowhere to say a layout."""
    return SoundRecipe(
        encoder=f"pcm_s{bits}le",
        decodes_as=f"pcm_s{bits}le",
        says=says,
        why="editing wants uncompressed sound that keeps every track and sample",
        source=f"Avid, Adobe and Apple list {bits}-bit 48 kHz PCM as native",
    )


_AAC = SoundRecipe(
    encoder="aac",
    decodes_as="aac",
    options=("-b:a", "192k"),
    most_channels=8,
    layouts=_AAC_LAYOUTS,
    labels={1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0"},
    why="FFmpeg 5.1 cannot read the PCM that later ones write into mp4; AAC knows layouts of up to 8 channels, and"
    " cuts all above 120 Hz from one that it takes for an LFE, so six channels without a layout must not become 5.1",
    source="FFmpeg 5.1.9 and 9.0.2, measured (shared/FFMPEG.md)",
)
_OPUS = SoundRecipe(
    encoder="libopus",
    decodes_as="opus",
    options=("-b:a", "128k"),
    most_channels=8,
    layouts=_OPUS_LAYOUTS,
    labels={1: "mono", 2: "stereo", 3: "3.0", 4: "quad"},
    why="WebM holds Opus or Vorbis by definition; Opus has one layout for each number of channels",
    source="WebM Container Guidelines; RFC 7845, section 5.1.1.2; FFmpeg 9.0.2, measured",
)
_FLAC = SoundRecipe(
    encoder="flac",
    decodes_as="flac",
    options=("-sample_fmt", "s32"),
    most_channels=8,
    labels={1: "mono", 2: "stereo", 3: "3.0", 4: "quad", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"},
    why="keeps every sample at half the size of PCM, 24 bits of 32; a number of channels always means a layout",
    source="RFC 9639, section 9.1.3; FFmpeg 9.0.2, measured",
)
_1: Mapping[tuple[str, str], SoundRecipe] = {
    ("mov", "pcm_s24le"): _pcm(24, says=True),
    ("mov", "pcm_s16le"): _pcm(16, says=True),
    ("mov", "aac"): _AAC,
    ("mp4", "aac"): _AAC,
    ("mp4", "opus"): _OPUS,
    ("mkv", "pcm_s24le"): _pcm(24),
    ("mkv", "pcm_s16le"): _pcm(16),
    ("mkv", "aac"): _AAC,
    ("mkv", "opus"): _OPUS,
    ("mkv", "flac"): _FLAC,
    ("webm", "opus"): _OPUS,
    ("mxf", "pcm_s24le"): _pcm(24),
    ("mxf", "pcm_s16le"): _pcm(16),
}
SOUND_TABLES: Mapping[int, SoundTable] = {1: SoundTable(_1)}
assert set(_1) == {(container, codec) for container, holds in HOLDS.items() for codec in holds.codecs}
