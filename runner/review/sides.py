"""The two sides of a diff: all specs of a tree, expanded from their locks alone."""

from dataclasses import dataclass
from functools import lru_cache

from runner.errors import JobSpecValidationError, Problem, errors
from runner.media.lock import read_lock
from runner.media.releases import DECLARED
from runner.plan import recipes
from runner.plan.build import attempt
from runner.plan.expansion import Expanded, caught, expand
from runner.plan.model import Plan
from runner.spec.confine import FREE, Confinement, confine
from runner.spec.project import Project, read_project
from runner.spec.repository import find_specs, same_job_ids, same_outputs
from runner.spec.tree import SPECS, Tree

# Of two revisions most locks are the same, so each is read once.
_read = lru_cache(maxsize=1024)(read_lock)


@dataclass(frozen=True, slots=True)
class Side:
    """One side: its project, its specs, the plan of those that a lock covers, and what is wrong with the others."""

    project: Project
    specs: tuple[Expanded, ...]
    plan: Plan
    problems: tuple[Problem, ...]

    @property
    def jobs(self) -> dict[str, Expanded]:
        """The specs that can be read, by job id."""
        return {each.reading.spec.job_id: each for each in self.specs if each.reading.spec}

    @property
    def unplanned(self) -> frozenset[str]:
        """The spec files whose outputs nobody can tell: they have no lock, or something is wrong with them."""
        planned = {job.file for job in self.plan.jobs}
        return frozenset(each.reading.file for each in self.specs) - planned

    @property
    def unlocked(self) -> tuple[Expanded, ...]:
        """The specs that lack nothing but a lock, so that their outputs cannot be told without media."""
        return tuple(
            each
            for each in self.specs
            if each.reading.spec and not each.lock and {found.code for found in errors(each.problems)} <= {"JS116"}
        )


def _files(tree: Tree) -> list[str]:
    """Return the spec files; a revision from before the first one has not even their folder."""
    return list(find_specs(tree, SPECS)) if f"{SPECS}/" in tree.list("") else []


def _project(tree: Tree, wish: Confinement) -> tuple[Project, tuple[Problem, ...]]:
    try:
        return confine(read_project(tree), wish), ()
    except JobSpecValidationError as error:
        return Project(), error.problems


def side_of(tree: Tree, wish: Confinement = FREE) -> Side:
    """Return one side of a diff; reads the tree and nothing else."""
    project, broken = _project(tree, wish)
    specs = expand(tree, _files(tree), project, _read)
    requests = [each.request for each in specs if each.request]
    number = recipes.DECLARED if project.recipes is None else project.recipes
    plan, wrong = attempt(requests, toolchain=project.ffmpeg or DECLARED, number=number)
    if broken:  # every root is undeclared then, which says nothing more
        return Side(project, specs, plan, broken)
    readings = [each.reading for each in specs]
    alone = [each for spec in specs for each in errors(spec.problems)]
    together = [*same_job_ids(readings), *same_outputs(readings)]
    outputs = ((output.job, output.location) for output in plan.outputs)
    return Side(project, specs, plan, tuple(dict.fromkeys((*alone, *together, *wrong, *caught(readings, outputs)))))
