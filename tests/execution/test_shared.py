"""Outputs of one source by one FFmpeg: each is claimed, judged, named and recorded for itself."""

import errno
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from runner.execution import limits, steps, task
from runner.execution.attempt import Attempt
from runner.execution.claims import claimed
from runner.execution.ledger import Stat, Writer
from runner.execution.limits import DEFAULTS, limits_of
from runner.execution.publish import sha256
from runner.execution.task import Outcome, execute
from runner.media.probe import probe
from runner.media.releases import DECLARED
from runner.plan import recipes
from runner.plan.arguments import LutFile, TextFile
from runner.plan.build import Request, build
from runner.plan.model import Output, Plan
from runner.plan.share import apart
from runner.report.progress import line_of
from runner.spec.model import JobSpec
from tests.clips import FFMPEG, streamhash
from tests.execution.bench import FIELDS, Bench, codes, messages
from tests.execution.fakes import endless, fake, processes_about, stop_when, work_folders

ALL = ("proxies:out/h264.mov", "proxies:out/lt.mov", "proxies:out/proxy.mov")


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task, "PAUSE_SECONDS", 0.01)


@pytest.fixture
def plan(bench: Bench) -> Plan:
    """Three jobs that name one source; ten frames."""
    source = bench.clip()
    codecs = {"lt": "prores_lt", "proxy": "prores_proxy", "h264": "h264"}
    specs = [
        JobSpec(**{**FIELDS, "job_id": name, "codec": codec, "sources": ("media:a.mov",), "naming_template": name})
        for name, codec in codecs.items()
    ]
    facts = (probe(source, "media:a.mov"),)
    return build([Request(spec=each, facts=facts) for each in specs], toolchain=DECLARED, number=recipes.DECLARED)


def make(
    bench: Bench, plan: Plan, ffmpeg: Path = Path(FFMPEG), outputs: Sequence[Output] = (), **changes: object
) -> dict[str, Outcome]:
    setting = replace(bench.setting(plan, ffmpeg), **changes)  # type: ignore[arg-type]
    return {each.output.name: each for each in execute(outputs or plan.outputs, setting)}


def counting(bench: Bench, encode: str = 'exec "$real" "$@" "$last"') -> tuple[Path, Callable[[], int]]:
    """Return an FFmpeg that counts how often it is started to encode, and what tells the count."""
    count = bench.top / "count"
    count.touch()
    return fake(bench.top / "ffmpeg", f"echo >>'{count}'; {encode}"), lambda: len(count.read_text().splitlines())


def story(bench: Bench, name: str) -> list[str]:
    return [record.event for record in bench.records() if record.output.endswith(f"/{name}")]


def nothing_is_left(bench: Bench) -> bool:
    return not [path for path in work_folders(bench.out) if path.name != "work"]


def together(word: str) -> str:
    """Return what an FFmpeg does that says `word` when it is to make several outputs, and makes one well."""
    return f'case "$*" in *"-map 0:V:0"*"-map 0:V:0"*) {word} ;; esac; exec "$real" "$@" "$last"'


def test_all_are_made_by_one_ffmpeg_with_the_streams_that_each_has_alone(bench: Bench, plan: Plan) -> None:
    ffmpeg, count = counting(bench)
    outcomes = make(bench, plan, ffmpeg)
    assert [each.word for each in outcomes.values()] == ["made"] * 3
    assert count() == 1
    shared = {name: streamhash(bench.out / name) for name in bench.files()}
    for name in shared:
        (bench.out / name).unlink()
    for group in apart(plan).tasks:
        make(bench, plan, ffmpeg, [plan.outputs[number] for number in group.outputs])
    assert count() == 4
    assert {name: streamhash(bench.out / name) for name in bench.files()} == shared
    assert nothing_is_left(bench)


def test_each_has_its_own_records_key_and_size_and_knows_who_was_made_beside_it(bench: Bench, plan: Plan) -> None:
    outcomes = make(bench, plan)
    for output in plan.outputs:
        started, verified, finished = bench.records(output)
        assert [started.event, verified.event, finished.event] == ["started", "verified", "finished"]
        assert {each.key for each in (started, verified, finished)} == {output.key}
        assert {started.output, *started.beside} == set(ALL)
        assert (verified.beside, finished.beside) == ((), ())
        path = bench.out / output.name
        assert finished.sha256 == sha256(path)
        assert finished.size == outcomes[output.name].size == path.stat().st_size
    assert len({each.attempt for each in bench.records()}) == 3


def test_the_arguments_on_record_are_those_of_the_output_alone(bench: Bench, plan: Plan) -> None:
    make(bench, plan)
    shared = {each.output: each.arguments for each in bench.records() if each.event == "started"}
    for output in plan.outputs:
        (bench.out / output.name).unlink()
        make(bench, plan, outputs=[output])
    again = {each.output: each.arguments for each in bench.records()[9:] if each.event == "started"}
    assert again == shared


def test_what_is_claimed_by_another_drops_out_and_the_others_are_made(bench: Bench, plan: Plan) -> None:
    ffmpeg, count = counting(bench)
    with claimed(bench.state, "proxies:out/proxy.mov", "another's"):
        outcomes = make(bench, plan, ffmpeg)
    assert {name: each.word for name, each in outcomes.items()} == {
        "lt.mov": "made",
        "proxy.mov": "claimed",
        "h264.mov": "made",
    }
    assert (count(), bench.files()) == (1, ["h264.mov", "lt.mov"])


def test_the_first_may_drop_out_like_any_other(bench: Bench, plan: Plan) -> None:
    bench.out.mkdir()
    (bench.out / "lt.mov").write_text("somebody's")
    outcomes = make(bench, plan)
    assert (codes(outcomes["lt.mov"]), outcomes["proxy.mov"].word, outcomes["h264.mov"].word) == (
        ["JS093"],
        "made",
        "made",
    )
    assert (bench.out / "lt.mov").read_text() == "somebody's"


def test_what_fits_no_more_beside_the_others_drops_out(
    bench: Bench, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = limits.room
    monkeypatch.setattr(limits, "room", lambda outputs, folder: (9, 1) if len(outputs) == 3 else room(outputs, folder))
    outcomes = make(bench, plan)
    assert {name: codes(each) for name, each in outcomes.items()} == {
        "lt.mov": [],
        "proxy.mov": [],
        "h264.mov": ["JS175"],
    }


def test_files_that_filters_read_lie_where_ffmpeg_starts_also_when_the_first_drops_out(
    bench: Bench, plan: Plan
) -> None:
    text = TextFile(name="text0.txt", text="day")
    gone = LutFile(name="lut.cube", location="media:gone.cube", sha256="sha256:00", head="LUT_3D_SIZE 3")
    files = ((text, gone), (text, gone), (text,))
    outputs = [
        msgspec.structs.replace(output, auxiliary=each) for output, each in zip(plan.outputs, files, strict=True)
    ]
    ffmpeg, count = counting(bench, '[ "$(cat text0.txt)" = day ] || exit 7; exec "$real" "$@" "$last"')
    outcomes = make(bench, plan, ffmpeg, outputs)
    assert {name: codes(each) for name, each in outcomes.items()} == {
        "lt.mov": ["JS156"],
        "proxy.mov": ["JS156"],
        "h264.mov": [],
    }
    assert count() == 1


FAULTS = [
    pytest.param("exit 7", "JS090", id="it fails"),
    pytest.param("kill -9 $$", "JS171", id="it is killed, as for memory"),
    pytest.param('"$real" "$@" "$last"; echo "all is well, nearly" >&2; exit 0', "JS091", id="it complains"),
    pytest.param("exec sleep 60", "JS172", id="it hangs"),
    pytest.param("exit 0", "JS092", id="it writes nothing"),
]


@pytest.mark.parametrize(("fault", "code"), FAULTS)
def test_when_they_fail_together_each_is_made_alone_and_the_ledger_shows_it(
    bench: Bench, plan: Plan, fault: str, code: str
) -> None:
    ffmpeg, count = counting(bench, together(fault))
    outcomes = make(bench, plan, ffmpeg, wanted=replace(DEFAULTS, stall_timeout=1.5))
    assert [each.word for each in outcomes.values()] == ["made"] * 3, messages(outcomes.values())
    assert count() == 4
    for name, outcome in outcomes.items():
        assert outcome.alone and outcome.alone.code == "JS220"
        assert name not in outcome.alone.message.partition("failed first")[0]
        assert code in line_of(outcome)
    for output in plan.outputs:
        records = bench.records(output)
        assert [each.event for each in records] == ["started", "failed", "started", "verified", "finished"]
        assert [each.again for each in records] == [0, 0, 1, 1, 1]
        assert records[1].codes == (code,)
        assert (len(records[0].beside), records[2].beside) == (2, ())
        assert (bench.state / str(records[1].log)).is_file()
    assert nothing_is_left(bench)


def test_the_one_that_the_gate_refuses_is_the_only_one_made_again(bench: Bench, plan: Plan) -> None:
    # FFmpeg's own arguments are cut where the second output begins, so that its file has too few frames
    short = 'case "$*" in *"-map 0:V:0"*"-map 0:V:0"*) exec "$real" "$@" -frames:v 4 "$last" ;; esac'
    ffmpeg, count = counting(bench, f'{short}; exec "$real" "$@" "$last"')
    outcomes = make(bench, plan, ffmpeg)
    assert [each.word for each in outcomes.values()] == ["made"] * 3
    assert count() == 2
    assert [each.alone is not None for each in outcomes.values()] == [False, False, True]
    assert story(bench, "lt.mov") == story(bench, "proxy.mov") == ["started", "verified", "finished"]
    assert story(bench, "h264.mov") == ["started", "failed", "started", "verified", "finished"]


def test_what_fails_alone_too_fails_and_no_other(bench: Bench, plan: Plan) -> None:
    ffmpeg = fake(bench.top / "ffmpeg", 'case "$*" in *libx264*) exit 7 ;; esac; exec "$real" "$@" "$last"')
    outcomes = make(bench, plan, ffmpeg)
    assert {name: codes(each) for name, each in outcomes.items()} == {
        "lt.mov": [],
        "proxy.mov": [],
        "h264.mov": ["JS090"],
    }
    assert story(bench, "h264.mov") == ["started", "failed", "started", "failed"]
    assert bench.files() == ["lt.mov", "proxy.mov"]


def test_alone_what_may_pass_is_tried_as_often_as_ever(bench: Bench, plan: Plan) -> None:
    outcomes = make(bench, plan, fake(bench.top / "ffmpeg", "kill -9 $$"), retries=2)
    assert {word for each in outcomes.values() for word in codes(each)} == {"JS171"}
    assert story(bench, "lt.mov") == ["started", "failed"] * 4
    assert [each.again for each in bench.records(plan.outputs[0])] == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize(("retries", "word"), [(2, "made"), (0, "failed")])
def test_a_mount_that_answers_none_of_them_at_first_is_asked_again_for_each(
    bench: Bench, plan: Plan, monkeypatch: pytest.MonkeyPatch, retries: int, word: str
) -> None:
    real, asked = steps._source_now, set[str]()

    def gone_at_first(attempt: Attempt) -> Stat:
        if attempt.output.name not in asked:
            asked.add(attempt.output.name)
            raise OSError(errno.ESTALE, "Stale file handle", str(attempt.source))
        return real(attempt)

    monkeypatch.setattr(steps, "_source_now", gone_at_first)
    outcomes = make(bench, plan, retries=retries)
    assert [each.word for each in outcomes.values()] == [word] * 3, messages(outcomes.values())
    assert story(bench, "lt.mov")[0] == "failed"


def test_a_ledger_that_cannot_be_begun_at_first_is_tried_again(
    bench: Bench, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failures = Writer.attempt, [OSError(errno.ESTALE, "Stale file handle", str(bench.state))]

    def begun(writer: Writer) -> str:
        if failures:
            raise failures.pop()
        return real(writer)

    monkeypatch.setattr(Writer, "attempt", begun)
    outcomes = make(bench, plan, retries=1)
    assert [each.word for each in outcomes.values()] == ["made"] * 3, messages(outcomes.values())


def test_the_order_to_stop_ends_all_of_them_and_none_is_tried_alone(bench: Bench, plan: Plan) -> None:
    stop_when(bench.stop, lambda: processes_about(f"{bench.out}/"))
    outcomes = make(bench, plan, endless(bench.top / "ffmpeg"))
    assert [codes(each) for each in outcomes.values()] == [["JS098"]] * 3
    assert bench.events() == ["started"] * 3
    assert bench.files() == []
    assert not processes_about(f"{bench.out}/")
    assert nothing_is_left(bench)


def test_a_source_that_changes_meanwhile_fails_all_that_are_made_of_it(bench: Bench, plan: Plan) -> None:
    source = bench.top / "media" / "a.mov"
    ffmpeg = fake(bench.top / "ffmpeg", f'"$real" "$@" "$last" && echo more >>\'{source}\'')
    outcomes = make(bench, plan, ffmpeg)
    assert [codes(each) for each in outcomes.values()] == [["JS094"]] * 3
    assert bench.files() == []


def test_all_are_told_how_far_they_are_each_in_frames_of_its_own(bench: Bench, plan: Plan) -> None:
    told: list[tuple[str, int]] = []
    setting = bench.setting(plan)
    halved = replace_frames(plan.outputs[1], 5)
    list(execute((plan.outputs[0], halved), setting, tell=lambda output, at: told.append((output.name, at.frame))))
    # the gate refuses the one of which more frames come than are planned here, and makes it alone: that comes after
    together = told[: told.index(("lt.mov", 10)) + 2]
    assert together[-2:] == [("lt.mov", 10), ("proxy.mov", 5)]
    assert [frame // 2 for _, frame in together[::2]] == [frame for _, frame in together[1::2]]


def replace_frames(output: Output, frames: int) -> Output:
    return msgspec.structs.replace(output, expects=msgspec.structs.replace(output.expects, frames=frames))


def test_time_and_memory_of_several_add_up(plan: Plan) -> None:
    one, three = (limits_of(each, DEFAULTS, workers=10_000) for each in (plan.outputs[:1], plan.outputs))
    assert one.memory and three.memory and one.wall and three.wall
    assert three.memory == 3 * one.memory
    assert three.wall > one.wall
    assert three.stall == one.stall
