"""A recipe: how one codec is encoded, and which data rate its maker publishes for it, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from runner.media.facts import Scan


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A published data rate: so many Mb/s at so many frames a second, for pictures up to this size."""

    width: int
    height: int
    rate: Fraction
    megabits: int

    @property
    def pixels(self) -> int:
        """Pixels of the published size."""
        return self.width * self.height

    @property
    def bits(self) -> Fraction:
        """Bits for each pixel of a picture."""
        return self.megabits * 1_000_000 / self.rate / self.pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one codec is encoded.

    `decodes_as` is FFmpeg's name of the codec in the file; `pixel_format` (with `alpha_format` for sources that
    have alpha) is enforced, since encoders accept wrong ones; `qualities` says which options have other values at
    another quality than standard; `fields` are the options that keep interlaced fields, `scans` the field orders that
    each container says rightly of them;
    `threads` is a number where bits depend on it, "any" where the machine may choose, "own" where the options say it
    or the encoder does not ask; `smallest` is (width, height); `matrix` is the only one that the codec's decoders know;
    `square_in` are containers in which it cannot say another sample aspect ratio than 1; `fixed` says that the codec is
    a list of sizes and rates (plan/dnxhd.py); `tags` are options that one container needs; `targets` are the data rates
    that the codec's maker publishes, smallest size first, where the options do not make the encoder keep them.
    """

    encoder: str
    decodes_as: str
    options: tuple[str, ...]
    pixel_format: str
    alpha_format: str | None = None
    qualities: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    scans: Mapping[str, tuple[Scan, ...]] = field(default_factory=dict)
    threads: int | Literal["any", "own"] = "any"
    matrix: str | None = None
    smallest: tuple[int, int] = (2, 2)
    square_in: tuple[str, ...] = ()
    fixed: bool = False
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    targets: tuple[Target, ...] = ()
    why: str
    source: str

    def target(self, width: int, height: int, rate: Fraction) -> int | None:
        """Return the published data rate of such a picture in bits a second, scaled by its pixels and its rate.

        Nothing is published for pictures below the smallest size; they may take what that one takes.
        """
        if not self.targets:
            return None
        pixels = max(width * height, self.targets[0].pixels)
        fitting = (each for each in self.targets if pixels <= each.pixels)
        return round(next(fitting, self.targets[-1]).bits * pixels * rate)
