"""Arguments as values: what stands for a file is no text until it is bound to a machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.canonical import Value
from runner.spec.location import Location, Mounts, parse_location
from runner.spec.sequence import parse_pattern


class Input(Value, frozen=True, kw_only=True, tag="input", tag_field="is"):
    """The source, by its location; the pattern of an image sequence, of which FFmpeg reads all files."""

    location: str
    sequence: bool = False


class Written(Value, frozen=True, kw_only=True, tag="output", tag_field="is"):
    """An output, by its fixed name in its work folder; `output` is its number in the process."""

    name: str
    output: int = 0


class Threads(Value, frozen=True, kw_only=True, tag="threads", tag_field="is"):
    """How many threads the machine gives; stands only where no bit depends on them."""


class TextFile(Value, frozen=True, kw_only=True, tag="text", tag_field="is"):
    """A text to burn in, under its fixed name in the work folder."""

    name: str
    text: str


class LutFile(Value, frozen=True, kw_only=True, tag="lut", tag_field="is"):
    """A look-up table under its fixed name: `head`, then the numbers of the file at `location`, which has `sha256`."""

    name: str
    location: str
    sha256: str
    head: str


class FontFile(Value, frozen=True, kw_only=True, tag="font", tag_field="is"):
    """A font under its fixed name: the `file` that a Python package ships, which has `sha256`."""

    name: str
    package: str
    file: str
    sha256: str


# What lies in the work folder before FFmpeg starts there. Filters name it without a folder, so that neither a path nor
# a text of anyone's ever stands in a filter graph.
Auxiliary = TextFile | LutFile | FontFile

Arg = str | Input | Written | Threads

# Set for every FFmpeg, whatever the environment says: SVT-AV1 greets on stderr, where only errors may stand;
# a locale changes how numbers are read.
ENVIRONMENT: Mapping[str, str] = {"SVT_LOG": "1", "LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Binding:
    """What a machine adds to a plan: its mounts, its FFmpeg, a work folder for each output, threads for a process."""

    mounts: Mounts
    ffmpeg: Path
    works: tuple[Path, ...]
    threads: int

    def path(self, location: str) -> Path:
        """Return where `location` lies here. Raises JobspecError when its root is not mounted."""
        place: Location = parse_location(location)
        return self.mounts.bind(place)


def _bound(argument: Arg, binding: Binding) -> str:
    if isinstance(argument, Input):
        path = binding.path(argument.location)
        named = parse_pattern(path.name).within(str(path.parent)) if argument.sequence else str(path)
        return f"file:{named}"
    if isinstance(argument, Written):
        return f"file:{binding.works[argument.output] / argument.name}"
    return str(binding.threads) if isinstance(argument, Threads) else argument


def bind(arguments: Iterable[Arg], binding: Binding) -> tuple[str, ...]:
    """Return the command line of one process on this machine, FFmpeg first."""
    return (str(binding.ffmpeg), *(_bound(argument, binding) for argument in arguments))
