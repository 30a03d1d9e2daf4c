"""What one runner tells another, a line of JSON each: a task began, moved on, ended."""

from typing import Literal

import msgspec

from runner.errors import Problem


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened to an output.

    *begun*: `owner` is the process that makes it. *moved*: `frame` frames are written, `speed` is against real time.
    *ended*: `problems` are why there is no file, `size` is in bytes, `seconds` wall time, `by` the writer of another
    runner that had made it, `excess` the picture's data rate in bits a second where that is above the published one.
    *refused*: nothing was begun at all, for these `problems`.
    """

    what: Literal["begun", "moved", "ended", "refused"]
    output: str = ""
    owner: str = ""
    frame: int = 0
    speed: float | None = None
    problems: tuple[Problem, ...] = ()
    size: int = 0
    seconds: float = 0
    by: str | None = None
    excess: int | None = None


def written(told: Told) -> bytes:
    """Return one line, with its line end."""
    return msgspec.json.encode(told) + b"\n"


def read(line: bytes | str) -> Told:
    """Read one line. Raises msgspec.MsgspecError for what is none."""
    return msgspec.json.decode(line, type=Told)
