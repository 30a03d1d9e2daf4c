"""`jobspec diff`: what merging would do, from two git revisions, without media and without a checkout."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from runner.cli.confined import confined_option, confinement
from runner.cli.output import write
from runner.errors import Exit, JobspecError, problem, worst
from runner.review import told
from runner.review.diff import Diff, diff
from runner.review.git import Clone, GitTree, at_project, clone_of
from runner.review.sides import Side, side_of
from runner.spec.tree import SPECS, Tree, WorkTree, repository_of

FORMATS: dict[str, Callable[[Diff], str]] = {
    "text": lambda found: "\n".join(told.text(found)) + "\n",
    "markdown": told.markdown,
    "json": told.as_json,
}


def _here() -> tuple[Path, Clone]:
    """Return the repository that the working directory belongs to, and the clone it lies in."""
    clone = clone_of(Path.cwd())
    top = clone.top if clone.bare else repository_of(Path.cwd())
    return top, clone if clone.bare else clone_of(top)


@contextmanager
def trees(base: str, head: str | None) -> Iterator[tuple[Tree, Tree]]:
    """Open the merge base of two revisions, and the later one; without `head` that is the work tree."""
    top, clone = _here()
    later = "HEAD" if head is None and clone.bare else head
    first = clone.merge_base(base, "HEAD" if later is None else later)
    last = None if later is None else clone.commit(later)
    if clone.bare:
        clone = at_project(clone, last or first)
    with ExitStack() as opened:
        before = opened.enter_context(GitTree(clone, first))
        yield before, opened.enter_context(GitTree(clone, last)) if last else WorkTree(top)


def sides(base: str, head: str | None) -> tuple[Side, Side]:
    """Return both sides, expanded. Raises JobspecError (64) for revisions that are not there."""
    with trees(base, head) as (first, last):
        before, after = side_of(first), side_of(last, confinement())
    if not before.specs and not after.specs:
        raise JobspecError(problem("JS009", (SPECS,)))
    return before, after


@click.command("diff")
@confined_option
@click.argument("base")
@click.argument("head", required=False)
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), default="text", help="How to write it.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
def command(base: str, head: str | None, form: str, output: Path | None, detailed_exitcode: bool) -> int:
    """Show which outputs change between BASE and HEAD, and why; HEAD is the work tree if not given.

    BASE is taken at the merge base. Reads git's objects and locks only: no media, no checkout. Works in a bare clone.
    """
    found = diff(*sides(base, head))
    write(FORMATS[form](found), output)
    changed = [Exit.CHANGES] if detailed_exitcode and (found.groups or found.unlocked) else []
    return worst([Exit.OK, *changed, *(each.exit for each in found.problems)])
