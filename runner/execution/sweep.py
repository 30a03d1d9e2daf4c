"""What the dead left behind: work folders that nobody alive owns are removed; a live one's never."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from runner import canonical
from runner.execution.ledger import Ledger
from runner.execution.owner import Life, Owner, life, me
from runner.execution.publish import sha256, sync

WORK = Path(".jobspec", "work")
OWNER = "owner.json"
# Files in a state folder by which workers of a cluster know the storage; each holds its owner.
MARK = ".seen-"
_FRESH = ".new-"
# The work folders of a plan.sh, which are nobody's to sweep.
_SCRIPTS = "sh."
_TRIES = 10


def begin(work: Path) -> None:
    """Make a work folder that says whose it is from the moment it has its name. Raises OSError."""
    fresh = work.with_name(f"{_FRESH}{work.name}")
    for left in reversed(range(_TRIES)):
        try:
            fresh.mkdir(parents=True, exist_ok=True)
            (fresh / OWNER).write_bytes(canonical.encode(me()))
            sync(fresh / OWNER)  # after a power cut an empty file would stand there, and the folder be nobody's
            fresh.rename(work)
        except FileNotFoundError:  # another runner swept it, or the folder around it, while it said nothing yet
            if not left:
                raise
        else:
            break


def remove(work: Path) -> None:
    """Remove a work folder, and last in it what says whose it is: a kill in between leaves it known."""
    with suppress(OSError):
        for path in work.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != OWNER:
                path.unlink()
        (work / OWNER).unlink(missing_ok=True)
        work.rmdir()


def owner_of(work: Path) -> Owner | None:
    """Return whose a work folder is; None for one that says nothing, such as that of a plan.sh."""
    return _owner_in(work / OWNER)


def _owner_in(file: Path) -> Owner | None:
    try:
        return canonical.decode(file.read_bytes(), Owner)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


def _lost(work: Path, known: Ledger) -> Iterator[Path]:
    """Yield files in a dead work folder that may be somebody's.

    A runner that replaces exchanges its file, once it is verified, for the one that has the name, and looks at that one
    afterwards. Killed in between, it leaves here what it took: our older file, or what a stranger had put in its place
    just then.
    """
    records = (each for of in known.by_output.values() for each in of if each.attempt == work.name)
    if not any(each.event == "verified" and each.replaces for each in records):
        return
    hashes = {each.sha256 for of in known.by_output.values() for each in of if each.sha256}
    for path in work.iterdir():
        if path.name.startswith("output.") and (path.is_symlink() or not path.is_file() or sha256(path) not in hashes):
            yield path


def _clear_nobodys(work: Path) -> None:
    """Remove a folder that says nothing if its owner was killed while he made or removed it.

    Before it has its name he may have been about to say whose it is: it is taken from under his feet in one step, and
    should he live he begins anew.
    """
    with suppress(OSError):
        if work.name.startswith(_FRESH):
            remove(work.rename(work.with_name(f"{_FRESH}{work.name}")))
        elif not work.name.startswith(_SCRIPTS):
            work.rmdir()  # if it is empty


def sweep(directory: Path, known: Ledger, taken_over: Collection[str] = ()) -> list[Path]:
    """Remove the work folders below an output directory whose owners are dead; return those kept for what is in them.

    `taken_over` names hosts that somebody vouches to be gone.
    """
    kept = []
    for work in sorted((directory / WORK).glob("*")):
        owner = owner_of(work)
        if owner is None:
            _clear_nobodys(work)
        if owner is None or life(owner, taken_over) is not Life.DEAD:
            continue
        with suppress(FileNotFoundError):  # another runner may sweep it at this moment
            if any(_lost(work, known)):
                kept.append(work)
            else:
                remove(work)
    with suppress(OSError):
        (directory / WORK).rmdir()
    return kept


def sweep_marks(state: Path, taken_over: Collection[str] = ()) -> None:
    """Remove the marks of the dead from a state folder."""
    for mark in state.glob(f"{MARK}*"):
        owner = _owner_in(mark)
        if owner and life(owner, taken_over) is Life.DEAD:
            with suppress(OSError):
                mark.unlink()
