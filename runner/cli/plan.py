"""`jobspec plan`: what a run would do, as text, JSON Lines, a script or Markdown."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from runner.cli.workspace import Workspace, open_workspace, plan_of, root_option, specs_argument
from runner.media.toolchain import find_ffmpeg
from runner.plan import document, shell
from runner.plan.model import Plan
from runner.report import planned


def _text(plan: Plan, _: Workspace) -> str:
    return "\n".join(planned.text(plan)) + "\n"


def _jsonl(plan: Plan, _: Workspace) -> str:
    return b"".join(document.lines(plan)).decode()


def _script(plan: Plan, workspace: Workspace) -> str:
    return shell.script(plan, find_ffmpeg(None, os.environ), workspace.mounts.folders)


def _markdown(plan: Plan, _: Workspace) -> str:
    return "\n".join(planned.markdown(plan)) + "\n"


FORMATS: dict[str, Callable[[Plan, Workspace], str]] = {
    "text": _text,
    "jsonl": _jsonl,
    "sh": _script,
    "markdown": _markdown,
}


@click.command("plan")
@specs_argument
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), default="text", help="How to write the plan.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout.")
@root_option
def command(specs: tuple[str, ...], form: str, output: Path | None, roots: dict[str, str]) -> int:
    """Show what a run would make. Reads the sources' facts; starts no process and writes nothing else.

    The digest of the plan is printed on stderr.
    """
    workspace = open_workspace(specs, roots)
    plan = plan_of(workspace)
    written = FORMATS[form](plan, workspace)
    if output:
        output.write_text(written, encoding="utf-8")
    else:
        sys.stdout.buffer.write(written.encode())
    print(document.digest(plan), file=sys.stderr)
    return 0
