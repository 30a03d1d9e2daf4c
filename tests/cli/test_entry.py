"""The command itself: verbs, exit codes, and what it says when the fault is its own."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import runner.cli.schema
from runner import __version__
from runner.cli.entry import VERBS, run
from tests.conftest import Repository

MODULE = (sys.executable, "-m", "runner")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("rnu",), id="a verb that does not exist"),
        pytest.param(("run", "--frobnicate"), id="an option that does not exist"),
        pytest.param(("why",), id="an argument too few"),
        pytest.param(("schema", "more"), id="an argument too many"),
        pytest.param(("run", "--root", "media"), id="a root without a folder"),
        pytest.param(("run", "none.yaml"), id="a spec that is not there"),
        pytest.param(("plan", "--format", "html"), id="a format that does not exist"),
        pytest.param((), id="nothing at all"),
    ],
)
def test_wrong_usage_exits_with_64_and_prints_to_stderr(repository: Repository, arguments: tuple[str, ...]) -> None:
    done = repository.jobspec(*arguments)
    assert done.returncode == 64
    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_verb_that_does_not_exist_is_named(repository: Repository) -> None:
    assert "'rnu'" in repository.jobspec("rnu").stderr


def test_specs_of_two_repositories_are_wrong_usage(repository: Repository, tmp_path: Path) -> None:
    repository.clip()
    here = repository.spec()
    there = tmp_path / "other" / "specs" / "day.yaml"
    there.parent.mkdir(parents=True)
    there.write_text(here.read_text())
    done = repository.jobspec("run", str(here), str(there))
    assert done.returncode == 64
    assert "different repositories" in done.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_names_every_verb_and_exits_with_0(repository: Repository, option: str) -> None:
    done = repository.jobspec(option)
    assert done.returncode == 0
    for verb in VERBS:
        assert f"\n  {verb} " in done.stdout


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_of_its_own(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: jobspec {verb} ")


def test_the_version_is_told_without_importing_anything_slow(repository: Repository) -> None:
    script = "import sys; sys.argv[1:] = ['--version']; from runner.cli import main; main(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=repository.top)
    version, modules = done.stdout.splitlines()
    assert version == f"jobspec {__version__}"
    assert not {"click", "rich", "av", "jinja2", "cerberus", "asyncio"}.intersection(modules.split())


@pytest.mark.parametrize("verb", ["check", "schema"])
def test_a_verb_that_needs_no_console_and_no_media_does_not_import_them(repository: Repository, verb: str) -> None:
    script = f"import sys; from runner.cli.entry import run; run([{verb!r}, '--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=repository.top)
    assert not {"rich", "av"}.intersection(done.stdout.splitlines()[-1].split())


def plant(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Put an error where no real one is known."""

    @click.command("schema")
    def command() -> None:
        raise error

    monkeypatch.setattr(runner.cli.schema, "command", command)


def test_a_bug_exits_with_70_and_leaves_a_log_worth_pasting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    plant(monkeypatch, ZeroDivisionError("frames of nothing"))
    assert run(["schema"]) == 70
    told = capsys.readouterr().err
    (log,) = tmp_path.glob("jobspec-bug-*.log")
    assert "this is a bug of jobspec: ZeroDivisionError: frames of nothing" in told
    assert str(log) in told
    assert "Traceback" not in told
    for word in (f"jobspec {__version__}", sys.version, "['schema']", "Traceback", "frames of nothing", __file__):
        assert word in log.read_text()


def test_an_interruption_exits_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    plant(monkeypatch, KeyboardInterrupt())
    assert run(["schema"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def closed_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("schema",), id="a little output"),
        pytest.param(("plan", "--format", "jsonl"), id="more output than a buffer holds"),
        pytest.param(("status",), id="status"),
    ],
)
def test_a_reader_that_has_seen_enough_is_no_failure(repository: Repository, arguments: tuple[str, ...]) -> None:
    repository.clip()
    for number in range(8):
        repository.spec(f"day{number}.yaml", template=f"{number}/{{{{ source_name }}}}")
    writing = closed_pipe()
    done = subprocess.run(
        [*MODULE, *arguments],
        cwd=repository.top,
        env=repository.environment,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert "bug" not in done.stderr


def test_a_reader_that_is_gone_does_not_hide_that_a_spec_is_invalid(repository: Repository) -> None:
    repository.spec(codec="prores_prxy")
    writing = closed_pipe()
    done = subprocess.run(
        [*MODULE, "check"], cwd=repository.top, env=repository.environment, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    assert done.returncode == 1


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_reader_that_is_gone_does_not_hide_what_a_verb_exits_with(repository: Repository, closed: str) -> None:
    names = [f"{number:03}.mov" for number in range(80)]  # more lines than a buffer holds
    first = repository.clip(names[0])
    for name in names[1:]:
        (repository.media / name).hardlink_to(first)
    repository.spec(sources=tuple(f"media:{name}" for name in names))
    (repository.proxies / "out" / names[0]).mkdir(parents=True)
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, closed: closed_pipe()}
    command = [*MODULE, "status", "--json"]
    done = subprocess.run(command, cwd=repository.top, env=repository.environment, **pipes)  # type: ignore[call-overload]
    os.close(pipes[closed])
    assert done.returncode == 4


def test_a_reader_that_is_gone_does_not_hide_an_error(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    environment = {**repository.environment, "JOBSPEC_ROOT_MEDIA": ""}
    writing = closed_pipe()
    done = subprocess.run([*MODULE, "run"], cwd=repository.top, env=environment, stderr=writing)
    os.close(writing)
    assert done.returncode == 75


def test_output_that_does_not_fit_on_its_disk_is_told(repository: Repository) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*MODULE, "schema"], cwd=repository.top, env=repository.environment, stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 75
    assert done.stderr == b"the output could not be written: No space left on device\n"
