"""The plan of some specs in brief, as `status` and `run` look at it; remembered, so that it need not be built again.

While it is built, all that is asked of the repository is noted. Later the same is asked again: where every answer is
the same to the byte, and the same code reads it, the plan is the same. So the memory saves work and decides nothing;
what is due is made from a plan that was built for it.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

import runner
from runner import canonical
from runner.canonical import Value
from runner.cli import cache
from runner.cli.arguments import named, once, placed, top_of
from runner.cli.confined import confinement
from runner.errors import JobspecError, Place, Problem, problem
from runner.media.expand import unlocked
from runner.plan.brief import Brief, brief
from runner.plan.model import Plan
from runner.spec.globs import Glob
from runner.spec.location import Mounts
from runner.spec.project import mounts_here
from runner.spec.sources import globs_of
from runner.spec.trace import Asked, still
from runner.spec.tree import WorkTree

if TYPE_CHECKING:  # it reads specs, which what is remembered makes needless
    from runner.cli.workspace import Workspace


class Globbed(Value, frozen=True, kw_only=True, array_like=True):
    """A spec with globs: its file, its job, each pattern with what it excludes, and the sources that it skips."""

    file: str
    job: str
    patterns: tuple[tuple[str, tuple[str, ...]], ...]
    skipped: tuple[str, ...]


class _Memory(Value, frozen=True, kw_only=True):
    """What is remembered: what was asked of the repository, all roots and those it declares, the plan in brief."""

    asked: tuple[Asked, ...]
    roots: tuple[str, ...]
    declared: tuple[str, ...]
    jobs: tuple[str, ...]
    globbed: tuple[Globbed, ...]
    outputs: tuple[Brief, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A plan in brief, with the repository of its specs, the roots that it declares, and where roots lie here."""

    top: Path
    mounts: Mounts
    declared: tuple[str, ...]
    jobs: tuple[str, ...]
    globbed: tuple[Globbed, ...]
    outputs: tuple[Brief, ...]

    def unlocked_files(self) -> list[Problem]:
        """Return a problem for each file that a glob matches on disk and that its lock does not hold.

        Where a root is not mounted nobody can look: that is a problem of its own (75), and prevents nothing else.
        """
        held: dict[str, set[str]] = {each.job: set(each.skipped) for each in self.globbed}
        for output in self.outputs:
            held.setdefault(output.job, set()).add(output.origin)
        return list(once(found for each in self.globbed for found in self._unlocked(each, held[each.job])))

    def _unlocked(self, spec: Globbed, held: set[str]) -> list[Problem]:
        here = Place(spec.file)
        globs = [Glob(pattern, exclude) for pattern, exclude in spec.patterns]
        try:
            places = unlocked(globs, held, self.mounts)
        except JobspecError as error:
            return [each.at(here) for each in error.problems]
        return [problem("JS120", found=str(place), spec=spec.file, place=here) for place in places]

    def shown(self, found: Problem) -> Problem:
        """Return a problem with its file named as seen from the working directory."""
        return placed(found, self.top)


def learnt(specs: Sequence[str], roots: dict[str, str]) -> Known:
    """Return the plan of specs in brief, built now and remembered. Raises JobspecError as `plan_of`."""
    from runner.cli.workspace import open_workspace, plan_of

    workspace = open_workspace(specs, roots)
    known = known_of(workspace, plan_of(workspace))
    remember(specs, workspace, known)
    return known


def known_of(workspace: "Workspace", plan: Plan) -> Known:
    """Return a plan in brief."""
    globbed = tuple(_globbed(workspace, plan))
    jobs = tuple(job.job_id for job in plan.jobs)
    declared = tuple(root.name for root in workspace.project.roots)
    return Known(workspace.top, workspace.mounts, declared, jobs, globbed, tuple(map(brief, plan.outputs)))


def _globbed(workspace: "Workspace", plan: Plan) -> Iterator[Globbed]:
    skipped = {job.job_id: tuple(source for source, _ in job.skipped) for job in plan.jobs}
    for spec, file in ((each.reading.spec, each.reading.file) for each in workspace.specs):
        patterns = tuple((glob.pattern, glob.exclude) for glob in globs_of(spec.sources if spec else ()))
        if spec and patterns:
            yield Globbed(file=file, job=spec.job_id, patterns=patterns, skipped=skipped.get(spec.job_id, ()))


def remember(specs: Sequence[str], workspace: "Workspace", known: Known) -> None:
    """Keep what is known of a plan that hangs on the repository alone; one whose media was probed hangs on more."""
    where = cache.folder(os.environ)
    if not where or not workspace.tree or any(each.unlocked for each in workspace.specs):
        return
    memory = _Memory(
        asked=workspace.tree.asked,
        roots=tuple(sorted(workspace.roots)),
        declared=known.declared,
        jobs=known.jobs,
        globbed=known.globbed,
        outputs=known.outputs,
    )
    with suppress(UnicodeEncodeError):  # a name that is no UTF-8, which JSON cannot hold
        cache.save(where, _name(specs, workspace.top), canonical.encode(memory))


def recalled(specs: Sequence[str], roots: dict[str, str]) -> Known | None:
    """Return what is known of the plan of specs, or None where it has to be built."""
    where, top = cache.folder(os.environ), top_of(named(specs))
    data = cache.load(where, _name(specs, top)) if where else None
    try:
        memory = canonical.decode(data, _Memory) if data else None
    except (msgspec.MsgspecError, ValueError):
        return None
    if memory is None or not still(WorkTree(top), memory.asked):
        return None
    mounts = mounts_here(top, memory.roots, roots, os.environ)
    return Known(top, mounts, memory.declared, memory.jobs, memory.globbed, memory.outputs)


def _name(specs: Sequence[str], top: Path) -> str:
    """Return the name under which a plan is remembered: all that it hangs on but the files of its repository."""
    wish = confinement()
    asked = [str(top), list(map(os.path.abspath, named(specs))), wish.wished, list(wish.roots)]
    return canonical.short([*asked, sys.version, _installed(), _code()])


def _installed() -> list[str]:
    """Return what is installed beside us, by the names of folders, which hold the versions."""
    folders = [Path(each) for each in sys.path if Path(each).is_dir()]
    return sorted(path.name for folder in folders for path in folder.glob("*.dist-info"))


def _code() -> str:
    """Return the digest of our own code."""
    package, hashed = Path(runner.__file__).parent, sha256()
    for path in sorted(package.rglob("*.py")):
        data = path.read_bytes()
        hashed.update(f"{path.relative_to(package)} {len(data)}\n".encode() + data)
    return hashed.hexdigest()
