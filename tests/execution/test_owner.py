"""Who is at work, and what can be proved of them."""

import os
import subprocess
from collections.abc import Iterator

import msgspec
import pytest

from runner import canonical
from runner.execution import owner
from runner.execution.owner import Life, Owner, life, me, started


@pytest.fixture
def other() -> Iterator[Owner]:
    """A process that lives for the length of a test."""
    child = subprocess.Popen(["sleep", "60"])
    yield but(me(), pid=child.pid, start=started(child.pid))
    child.kill()
    child.wait()


def but(who: Owner, **values: object) -> Owner:
    return msgspec.structs.replace(who, **values)


def test_this_process_lives(other: Owner) -> None:
    assert life(me()) is Life.ALIVE
    assert life(other) is Life.ALIVE


def test_a_process_that_has_ended_is_dead_also_while_nobody_has_reaped_it(other: Owner) -> None:
    os.kill(other.pid, 9)
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert life(other) is Life.DEAD


def test_a_process_that_has_got_the_number_of_another_is_not_that_one(other: Owner) -> None:
    assert life(but(other, start="1")) is Life.DEAD


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"host": "nas2"}, id="another host"),
        pytest.param({"machine": "0123456789abcdef"}, id="another machine of the same name"),
        pytest.param({"table": "pid:[1]"}, id="a container on this machine"),
        pytest.param({"boot": "0123456789abcdef", "table": "pid:[1]"}, id="a container somewhere"),
    ],
)
def test_of_others_nothing_is_proved_and_somebody_must_vouch(change: dict[str, str]) -> None:
    them = but(me(), pid=1, start="1", **change)
    assert life(them) is Life.UNKNOWN
    assert life(them, {"some other host"}) is Life.UNKNOWN
    assert life(them, {them.host}) is Life.DEAD


def test_who_lives_by_proof_cannot_be_taken_over() -> None:
    assert life(me(), {me().host}) is Life.ALIVE


def test_whoever_ran_before_this_machine_was_started_anew_is_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ("host", "machine", "boot", "pid:[4026531836]")
    monkeypatch.setattr(owner, "_here", lambda: here)
    before = but(me(), boot="an earlier one")
    assert life(before) is Life.DEAD
    monkeypatch.setattr(owner, "_here", lambda: ("host", "", *here[2:]))
    assert life(but(before, machine="")) is Life.UNKNOWN, "machines without a number of their own are not told apart"


def test_an_owner_is_read_as_it_was_written() -> None:
    assert canonical.decode(canonical.encode(me()), Owner) == me()
    assert str(me()) == f"process {os.getpid()} on {me().host}"
