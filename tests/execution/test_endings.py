"""How FFmpegs and system calls end, and what a person is told of it."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.errors import Problem
from runner.execution import endings
from runner.execution.complaints import Listener, meaning
from runner.execution.process import Ended, Limits
from tests.execution.bench import Bench

LIMITS = Limits(wall=600, stall=120)


@pytest.mark.parametrize(
    ("ended", "code", "words"),
    [
        pytest.param(Ended(-9, 3, ""), "JS171", "ended by SIGKILL, it said nothing", id="killed"),
        pytest.param(Ended(-11, 3, "oh"), "JS171", "ended by SIGSEGV (oh)", id="crashed"),
        pytest.param(Ended(-15, 3, "", cut="stalled"), "JS172", "no progress for 120 s", id="stalled"),
        pytest.param(Ended(-15, 3, "", cut="late"), "JS173", "more than 600 s", id="late"),
        pytest.param(Ended(-15, 3, "x" * 4096, cut="noisy"), "JS178", "x…", id="noisy"),
        pytest.param(
            Ended(228, 3, "[out#0/mov @ 0x1] Error muxing a packet: No space left on device"),
            "JS174",
            "the disk is full",
            id="a full disk",
        ),
        pytest.param(Ended(0, 3, "av_interleaved_write_frame(): Disk quota exceeded"), "JS174", "quota", id="a quota"),
        pytest.param(Ended(244, 0, "Cannot allocate memory"), "JS176", "not enough memory, or threads", id="no memory"),
        pytest.param(Ended(1, 0, "media.mov: Stale file handle"), "JS179", "a mount does not answer", id="no mount"),
        pytest.param(
            Ended(183, 4, "[h264 @ 0x2] error while decoding MB 3 4, bytestream -5"),
            "JS177",
            'the source "media:a.mov" is damaged',
            id="a damaged picture",
        ),
        pytest.param(Ended(183, 0, "moov atom not found"), "JS177", "Copy it anew", id="no index"),
        pytest.param(Ended(7, 0, "the card is on fire"), "JS090", "exit code 7: the card is on fire", id="anything"),
        pytest.param(Ended(7, 0, ""), "JS090", "it said nothing", id="nothing"),
        pytest.param(Ended(0, 9, "all is well, nearly"), "JS091", "all is well, nearly", id="a complaint"),
        pytest.param(Ended(127, 0, "/x cannot be started: Exec format error"), "JS170", "Exec format", id="no program"),
    ],
)
def test_an_ending_has_a_code_and_a_sentence(bench: Bench, ended: Ended, code: str, words: str) -> None:
    bench.clip()
    found = endings.judged(ended, bench.plan().outputs[0], LIMITS, Path("/logs/x.log"))
    assert found
    assert found.code == code
    assert words in found.message
    assert "/logs/x.log" in found.message


def test_a_clean_ending_has_none(bench: Bench) -> None:
    bench.clip()
    assert endings.judged(Ended(0, 10, ""), bench.plan().outputs[0], LIMITS, Path("x")) is None


def of(number: int, name: str = "/proxies/out/.jobspec/work/x/output.mov") -> Problem:
    return endings.of_error(OSError(number, os.strerror(number), name), Path("/x.log"), Path("/opt/ffmpeg"))


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "JS174"),
        (errno.EDQUOT, "JS174"),
        (errno.ESTALE, "JS179"),
        (errno.EIO, "JS179"),
        (errno.EROFS, "JS095"),
        (errno.EACCES, "JS095"),
        (errno.EMFILE, "JS095"),
    ],
)
def test_a_system_call_that_failed_is_told_with_its_file(number: int, code: str) -> None:
    found = of(number)
    assert found.code == code
    assert f"{os.strerror(number)} (/proxies/out/.jobspec/work/x/output.mov)" in found.message


def test_an_ffmpeg_that_is_not_there_is_told_as_that() -> None:
    assert of(errno.ENOENT, "/opt/ffmpeg").code == "JS170"


def test_only_what_may_pass_by_itself_is_worth_another_try(bench: Bench) -> None:
    bench.clip()
    output = bench.plan().outputs[0]

    def passes(ended: Ended) -> bool:
        found = endings.judged(ended, output, LIMITS, Path("x"))
        return endings.may_pass([found] if found else [])

    assert passes(Ended(-9, 0, ""))
    assert passes(Ended(-15, 0, ""))
    assert passes(Ended(0, 0, "No space left on device"))
    assert passes(Ended(-15, 0, "", cut="stalled"))
    assert endings.may_pass([of(errno.ESTALE)])
    assert not passes(Ended(-11, 0, ""))
    assert not passes(Ended(-15, 0, "", cut="late"))
    assert not passes(Ended(183, 0, "moov atom not found"))
    assert not passes(Ended(7, 0, ""))
    assert not passes(Ended(0, 10, ""))
    assert not endings.may_pass([of(errno.EACCES)])
    assert not endings.may_pass([])


@pytest.mark.parametrize(
    "line",
    ["[prores_ks @ 0x1] bad", "[libx264 @ 0x1] bad", "[mov @ 0x1] bad", "[out#0/mxf @ 0x1] bad", "Conversion failed!"],
)
def test_what_an_encoder_or_a_muxer_says_is_not_laid_at_the_sources_door(line: str) -> None:
    assert meaning(line) is None


def heard(tolerates: tuple[str, ...], *pieces: bytes) -> str:
    listener = Listener(tolerates)
    for piece in (*pieces, b""):
        listener.hear(piece)
    return listener.complaint()


def test_without_patterns_all_that_is_said_is_a_complaint() -> None:
    assert heard((), b"one\ntw", b"o\n") == "one\ntwo"


def test_a_tolerated_message_is_no_complaint_and_every_other_is() -> None:
    said = b"[h264 @ 0x55] co located POCs unavailable\n[h264 @ 0x55] left block unavailable\n"
    assert heard(("co located POCs",), said) == "[h264 @ 0x55] left block unavailable"
    assert heard(("co located POCs", "* block unavailable"), said) == ""
    assert heard(("co ?ocated",), said[:40]) == ""
    assert heard(("co located",), said[:40] + b"x") == ""


def test_a_repetition_is_what_it_repeats() -> None:
    repeated = b"    Last message repeated 3 times\n"
    assert heard(("known",), b"a known fault\n", repeated) == ""
    assert "repeated" in heard(("known",), b"a known fault\nanother\n", repeated)


def test_a_last_line_without_an_end_and_lines_cut_by_the_pipe_are_heard() -> None:
    assert heard(("known",), b"a kno", b"wn fault\nan", b"other") == "another"


def test_empty_lines_are_no_complaint_once_anything_is_tolerated() -> None:
    assert heard(("known",), b"\n \n") == ""


def test_what_is_kept_is_bounded() -> None:
    assert len(heard((), *[b"x" * 100_000] * 50)) == 4096
    assert len(heard(("known",), *[b"x" * 100_000] * 50)) == 4096


def test_a_bracket_in_a_pattern_is_a_bracket() -> None:
    assert heard(("[h264 @ *] co located",), b"[h264 @ 0x55] co located POCs unavailable\n") == ""


def test_a_system_without_every_error_number_of_linux_can_run() -> None:
    program = "import errno; del errno.EREMOTEIO; import runner.execution.endings"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).stderr == b""
