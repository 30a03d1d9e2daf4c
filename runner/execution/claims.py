"""Who makes which output: advisory, so that no two runners on one machine encode the same thing.

Nothing depends on a claim but the work it saves: what decides is publishing, which gives one file one name once.
"""

import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from runner import canonical
from runner.canonical import Value
from runner.execution.locking import lock
from runner.execution.owner import Life, Owner, life, me
from runner.execution.whole import written

CLAIMS, _LOCK = "claims", ".lock"


class Claim(Value, frozen=True, kw_only=True):
    """An output, who makes it, and in which attempt."""

    output: str
    owner: Owner
    attempt: str


class Held(Exception):
    """Somebody else, who may be alive, makes this output; `claim` is None when the claims cannot be looked at."""

    def __init__(self, claim: Claim | None, proved: bool = True) -> None:
        self.claim = claim
        unsure = f". If its machine is gone: --take-over {claim.owner.host}" if claim and not proved else ""
        self.advice = unsure or "; run again when it has ended"
        super().__init__(str(claim.owner) if claim else "a process that does not move")


def path_of(state: Path, output: str) -> Path:
    """Return the file of an output's claim."""
    return state / CLAIMS / f"{hashlib.sha256(output.encode()).hexdigest()[:32]}.json"


def read(path: Path) -> Claim | None:
    """Return the claim in a file, or None when there is none that can be read."""
    try:
        return canonical.decode(path.read_bytes(), Claim)
    except (OSError, msgspec.MsgspecError, ValueError):
        return None


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the only one on this machine who looks at claims. Where a file system has no locks, go on without.

    Raises Held when whoever has the lock does not let it go.
    """
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _lock(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    try:
        lock(descriptor)
    except TimeoutError:
        raise Held(None) from None


@contextmanager
def claimed(state: Path, output: str, attempt: str, taken_over: Collection[str] = ()) -> Iterator[None]:
    """Hold the claim on an output. Raises Held when another has it who is not proved dead, OSError for a bad disk."""
    path, mine = path_of(state, output), Claim(output=output, owner=me(), attempt=attempt)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path.parent):
        found = read(path)
        alive = life(found.owner, taken_over) if found else Life.DEAD
        if alive is not Life.DEAD:
            raise Held(found, proved=alive is Life.ALIVE)
        _write(path, mine)
    try:
        yield
    finally:
        with suppress(OSError, Held):
            _release(path, mine)


def _write(path: Path, claim: Claim) -> None:
    """Write a claim under a name that nobody takes for one before it is whole, also where there are no locks."""
    with written(path, durable=False) as file:
        file.write(canonical.encode(claim))


def _release(path: Path, mine: Claim) -> None:
    """Give the claim back, unless somebody has taken it over."""
    with _alone(path.parent):
        if read(path) == mine:
            path.unlink()


def clear(state: Path, taken_over: Collection[str] = ()) -> None:
    """Remove the claims of the dead; whoever wants their outputs would do so too."""
    folder = state / CLAIMS
    if not folder.is_dir():
        return
    with suppress(OSError, Held), _alone(folder):
        for path in folder.glob("[0-9a-f]*"):
            found = read(path)
            if found is None or life(found.owner, taken_over) is Life.DEAD:
                path.unlink()
