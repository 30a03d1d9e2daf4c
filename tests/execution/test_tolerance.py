"""A noisy but good source: what it says is tolerated by name, and every count must still hold."""

from pathlib import Path

import msgspec
import pytest

from runner.execution.task import Outcome
from runner.plan.model import Output, Plan
from tests.clips import decoded_frames
from tests.execution.bench import Bench, alone, codes
from tests.execution.fakes import fake

NOISY = 'echo "[h264 @ 0x55] co located POCs unavailable" >&2; '
GOES_ON = 'exec "$real" "$@" "$last"'


@pytest.fixture
def plan(bench: Bench) -> Plan:
    bench.clip()
    return bench.plan()


def make(bench: Bench, plan: Plan, encode: str, *tolerates: str) -> Outcome:
    output: Output = msgspec.structs.replace(plan.outputs[0], tolerates=tolerates)
    ffmpeg: Path = fake(bench.top / "ffmpeg", encode)
    return alone(output, bench.setting(plan, ffmpeg))


def test_a_message_that_is_tolerated_does_not_fail_the_output_and_stands_in_the_log(bench: Bench, plan: Plan) -> None:
    assert make(bench, plan, NOISY + GOES_ON, "co located POCs unavailable").problems == ()
    assert decoded_frames(bench.out / "a.mov") == 10
    (log,) = (bench.state / "logs").iterdir()
    assert log.read_text() == "[h264 @ 0x55] co located POCs unavailable\n"


@pytest.mark.parametrize(
    ("encode", "tolerates", "code"),
    [
        pytest.param(NOISY + GOES_ON, ("another message",), "JS177", id="another message"),
        pytest.param(NOISY + 'echo "and more" >&2; ' + GOES_ON, ("co located*",), "JS091", id="one more message"),
        pytest.param(NOISY + 'exec "$real" "$@" -frames:v 9 "$last"', ("co located*",), "JS092", id="a frame less"),
        pytest.param(NOISY + "exit 183", ("co located*",), "JS090", id="an exit code"),
    ],
)
def test_whatever_else_is_wrong_still_fails(
    bench: Bench, plan: Plan, encode: str, tolerates: tuple[str, ...], code: str
) -> None:
    assert codes(make(bench, plan, encode, *tolerates)) == [code]
    assert bench.files() == []


def test_what_is_tolerated_of_a_source_is_not_tolerated_of_the_output(bench: Bench, plan: Plan) -> None:
    output = msgspec.structs.replace(plan.outputs[0], tolerates=("*",))
    program = bench.top / "ffmpeg"
    fake(program, GOES_ON)
    script = program.read_text().replace('*" -f null "*) exec', '*" -f null "*) echo "a fault" >&2; exec')
    program.write_text(script.replace('*" -version "*|*" -encoders "*|', ""))
    outcome = alone(output, bench.setting(plan, program))
    assert codes(outcome) == ["JS092"]
    assert bench.files() == []


def test_what_is_tolerated_may_be_said_of_every_frame_of_a_long_clip(
    bench: Bench, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.execution.watching.MOST_SAID_BYTES", 1 << 16)
    often = 'yes "[h264 @ 0x55] co located POCs unavailable" | head -n 5000 >&2; ' + GOES_ON
    assert codes(make(bench, plan, often, "something else")) == ["JS178"]
    assert make(bench, plan, often, "co located").problems == ()
