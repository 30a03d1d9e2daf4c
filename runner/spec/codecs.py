"""Codecs, containers, the pairs that hold and why the others don't."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec as a spec names it."""

    name: str
    family: str
    help: str


@dataclass(frozen=True, slots=True)
class Container:
    """A container as a spec names it: its file extension and FFmpeg's muxer."""

    name: str
    muxer: str
    holds: tuple[str, ...]
    why: str


CODECS = {
    codec.name: codec
    for codec in (
        Codec("prores_proxy", "prores", "ProRes 422 Proxy, about 45 Mb/s at 1080p"),
        Codec("prores_lt", "prores", "ProRes 422 LT, about 102 Mb/s at 1080p"),
        Codec("prores_standard", "prores", "ProRes 422, about 147 Mb/s at 1080p"),
        Codec("prores_hq", "prores", "ProRes 422 HQ, about 220 Mb/s at 1080p"),
        Codec("prores_4444", "prores", "ProRes 4444, 4:4:4 with alpha where the source has it"),
        Codec("dnxhd", "dnxhd", "DNxHD, 1080p and 720p at fixed rates (Avid's older projects)"),
        Codec("dnxhr_lb", "dnxhr", "DNxHR LB, offline quality at any size"),
        Codec("dnxhr_sq", "dnxhr", "DNxHR SQ, delivery of 8-bit pictures"),
        Codec("dnxhr_hq", "dnxhr", "DNxHR HQ, 8-bit mastering"),
        Codec("dnxhr_hqx", "dnxhr", "DNxHR HQX, 10-bit mastering"),
        Codec("dnxhr_444", "dnxhr", "DNxHR 444, 10-bit 4:4:4"),
        Codec("h264", "h264", "H.264, review copies that play everywhere"),
        Codec("h265", "h265", "HEVC, smaller review copies"),
        Codec("vp9", "vp9", "VP9, for browsers"),
        Codec("av1", "av1", "AV1, the smallest for browsers"),
    )
}
# What a spec may ask for as the codec of its sound; which container holds which stands in spec/audio.py.
SOUND_CODECS = ("pcm_s16le", "pcm_s24le", "aac", "opus", "flac")
QUALITIES = ("draft", "standard", "high")
# The short word means the commonest profile; it is replaced when a spec is read, so plans never hold it.
ALIASES = {"dnxhr": "dnxhr_lb", "hevc": "h265"}
# Families whose profiles are their qualities: the word and a `quality` pick the profile.
LADDERS = {
    "prores": {"draft": "prores_proxy", "standard": "prores_standard", "high": "prores_hq"},
    "dnxhr": {"draft": "dnxhr_lb", "standard": "dnxhr_sq", "high": "dnxhr_hq"},
}

# Each row was measured with FFmpeg 9.0.2: what `holds` lists was written and decoded, the rest was refused
# by the muxer with the reason given (tests/plan/test_pairs.py repeats both).
CONTAINERS = {
    container.name: container
    for container in (
        Container(
            "mov",
            "mov",
            ("prores", "dnxhd", "dnxhr", "h264", "h265"),
            "QuickTime has no agreed sample entry for VP9 and AV1; use mp4, mkv or webm",
        ),
        Container(
            "mp4",
            "mp4",
            ("h264", "h265", "vp9", "av1"),
            "ISO MP4 registers no sample entry for ProRes and DNx; use mov, mkv or mxf",
        ),
        Container("mkv", "matroska", ("prores", "dnxhd", "dnxhr", "h264", "h265", "vp9", "av1"), ""),
        Container(
            "webm",
            "webm",
            ("vp9", "av1"),
            "WebM is VP8, VP9 or AV1 by definition; use mov, mp4 or mkv",
        ),
        Container(
            "mxf",
            "mxf",
            ("prores", "dnxhd", "dnxhr", "h264"),
            "FFmpeg knows no MXF essence mapping for HEVC, VP9 and AV1; use mp4 or mkv",
        ),
    )
}
EXTENSIONS = frozenset(
    (
        *CONTAINERS,
        "m4v",
        "avi",
        "mts",
        "m2ts",
        "ts",
        "mpg",
        "mpeg",
        "wmv",
        "flv",
        "ogv",
        "3gp",
        "dv",
        "gxf",
        "r3d",
        "braw",
    )
)


def canonical_codec(name: str, quality: object = None) -> str:
    """Return the full name behind a short one: hevc is h265, dnxhr is dnxhr_lb, or what `quality` makes of it."""
    rung = LADDERS.get(name, {}).get(str(quality))
    return rung or ALIASES.get(name, name)


def quality_of(codec: str) -> str | None:
    """Return the quality that a profile stands for: prores_hq is high; None for codecs that have it as a setting."""
    return next((word for rungs in LADDERS.values() for word, name in rungs.items() if name == codec), None)


def is_profile(codec: str) -> bool:
    """Say whether a codec is one profile of a family, whose quality is its profile."""
    return CODECS[codec].family in LADDERS


def why_not(codec: str, container: str) -> str | None:
    """Return the reason why `container` cannot hold `codec`, or None when it can."""
    row = CONTAINERS[container]
    return None if CODECS[codec].family in row.holds else row.why
