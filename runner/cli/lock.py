"""`jobspec lock`: learns the facts of all sources and freezes them beside the spec."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from runner.cli.workspace import Workspace, open_workspace, refuse_escapes, root_option, specs_argument
from runner.errors import Exit, JobspecError, Problem, errors, problem, worst
from runner.execution.local import cores
from runner.media.learn import Learnt, learn
from runner.media.lock import FORMAT, MOST_BYTES, Header, Lock, lock_of, salvage_lock, write_lock
from runner.plan import recipes
from runner.report.progress import counting
from runner.spec.repository import Reading
from runner.spec.tree import WorkTree
from runner.text import harmless


def _old(workspace: Workspace, reading: Reading) -> Lock | None:
    """Return the lock as far as it can be read: what a merge left is mended here, not refused."""
    path = lock_of(reading.file)
    try:
        return salvage_lock(WorkTree(workspace.top).read(path, MOST_BYTES))
    except OSError:
        return None


def _header(workspace: Workspace, old: Lock | None, update: bool) -> Header:
    if old and not update:
        return old.header
    return Header(format=FORMAT, toolchain=workspace.toolchain, recipes=recipes.DECLARED)


def _learn(workspace: Workspace, reading: Reading, update: bool, settle: float) -> tuple[Learnt, Lock | None]:
    assert reading.spec is not None
    old = _old(workspace, reading)
    header = _header(workspace, old, update)
    with counting(f"lock {reading.file}") as tell:
        learnt = learn(
            reading.spec.sources, old, header, workspace.mounts, settle=settle, workers=2 * cores(), tell=tell
        )
    return learnt, old


def _placed(workspace: Workspace, reading: Reading, found: Problem) -> Problem:
    """Return a problem with the number and place of the entry, in its own file, that the source comes from."""
    number = found.path[1] if len(found.path) > 1 else None
    if not isinstance(number, int) or reading.document is None:
        return found
    path = ("sources", reading.numbers[number], *found.path[2:])
    return workspace.shown(replace(found, path=path).at(reading.document.place(path)))


def _write(path: Path, data: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise JobspecError(problem("JS095", reason=f"{error.strerror} ({path})")) from None


def _lines(learnt: Learnt) -> Iterator[str]:
    """Yield what a person wants to know of a lock: each drift, each file left out, each unusable one."""
    yield from (f"{source} {words}" for source, words in learnt.drift)
    yield from (f"{source} left out, it moved {age:.0f} s ago" for source, age in learnt.settling)
    yield from (f"{each.location} skipped: {each.unusable}" for each in learnt.lock.sources if each.unusable)


def lock_spec(workspace: Workspace, reading: Reading, *, check: bool, update: bool, settle: float) -> Exit:
    """Lock one spec, or with `check` only say what drifted; return the exit code.

    Raises JobspecError for what prevents the lock, which then stays as it was.
    """
    learnt, old = _learn(workspace, reading, update, settle)
    if wrong := errors(learnt.problems):
        raise JobspecError([_placed(workspace, reading, each) for each in wrong])
    for line in _lines(learnt):
        print(f"{harmless(reading.file)}: {harmless(line)}")
    header_moved = old is not None and old.header != learnt.lock.header
    path, data = workspace.top / lock_of(reading.file), write_lock(learnt.lock)
    if check:
        return Exit.STALE if learnt.drift or header_moved or old is None else Exit.OK
    changed = not path.exists() or path.read_bytes() != data
    if changed:
        _write(path, data)
    word = "locked" if changed else "unchanged"
    print(f"{harmless(reading.file)}: {word}, {len(learnt.lock.sources)} sources, {len(learnt.drift)} of them moved")
    return Exit.OK


def lock_all(workspace: Workspace, *, check: bool = False, update: bool = False, settle: float = 0) -> Exit:
    """Lock every spec of a workspace. Raises JobspecError when a spec is invalid or a source unusable."""
    if wrong := [each for reading in workspace.readings for each in errors(reading.problems)]:
        raise JobspecError([workspace.shown(each) for each in wrong])
    refuse_escapes(workspace, ())
    codes, failed = [Exit.OK], list[Problem]()
    for spec in workspace.specs:
        try:
            codes.append(lock_spec(workspace, spec.reading, check=check, update=update, settle=settle))
        except JobspecError as error:
            failed += error.problems
    if failed:
        raise JobspecError(failed)
    return worst(codes)


@click.command("lock")
@specs_argument
@click.option("--check", is_flag=True, help="Write nothing; say what drifted, and exit with 3 if anything did.")
@click.option("--update", is_flag=True, help="Move the lock to the declared FFmpeg release line and recipes.")
@click.option(
    "--settle",
    type=click.FloatRange(0),
    default=0,
    metavar="SECONDS",
    help="Leave out, and name, files that moved within the last SECONDS: they may still be written.",
)
@root_option
def command(specs: tuple[str, ...], roots: dict[str, str], check: bool, update: bool, settle: float) -> int:
    """Learn the facts of all sources, expand globs, and freeze both in NAME.lock.jsonl beside each spec.

    Only what changed is probed again. Commit the lock: with it, check, plan and diff need no media.
    """
    code = lock_all(open_workspace(specs, roots), check=check, update=update, settle=settle)
    sys.stdout.flush()
    return code
