"""jobspec.toml, and this machine's mounts of the roots it declares."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.errors import JobSpecValidationError, Place, Problem, problem
from runner.spec.location import REPOSITORY, Location, Mounts, variable
from runner.spec.tree import PROJECT_FILE, Tree

MOST_PROJECT_BYTES = 1 << 16
# A key such as a.a.a… stands in one line, and what reading it costs grows with the square of its length.
LONGEST_LINE = 1024


@dataclass(frozen=True, slots=True)
class Root:
    """A declared root. `read_only` ones (camera cards) can never hold outputs."""

    name: str
    description: str = ""
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """What jobspec.toml declares; all of it is the same on every machine. `state_line` is where the folder stands.

    `confined` forbids absolute places, `confined_to`, which the command line alone says, all roots but these.
    """

    roots: tuple[Root, ...] = ()
    ffmpeg: str | None = None
    recipes: int | None = None
    state_directory: str | None = None
    state_line: int = field(default=0, compare=False)
    confined: bool = False
    confined_to: tuple[str, ...] = ()

    def root(self, name: str) -> Root | None:
        """Return the declared root of that name; the repository itself always is one."""
        return next((root for root in (*self.roots, Root(REPOSITORY)) if root.name == name), None)


def user_configuration(environ: Mapping[str, str]) -> Path:
    """Return where a user's own mounts may stand, by the XDG base directory specification."""
    home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "/")) / ".config")
    return Path(home) / "jobspec" / "config.toml"


def _configured(path: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("roots", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
    return {name: folder for name, folder in table.items() if isinstance(folder, str)}


def mounts_here(
    repository: Path | None, roots: Iterable[str], options: Mapping[str, str], environ: Mapping[str, str]
) -> Mounts:
    """Return this machine's mounts: --root before the environment before the user's configuration file.

    A spec that is in no repository (None) has its relative places only when one of these mounts the root "repo".
    """
    configured = _configured(user_configuration(environ))
    folders = {REPOSITORY: repository} if repository else {}
    for root in {*roots, *options, REPOSITORY}:
        folder = options.get(root) or environ.get(variable(root)) or configured.get(root)
        if folder:
            folders[root] = Path(os.path.abspath(folder))
    return Mounts(folders)


def _line_of(text: str, path: tuple[str | int, ...]) -> int:
    """Return the line in which the last named key of `path` stands: TOML's reader gives no positions."""
    names = [step for step in path if isinstance(step, str)]
    for name in reversed(names):
        pattern = re.compile(rf'^[ \t]*+\[?"?{re.escape(name)}"?[ \t]*+(=|\])', re.MULTILINE)
        if found := pattern.search(text):
            return text.count("\n", 0, found.start() + len(found[0]) - len(found[0].lstrip())) + 1
    return 1


def _not_toml(reason: object, place: Place) -> JobSpecValidationError:
    return JobSpecValidationError(problem("JS052", place=place, reason=f"not TOML: {reason}"))


def _toml(text: str) -> dict[str, Any]:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > LONGEST_LINE:
            raise _not_toml(f"a line of more than {LONGEST_LINE} characters", Place(PROJECT_FILE, number))
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise _not_toml("nested too deep", Place(PROJECT_FILE)) from None
    except ValueError as error:  # TOML's own, and a number of thousands of digits
        where = re.search(r"line (\d+), column (\d+)", str(error))
        place = Place(PROJECT_FILE, *map(int, where.groups())) if where else Place(PROJECT_FILE)
        raise _not_toml(error, place) from None


def _root(name: str, entry: Any) -> Root:
    if isinstance(entry, str):
        return Root(name, entry)
    return Root(name, entry.get("description", ""), entry.get("read_only", False))


def _project_text(tree: Tree) -> str:
    data = tree.read(PROJECT_FILE, MOST_PROJECT_BYTES)
    if len(data) > MOST_PROJECT_BYTES:
        raise OSError(f"it has more than {MOST_PROJECT_BYTES} bytes")
    return data.decode()


def read_project(tree: Tree) -> Project:
    """Read jobspec.toml; a repository without one declares nothing. Raises JobSpecValidationError."""
    try:
        text = _project_text(tree)
    except FileNotFoundError:
        return Project()
    except (OSError, UnicodeDecodeError) as error:
        raise JobSpecValidationError(problem("JS001", place=Place(PROJECT_FILE), reason=str(error))) from None
    from runner.spec.schema import check_project  # Cerberus takes its time, and a cluster's tasks read no project

    data = _toml(text)
    problems = [each.at(Place(PROJECT_FILE, _line_of(text, each.path))) for each in check_project(data)]
    if problems:
        raise JobSpecValidationError(problems)
    roots = tuple(_root(name, entry) for name, entry in sorted(data.get("roots", {}).items()))
    state = data.get("state_directory")
    line = _line_of(text, ("state_directory",)) if state else 0
    toolchain = data.get("toolchain", {})
    return Project(
        roots=roots,
        ffmpeg=toolchain.get("ffmpeg"),
        recipes=toolchain.get("recipes"),
        state_directory=state,
        state_line=line,
        confined=data.get("confined", False),
    )


def undeclared(location: Location, project: Project) -> Problem | None:
    """Return the problem of a place whose root jobspec.toml does not declare, if so."""
    if location.root is None or project.root(location.root):
        return None
    return problem("JS050", found=location.root, legal=[root.name for root in project.roots])
