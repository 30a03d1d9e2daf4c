"""`jobspec run` as a user sees it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.execution.publish import sha256
from runner.media.probe import probe
from tests.cli.made import fill, made_once
from tests.clips import decoded_frames
from tests.conftest import Repository
from tests.execution.fakes import (
    FAILS,
    STOPS_EARLY,
    endless,
    fake,
    fake_without,
    processes_about,
    waiting,
    work_folders,
)
from tests.report.terminal import Terminal, plain

RUN = (sys.executable, "-m", "runner", "run")
DAY = ("media:c.mov", "media:a.mov", "media:b.mov")


def three(repository: Repository, **options: str) -> None:
    """Make a job of three sources, listed in an order of their own."""
    repository.clip("a.mov")
    for name in ("b.mov", "c.mov"):
        shutil.copy(repository.media / "a.mov", repository.media / name)
    repository.spec(sources=DAY, **options)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return made_once(tmp_path_factory.mktemp("once"))


@pytest.fixture
def path(repository: Repository, once: Repository) -> Path:
    """The one output of a plain job, which is made."""
    fill(repository, once)
    return repository.proxies / "out" / "a.mov"


def identity(path: Path) -> tuple[int, ...]:
    """Return what moves when a file is written or swapped; the time of the last look at it is not in it."""
    status = path.lstat()
    return status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns


def lines(text: str, first: str) -> list[str]:
    """Return the second words of the lines that begin with a word."""
    return [line.split()[1].rstrip(":") for line in text.splitlines() if line.startswith(first)]


def states(stdout: str) -> dict[str, str]:
    """Return the states in the table that a run prints, by source."""
    rows = [line.split() for line in stdout.splitlines()[1:]]
    return {row[1]: row[0] for row in rows}


def test_a_second_run_encodes_nothing_and_says_so(repository: Repository) -> None:
    repository.clip(seconds=0.4)
    repository.spec()
    first = repository.jobspec("run")
    assert first.returncode == 0, first.stderr
    made = repository.proxies / "out" / "a.mov"
    before = made.stat().st_mtime_ns
    second = repository.jobspec("run")
    assert second.returncode == 0
    assert "all 1 outputs are up to date" in second.stderr
    assert made.stat().st_mtime_ns == before
    assert decoded_frames(made) == 10


def test_a_second_run_needs_no_ffmpeg_and_writes_no_record(repository: Repository, path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in repository.proxies.rglob("*")}
    second = repository.jobspec("run", "--ffmpeg", "/nowhere/ffmpeg")
    assert second.returncode == 0
    assert {path: path.stat().st_mtime_ns for path in repository.proxies.rglob("*")} == before


def test_a_run_ends_with_a_table_of_what_was_made_and_where(repository: Repository, path: Path) -> None:
    path.unlink()
    done = repository.jobspec("run")
    head, row = done.stdout.splitlines()
    assert head.split() == ["state", "source", "codec", "frames", "size", "where"]
    assert row.split()[:4] == ["made", "media:a.mov", "prores_proxy", "10"]
    assert row.endswith(str(path))


def test_tasks_begin_and_end_in_the_order_of_the_spec_with_one_worker(repository: Repository) -> None:
    three(repository)
    done = repository.jobspec("run", "--workers", "1")
    expected = ["proxies:out/c.mov", "proxies:out/a.mov", "proxies:out/b.mov"]
    assert lines(done.stderr, "encode ") == expected
    assert lines(done.stderr, "made ") == expected
    assert list(states(done.stdout)) == list(DAY)


def test_json_is_all_that_stdout_gets(repository: Repository) -> None:
    three(repository)
    ffmpeg = fake(repository.top / "ffmpeg", f'case "$*" in */a.mov*) {FAILS} ;; esac; exec "$real" "$@" "$last"')
    done = repository.jobspec("run", "--json", "--ffmpeg", str(ffmpeg))
    told = json.loads(done.stdout)
    assert told["interrupted"] is False
    assert [(each["output"], each["source"], each["state"]) for each in told["outputs"]] == [
        ("proxies:out/c.mov", "media:c.mov", "made"),
        ("proxies:out/a.mov", "media:a.mov", "failed"),
        ("proxies:out/b.mov", "media:b.mov", "made"),
    ]
    (problem,) = told["outputs"][1]["problems"]
    assert problem.startswith("JS090: FFmpeg failed with exit code 7: the card is on fire; log: ")
    again = json.loads(repository.jobspec("run", "--json").stdout)
    assert [each["state"] for each in again["outputs"]] == ["done", "made", "done"]


def test_a_failure_does_not_stop_the_others_and_exits_with_4(repository: Repository) -> None:
    three(repository)
    ffmpeg = fake(repository.top / "ffmpeg", f'case "$*" in */c.mov*) {FAILS} ;; esac; exec "$real" "$@" "$last"')
    done = repository.jobspec("run", "--ffmpeg", str(ffmpeg), "--workers", "1")
    assert done.returncode == 4
    assert states(done.stdout) == {"media:c.mov": "failed", "media:a.mov": "made", "media:b.mov": "made"}
    assert repository.outputs() == ["out/a.mov", "out/b.mov"]


def test_fail_fast_begins_nothing_after_a_failure(repository: Repository) -> None:
    three(repository)
    ffmpeg = fake(repository.top / "ffmpeg", f'case "$*" in */a.mov*) {FAILS} ;; esac; exec "$real" "$@" "$last"')
    done = repository.jobspec("run", "--ffmpeg", str(ffmpeg), "--workers", "1", "--fail-fast")
    assert done.returncode == 4
    assert states(done.stdout) == {"media:c.mov": "made", "media:a.mov": "failed", "media:b.mov": "missing"}
    assert lines(done.stderr, "encode ") == ["proxies:out/c.mov", "proxies:out/a.mov"]


@pytest.mark.parametrize("workers", ["0", "-1", "many"])
def test_a_number_of_workers_that_makes_no_sense_is_wrong_usage(
    repository: Repository, path: Path, workers: str
) -> None:
    assert repository.jobspec("run", "--workers", workers).returncode == 64


def test_the_resolved_jobspec_is_saved_beside_the_outputs(repository: Repository) -> None:
    repository.write("templates/wide.j2", "{{ source_name }}_{{ width }}")
    repository.clip()
    repository.spec(template="wide.j2")
    repository.jobspec("run")
    saved = json.loads((repository.proxies / "out/.jobspec/jobs/day/jobspec.json").read_text())
    assert saved["naming_template"] == "{{ source_name }}_{{ width }}"
    assert saved["resolved_tokens"]["media:a.mov"]["width"] == "320"
    assert repository.outputs() == ["out/a_320.mov"]


# What is stale, and what an edit does not touch


def test_another_codec_is_named_as_stale_and_the_file_is_kept(repository: Repository, path: Path) -> None:
    before = path.read_bytes()
    repository.spec(codec="prores_lt")
    done = repository.jobspec("run")
    assert done.returncode == 3
    assert states(done.stdout) == {"media:a.mov": "stale"}
    assert "proxies:out/a.mov: JS097: is stale" in done.stderr
    assert "picture moved" in done.stderr
    assert "--replace" in done.stderr
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--replace",), id="--replace alone"),
        pytest.param(("--replace", "specs/day.yaml"), id="--replace before a spec"),
        pytest.param(("specs/day.yaml", "--replace"), id="--replace after a spec"),
        pytest.param(("--replace=stale",), id="--replace=stale"),
    ],
)
def test_a_stale_output_is_made_again_when_asked(
    repository: Repository, path: Path, arguments: tuple[str, ...]
) -> None:
    old = sha256(path)
    repository.spec(codec="h264")
    done = repository.jobspec("run", *arguments)
    assert done.returncode == 0, done.stderr
    assert sha256(path) != old
    assert probe(path, "a.mov").picture.codec == "h264"
    assert repository.outputs() == ["out/a.mov"]
    assert "all 1 outputs are up to date" in repository.jobspec("run").stderr


def test_another_word_after_replace_is_wrong_usage(repository: Repository, path: Path) -> None:
    done = repository.jobspec("run", "--replace=everything")
    assert done.returncode == 64
    assert "outdated" in done.stderr


@pytest.mark.parametrize("encode", [pytest.param(FAILS, id="fails"), pytest.param(STOPS_EARLY, id="stops early")])
def test_a_replacement_that_does_not_pass_leaves_the_old_file_as_it_was(
    repository: Repository, path: Path, encode: str
) -> None:
    before, status = path.read_bytes(), identity(path)
    repository.spec(codec="h264")
    done = repository.jobspec("run", "--replace", "--ffmpeg", str(fake(repository.top / "ffmpeg", encode)))
    assert done.returncode == 4
    assert path.read_bytes() == before
    assert identity(path) == status
    assert repository.jobspec("run").returncode == 3


@pytest.fixture
def ffmpeg_7(repository: Repository) -> Path:
    """An FFmpeg that says it is of the line 7.0."""
    return fake_without(repository.top / "ffmpeg-7", version="7.0.2-static")


def declare(repository: Repository, line: str) -> None:
    with (repository.top / "jobspec.toml").open("a") as file:
        file.write(f'\n[toolchain]\nffmpeg = "{line}"\n')


def test_another_toolchain_outdates_an_output_and_replace_stale_leaves_it(repository: Repository, path: Path) -> None:
    before = identity(path)
    declare(repository, "7.0")
    for arguments in ((), ("--replace=stale",)):
        done = repository.jobspec("run", *arguments)
        assert done.returncode == 3
        assert states(done.stdout) == {"media:a.mov": "outdated"}
        assert "toolchain moved" in done.stderr
    assert identity(path) == before


def test_an_outdated_output_is_made_again_when_asked(repository: Repository, path: Path, ffmpeg_7: Path) -> None:
    before = identity(path)
    declare(repository, "7.0")
    done = repository.jobspec("run", "--replace=outdated", "--ffmpeg", str(ffmpeg_7))
    assert done.returncode == 0, done.stderr
    assert identity(path) != before
    assert repository.jobspec("run").returncode == 0


def test_replace_outdated_leaves_what_is_stale(repository: Repository, path: Path) -> None:
    before = identity(path)
    repository.spec(codec="h264")
    assert repository.jobspec("run", "--replace=outdated").returncode == 3
    assert identity(path) == before


def add_a_comment(repository: Repository) -> None:
    spec = repository.top / "specs" / "day.yaml"
    spec.write_text("# a comment\n" + spec.read_text())


def rename_the_spec(repository: Repository) -> None:
    (repository.top / "specs" / "day.yaml").rename(repository.top / "specs" / "tuesday.yaml")


def move_the_repository(repository: Repository) -> None:
    moved = repository.top.with_name("elsewhere")
    shutil.copytree(repository.top, moved)
    shutil.rmtree(repository.top / "specs")
    shutil.copytree(moved / "specs", repository.top / "specs" / "deeper")


def touch_the_source(repository: Repository) -> None:
    os.utime(repository.media / "a.mov", (1, 1))


def name_the_output_in_two_steps(repository: Repository) -> None:
    repository.write("templates/name.j2", "{{ source_name }}")
    repository.spec(template="name.j2")


def spell_defaults_out(repository: Repository) -> None:
    repository.spec(resolution="320x180")


@pytest.mark.parametrize(
    "edit",
    [
        add_a_comment,
        rename_the_spec,
        move_the_repository,
        touch_the_source,
        name_the_output_in_two_steps,
        spell_defaults_out,
    ],
    ids=lambda edit: edit.__name__.replace("_", " "),
)
def test_a_harmless_edit_makes_nothing_again(
    repository: Repository, path: Path, edit: Callable[[Repository], None]
) -> None:
    before = identity(path)
    edit(repository)
    done = repository.jobspec("run")
    assert done.returncode == 0, done.stderr
    assert "all 1 outputs are up to date; nothing was encoded" in done.stderr
    assert identity(path) == before


def test_a_source_that_is_added_is_the_only_one_made(repository: Repository, path: Path) -> None:
    before = identity(path)
    repository.clip("new.mov")
    repository.spec(sources=("media:new.mov", "media:a.mov"))
    done = repository.jobspec("run")
    assert done.returncode == 0
    assert states(done.stdout) == {"media:new.mov": "made", "media:a.mov": "done"}
    assert lines(done.stderr, "encode ") == ["proxies:out/new.mov"]
    assert identity(path) == before


def test_an_output_that_was_deleted_is_made_again(repository: Repository, path: Path) -> None:
    path.unlink()
    done = repository.jobspec("run")
    assert (done.returncode, states(done.stdout)) == (0, {"media:a.mov": "made"})


# What is not ours


def a_file(path: Path) -> None:
    path.write_bytes(b"somebody's work")


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "inside").write_bytes(b"somebody's work")


def a_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


@pytest.mark.parametrize("arguments", [(), ("--replace",)], ids=["plainly", "with --replace"])
@pytest.mark.parametrize("occupy", [a_file, a_folder, a_dangling_link], ids=lambda each: each.__name__)
def test_what_is_not_ours_is_left_alone_and_only_that_output_fails(
    repository: Repository, occupy: Callable[[Path], None], arguments: tuple[str, ...]
) -> None:
    three(repository)
    (repository.proxies / "out").mkdir()
    path = repository.proxies / "out" / "a.mov"
    occupy(path)
    before = identity(path)
    done = repository.jobspec("run", *arguments)
    assert done.returncode == 4
    assert states(done.stdout) == {"media:c.mov": "made", "media:a.mov": "foreign", "media:b.mov": "made"}
    assert "proxies:out/a.mov: JS093: stands there and is not ours; it is left alone" in done.stderr
    assert identity(path) == before
    assert not (repository.proxies / "out" / "nowhere").exists()
    if path.is_file():
        assert path.read_bytes() == b"somebody's work"


# What stops before anything begins


def test_an_ffmpeg_of_another_line_is_refused_with_the_way_out(repository: Repository, ffmpeg_7: Path) -> None:
    repository.clip()
    repository.spec()
    done = repository.jobspec("run", "--ffmpeg", str(ffmpeg_7))
    assert done.returncode == 3
    assert f'JS081: the plan is made for FFmpeg 9.0, "{ffmpeg_7}" is 7.0; pass --ffmpeg with a 9.0' in done.stderr
    assert 'declare ffmpeg = "7.0" under [toolchain] in jobspec.toml' in done.stderr
    assert list(repository.proxies.iterdir()) == []
    declare(repository, "7.0")
    assert repository.jobspec("run", "--ffmpeg", str(ffmpeg_7)).returncode == 0


def test_a_missing_encoder_is_refused_by_name(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    poor = fake_without(repository.top / "ffmpeg", encoder="prores_ks")
    done = repository.jobspec("run", "--ffmpeg", str(poor))
    assert done.returncode == 3
    assert f'JS082: "{poor}" lacks the encoder prores_ks' in done.stderr
    assert list(repository.proxies.iterdir()) == []
    repository.spec(codec="h264")
    assert repository.jobspec("run", "--ffmpeg", str(poor)).returncode == 0


@pytest.mark.parametrize("way", ["--ffmpeg", "JOBSPEC_FFMPEG"])
def test_an_ffmpeg_that_is_not_there_is_named_with_where_it_was_asked_for(repository: Repository, way: str) -> None:
    repository.clip()
    repository.spec()
    if way == "--ffmpeg":
        done = repository.jobspec("run", way, "/nowhere/ffmpeg")
    else:
        done = repository.jobspec("run", env={way: "/nowhere/ffmpeg"})
    assert done.returncode == 75
    assert f"JS080: no FFmpeg found: {way} names /nowhere/ffmpeg" in done.stderr


def test_a_machine_without_any_ffmpeg_is_told_what_to_install(repository: Repository, tmp_path: Path) -> None:
    repository.clip()
    repository.spec()
    # imageio-ffmpeg as its source distribution installs it: without a binary
    (tmp_path / "site" / "imageio_ffmpeg").mkdir(parents=True)
    (tmp_path / "site" / "imageio_ffmpeg" / "__init__.py").touch()
    done = repository.jobspec("run", env={"PYTHONPATH": str(tmp_path / "site"), "PATH": str(tmp_path)})
    assert done.returncode == 75
    assert "JS080: no FFmpeg found: install imageio-ffmpeg, or pass --ffmpeg" in done.stderr


def test_a_program_that_is_no_ffmpeg_is_refused(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    done = repository.jobspec("run", "--ffmpeg", "/bin/false")
    assert done.returncode == 75
    assert "/bin/false does not answer" in done.stderr


def test_a_root_that_is_not_mounted_is_something_to_try_again(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    done = repository.jobspec("run", env={"JOBSPEC_ROOT_MEDIA": ""})
    assert done.returncode == 75
    assert "JOBSPEC_ROOT_MEDIA=FOLDER" in done.stderr


def test_an_invalid_spec_among_others_stops_all(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    repository.spec("wrong.yaml", codec="prores_prxy")
    done = repository.jobspec("run")
    assert done.returncode == 1
    assert "specs/wrong.yaml:5:8: JS020 codec: " in done.stderr
    assert repository.outputs() == []


def test_a_source_that_is_not_there_is_named_with_its_line(repository: Repository) -> None:
    repository.clip()
    repository.spec(sources=("media:a.mov", "media:none.mov"))
    done = repository.jobspec("run")
    assert done.returncode == 1
    assert 'specs/day.yaml:4:5: JS060 sources[1]: "media:none.mov" does not exist' in done.stderr


def test_a_damaged_ledger_is_named_with_file_and_line(repository: Repository, path: Path) -> None:
    (path,) = (repository.proxies / "out/.jobspec/ledger").iterdir()
    records = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([records[0], b"damage\n", *records[1:]]))
    done = repository.jobspec("run")
    assert done.returncode == 3
    assert f"JS096: the ledger is damaged: {path}, line 2: " in done.stderr


def test_a_ledger_whose_last_line_was_torn_by_a_kill_is_read(repository: Repository, path: Path) -> None:
    (path,) = (repository.proxies / "out/.jobspec/ledger").iterdir()
    path.write_bytes(path.read_bytes()[:-10])
    done = repository.jobspec("run")
    assert done.returncode == 0
    assert "all 1 outputs are up to date" in done.stderr


# What happens meanwhile


class Running:
    """A run in a pipe, its FFmpeg waiting with the encoded file until the test lets it go on."""

    def __init__(self, repository: Repository, *arguments: str, ffmpeg: Path | None = None) -> None:
        self.repository, self.begun, self.go_on = repository, repository.top / "begun", repository.top / "go-on"
        ffmpeg = ffmpeg or waiting(repository.top / "ffmpeg", self.begun, self.go_on)
        self.process = subprocess.Popen(
            [*RUN, "--ffmpeg", str(ffmpeg), *arguments],
            cwd=repository.top,
            env=repository.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until(self, true: Callable[[], object], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not true():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < end, "it did not come to pass"
            time.sleep(0.02)

    def encoding(self) -> bool:
        """Say whether an FFmpeg has begun to write its file."""
        return any(path.stat().st_size for path in self.repository.proxies.rglob("output.*"))

    def end(self) -> "subprocess.CompletedProcess[str]":
        self.go_on.touch()
        stdout, stderr = self.process.communicate(timeout=60)
        return subprocess.CompletedProcess(RUN, self.process.returncode, stdout, stderr)


@pytest.fixture
def running(repository: Repository) -> Iterator[Callable[..., Running]]:
    begun: list[Running] = []

    def begin(*arguments: str, ffmpeg: Path | None = None) -> Running:
        begun.append(Running(repository, *arguments, ffmpeg=ffmpeg))
        return begun[-1]

    yield begin
    for each in begun:
        each.go_on.touch()
        each.process.kill()
        each.process.communicate()


def left_over(repository: Repository) -> list[str]:
    """Return what an ended run may not leave: processes, work folders, files under a final name."""
    return [
        *processes_about(f"{repository.proxies}/"),
        *map(str, work_folders(repository.proxies)),
        *repository.outputs(),
    ]


def test_a_source_that_grows_while_it_is_encoded_fails_its_output(
    repository: Repository, running: Callable[..., Running]
) -> None:
    repository.clip()
    repository.spec()
    run = running()
    run.until(run.begun.exists)
    with (repository.media / "a.mov").open("ab") as file:
        file.write(b"more")
    done = run.end()
    assert done.returncode == 4
    assert 'JS094: the source "media:a.mov" changed: size moved while it was read; nothing was published' in done.stderr
    assert left_over(repository) == []


def test_a_file_that_appears_while_its_output_is_made_is_left_alone(
    repository: Repository, running: Callable[..., Running]
) -> None:
    repository.clip()
    repository.spec()
    run = running()
    run.until(run.begun.exists)
    (repository.proxies / "out" / "a.mov").write_bytes(b"somebody's work")
    done = run.end()
    assert done.returncode == 4
    assert "JS093" in done.stderr
    assert (repository.proxies / "out" / "a.mov").read_bytes() == b"somebody's work"


def test_of_two_runs_at_once_the_second_says_who_is_at_work_and_does_the_rest(
    repository: Repository, running: Callable[..., Running]
) -> None:
    three(repository)
    slow = running("--only", "*/c.mov")
    slow.until(slow.begun.exists)
    second = repository.jobspec("run")
    assert second.returncode == 75, second.stderr
    assert states(second.stdout) == {"media:c.mov": "claimed", "media:a.mov": "made", "media:b.mov": "made"}
    assert f"JS099: is being made by process {slow.process.pid} on " in second.stderr
    assert slow.end().returncode == 0
    third = repository.jobspec("run")
    assert third.returncode == 0
    assert set(states(third.stdout).values()) == {"done"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_a_run_and_leaves_nothing_and_a_run_afterwards_completes(
    repository: Repository, running: Callable[..., Running], number: signal.Signals
) -> None:
    three(repository)
    run = running("--workers", "2", ffmpeg=endless(repository.top / "endless"))
    run.until(lambda: len([*repository.proxies.rglob("output.*")]) == 2)
    run.process.send_signal(number)
    done = run.end()
    assert done.returncode == 130
    assert "interrupted; what was finished is kept, run again for the rest" in done.stderr
    assert len(lines(done.stderr, "encode ")) == 2
    assert states(done.stdout) == {"media:c.mov": "interrupted", "media:a.mov": "interrupted", "media:b.mov": "missing"}
    assert left_over(repository) == []
    after = repository.jobspec("run")
    assert after.returncode == 0, after.stderr
    assert repository.outputs() == ["out/a.mov", "out/b.mov", "out/c.mov"]


@pytest.mark.parametrize("arguments", [(), ("--fail-fast",)], ids=["plainly", "with --fail-fast"])
def test_ctrl_c_on_a_terminal_ends_a_run_and_leaves_nothing(repository: Repository, arguments: tuple[str, ...]) -> None:
    three(repository)
    ffmpeg = str(endless(repository.top / "endless"))
    terminal = Terminal([*RUN, "--ffmpeg", ffmpeg, *arguments], repository.top, repository.environment)
    terminal.wait_for("10/10")
    terminal.type(b"\x03")
    assert terminal.wait() == 130
    assert "interrupted; what was finished is kept" in plain(terminal.printed)
    assert "Traceback" not in terminal.printed
    assert terminal.printed.rindex("\x1b[?25h") > terminal.printed.rindex("\x1b[?25l")
    assert left_over(repository) == []
    assert repository.jobspec("run").returncode == 0


def test_what_was_finished_before_ctrl_c_is_kept_and_not_made_again(repository: Repository) -> None:
    three(repository)
    others = endless(repository.top / "endless")
    ffmpeg = fake(
        repository.top / "ffmpeg",
        f'case "$*" in */c.mov*) exec "$real" "$@" "$last" ;; esac; exec {others} "$@" "$last"',
    )
    command = [*RUN, "--workers", "1", "--ffmpeg", str(ffmpeg)]
    terminal = Terminal(command, repository.top, repository.environment)
    terminal.wait_for("made   proxies:out/c.mov")
    terminal.wait_for("a.mov")
    terminal.type(b"\x03")
    assert terminal.wait() == 130
    kept = identity(repository.proxies / "out" / "c.mov")
    after = repository.jobspec("run")
    assert states(after.stdout) == {"media:c.mov": "done", "media:a.mov": "made", "media:b.mov": "made"}
    assert identity(repository.proxies / "out" / "c.mov") == kept


def test_a_terminal_that_is_closed_ends_a_run_and_leaves_nothing(repository: Repository) -> None:
    three(repository)
    command = [*RUN, "--ffmpeg", str(endless(repository.top / "endless"))]
    terminal = Terminal(command, repository.top, repository.environment)
    terminal.wait_for("10/10")
    terminal.hang_up()
    assert left_over(repository) == []
    assert repository.jobspec("run").returncode == 0


def test_a_run_that_was_killed_outright_leaves_no_final_file_and_is_made_up_for(
    repository: Repository, running: Callable[..., Running]
) -> None:
    repository.clip()
    repository.spec()
    run = running()
    run.until(run.begun.exists)
    run.process.kill()
    assert run.end().returncode == -signal.SIGKILL
    assert repository.outputs() == []
    after = repository.jobspec("run")
    assert after.returncode == 0, after.stderr
    assert repository.outputs() == ["out/a.mov"]


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
@pytest.mark.parametrize(
    ("encode", "code"),
    [pytest.param('exec "$real" "$@" "$last"', 0, id="made"), pytest.param(FAILS, 4, id="failed")],
)
def test_a_reader_that_goes_away_changes_nothing_of_what_is_made_and_of_the_exit_code(
    repository: Repository, closed: str, encode: str, code: int
) -> None:
    three(repository)
    reading, writing = os.pipe()
    os.close(reading)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, closed: writing}
    process = subprocess.Popen(
        [*RUN, "--ffmpeg", str(fake(repository.top / "ffmpeg", encode))],
        cwd=repository.top,
        env=repository.environment,
        **pipes,  # type: ignore[call-overload]
    )
    os.close(writing)
    told = b"".join(filter(None, process.communicate(timeout=60)))
    assert process.returncode == code, told
    assert b"Traceback" not in told
    assert len(repository.outputs()) == (0 if code else 3)


def test_a_reader_that_goes_away_does_not_hide_that_an_output_is_stale(repository: Repository, path: Path) -> None:
    repository.spec(codec="prores_lt")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        RUN, cwd=repository.top, env=repository.environment, stdout=subprocess.DEVNULL, stderr=writing
    )
    os.close(writing)
    assert done.returncode == 3


# A full disk

# Each run is told the size of its disk; afterwards there is room, and it runs again.
SMALL_DISK = """\
set -u
{limit}
{run} run >"$1/first" 2>&1
echo "$?" >"$1/code"
find "$2" -type f >"$1/files"
{relief}
{room} run >"$1/second" 2>&1
echo "$?" >>"$1/code"
cp "$2/out/a.mov" "$1/a.mov"
"""
PYTHON = f"{sys.executable} -m runner"
LIMIT = "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); os.execv(sys.argv[2], sys.argv[2:])"
LIMITED = f"{sys.executable} -c 'import os, resource, sys; {LIMIT}'"


def limited(size: int) -> list[str]:
    """Return a shell that runs with no file larger than `size` bytes."""
    run = f"{LIMITED} {size} {PYTHON}"
    return ["sh", "-c", SMALL_DISK.format(limit="", run=run, relief="", room=PYTHON), "sh"]


def mounted(size: int) -> list[str]:
    """Return a shell that runs on a disk of `size` bytes, which ends with the shell."""
    script = SMALL_DISK.format(
        limit=f'mount -t tmpfs -o size={size} none "$2" || exit 99',
        run=PYTHON,
        relief='mount -o remount,size=64m "$2"',
        room=PYTHON,
    )
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


def may_mount() -> bool:
    try:
        tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True)
    except FileNotFoundError:
        return False
    return tried.returncode == 0


def run_on(shell: list[str], repository: Repository, told: Path) -> tuple[int, int, str]:
    """Run twice, first with little room; return both exit codes and what the first run said."""
    told.mkdir()
    path = os.environ["PATH"]
    done = subprocess.run(
        [*shell, str(told), str(repository.proxies)],
        cwd=repository.top,
        env={**repository.environment, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    first, second = map(int, (told / "code").read_text().split())
    return first, second, (told / "first").read_text()


def judge_full_disk(repository: Repository, told: Path, first: int, second: int, said: str) -> None:
    """Whatever did not fit: nothing half stands under a final name, the reason is told, the next run makes it good."""
    finals = [line for line in (told / "files").read_text().splitlines() if "/.jobspec/" not in line]
    assert first == 4, said
    assert "bug" not in said
    assert "failed" in said or "JS095" in said
    assert finals == []
    assert second == 0, (told / "second").read_text()
    assert decoded_frames(told / "a.mov") == 10


@pytest.mark.parametrize("size", [4096, 32768, 90112], ids=lambda size: f"{size // 1024} KiB")
def test_a_disk_that_is_full_leaves_no_half_file_and_is_made_up_for(
    repository: Repository, tmp_path: Path, size: int
) -> None:
    repository.clip()
    repository.spec()
    if may_mount():
        shell = mounted(size)
    else:
        warnings.warn("no mount here: a limit on the size of files stands for a full disk", stacklevel=1)
        shell = limited(max(1, size // 4))
    told = tmp_path / "told"
    first, second, said = run_on(shell, repository, told)
    judge_full_disk(repository, told, first, second, said)


@pytest.mark.parametrize("size", [3000, 40000], ids=["not even a plan", "half an output"])
def test_a_limit_on_the_size_of_files_leaves_no_half_file_and_is_made_up_for(
    repository: Repository, tmp_path: Path, size: int
) -> None:
    repository.clip()
    repository.spec()
    told = tmp_path / "told"
    first, second, said = run_on(limited(size), repository, told)
    judge_full_disk(repository, told, first, second, said)
