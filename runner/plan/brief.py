"""What looking at made outputs needs of a plan: where each goes, from what, its key. Making them needs the rest."""

from typing import Protocol

from runner.canonical import Value
from runner.plan.model import Key, Output


class Planned(Protocol):
    """A planned output, in full or in brief.

    `origin` is its source's place, `codec` that of its picture, `frames` how many it shall have.
    """

    @property
    def location(self) -> str: ...
    @property
    def directory(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def job(self) -> str: ...
    @property
    def origin(self) -> str: ...
    @property
    def codec(self) -> str: ...
    @property
    def frames(self) -> int: ...
    @property
    def key(self) -> Key: ...


class Brief(Value, frozen=True, kw_only=True, array_like=True):
    """A planned output in brief; see `Planned`."""

    location: str
    directory: str
    name: str
    state: str
    job: str
    origin: str
    codec: str
    frames: int
    key: Key


def brief(output: Output) -> Brief:
    """Return an output in brief."""
    return Brief(
        location=output.location,
        directory=output.directory,
        name=output.name,
        state=output.state,
        job=output.job,
        origin=output.origin,
        codec=output.codec,
        frames=output.frames,
        key=output.key,
    )
