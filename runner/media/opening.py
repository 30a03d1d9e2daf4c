"""The one door through which facts are learnt from a file: PyAV, with FFmpeg's protocols and formats whitelisted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import av.filter

from runner.errors import JobspecError, problem
from runner.media.facts import FORMATS

# Of a container's own clock, in a second.
TICKS: int = av.time_base
# What reading a damaged file raises, once it is open.
MEDIA_ERRORS = (av.error.FFmpegError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Source:
    """A file to learn facts from, and what its spec calls it. It is opened anew for every pass.

    A pass that begins by seeking would begin late in a file whose clock begins below 0.
    """

    path: Path
    text: str

    def open(self) -> Any:
        """Open the file. Raises JobspecError (JS063) for what is no media of a format that sources have."""
        return _opened(f"file:{self.path}", self.text, {"format_whitelist": ",".join(FORMATS)})

    def open_still(self) -> Any:
        """Open a single picture of a sequence, its kind told by its extension, its name taken as it is."""
        options = {"format_whitelist": "image2", "pattern_type": "none"}
        return _opened(f"file:{self.path}", self.text, options, form="image2")


def _opened(name: str, text: str, options: Mapping[str, str], form: str | None = None) -> Any:
    try:
        return av.open(name, format=form, options={"protocol_whitelist": "file", **options})
    except (av.error.FFmpegError, ValueError, UnicodeError) as error:
        told = f"{reason_of(error)}; it may be cut off, still being copied, or of another kind"
        raise JobspecError(problem("JS063", found=text, reason=told)) from None


def reason_of(error: Exception) -> str:
    """Return FFmpeg's words for what it met."""
    return str(getattr(error, "strerror", None) or error)


def pictures_of(container: Any) -> list[Any]:
    """Return the real pictures of a file, in its order: no covers, no thumbnails."""
    return [stream for stream in container.streams.video if not is_attached(stream)]


def is_attached(stream: Any) -> bool:
    """Say whether a picture is a cover or a thumbnail."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def codec_of(stream: Any) -> str:
    """Return the name of a stream's codec as FFmpeg has it, or `unknown`."""
    context = stream.codec_context
    return str(context.codec.canonical_name) if context is not None else "unknown"


def tag_of(stream: Any) -> str:
    """Return the sample entry or four-character code of a stream, or nothing: some codes are no text."""
    try:
        return str(stream.codec_context.codec_tag) if stream.codec_context else ""
    except UnicodeDecodeError:
        return ""


@dataclass(slots=True)
class TopFirst:
    """Says of interlaced frames which field comes first: PyAV does not tell, FFmpeg's filter `select` does."""

    like: Any  # a frame of the kind to be judged
    graph: Any = field(init=False)

    def __post_init__(self) -> None:
        self.graph = av.filter.Graph()
        size = {"width": self.like.width, "height": self.like.height}
        begin = self.graph.add_buffer(format=self.like.format, time_base=Fraction(1), **size)
        chosen = self.graph.add("select", "eq(interlace_type\\,TOPFIRST)")
        end = self.graph.add("buffersink")
        begin.link_to(chosen)
        chosen.link_to(end)
        self.graph.configure()

    def says(self, frame: Any) -> bool:
        """Say whether the top field of an interlaced frame comes first."""
        self.graph.push(frame)
        try:
            self.graph.pull()
        except (BlockingIOError, EOFError):
            return False
        return True
