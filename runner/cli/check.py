"""`jobspec check`: everything that can be known without media."""

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import click

from runner.cli.confined import confined_option
from runner.cli.output import write
from runner.cli.workspace import open_workspace, specs_argument
from runner.errors import MOST_LEGAL, Exit, JobspecError, Problem, errors, spoken, worst
from runner.review import Checked, ascii_json, is_note
from runner.spec.tree import repository_of

TEXT = "text"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _summary(checked: Checked) -> str:
    wrong = len(errors(checked.problems))
    told = _counted(wrong, "problem") if wrong else "no problems"
    notes = _counted(len(checked.problems) - wrong, "note")
    return f"{_counted(len(checked.files), 'spec')}: {told}, {notes}\n"


def _text(checked: Checked) -> str:
    return "".join(f"{each}\n" for each in checked.problems) + _summary(checked)


def _plain(found: Problem) -> dict[str, object]:
    place = found.place
    return {
        "code": found.code,
        "level": "note" if is_note(found) else "error",
        "exit": int(found.exit),
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "path": spoken(found.path),
        "message": found.message,
        "found": found.found,
        "legal": list(found.legal[:MOST_LEGAL]),
        "nearest": found.nearest,
    }


def _json(checked: Checked) -> str:
    return ascii_json({"files": list(checked.files), "problems": [_plain(each) for each in checked.problems]})


def _of(module: str) -> Callable[[Checked], str]:
    """Return the writer of a module of the review, which is imported only when something is written."""

    def write(checked: Checked) -> str:
        written: str = import_module(f"runner.review.{module}").write(checked)
        return written

    return write


FORMATS: dict[str, Callable[[Checked], str]] = {
    TEXT: _text,
    "github": _of("annotations"),
    "sarif": _of("sarif"),
    "junit": _of("junit"),
    "json": _json,
}


def _checkout(top: Path) -> Path:
    """Return the top of the git repository around `top`: that is where a place of review names files from."""
    return next((folder for folder in (top, *top.parents) if (folder / ".git").exists()), top)


def _named(files: Iterable[str], problems: Iterable[Problem], folder: Path, top: Path) -> Checked:
    """Return what was found with every file, so far relative to `folder`, named from `top` on."""

    def name(file: str) -> str:
        return os.path.relpath(folder / file, top).replace(os.sep, "/")

    placed = (
        replace(each, place=replace(each.place, file=name(each.place.file))) if each.place else each
        for each in problems
    )
    return Checked(files=tuple(map(name, files)), problems=tuple(placed))


def _checked(specs: tuple[str, ...], form: str) -> Checked:
    """Check specs. What keeps all of them from being read is raised in text, and a problem like any other elsewhere."""
    here = Path.cwd()
    try:
        workspace = open_workspace(specs, {})
    except JobspecError as error:
        if form == TEXT:
            raise
        top = repository_of(Path(specs[0]) if specs else here)
        return _named((), error.problems, top, _checkout(top))
    files = [os.path.relpath(workspace.top / each.file) for each in workspace.readings]
    return _named(files, workspace.problems(), here, here if form == TEXT else _checkout(workspace.top))


@click.command("check")
@specs_argument
@confined_option
@click.option("--format", "form", type=click.Choice(tuple(FORMATS)), default=TEXT, help="How to write what was found.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of stdout.")
def command(specs: tuple[str, ...], form: str, output: Path | None) -> int:
    """Check specs: schema, codecs, rates, roots, names, collisions. Needs no media.

    SPEC is a file or a folder; none means specs/. github writes annotations, sarif is for code scanning, junit for
    GitLab and Jenkins, json for programs; all of them name files from the top of the repository.
    """
    checked = _checked(specs, form)
    written = FORMATS[form](checked)
    write(written, output)
    if output or form != TEXT:
        print(_summary(checked), end="", file=sys.stderr)
    return worst([Exit.OK, *(each.exit for each in errors(checked.problems))])
