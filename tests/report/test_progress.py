"""Progress: bars that move on a terminal, a line for each event in a pipe."""

import sys
from pathlib import Path

import pytest

from runner.errors import problem
from runner.execution.process import Progress
from runner.execution.task import Outcome
from runner.report.progress import Lines, line_of, reporter
from tests.cli.made import new_repository
from tests.conftest import Repository
from tests.execution.bench import Bench
from tests.execution.fakes import fake, slow
from tests.report.terminal import Terminal, plain

BAR = "━"


def test_a_made_output_is_told_with_frames_size_and_seconds(bench: Bench) -> None:
    bench.clip()
    (output,) = bench.plan().outputs
    told = line_of(Outcome(output, (), 2.345, 82_400))
    assert told == "made   proxies:out/a.mov  10 frames, 82.4 KB, 2.3 s"


def test_an_output_that_was_made_alone_says_why_before_that(bench: Bench) -> None:
    bench.clip()
    (output,) = bench.plan().outputs
    note = problem("JS220", others="proxies:out/b.mov", reason="FFmpeg failed")
    assert line_of(Outcome(output, (), 2.3, 82_400, alone=note)) == (
        "note   proxies:out/a.mov: JS220: it was made alone, since together with proxies:out/b.mov it failed first:"
        " FFmpeg failed\nmade   proxies:out/a.mov  10 frames, 82.4 KB, 2.3 s"
    )


def test_a_failed_output_is_told_with_every_problem(bench: Bench) -> None:
    bench.clip()
    (output,) = bench.plan().outputs
    told = line_of(Outcome(output, (problem("JS093"), problem("JS094", found="media:a.mov", reason="it is gone")), 1.0))
    assert [line.partition(": ")[0] for line in told.splitlines()] == ["failed proxies:out/a.mov"] * 2
    assert "JS093" in told
    assert "JS094" in told


def test_in_a_pipe_a_line_tells_when_a_task_begins_and_when_it_ends(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.mov", "b.mov"):
        bench.clip(name)
    outputs = bench.plan("a.mov", "b.mov").outputs
    with reporter(outputs) as report:
        assert isinstance(report, Lines)
        for output in outputs:
            report.begun(output)
            report.moved(output, Progress(5, 1.0))
            report.ended(Outcome(output, (), 0.5, 1000))
    assert capsys.readouterr() == (
        "",
        "encode proxies:out/a.mov\n"
        "made   proxies:out/a.mov  10 frames, 1.0 KB, 0.5 s  [1/2]\n"
        "encode proxies:out/b.mov\n"
        "made   proxies:out/b.mov  10 frames, 1.0 KB, 0.5 s  [2/2]\n",
    )


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what a terminal was sent by a run that makes two outputs, slowly, at once; one name looks like markup."""
    top = tmp_path_factory.mktemp("shown")
    repository = new_repository(top)
    repository.clip("a.mov")
    repository.clip("b[red].mov")
    repository.spec(sources=("media:a.mov", "media:b[red].mov"))
    terminal = run_on_terminal(repository, "--workers", "2", "--ffmpeg", str(slow(top / "ffmpeg")))
    assert terminal.wait() == 0, terminal.printed
    return terminal.printed


def run_on_terminal(repository: Repository, *arguments: str, columns: int = 200) -> Terminal:
    command = [sys.executable, "-m", "runner", "run", *arguments]
    return Terminal(command, repository.top, repository.environment, columns)


def frames_of(shown: str, name: str) -> list[str]:
    """Return the states in which the bar of that name was drawn, in order."""
    lines = plain(shown.replace("\r", "\n")).splitlines()  # a bar is drawn over without a line's end
    lines = [line for line in lines if line.startswith(name) and BAR in line]
    return list(dict.fromkeys(lines))


def test_on_a_terminal_each_task_has_a_bar_that_moves(shown: str) -> None:
    for name in ("a.mov", "b[red].mov"):
        drawn = frames_of(shown, name)
        assert len(drawn) > 1
        assert all("/10" in line for line in drawn)


def test_on_a_terminal_a_bar_for_all_counts_the_frames_of_all(shown: str) -> None:
    drawn = frames_of(shown, "2 outputs")
    assert " 0/20" in drawn[0]
    assert "20/20" in drawn[-1]


def test_on_a_terminal_frames_a_second_speed_and_time_left_are_told(shown: str) -> None:
    drawn = "\n".join(frames_of(shown, "a.mov"))
    assert " fps " in drawn
    assert "x " in drawn.partition(" fps ")[2]
    assert "0:00:0" in drawn


def test_on_a_terminal_bars_are_drawn_over_and_what_was_made_stays(shown: str) -> None:
    assert "\x1b[1A" in shown
    assert "made   proxies:out/a.mov  10 frames" in plain(shown)
    assert "made   proxies:out/b[red].mov  10 frames" in plain(shown)
    table = plain(shown)[plain(shown).rindex("┃ state") :]
    assert table.count("│ made") == 2


def test_on_a_terminal_the_cursor_is_shown_again_at_the_end(shown: str) -> None:
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


def test_on_a_terminal_a_failure_is_told_in_full_and_in_red(repository: Repository, tmp_path: Path) -> None:
    repository.clip()
    repository.spec()
    ffmpeg = fake(tmp_path / "ffmpeg", f"echo '{'so sorry ' * 30}[bold]' >&2; exit 1")
    terminal = run_on_terminal(repository, "--ffmpeg", str(ffmpeg), columns=80)
    assert terminal.wait() == 4
    assert "\x1b[31mfailed proxies:out/a.mov: JS090: FFmpeg failed with exit code 1" in terminal.printed
    assert f"{'so sorry ' * 30}[bold]; log: {repository.proxies}" in plain(terminal.printed)


def test_in_a_pipe_a_whole_run_prints_no_bars_and_no_controls(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    done = repository.jobspec("run", env={"TERM": "xterm-256color", "COLUMNS": "200"})
    assert done.returncode == 0
    for printed in (done.stdout, done.stderr):
        assert printed.isascii()
        assert "\x1b" not in printed
        assert "\r" not in printed
    begun, made = done.stderr.splitlines()[:2]
    assert begun == "encode proxies:out/a.mov"
    assert made.startswith("made   proxies:out/a.mov  10 frames, ")
    assert made.endswith("  [1/1]")
