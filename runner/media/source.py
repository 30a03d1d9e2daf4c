"""A source of either kind, a file or an image sequence: its facts, its content, what tells that it changed."""

from pathlib import Path

from runner.media.facts import Content, Facts
from runner.media.probe import content_of, probe
from runner.media.sequence import content_of_sequence, probe_sequence, stat_of_sequence


def probe_source(path: Path, text: str, *, sequence: bool) -> Facts:
    """Return the facts of what its spec calls `text`. Raises JobspecError with one clear reason."""
    return probe_sequence(path, text) if sequence else probe(path, text)


def content_of_source(path: Path, *, sequence: bool) -> Content:
    """Return the identity of a source's content. Raises OSError when it is not there."""
    return content_of_sequence(path) if sequence else content_of(path)


def stat_of_source(path: Path, *, sequence: bool) -> tuple[int, int, int]:
    """Return size in bytes, mtime in nanoseconds and inode, or what stands for them. Raises OSError."""
    if sequence:
        return stat_of_sequence(path)
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino
