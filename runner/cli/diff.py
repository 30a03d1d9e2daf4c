"""`jobspec diff`: what merging would do, from two git revisions, without media and without a checkout."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from runner.errors import Exit, worst
from runner.review import told
from runner.review.diff import Diff, diff
from runner.review.git import Clone, GitTree, clone_of
from runner.review.sides import Side, side_of
from runner.spec.tree import Tree, WorkTree, repository_of

FORMATS: dict[str, Callable[[Diff], str]] = {
    "text": lambda found: "\n".join(told.text(found)) + "\n",
    "markdown": told.markdown,
    "json": told.as_json,
}


def here() -> tuple[Path, Clone]:
    """Return the repository that the working directory belongs to, and the clone it lies in."""
    top = repository_of(Path.cwd())
    clone = clone_of(top)
    return (clone.top if clone.bare else top), clone


@contextmanager
def trees(base: str, head: str | None) -> Iterator[tuple[Tree, Tree]]:
    """Open the merge base of two revisions, and the later one; without `head` that is the work tree."""
    top, clone = here()
    later = head or ("HEAD" if clone.bare else None)
    with ExitStack() as opened:
        before = opened.enter_context(GitTree(clone, clone.merge_base(base, later or "HEAD")))
        after = opened.enter_context(GitTree(clone, clone.commit(later))) if later else WorkTree(top)
        yield before, after


def sides(base: str, head: str | None) -> tuple[Side, Side]:
    """Return both sides, expanded. Raises JobspecError (64) for revisions that are not there."""
    with trees(base, head) as (before, after):
        return side_of(before), side_of(after)


@click.command("diff")
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
    written = FORMATS[form](found)
    if output:
        output.write_text(written, encoding="utf-8")
    else:
        sys.stdout.write(written)
    changed = [Exit.CHANGES] if detailed_exitcode and (found.groups or found.unlocked) else []
    return worst([Exit.OK, *changed, *(each.exit for each in found.problems)])
