"""How outputs stand: every state, brought about with real files and records."""

import os
from pathlib import Path

import msgspec
import pytest

from runner.errors import Exit, JobspecError
from runner.execution.ledger import Event, Record, Writer, now
from runner.execution.state import Standing, State, ledgers, orphans, stand, survey
from runner.plan.model import Output, Plan
from runner.spec.location import Mounts
from tests.execution.bench import Bench


def look(bench: Bench, plan: Plan) -> list[Standing]:
    return list(survey(plan.outputs, ledgers(plan.outputs, bench.mounts), bench.mounts))


def standing(bench: Bench, plan: Plan) -> Standing:
    (found,) = look(bench, plan)
    return found


def told(bench: Bench, output: Output, event: Event) -> None:
    """Write what a process that ended here and now would have left in the ledger."""
    writer = Writer(bench.state)
    attempt = writer.attempt()
    writer.write(
        Record(
            event=event,
            output=output.location,
            key=output.key,
            attempt=attempt,
            writer=writer.name,
            plan="sha256:0",
            toolchain="9.0.2",
            time=now(),
        )
    )
    writer.close()


def changed(plan: Plan, **parts: str) -> Plan:
    """Return the plan with other parts in the key of its one output."""
    (output,) = plan.outputs
    key = msgspec.structs.replace(output.key, **parts)
    return msgspec.structs.replace(plan, outputs=(msgspec.structs.replace(output, key=key),))


@pytest.fixture
def plan(bench: Bench) -> Plan:
    bench.clip()
    return bench.plan()


def test_what_was_never_made_is_missing(bench: Bench, plan: Plan) -> None:
    found = standing(bench, plan)
    assert (found.state, found.record) == (State.MISSING, None)


def test_what_was_made_is_done_and_its_record_is_told(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    found = standing(bench, plan)
    assert found.state is State.DONE
    assert found.record == bench.records()[-1]


def test_what_was_begun_and_never_ended_is_missing_and_its_record_tells(bench: Bench, plan: Plan) -> None:
    told(bench, plan.outputs[0], "started")
    found = standing(bench, plan)
    assert found.state is State.MISSING
    assert found.record is not None
    assert found.record.event == "started"


def test_what_failed_last_is_failed(bench: Bench, plan: Plan) -> None:
    told(bench, plan.outputs[0], "started")
    told(bench, plan.outputs[0], "failed")
    assert standing(bench, plan).state is State.FAILED


def test_what_was_made_and_then_deleted_is_missing(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    (bench.out / "a.mov").unlink()
    assert standing(bench, plan).state is State.MISSING


def test_our_file_stays_ours_though_a_later_attempt_failed(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    told(bench, plan.outputs[0], "failed")
    assert standing(bench, plan).state is State.DONE


def test_a_file_that_was_verified_before_a_kill_is_done(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    (path,) = (bench.state / "ledger").iterdir()
    lines = path.read_bytes().splitlines(keepends=True)
    assert b'"finished"' in lines[-1]
    path.write_bytes(b"".join(lines[:-1]))
    assert standing(bench, plan).state is State.DONE


@pytest.mark.parametrize("part", ["source", "picture", "sound", "wrap"])
def test_another_content_picture_sound_or_wrapper_makes_it_stale(bench: Bench, plan: Plan, part: str) -> None:
    bench.make(plan)
    found = standing(bench, changed(plan, **{part: "other"}))
    assert (found.state, found.moved) == (State.STALE, (part,))


@pytest.mark.parametrize("part", ["toolchain", "recipes"])
def test_another_toolchain_or_recipe_merely_outdates_it(bench: Bench, plan: Plan, part: str) -> None:
    bench.make(plan)
    found = standing(bench, changed(plan, **{part: "other"}))
    assert (found.state, found.moved) == (State.OUTDATED, (part,))


def test_what_made_it_stale_is_told_and_not_what_merely_moved_along(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    found = standing(bench, changed(plan, picture="other", sound="other", recipes="other"))
    assert (found.state, found.moved) == (State.STALE, ("picture", "sound"))


def somebodys_file(path: Path) -> None:
    path.write_text("somebody's")


def a_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize(
    "occupy",
    [
        pytest.param(somebodys_file, id="a file"),
        pytest.param(Path.mkdir, id="a folder"),
        pytest.param(a_dangling_link, id="a link to nothing"),
        pytest.param(os.mkfifo, id="a pipe"),
    ],
)
@pytest.mark.parametrize("before", ["never made", "made and deleted"])
def test_what_stands_there_and_is_not_ours_is_foreign(bench: Bench, plan: Plan, occupy: object, before: str) -> None:
    bench.out.mkdir(exist_ok=True)
    if before == "made and deleted":
        bench.make(plan)
        (bench.out / "a.mov").unlink()
    assert callable(occupy)
    occupy(bench.out / "a.mov")
    assert standing(bench, plan).state is State.FOREIGN


def test_our_file_that_somebody_overwrote_is_foreign(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    path = bench.out / "a.mov"
    path.write_bytes(bytes(path.stat().st_size))
    assert standing(bench, plan).state is State.FOREIGN


def test_outputs_are_told_in_the_order_of_the_plan(bench: Bench) -> None:
    names = ("c.mov", "a.mov", "b.mov")
    for name in names:
        bench.clip(name)
    plan = bench.plan(*names)
    assert [found.output.name for found in look(bench, plan)] == list(names)


def test_an_output_that_is_ours_and_no_longer_planned_is_orphaned(bench: Bench, plan: Plan) -> None:
    bench.make(plan)
    bench.clip("b.mov")
    now_planned = bench.plan("b.mov")
    known = ledgers(now_planned.outputs, bench.mounts)
    assert orphans(now_planned.outputs, known, bench.mounts) == [("proxies:out/a.mov", bench.out / "a.mov")]


@pytest.mark.parametrize("fate", ["still planned", "deleted", "overwritten"])
def test_nothing_is_orphaned_that_is_planned_or_gone_or_not_ours(bench: Bench, plan: Plan, fate: str) -> None:
    bench.make(plan)
    bench.clip("b.mov")
    if fate == "deleted":
        (bench.out / "a.mov").unlink()
    elif fate == "overwritten":
        (bench.out / "a.mov").write_text("somebody's")
    planned = bench.plan("a.mov" if fate == "still planned" else "b.mov")
    assert orphans(planned.outputs, ledgers(planned.outputs, bench.mounts), bench.mounts) == []


def test_a_root_that_is_not_mounted_is_named_as_something_to_try_again(bench: Bench, plan: Plan) -> None:
    (output,) = plan.outputs
    ledger = ledgers([output], bench.mounts)[output.state]
    with pytest.raises(JobspecError) as raised:
        stand(output, ledger, Mounts({"media": bench.top / "media"}))
    assert raised.value.exit is Exit.TRY_AGAIN
    assert "proxies" in str(raised.value)
