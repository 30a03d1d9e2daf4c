"""Claims: one runner at an output, on one machine; and never more than advice."""

import os
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from runner import canonical
from runner.execution import claims, locking
from runner.execution.claims import Claim, Held, claimed, clear, path_of, read
from runner.execution.owner import me

TOP = Path(__file__).parents[2]
PLACE = "proxies:out/a.mov"
DEAD = msgspec.structs.replace(me(), start="1")
ELSEWHERE = msgspec.structs.replace(me(), host="nas2", machine="another")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / ".jobspec"


def left_by(state: Path, owner: object, output: str = PLACE) -> Path:
    path = path_of(state, output)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(canonical.encode(Claim(output=output, owner=owner, attempt="x-1")))  # type: ignore[arg-type]
    return path


def test_a_claim_says_who_and_is_gone_afterwards(state: Path) -> None:
    with claimed(state, PLACE, "x-1"):
        assert read(path_of(state, PLACE)) == Claim(output=PLACE, owner=me(), attempt="x-1")
    assert [path.name for path in (state / "claims").iterdir()] == [".lock"]


def test_a_claim_is_given_back_when_what_it_was_for_fails(state: Path) -> None:
    with pytest.raises(ValueError, match="x"), claimed(state, PLACE, "x-1"):
        raise ValueError("x")
    assert read(path_of(state, PLACE)) is None


def test_what_a_living_runner_makes_is_left_to_it_and_other_outputs_are_not(state: Path) -> None:
    with claimed(state, PLACE, "x-1"):
        with pytest.raises(Held, match=f"process {os.getpid()} on ") as held, claimed(state, PLACE, "x-2"):
            pass
        assert "--take-over" not in held.value.advice
        with claimed(state, "proxies:out/b.mov", "x-3"):
            pass
        assert read(path_of(state, PLACE))


def test_the_claim_of_a_dead_runner_is_worth_nothing(state: Path) -> None:
    left_by(state, DEAD)
    with claimed(state, PLACE, "x-2"):
        assert read(path_of(state, PLACE)) == Claim(output=PLACE, owner=me(), attempt="x-2")


def test_the_claim_of_another_host_holds_until_that_host_is_taken_over(state: Path) -> None:
    left_by(state, ELSEWHERE)
    with pytest.raises(Held) as held, claimed(state, PLACE, "x-2"):
        pass
    assert "If its machine is gone: --take-over nas2" in held.value.advice
    with claimed(state, PLACE, "x-2", {"nas2"}):
        pass


def test_a_claim_that_cannot_be_read_is_none(state: Path) -> None:
    left_by(state, DEAD).write_bytes(b"")
    with claimed(state, PLACE, "x-2"):
        pass


def test_a_claim_that_was_taken_over_is_not_given_back_by_its_former_holder(state: Path) -> None:
    with claimed(state, PLACE, "x-1"):
        left_by(state, ELSEWHERE)
    assert read(path_of(state, PLACE)) == Claim(output=PLACE, owner=ELSEWHERE, attempt="x-1")


def test_claims_of_the_dead_are_cleared_and_no_others(state: Path) -> None:
    gone, theirs = left_by(state, DEAD, "a"), left_by(state, ELSEWHERE, "b")
    with claimed(state, PLACE, "x-1"):
        clear(state)
        assert not gone.exists()
        assert theirs.exists()
        assert read(path_of(state, PLACE))
    clear(state, {"nas2"})
    assert not theirs.exists()


def test_a_claim_that_is_being_written_is_not_cleared_also_where_there_are_no_locks(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "lock", lambda descriptor: False)  # storage on which locks do not reach another host
    encode, cleared = canonical.encode, []

    def encode_and_be_cleared(value: object) -> bytes:
        cleared.append(clear(state))
        return encode(value)

    monkeypatch.setattr(canonical, "encode", encode_and_be_cleared)
    with claimed(state, PLACE, "x-1"):
        assert cleared
        assert read(path_of(state, PLACE)) == Claim(output=PLACE, owner=me(), attempt="x-1")


def test_clearing_makes_no_folder(state: Path) -> None:
    clear(state)
    assert not state.exists()


# Each tries to get the claim that a dead runner left, and says for how long it had it.
RACE = """\
import sys, time
from tests.execution.test_claims import *
print("ready", flush=True); sys.stdin.readline()
try:
    with claimed(Path({state!r}), PLACE, str(os.getpid())):
        print(time.monotonic_ns(), flush=True); time.sleep(0.3); print(time.monotonic_ns(), flush=True)
except Held:
    print("held", flush=True)
"""


def test_of_many_who_find_the_claim_of_the_dead_at_once_one_gets_it(state: Path) -> None:
    left_by(state, DEAD)
    script = RACE.format(state=str(state))
    command = [sys.executable, "-c", script]
    children = [
        subprocess.Popen(command, cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(8)
    ]
    for child in children:
        assert child.stdout
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin
        child.stdin.write("\n")
        child.stdin.flush()
    told = [child.communicate()[0].split() for child in children]
    spans = sorted(tuple(map(int, each)) for each in told if each != ["held"])
    assert spans
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spans)), "two had it at once"


def test_whoever_waits_for_a_process_that_does_not_move_does_not_wait_for_ever(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locking, "_WAIT_SECONDS", 0.2)
    (state / "claims").mkdir(parents=True)
    inside, out = threading.Event(), threading.Event()

    def hold() -> None:
        with claims._alone(state / "claims"):
            inside.set()
            out.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    with pytest.raises(Held, match="does not move"), claimed(state, PLACE, "x-1"):
        pass
    out.set()
    thread.join()
