"""What a worker is asked before it gets a task, and how it looks at itself: runs on the worker, knows no Dask."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from runner import __version__
from runner.errors import Exit, JobspecError, Problem
from runner.execution import sweep
from runner.execution.publish import try_ladder
from runner.execution.sweep import WORK
from runner.media.toolchain import Build, another_line, find_ffmpeg, identify, lacking
from runner.plan.model import FORMAT
from runner.spec.location import Mounts, parse_location
from runner.spec.presence import absent
from runner.spec.project import mounts_here

# What a network file system may take to show a file that another machine has just written.
_SEEN_SECONDS, _TICK_SECONDS = 3.0, 0.25


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a run needs of a worker.

    Release lines, encoders and filters of FFmpeg, and the path it was named by, if it was; folders that take files;
    `marks` are files that the asking machine has just written, with what stands in them, `sources` some that it sees,
    with their sizes in bytes: both by their places below roots.
    """

    lines: tuple[str, ...]
    encoders: tuple[str, ...]
    filters: tuple[str, ...]
    ffmpeg: str | None
    directories: tuple[str, ...]
    marks: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, int], ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is and lacks: `unlike` what it must be, or for now `unable` to work."""

    version: str = __version__
    format: int = FORMAT
    host: str = ""
    ffmpeg: str = ""
    unlike: tuple[str, ...] = ()
    unable: tuple[str, ...] = ()


def answered(question: Question) -> Answer:
    """Look at this machine and answer."""
    problems: list[Problem] = []
    build = _tried(lambda: _build(question, problems), problems)
    wrong = [*_storage(question)]
    unlike = tuple(each.message for each in problems if each.exit is Exit.STALE)
    unable = tuple(each.message for each in problems if each.exit is not Exit.STALE)
    return Answer(
        host=socket.gethostname(),
        ffmpeg=build.version if build else "",
        unlike=unlike,
        unable=(*unable, *dict.fromkeys(wrong)),
    )


def _tried(look: Callable[[], Build], problems: list[Problem]) -> Build | None:
    try:
        return look()
    except JobspecError as error:
        problems += error.problems
        return None


def _build(question: Question, problems: list[Problem]) -> Build:
    build = identify(find_ffmpeg(question.ffmpeg, os.environ))
    problems += [found for line in question.lines if (found := another_line(build, line))]
    problems += lacking(build, "encoder", frozenset(question.encoders))
    problems += lacking(build, "filter", frozenset(question.filters))
    return build


def _storage(question: Question) -> Iterator[str]:
    """Yield what this machine does not see, or may not write, of what the asking one does."""
    places = (*question.directories, *(place for place, _ in (*question.marks, *question.sources)))
    roots = {root for place in places if (root := parse_location(place).root)}
    mounts = mounts_here(None, roots, {}, os.environ)
    yield from (found.message for found in absent(mounts, roots))
    for look, asked in ((_unseen, question.marks), (_missing, question.sources), (_closed, question.directories)):
        yield from _each(look, asked, mounts)


def _each(look: Callable[..., str | None], asked: Iterable[object], mounts: Mounts) -> Iterator[str]:
    for each in asked:
        try:
            wrong = look(each, mounts)
        except JobspecError as error:
            wrong = error.problems[0].message
        except OSError as error:
            wrong = f"{error.strerror or error} ({error.filename})"
        if wrong:
            yield wrong


def _unseen(mark: tuple[str, str], mounts: Mounts) -> str | None:
    place, text = mark
    path, end = mounts.bind(parse_location(place)), time.monotonic() + _SEEN_SECONDS
    while _text(path) != text:
        if time.monotonic() > end:
            return f"{path} is not there, which the asking machine has just written as {place}: it is other storage"
        time.sleep(_TICK_SECONDS)
    return None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return None


def _missing(source: tuple[str, int], mounts: Mounts) -> str | None:
    place, size = source
    path = mounts.bind(parse_location(place))
    if path.is_file() and path.stat().st_size == size:
        return None
    return f"the source {place} is not there ({path}), or has another size than where the plan was made"


def _closed(directory: str, mounts: Mounts) -> str | None:
    """Try whether files get their names in an output folder.

    In a folder of this question's own: other runs may ask this process at the same moment.
    """
    work = mounts.bind(parse_location(directory)) / WORK
    own = work / f"ladder-{socket.gethostname()}-{os.getpid()}-{threading.get_ident()}-{time.time_ns()}"
    sweep.begin(own)
    try:
        try_ladder(own)
    finally:
        sweep.remove(own)
    return None
