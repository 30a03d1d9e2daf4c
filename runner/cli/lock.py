"""`jobspec lock`: learns the facts of all sources and freezes them beside the spec."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from runner.cli.confined import root_option
from runner.cli.workspace import Workspace, open_workspace, refuse_escapes, specs_argument
from runner.errors import Exit, JobspecError, Place, Problem, errors, problem, worst
from runner.execution.cores import cores
from runner.execution.whole import written
from runner.media.learn import Learnt, learn
from runner.media.lock import FORMAT, MOST_BYTES, Header, Lock, lock_of, read_lock, salvage_lock, write_lock
from runner.report.progress import counting
from runner.spec.globs import Glob
from runner.spec.location import parse_location
from runner.spec.repository import Reading
from runner.spec.sources import Entry, globs_of
from runner.spec.tree import WorkTree
from runner.text import harmless


def _old(workspace: Workspace, reading: Reading, check: bool) -> Lock | None:
    """Return the lock as far as it can be read: what a merge left is mended here, and refused only by --check."""
    path = lock_of(reading.file)
    try:
        data = WorkTree(workspace.top).read(path, MOST_BYTES)
        return read_lock(data, path, reading.file) if check else salvage_lock(data)
    except JobspecError as error:
        raise JobspecError([workspace.shown(each) for each in error.problems]) from None
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or str(error)
        raise JobspecError(workspace.shown(problem("JS001", place=Place(path), reason=reason))) from None


def _header(workspace: Workspace, old: Lock | None, update: bool) -> Header:
    if old and not update:
        return old.header
    return Header(format=FORMAT, toolchain=workspace.toolchain, recipes=workspace.number)


def _learn(workspace: Workspace, reading: Reading, old: Lock | None, update: bool, settle: float) -> Learnt:
    assert reading.spec is not None
    header = _header(workspace, old, update)
    with counting(f"lock {reading.file}") as tell:
        return learn(reading.spec.sources, old, header, workspace.mounts, settle=settle, workers=2 * cores(), tell=tell)


def _placed(workspace: Workspace, reading: Reading, found: Problem) -> Problem:
    """Return a problem with the number and place of the entry, in its own file, that the source comes from."""
    number = found.path[1] if len(found.path) > 1 else None
    if not isinstance(number, int) or reading.document is None:
        return found
    path = ("sources", reading.numbers[number], *found.path[2:])
    return workspace.shown(replace(found, path=path).at(reading.document.place(path)))


def _write(path: Path, data: bytes) -> None:
    try:
        with written(path) as file:
            file.write(data)
    except OSError as error:
        raise JobspecError(problem("JS095", reason=f"{error.strerror} ({path})")) from None


def _lines(learnt: Learnt, old: Lock | None) -> Iterator[str]:
    """Yield what a person wants to know of a lock: each drift, each file left out, each unusable one."""
    before, after = old.header if old else learnt.lock.header, learnt.lock.header
    if before.toolchain != after.toolchain:
        yield f"FFmpeg {before.toolchain} → {after.toolchain}"
    if before.recipes != after.recipes:
        yield f"recipes {before.recipes} → {after.recipes}"
    yield from (f"{source} {words}" for source, words in learnt.drift)
    yield from (f"{source} left out, it moved {age:.0f} s ago" for source, age in learnt.settling)
    yield from (f"{each.location} skipped: {each.unusable}" for each in learnt.lock.sources if each.unusable)


def _told(workspace: Workspace, reading: Reading, learnt: Learnt, old: Lock | None) -> None:
    for line in _lines(learnt, old):
        print(f"{harmless(reading.file)}: {harmless(line)}")


def _beyond(learnt: Learnt, entries: Sequence[Entry]) -> list[Problem]:
    """Return what is wrong beyond drift, which tells of the sources that the lock holds, and of globs left empty."""
    drifted = {place: parse_location(place) for place, _ in learnt.drift}

    def known(found: Problem) -> bool:
        glob = entries[found.path[1]] if found.code == "JS117" and isinstance(found.path[1], int) else None
        return found.found in drifted or (isinstance(glob, Glob) and any(map(glob.takes, drifted.values())))

    return [each for each in errors(learnt.problems) if not known(each)]


def _checked(workspace: Workspace, reading: Reading, update: bool, settle: float) -> Exit:
    """Say what drifted. Raises JobspecError for a lock that cannot be read, and for what no lock could hold."""
    assert reading.spec is not None
    old = _old(workspace, reading, check=True)
    if old is None and not globs_of(reading.spec.sources):
        print(f"{harmless(reading.file)}: no lock, and needs none")
        return Exit.OK
    learnt = _learn(workspace, reading, old, update, settle)
    _told(workspace, reading, learnt, old)
    if wrong := _beyond(learnt, reading.spec.sources):
        raise JobspecError([_placed(workspace, reading, each) for each in wrong])
    return Exit.STALE if old is None or learnt.drift or old.header != learnt.lock.header else Exit.OK


def _locked(workspace: Workspace, reading: Reading, update: bool, settle: float) -> Exit:
    """Write the lock of a spec. Raises JobspecError for what prevents it, and it then stays as it was."""
    old = _old(workspace, reading, check=False)
    learnt = _learn(workspace, reading, old, update, settle)
    if wrong := errors(learnt.problems):
        raise JobspecError([_placed(workspace, reading, each) for each in wrong])
    _told(workspace, reading, learnt, old)
    path, data = workspace.top / lock_of(reading.file), write_lock(learnt.lock)
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
            codes.append((_checked if check else _locked)(workspace, spec.reading, update, settle))
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
