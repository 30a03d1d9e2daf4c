"""What merging does: the plans of two trees side by side, grouped by cause, with what each group costs."""

from collections.abc import Iterable
from dataclasses import dataclass

from runner.errors import Problem
from runner.plan.changes import Change, Kind, compare
from runner.plan.document import digest
from runner.plan.estimate import Cost, cost
from runner.review.causes import Cause, finder
from runner.review.sides import Side

# What has to be encoded or wrapped when this is merged and run with --replace.
_MADE = (Kind.ADDED, Kind.REENCODED, Kind.REWRAPPED, Kind.OUTDATED)
_ORPHANING = (Kind.REMOVED, Kind.MOVED)


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
        """What making the outputs of this group costs."""
        return cost(each.after for each in self.changes if each.after and each.kind in _MADE)

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
    `problems` is what is wrong with the later side.
    """

    groups: tuple[Group, ...]
    unchanged: int
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
        gone = (each.before for each in self.changes if each.kind in _ORPHANING and each.before)
        return tuple(sorted({output.location for output in gone}))

    def count(self, kind: Kind) -> int:
        """Return how many outputs of this kind there are."""
        return self.unchanged if kind is Kind.UNCHANGED else sum(group.count(kind) for group in self.groups)


def _unlocked(before: Side, after: Side) -> tuple[str, ...]:
    """Return the specs without a lock whose text, merged over its bases, is not what it was."""
    known = {each.reading.file: each.reading.document for each in before.specs}
    fresh = {each.reading.file: each.reading.document for each in after.specs}
    return tuple(
        file
        for file in after.unlocked
        if (old := known.get(file)) is None or (new := fresh[file]) is None or old.data != new.data
    )


def _grouped(changes: Iterable[Change], before: Side, after: Side) -> tuple[Group, ...]:
    causes = finder(before, after)
    groups: dict[tuple[Cause, ...], list[Change]] = {}
    for change in changes:
        groups.setdefault(causes(change), []).append(change)
    found = [Group(cause, tuple(members)) for cause, members in groups.items()]
    return tuple(sorted(found, key=lambda group: (-len(group.changes), group.causes)))


def diff(before: Side, after: Side) -> Diff:
    """Return what changes between two sides; pure. The largest groups come first."""
    changes = compare(before.plan, after.plan)
    moved = [each for each in changes if each.kind is not Kind.UNCHANGED]
    return Diff(
        groups=_grouped(moved, before, after),
        unchanged=len(changes) - len(moved),
        unlocked=_unlocked(before, after),
        problems=after.problems,
        digest=digest(after.plan),
    )
