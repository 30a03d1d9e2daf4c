"""`jobspec plan`: what a run would do, as text, JSON Lines, a script or Markdown."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from runner.cli.choosing import changed_since, chosen, narrowed, only_option
from runner.cli.confined import root_option
from runner.cli.output import write
from runner.cli.wishes import share_option
from runner.cli.workspace import Workspace, open_workspace, plan_of, specs_argument
from runner.execution.auxiliary import font_path
from runner.media.toolchain import find_ffmpeg
from runner.plan import document, shell
from runner.plan.model import Plan
from runner.plan.share import apart
from runner.report import planned


def _text(plan: Plan, _: Workspace) -> str:
    return "\n".join(planned.text(plan)) + "\n"


def _script(plan: Plan, workspace: Workspace) -> str:
    fonts = [font_path(font) for font in shell.fonts_of(plan)]
    return shell.script(plan, find_ffmpeg(None, os.environ), workspace.mounts.folders, *fonts)


def _markdown(plan: Plan, _: Workspace) -> str:
    return "\n".join(planned.markdown(plan)) + "\n"


JSONL = "jsonl"
FORMATS: dict[str, Callable[[Plan, Workspace], str]] = {"text": _text, "sh": _script, "markdown": _markdown}


_BY_SUFFIX = {".jsonl": JSONL, ".sh": "sh", ".md": "markdown"}


def _form(form: str | None, output: Path | None) -> str:
    return form or _BY_SUFFIX.get(output.suffix if output else "", "text")


def _narrow(plan: Plan, top: Path, form: str, since: str | None, patterns: tuple[str, ...]) -> Plan:
    if since is None and not patterns:
        return plan
    if form == JSONL:
        raise click.UsageError("a saved plan is whole: --since and --only go with the other formats")
    places = chosen(plan, patterns)
    return narrowed(plan, places & changed_since(since, plan, top) if since is not None else places)


@click.command("plan")
@specs_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", JSONL, "sh", "markdown")),
    help="How to write the plan; by -o's suffix, or text.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout.")
@click.option("--locked", is_flag=True, help="Probe nothing: refuse specs that have no lock.")
@click.option("--since", metavar="REV", help="Only outputs whose key or place differs from REV's, at the merge base.")
@only_option
@share_option
@root_option
def command(
    specs: tuple[str, ...],
    form: str | None,
    output: Path | None,
    locked: bool,
    since: str | None,
    patterns: tuple[str, ...],
    share: bool,
    roots: dict[str, str],
) -> int:
    """Show what a run would make. Probes only what no lock covers; starts no process and writes nothing else.

    The digest of the plan is printed on stderr. A plan saved with -o plan.jsonl can be run another day.
    """
    workspace, form = open_workspace(specs, roots), _form(form, output)
    plan = plan_of(workspace, locked=locked)
    plan = _narrow(plan if share else apart(plan), workspace.top, form, since, patterns)
    written = document.Written(plan)
    write(written if form == JSONL else FORMATS[form](plan, workspace), output)
    print(written.digest if form == JSONL else document.digest(plan), file=sys.stderr)
    return 0
