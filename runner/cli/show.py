"""`jobspec show`: the effective spec and where each value came from; or a saved plan."""

import os
import sys
from collections.abc import Iterator
from typing import Any

import click

from runner.cli.arguments import is_plan
from runner.cli.confined import root_option
from runner.cli.saved import load, planned
from runner.cli.workspace import Workspace, open_workspace
from runner.errors import JobspecError, errors, problem
from runner.media.lock import lock_of
from runner.plan import document
from runner.plan.expansion import Expanded
from runner.report import planned as told
from runner.report.tables import show_table
from runner.spec.repository import Reading
from runner.spec.tree import PROJECT_FILE
from runner.text import harmless

_DEFAULT = "default"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_shown(each)}" for name, each in value.items())
    return ", ".join(map(_shown, value)) if isinstance(value, list) else str(value)


def _rows(spec: Expanded, workspace: Workspace) -> Iterator[tuple[str, str, str]]:
    """Yield every value of a spec with its origin: file and line, default, or the project file."""
    reading = spec.reading
    assert reading.spec is not None and reading.document is not None
    document, data = reading.document, reading.spec.to_dict()
    for field, value in data.items():
        if field in document.data and field != "sources":
            place = document.place((field,))
            yield field, _shown(value), f"{os.path.relpath(workspace.top / place.file)}:{place.line}"
        elif field != "sources" and value not in (None, {}):
            yield field, _shown(value), _DEFAULT
    yield from _sources(reading, data["sources"], workspace)
    yield from _declared(spec, workspace)
    if workspace.project.state_directory:
        yield "state_directory", workspace.project.state_directory, PROJECT_FILE


def _sources(reading: Reading, sources: list[Any], workspace: Workspace) -> Iterator[tuple[str, str, str]]:
    assert reading.document is not None
    for index, (number, source) in enumerate(zip(reading.numbers, sources, strict=True)):
        place = reading.document.place(("sources", number))
        yield f"sources[{index}]", _shown(source), f"{os.path.relpath(workspace.top / place.file)}:{place.line}"


def _declared(spec: Expanded, workspace: Workspace) -> Iterator[tuple[str, str, str]]:
    """Yield what plans are made for: as the lock says, else the project file, else this version of jobspec."""
    if spec.lock:
        header, origin = spec.lock.header, os.path.relpath(workspace.top / lock_of(spec.reading.file))
        yield "toolchain", f"FFmpeg {header.toolchain}", origin
        yield "recipes", str(header.recipes), origin
        return
    project = workspace.project
    yield "toolchain", f"FFmpeg {workspace.toolchain}", _DEFAULT if project.ffmpeg is None else PROJECT_FILE
    yield "recipes", str(workspace.number), _DEFAULT if project.recipes is None else PROJECT_FILE


def _shown_plan(path: str) -> str:
    """Return a saved plan for people. Raises JobspecError for what is none."""
    try:
        return "\n".join(told.text(load(path, document.read)))
    except (LookupError, TypeError, ValueError, ArithmeticError) as error:
        raise JobspecError(problem("JS121", reason=str(error))) from None


def _show_plan(path: str, roots: dict[str, str]) -> None:
    """Print a saved plan, whatever became of its specs, and warn when it is not what they give any more."""
    print(_shown_plan(path))
    try:
        planned([path], roots)
    except JobspecError as error:
        for each in error.problems:
            print(f"warning: {each}", file=sys.stderr)


@click.command("show")
@click.argument("spec", metavar="SPEC|PLAN.jsonl", type=click.Path(exists=True))
@root_option
def command(spec: str, roots: dict[str, str]) -> int:
    """Show a spec with its bases merged, and where each value comes from; or a saved plan."""
    if is_plan(spec):
        _show_plan(spec, roots)
        return 0
    workspace = open_workspace([spec], roots)
    if wrong := [each for reading in workspace.readings for each in errors(reading.problems)]:
        raise JobspecError([workspace.shown(each) for each in wrong])
    for each in workspace.specs:
        print(f"{harmless(os.path.relpath(workspace.top / each.reading.file))}")
        show_table(("field", "value", "from"), list(_rows(each, workspace)))
    return 0
