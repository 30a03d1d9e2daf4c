"""The group of verbs, and the one place that turns exceptions into messages and exit codes."""

import errno
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import TextIO

import click

from runner import __version__
from runner.errors import Exit, JobspecError, problem, worst
from runner.report.reader import GONE, reader_may_be_gone
from runner.text import harmless

# Each verb is a module of this package with a command of that name; imported only when it is asked for.
VERBS = (
    *("check", "lock", "plan", "run", "status", "why", "retry", "verify", "adopt"),
    *("diff", "show", "schema", "doctor"),
)
# Verbs for programs, left out of the list that --help prints.
HIDDEN = {"exec-task": "exec_task"}


# Errors that name no file, and then are of what is printed: more than a buffer of it, onto a disk that is full.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


# New objects after which Python looks for circles among them. What a large plan is made of is in none and stays until
# the end; at Python's own 700 a tenth of its time went into looking.
_YOUNG = 100_000


class _ClosedPipe(Exception):
    """Whoever read our output is gone. click would exit with 1, which means an invalid spec here."""


class _Verbs(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ClosedPipe from None

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS and cmd_name not in HIDDEN:
            return None
        command = getattr(import_module(f"runner.cli.{HIDDEN.get(cmd_name, cmd_name)}"), "command", None)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="jobspec", message="%(prog)s %(version)s")
def jobspec() -> None:
    """Transcoding jobs in git: check a JobSpec, plan it, run it, know how it stands."""


def _said(error: JobspecError) -> Exit:
    with reader_may_be_gone():
        for each in error.problems:
            print(each, file=sys.stderr)
    return error.exit


def _misused(error: click.ClickException) -> Exit:
    """Say what is wrong with the arguments. Names of files are among them, and a stranger may have given these."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    with reader_may_be_gone():
        if context:
            print(context.get_usage(), file=sys.stderr)
        print(f"Error: {harmless(error.format_message())}", file=sys.stderr)
    return Exit.USAGE


def _bug(arguments: Sequence[str]) -> Exit:
    """Say that this is our fault, and leave a log worth pasting."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="jobspec-bug-", suffix=".log", delete=False) as log:
        log.write(f"jobspec {__version__}\nPython {sys.version}\narguments: {list(arguments)}\n\n")
        traceback.print_exc(file=log)
    reason = traceback.format_exc().strip().splitlines()[-1]
    print(f"this is a bug of jobspec: {harmless(reason)}\nplease report it with {log.name}", file=sys.stderr)
    return Exit.BUG


def _flush() -> Exit:
    """Write what is left; what cannot be is dropped, for Python would complain about it while it exits."""
    code = Exit.OK
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            code = worst([code, _unwritten(stream, error)])
    return code


def _unwritten(stream: TextIO, error: OSError) -> Exit:
    """Drop what a stream still holds, and say so unless its reader is gone and wants no more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if error.errno in GONE:
        return Exit.OK
    print(f"the output could not be written: {error.strerror}", file=sys.stderr)
    return Exit.TRY_AGAIN


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command with `arguments` (sys.argv's by default) and return its exit code."""
    gc.set_threshold(_YOUNG)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a locale that lacks a letter costs the letter, not the run
    code = _run(sys.argv[1:] if arguments is None else arguments)
    return worst([code, _flush()])


def _run(arguments: Sequence[str]) -> Exit:
    try:
        return Exit(jobspec.main(args=list(arguments), prog_name="jobspec", standalone_mode=False) or 0)
    except JobspecError as error:
        return _said(error)
    except click.ClickException as error:
        return _misused(error)
    except (KeyboardInterrupt, click.Abort):
        print("interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except _ClosedPipe:
        return Exit.OK
    except OSError as error:
        if not error.filename:
            return _unwritten(sys.stdout, error) if error.errno in _NO_ROOM else _bug(arguments)
        return _said(JobspecError(problem("JS106", found=str(error.filename), reason=error.strerror or str(error))))
    except Exception:
        return _bug(arguments)
