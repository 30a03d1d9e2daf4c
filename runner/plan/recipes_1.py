"""Recipes number 1: the line that everyone writes, of each encoder."""

from collections.abc import Mapping

from runner.media.facts import Scan
from runner.plan.recipe import Recipe

# Flags that make an encoder code fields as fields, and its wrapper say so; without them 5.1 tags the file progressive.
_FIELDS = ("-flags", "+ildct+ilme")
# Which field order arrives, measured by ffprobe and in the bytes with 5.1.9 and 9.0.2: MXF says of ProRes that it is
# progressive, and of all else that the top field is first; DNxHD has no other order; mov, mp4 and mkv say both.
_EITHER: tuple[Scan, ...] = ("tff", "bff")
_TOP: tuple[Scan, ...] = ("tff",)


def _searched(quantiser: str, worse: str) -> str:
    """Return why a row keeps the encoder's search for a quantiser of each slice."""
    return (
        f"; the search takes three quarters of the CPU time, but {quantiser} for all makes calm pictures worse: {worse}"
    )


def _prores(
    profile: int | str, pixel_format: str = "yuv422p10le", alpha_format: str | None = None, figures: str = ""
) -> Recipe:
    return Recipe(
        encoder="prores_ks",
        decodes_as="prores",
        options=("-profile:v", str(profile), "-vendor", "apl0"),
        pixel_format=pixel_format,
        alpha_format=alpha_format,
        fields=_FIELDS,
        scans={"mov": _EITHER, "mkv": _EITHER},
        why="vendor apl0 is what Apple's own encoder writes, some readers ask for it; pixel formats are those of the"
        f" profile, for prores_ks takes wrong ones without a word{figures}",
        source="Apple ProRes White Paper (2022); FFmpeg 9.0.2, measured (docs/recipes.md)",
    )


def _dnxhr(profile: str, pixel_format: str) -> Recipe:
    return Recipe(
        encoder="dnxhd",
        decodes_as="dnxhd",
        options=("-profile:v", profile),
        pixel_format=pixel_format,
        matrix="bt709",
        smallest=(256, 120),
        square_in=("mxf",),
        why="the profile alone fixes the rate at any size, on pure noise too, so there is nothing to choose: -mbd rd"
        " dies, no -ibias fits; the encoder refuses less than 256x120",
        source="SMPTE ST 2019-1; FFmpeg 9.0.2, measured (docs/recipes.md)",
    )


_QUICKTIME_HEVC = {"mov": ("-tag:v", "hvc1"), "mp4": ("-tag:v", "hvc1")}

PICTURE: Mapping[str, Recipe] = {
    "prores_proxy": _prores(0),
    "prores_lt": _prores(1),
    "prores_standard": _prores(2, figures=_searched("q 7", "SSIM -0.0015, VMAF -5.6")),
    "prores_hq": _prores(3, figures=_searched("q 4", "SSIM -0.0010, VMAF -3.6")),
    "prores_4444": _prores(4444, "yuv444p10le", "yuva444p10le", _searched("q 2", "SSIM -0.0002, VMAF -1.3")),
    "dnxhd": Recipe(
        encoder="dnxhd",
        decodes_as="dnxhd",
        options=(),
        pixel_format="yuv422p",
        matrix="bt709",
        fields=_FIELDS,
        scans={"mov": _TOP, "mkv": _TOP, "mxf": _TOP},
        square_in=("mxf",),
        fixed=True,
        why="DNxHD is a list of sizes, rates and bitrates; Avid refuses what is not on it",
        source="SMPTE ST 2019-1, Avid DNxHD Technology White Paper; FFmpeg's encoder table",
    ),
    "dnxhr_lb": _dnxhr("dnxhr_lb", "yuv422p"),
    "dnxhr_sq": _dnxhr("dnxhr_sq", "yuv422p"),
    "dnxhr_hq": _dnxhr("dnxhr_hq", "yuv422p"),
    "dnxhr_hqx": _dnxhr("dnxhr_hqx", "yuv422p10le"),
    "dnxhr_444": _dnxhr("dnxhr_444", "yuv444p10le"),
    "h264": Recipe(
        encoder="libx264",
        decodes_as="h264",
        options=(
            *("-preset", "veryfast", "-crf", "20", "-profile:v", "high"),
            *("-g", "15", "-keyint_min", "15", "-sc_threshold", "0", "-bf", "0", "-flags", "+cgop"),
        ),
        pixel_format="yuv420p",
        qualities={"draft": {"-crf": "26"}, "high": {"-crf": "15"}},
        fields=("-flags", "+cgop+ildct+ilme"),
        scans={"mov": _EITHER, "mp4": _EITHER, "mkv": _EITHER, "mxf": _TOP},
        threads=4,
        why="a short closed GOP without B frames scrubs well at a quarter of the size of all-intra;"
        " bits depend on the number of threads, so it is pinned; superfast takes 0.84 of the CPU time at up to twice"
        " the size, faster 1.26 at 0.8 to 1.1",
        source="FFmpeg 9.0.2, measured (docs/recipes.md)",
    ),
    "h265": Recipe(
        encoder="libx265",
        decodes_as="hevc",
        options=(
            *("-preset", "fast", "-crf", "22", "-x265-params"),
            "keyint=30:min-keyint=30:scenecut=0:open-gop=0:bframes=0:pools=4:frame-threads=2:log-level=error",
        ),
        pixel_format="yuv420p",
        qualities={"draft": {"-crf": "28"}, "high": {"-crf": "17"}},
        tags=_QUICKTIME_HEVC,
        smallest=(32, 32),
        threads="own",
        why="hvc1 because QuickTime does not open hev1; pools and frame-threads are pinned, for bits depend on them;"
        " log-level because x265 greets on stderr; superfast as like as this (CRF 18) takes 0.90 of the CPU time at 1.0"
        " to 2.1 times the size, medium 1.69 at 0.8 to 1.1",
        source="FFmpeg 9.0.2, measured (docs/recipes.md)",
    ),
    "vp9": Recipe(
        encoder="libvpx-vp9",
        decodes_as="vp9",
        options=(
            *("-b:v", "0", "-crf", "31", "-deadline", "good", "-cpu-used", "4"),
            *("-row-mt", "1", "-g", "30"),
        ),
        pixel_format="yuv420p",
        qualities={"draft": {"-crf": "38"}, "high": {"-crf": "22"}},
        threads=4,
        why="-b:v 0 makes -crf a constant quality; with row-mt one thread gives other bits than several, so the number"
        " is pinned",
        source="FFmpeg 9.0.2, measured (shared/FFMPEG.md)",
    ),
    "av1": Recipe(
        encoder="libsvtav1",
        decodes_as="av1",
        options=("-preset", "8", "-crf", "32", "-g", "30"),
        qualities={"draft": {"-crf": "40"}, "high": {"-crf": "22"}},
        pixel_format="yuv420p10le",
        smallest=(64, 64),
        threads="own",
        why="10 bits cost nothing in AV1 and band less; CRF repeats, VBR never does; preset 9 takes 0.71 of the CPU"
        " time at SSIM -0.0002 to -0.0028, preset 7 1.42 at 0.7 to 0.95 of the size",
        source="FFmpeg 9.0.2, measured (docs/recipes.md)",
    ),
}
