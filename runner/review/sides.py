"""The two sides of a diff: all specs of a tree, expanded from their locks alone."""

from dataclasses import dataclass

from runner.errors import JobspecError, Problem, errors
from runner.media.toolchain import DECLARED
from runner.plan import recipes
from runner.plan.build import Request, build
from runner.plan.expansion import Expanded, caught, expand
from runner.plan.model import Plan
from runner.spec.project import Project, read_project
from runner.spec.repository import find_specs, same_job_ids, same_outputs
from runner.spec.tree import SPECS, Tree


@dataclass(frozen=True, slots=True)
class Side:
    """One side: its project, its specs, the plan of those that a lock covers, and what is wrong with the others."""

    project: Project
    specs: tuple[Expanded, ...]
    plan: Plan
    problems: tuple[Problem, ...]

    @property
    def unlocked(self) -> tuple[str, ...]:
        """The spec files whose facts no lock holds, so that nobody knows their outputs without media."""
        return tuple(each.reading.file for each in self.specs if each.reading.spec and each.request is None)


def _files(tree: Tree) -> list[str]:
    try:
        return list(find_specs(tree, SPECS))
    except OSError:
        return []


def _planned(requests: list[Request], toolchain: str) -> tuple[Plan, tuple[Problem, ...]]:
    """Return the plan; where some cannot be planned, that of the others, and why."""
    try:
        return build(requests, toolchain=toolchain, number=recipes.DECLARED), ()
    except JobspecError as error:
        fine, problems = [], list(error.problems)
        for request in requests:
            try:
                build([request], toolchain=toolchain, number=recipes.DECLARED)
            except JobspecError:
                continue
            fine.append(request)
    try:
        return build(fine, toolchain=toolchain, number=recipes.DECLARED), tuple(problems)
    except JobspecError as error:  # each alone is fine, together they collide
        empty = build([], toolchain=toolchain, number=recipes.DECLARED)
        return empty, tuple(dict.fromkeys((*problems, *error.problems)))


def side_of(tree: Tree) -> Side:
    """Return one side of a diff; reads the tree and nothing else. Raises JobspecError for a wrong jobspec.toml."""
    project = read_project(tree)
    specs = expand(tree, _files(tree), project)
    plan, wrong = _planned([each.request for each in specs if each.request], project.ffmpeg or DECLARED)
    readings = [each.reading for each in specs]
    alone = [each for spec in specs for each in errors(spec.problems)]
    together = [*same_job_ids(readings), *same_outputs(readings)]
    outputs = ((output.job, output.location) for output in plan.outputs)
    return Side(project, specs, plan, tuple(dict.fromkeys((*alone, *together, *wrong, *caught(readings, outputs)))))
