"""A job to plan: a spec with the facts of its sources."""

from dataclasses import dataclass

from runner.media.facts import Facts
from runner.spec.cube import Lut
from runner.spec.model import JobSpec
from runner.spec.source import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A job to plan: a spec whose sources are all paths and whose template is inlined, and their facts in order.

    `indices` are those that a lock froze, by default 0, 1…; `entries` say which entry of the spec each source comes
    from; `skipped` names unusable sources with the reason;
    `state` is where records go, by default below the output directory; `file` is the spec's path in its repository;
    `toolchain` and `number` are those of its lock, by default the plan's; `origin` knows the spec's positions;
    `luts` are the tables that the spec names.
    """

    spec: JobSpec
    facts: tuple[Facts, ...]
    indices: tuple[int, ...] = ()
    entries: tuple[int, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    state: str | None = None
    file: str = ""
    toolchain: str | None = None
    number: int | None = None
    origin: Document | None = None
    luts: tuple[Lut, ...] = ()
