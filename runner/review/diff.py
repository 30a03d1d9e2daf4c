"""What merging does: the plans of two trees side by side, grouped by cause, with what each group costs."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from runner.errors import Problem
from runner.plan.changes import Change, Kind, compare
from runner.plan.document import digest
from runner.plan.estimate import Cost, cost
from runner.plan.expansion import Expanded
from runner.review.causes import Cause, finder
from runner.review.sides import Side
from runner.spec.model import JobSpec
from runner.spec.naming import parse_template
from runner.spec.repository import resolved


@dataclass(frozen=True, slots=True)
class Group:
    """Changes of the same causes."""

    causes: tuple[Cause, ...]
    changes: tuple[Change, ...]

    @property
    def title(self) -> str:
        """The causes in words."""
        return "; ".join(map(str, self.causes))

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs in which something changes, sorted."""
        return tuple(sorted({each.output.job for each in self.changes}))

    @property
    def cost(self) -> Cost:
        """What making the outputs of this group costs, when this is merged and run with --replace."""
        return cost(each.after for each in self.changes if each.after and each.made)

    @property
    def losses(self) -> tuple[tuple[str, int], ...]:
        """What gets lost, with the number of outputs that lose it."""
        counted: dict[str, int] = {}
        for each in self.changes:
            for loss in each.losses:
                counted[loss] = counted.get(loss, 0) + 1
        return tuple(sorted(counted.items()))

    def count(self, kind: Kind) -> int:
        """Return how many outputs of this kind the group has."""
        return sum(each.kind is kind for each in self.changes)


@dataclass(frozen=True, slots=True)
class Diff:
    """All that a reviewer wants to know of two trees.

    `unlocked` are specs of the later side that changed, or came, without a lock: nobody can say what they give;
    `problems` is what is wrong with the later side; `untold` counts the earlier outputs of specs that cannot be planned
    on the later side, for one reason or the other.
    """

    groups: tuple[Group, ...]
    unchanged: int
    untold: int
    unlocked: tuple[str, ...]
    problems: tuple[Problem, ...]
    digest: str

    @property
    def changes(self) -> tuple[Change, ...]:
        """Every change, group by group."""
        return tuple(each for group in self.groups for each in group.changes)

    @property
    def orphaned(self) -> tuple[str, ...]:
        """The places of files that are ours and that no spec names any more, once this is merged."""
        pairs = ((each.before, each.after) for each in self.changes)
        left = (old.location for old, new in pairs if old and (new is None or new.location != old.location))
        return tuple(sorted(left))

    def count(self, kind: Kind) -> int:
        """Return how many outputs of this kind there are."""
        return self.unchanged if kind is Kind.UNCHANGED else sum(group.count(kind) for group in self.groups)


def _content(spec: Expanded) -> JobSpec:
    """Return what of a spec bears on its outputs: a job id that no name shows does not."""
    known = resolved(spec.reading)
    template = parse_template(known.naming_template, frozenset(known.own_tokens))
    return known if "job_id" in template.uses else replace(known, job_id="any")


def _unlocked(before: Side, after: Side) -> tuple[str, ...]:
    """Return the specs without a lock that are not, word for word, such specs of the earlier side."""
    known = [_content(each) for each in before.unlocked]
    return tuple(each.reading.file for each in after.unlocked if _content(each) not in known)


def _told(changes: Iterable[Change], before: Side, after: Side) -> list[Change]:
    """Return the changes without outputs that are gone only because their spec can no longer be planned."""
    files = {job.job_id: job.file for job in before.plan.jobs}
    unknown = {job for job, file in files.items() if file in after.unplanned}
    return [each for each in changes if each.after or each.output.job not in unknown]


def _grouped(changes: Iterable[Change], before: Side, after: Side) -> tuple[Group, ...]:
    causes = finder(before, after)
    groups: dict[tuple[Cause, ...], list[Change]] = {}
    for change in changes:
        groups.setdefault(causes(change), []).append(change)
    found = [Group(cause, tuple(members)) for cause, members in groups.items()]
    return tuple(sorted(found, key=lambda group: (-len(group.changes), group.causes)))


def diff(before: Side, after: Side) -> Diff:
    """Return what changes between two sides; pure. The largest groups come first."""
    every = compare(before.plan, after.plan)
    changes = _told(every, before, after)
    moved = [each for each in changes if each.kind is not Kind.UNCHANGED]
    return Diff(
        groups=_grouped(moved, before, after),
        unchanged=len(changes) - len(moved),
        untold=len(every) - len(changes),
        unlocked=_unlocked(before, after),
        problems=after.problems,
        digest=digest(after.plan),
    )
