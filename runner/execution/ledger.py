"""Append-only records of what was started, verified, finished, failed; merged from all writers."""

import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from sys import intern
from threading import Lock
from typing import IO, Literal

import msgspec
from msgspec.structs import force_setattr

from runner import canonical
from runner.canonical import Value
from runner.errors import JobspecError, problem
from runner.execution.locking import lock, unlock
from runner.execution.owner import started
from runner.plan.model import Key

Event = Literal["started", "verified", "finished", "failed", "adopted", "yielded"]
# After these a file that equals the record is ours. *adopted*: somebody else made it, and it passed the gate; the
# record's toolchain is then the build that decoded it.
OURS = ("verified", "finished", "adopted")
LEDGER = "ledger"
# Of which a torn one may be the last: paths of 4096 bytes, in the output's name and in a reason.
_LONGEST_RECORD = 1 << 16


class Stat(Value, frozen=True, kw_only=True):
    """What is compared to notice that a file changed: bytes, nanoseconds, inode. It identifies nothing."""

    size: int
    mtime: int
    inode: int


def stat_of(path: Path, *, sequence: bool = False) -> Stat:
    """Return the stat of a file, or what stands for it of an image sequence. Raises OSError."""
    from runner.media.source import stat_of_source  # which imports PyAV

    size, mtime, inode = stat_of_source(path, sequence=sequence)
    return Stat(size=size, mtime=mtime, inode=inode)


class Record(Value, frozen=True, kw_only=True):
    """One thing that happened to one output.

    `toolchain` is the build that ran, in its own words; `size` in bytes; `mtime` in nanoseconds, to tell at a glance
    that a file is the recorded one; `time` is UTC and decides nothing; `rung` is how the file got its name; `job` is
    the job it was made for. `arguments` is the digest of FFmpeg's arguments before they are bound to a machine,
    `source` the source's stat at the start; `again` counts attempts within one run, from 0; `gate` is "quick" where the
    output was not decoded; `replaces` is the hash of the older file that this one shall replace; `codes` are those of
    a failure; `beside` are the outputs that the same FFmpeg was to make from one decoding; `excess` is the picture's
    data rate in bits a second where that is above the published one. *yielded*: another runner had published the
    output first. `worker` is who made it, where an engine has workers of its own.
    """

    event: Event
    output: str
    key: Key
    attempt: str
    writer: str
    plan: str
    toolchain: str
    time: str
    size: int | None = None
    sha256: str | None = None
    mtime: int | None = None
    rung: str | None = None
    reason: str | None = None
    log: str | None = None
    job: str | None = None
    arguments: str | None = None
    source: Stat | None = None
    again: int = 0
    gate: str | None = None
    replaces: str | None = None
    codes: tuple[str, ...] = ()
    excess: int | None = None
    beside: tuple[str, ...] = ()
    worker: str | None = None

    def __post_init__(self) -> None:
        """Share what many records say alike: of 300,000 it takes more memory than the plan of all their outputs."""
        force_setattr(self, "key", _shared(self.key))
        force_setattr(self, "writer", intern(self.writer))
        force_setattr(self, "plan", intern(self.plan))
        force_setattr(self, "toolchain", intern(self.toolchain))


@lru_cache(maxsize=4096)
def _shared(key: Key) -> Key:
    return key


def now() -> str:
    """Return the time for a record: UTC, to the microsecond, so that records of one writer sort."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(slots=True)
class Writer:
    """Appends the records of one process to a file of its own, created when the first record comes.

    `shared` names a file that the processes of one worker take turns to append to: a file for each of 100,000 tasks
    would take longer to read than to write. Where the file system has no locks, each has its own all the same.
    """

    state: Path
    name: str = ""
    shared: str | None = None
    _file: IO[bytes] | None = None
    _lock: Lock = field(default_factory=Lock)
    _attempts: int = 0

    def _open(self) -> IO[bytes]:
        folder = self.state / LEDGER
        folder.mkdir(parents=True, exist_ok=True)
        return (self._joined(folder) if self.shared else None) or self._own(folder)

    def _joined(self, folder: Path) -> IO[bytes] | None:
        name = f"{_host()}-{self.shared}"
        file = (folder / f"{name}.jsonl").open("a+b", buffering=0)
        if not lock(file.fileno()):
            file.close()
            return None
        unlock(file.fileno())
        self.name = name
        return file

    def _own(self, folder: Path) -> IO[bytes]:
        self.shared, number = None, 0
        while True:
            name = f"{_host()}-{os.getpid()}-{number}"
            try:
                file = (folder / f"{name}.jsonl").open("xb", buffering=0)
            except FileExistsError:
                number += 1
                continue
            self.name = name
            return file

    def attempt(self) -> str:
        """Return a name for a new attempt that no other writer uses."""
        with self._lock:
            self._file = self._file or self._open()
            self._attempts += 1
            return f"{self.name}{_of_process() if self.shared else ''}-{self._attempts}"

    def write(self, record: Record) -> None:
        """Append a record and flush it to the disk. Raises OSError, and then leaves no part of the record."""
        with self._lock:
            self._file = self._file or self._open()
            with _alone(self._file) if self.shared else nullcontext():
                _append(self._file, canonical.encode(record) + b"\n")

    def close(self) -> None:
        """Close the file, if one was opened; one without a record is not left behind."""
        if not self._file:
            return
        if not self.shared and not os.fstat(self._file.fileno()).st_size:
            (self.state / LEDGER / f"{self.name}.jsonl").unlink(missing_ok=True)
        self._file.close()


def _append(file: IO[bytes], data: bytes) -> None:
    start = file.seek(0, os.SEEK_END)
    if file.write(data) != len(data):
        file.truncate(start)
        raise OSError("the disk took only a part of a record")
    os.fsync(file.fileno())


@contextmanager
def _alone(file: IO[bytes]) -> Iterator[None]:
    """Be the only one who appends, after the last whole record: what a kill left of one is taken off."""
    lock(file.fileno())
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LONGEST_RECORD))
        tail = file.read()
        if torn := len(tail) - tail.rfind(b"\n") - 1:
            file.truncate(size - torn)
        yield
    finally:
        unlock(file.fileno())


def _of_process() -> str:
    """Return what tells this process from all others of its machine: numbers are used again."""
    return f"-{os.getpid()}.{started(os.getpid())}"


def _host() -> str:
    return "".join(letter if letter.isalnum() or letter == "-" else "-" for letter in socket.gethostname())[:64]


def _records(path: Path) -> list[Record]:
    """Return the records of one writer; a torn last line is what a kill leaves, and is no record."""
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    try:
        return canonical.decode_lines(whole, Record)
    except (msgspec.MsgspecError, ValueError):
        return [_record(line, path, number) for number, line in enumerate(whole.split(b"\n")[:-1], 1)]


def _record(line: bytes, path: Path, number: int) -> Record:
    try:
        return canonical.decode(line, Record)
    except (msgspec.MsgspecError, ValueError) as error:
        reason = f"{path}, line {number}: {error}"
        raise JobspecError(problem("JS096", reason=reason)) from None


@dataclass(frozen=True, slots=True)
class Ledger:
    """All records below one state folder, by output, in the order of their times."""

    by_output: dict[str, list[Record]]

    def of(self, output: str) -> list[Record]:
        """Return the records of one output, oldest first."""
        return self.by_output.get(output, [])

    def recorded(self, output: str, path: Path) -> Record | None:
        """Return the record of the file that stands at `path`, which then is ours; None when it is not."""
        try:
            return self.known_by(output, path, path.lstat())
        except OSError:
            return None

    def known_by(self, output: str, path: str | Path, status: os.stat_result) -> Record | None:
        """Return the record of the file with this lstat, as `recorded` does.

        A file is known by its size, and by its mtime or else its SHA-256: no clock decides it.
        """
        size, mtime, same = status.st_size, status.st_mtime_ns, []
        for each in reversed(self.of(output)):
            if each.size == size and each.event in OURS:
                if each.mtime == mtime:
                    return each
                same.append(each)
        return _hashed(same, path)


def _hashed(records: list[Record], file: str | Path) -> Record | None:
    if not records or (path := Path(file)).is_symlink():
        return None
    from runner.execution.publish import sha256

    digest = sha256(path)
    return next((each for each in records if each.sha256 == digest), None)


def read_ledger(state: Path) -> Ledger:
    """Read every writer's file. Raises JobspecError (3) for a damaged line, with its number."""
    by_output: dict[str, list[Record]] = {}
    for record in sorted(_all(state), key=attrgetter("time")):
        by_output.setdefault(record.output, []).append(record)
    return Ledger(by_output)


def _all(state: Path) -> Iterable[Record]:
    folder = state / LEDGER
    if not folder.is_dir():
        return
    for path in sorted(folder.glob("*.jsonl")):
        with suppress(FileNotFoundError):  # a writer without a record removes its file when it ends
            yield from _records(path)
