"""Recipes number 2: the settings on the measured frontier of CPU time, likeness and size (docs/recipes.md)."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from runner.plan import recipes_1
from runner.plan.recipe import Recipe, Target

_PAL, _NTSC = Fraction(25), Fraction(30000, 1001)
_SIZES = ((720, 576, _PAL), (960, 720, _NTSC), (1280, 720, _NTSC), (1920, 1080, _NTSC))


def _targets(*megabits: int) -> tuple[Target, ...]:
    """Return Apple's target data rates of one profile, by the sizes that its table lists."""
    sizes = zip(_SIZES, megabits, strict=True)
    return tuple(Target(width=width, height=height, rate=rate, megabits=each) for (width, height, rate), each in sizes)


def _at_one_quantiser(codec: str, *options: str, targets: tuple[Target, ...], figures: str) -> Recipe:
    """Return a row of number 1 without the search for a quantiser, which is three quarters of its CPU time."""
    old = recipes_1.PICTURE[codec]
    return replace(
        old,
        options=(*old.options, *options),
        targets=targets,
        why=f"{old.why}; one quantiser for all, where number 1 searches one for each slice. Against that: {figures}."
        " The encoder then keeps no rate, so the gate measures it",
        source=f"{old.source} (docs/recipes.md); its appendix, Target Data Rates",
    )


# What libvpx is told of a deadline is how much it tries; it looks at no clock: it repeats on a busy machine (measured).
_VP9 = replace(
    recipes_1.PICTURE["vp9"],
    options=(
        *("-b:v", "0", "-crf", "33", "-deadline", "realtime", "-cpu-used", "6"),
        *("-row-mt", "1", "-g", "30"),
    ),
    qualities={"draft": {"-crf": "40"}, "high": {"-crf": "24"}},
    why=f"{recipes_1.PICTURE['vp9'].why}. Number 1 tried more than three times as long. Against that: 0.31 of the CPU"
    " time of the whole job; a camera's picture takes 0.68 of the size at SSIM +0.010 and VMAF -4, a drone's 1.00 at"
    " -0.0007 and -0.7, animation 0.99 at -0.0009, text 1.05 at -0.0002, a calm one 1.44 at -0.0002",
    source="FFmpeg 9.0.2, measured (docs/recipes.md)",
)

PICTURE: Mapping[str, Recipe] = {
    **recipes_1.PICTURE,
    "prores_proxy": _at_one_quantiser(
        "prores_proxy",
        *("-qscale:v", "7"),
        targets=_targets(12, 19, 23, 45),
        figures="0.23 of the CPU time of the whole job; a camera's picture takes 1.02 of the size at SSIM +0.0006, a"
        " drone's 0.96 at +0.0010, a calm one 0.71 at -0.0009, heavy grain 2.6 at +0.09, text 2.4 at +0.013",
    ),
    "prores_lt": _at_one_quantiser(
        "prores_lt",
        *("-quant_mat", "standard", "-qscale:v", "7"),
        targets=_targets(28, 44, 51, 102),
        figures="0.22 of the CPU time of the whole job; a camera's picture takes 1.00 of the size at SSIM +0.0016, a"
        " drone's 0.63 at -0.0013, a calm one 0.27 at -0.0015, heavy grain 2.7 at +0.10, text 1.9 at +0.005",
        # The flatter matrix of the profile above: at equal size on a camera's picture SSIM is 0.002 better.
    ),
    "vp9": _VP9,
}
