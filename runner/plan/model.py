"""The plan and its parts, as values."""

from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from runner.canonical import Value
from runner.media.facts import Colour, Facts, Scan
from runner.plan.arguments import Arg, Auxiliary
from runner.spec.cube import Lut
from runner.spec.location import parse_location

FORMAT = 1


class Grade(Value, frozen=True, kw_only=True):
    """The look-up table that the picture goes through, by its content; one curve a channel or a cube."""

    sha256: str
    kind: Literal["1d", "3d"]


class Burn(Value, frozen=True, kw_only=True):
    """What is burnt into the picture; size and opacity in percent. `text` is as shown, a timecode the first frame's."""

    show: str
    text: str | None = None
    position: str
    size: int
    opacity: int


class PictureIntent(Value, frozen=True, kw_only=True):
    """What the picture shall be: size and SAR as coded, exact rate, what happens to rate and fields.

    `inner` is the size of the picture within the frame, where bars are added; `quality` the spec's word for the row
    of its codec's table.
    """

    codec: str
    width: int
    height: int
    sar: Fraction
    rate: Fraction
    timing: Literal["every-frame", "resampled", "retimed"]
    scan: Scan
    pixel_format: str
    colour: Colour
    inner: tuple[int, int] | None = None
    quality: str | None = None
    lut: Grade | None = None
    burns: tuple[Burn, ...] = ()


class TrackIntent(Value, frozen=True, kw_only=True):
    """What one audio track shall be; rate in Hz.

    `discrete` channels are more than two that the source gives no layout, and get none in a container that tells.
    A track is `enabled` by name where its source's format has no such flag. Sound is cut or filled to begin when the
    source's clock shows `begins` seconds, and plays `speed` times as fast as it was recorded.
    """

    codec: str
    channels: int
    sample_rate: int
    layout: str | None = None
    language: str | None = None
    discrete: bool = False
    enabled: bool = False
    begins: Fraction | None = None
    speed: Fraction | None = None


class WrapIntent(Value, frozen=True, kw_only=True):
    """What the file around picture and sound shall be and carry."""

    container: str
    timecode: str | None = None
    reel: str | None = None
    clip: str | None = None
    created: str | None = None


class Intent(Value, frozen=True, kw_only=True):
    """What an output shall be, in the user's terms."""

    picture: PictureIntent
    sound: tuple[TrackIntent, ...] = ()
    wrap: WrapIntent


class Expectation(Value, frozen=True, kw_only=True):
    """What the gate measures: `frames` decode within `frames_off`; codec names are FFmpeg's decoders'.

    `seconds` is the length of the picture, `longest` what the file may last with its sound, `sounds` the length of
    each audio track where it is known; all in seconds. Of `colour` what it names is looked for. Sample rates in Hz.
    `target` is the data rate of the picture that the codec's maker publishes, in bits a second, where the encoder
    keeps none by itself.
    """

    frames: int
    frames_off: int = 0
    rate: Fraction
    seconds: Fraction
    longest: Fraction | None = None
    codec: str
    width: int
    height: int
    sar: Fraction
    pixel_format: str
    timecode: str | None = None
    channels: tuple[int, ...] = ()
    sounds: tuple[Fraction | None, ...] = ()
    scan: Scan | None = None
    colour: Colour | None = None
    reel: str | None = None
    sample_rates: tuple[int, ...] = ()
    target: int | None = None


class Key(Value, frozen=True, kw_only=True):
    """Digests of an output's parts; equal keys mean that it need not be made again. Its name is not in it."""

    source: str
    picture: str
    sound: str
    wrap: str
    toolchain: str
    recipes: str


class Arguments(Value, frozen=True, kw_only=True):
    """FFmpeg's arguments as if this output ran alone: before the input, the filter chain, after the input."""

    reading: tuple[Arg, ...]
    filters: tuple[str, ...]
    writing: tuple[Arg, ...]


class Source(Value, frozen=True, kw_only=True):
    """A source as the plan knows it."""

    location: str
    facts: Facts


@lru_cache(maxsize=1024)
def _before(directory: str) -> str:
    """Return what stands before the names of the files in a directory."""
    return str(parse_location(directory) / "x")[:-1]


class Output(Value, frozen=True, kw_only=True):
    """One planned file: `name` below the output `directory`; `state` is the folder of its records.

    `recipes` is the number of the tables that its arguments come from; the first has none, as in older plans.
    """

    directory: str
    name: str
    state: str
    job: str
    index: int
    source: Source
    intent: Intent
    arguments: Arguments
    needs: tuple[str, ...]
    expects: Expectation
    losses: tuple[str, ...] = ()
    auxiliary: tuple[Auxiliary, ...] = ()
    tolerates: tuple[str, ...] = ()
    recipes: int | None = None
    key: Key

    @property
    def location(self) -> str:
        """Where the file goes, as root:path or absolute: what ledgers know it by."""
        return _before(self.directory) + self.name

    @property
    def origin(self) -> str:
        """Where its source lies."""
        return self.source.location

    @property
    def codec(self) -> str:
        """The codec of its picture, as the spec says it."""
        return self.intent.picture.codec

    @property
    def frames(self) -> int:
        """How many frames it shall have."""
        return self.expects.frames

    @property
    def work_name(self) -> str:
        """The fixed name that the file has in its work folder."""
        return f"output.{self.intent.wrap.container}"


class Task(Value, frozen=True, kw_only=True):
    """One FFmpeg process: one source in, one or more outputs out, by their numbers in the plan."""

    source: str
    outputs: tuple[int, ...]


class Job(Value, frozen=True, kw_only=True):
    """A resolved JobSpec, as plain data: sources expanded, bases merged, template inlined, tokens filled.

    `file` is its spec in the repository; `toolchain` and `recipes` are those of its lock, else of the project;
    `skipped` names unusable sources with the reason; `luts` are the tables that the spec names, as they were read.
    """

    job_id: str
    state: str
    file: str
    toolchain: str
    recipes: int
    skipped: tuple[tuple[str, str], ...] = ()
    luts: tuple[Lut, ...] = ()
    spec: dict[str, Any]


class Header(Value, frozen=True, kw_only=True):
    """What a plan was made for: format, FFmpeg's release lines and recipe numbers, digest of all inputs."""

    format: int
    toolchain: tuple[str, ...]
    recipes: tuple[int, ...]
    inputs: str


class Plan(Value, frozen=True, kw_only=True):
    """Everything that is needed to make and check the outputs; a pure function of its inputs."""

    header: Header
    jobs: tuple[Job, ...] = ()
    outputs: tuple[Output, ...] = ()
    tasks: tuple[Task, ...] = ()
