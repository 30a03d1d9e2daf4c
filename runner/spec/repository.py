"""The specs of a repository: found, read, judged alone and against each other."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from runner.errors import JobSpecValidationError, Place, Problem, problem
from runner.spec import naming, schema
from runner.spec.bases import DEEPEST, effective, relative_to
from runner.spec.confine import links_out
from runner.spec.cube import Lut
from runner.spec.fields import FIELDS
from runner.spec.judgement import judge
from runner.spec.location import parse_location
from runner.spec.luts import read_luts
from runner.spec.model import JobSpec
from runner.spec.project import Project, read_project
from runner.spec.source import Document
from runner.spec.sources import Entry, From
from runner.spec.templates import is_template_file, read_template
from runner.spec.tree import SPECS, Tree

SUFFIXES = (".yaml", ".yml")
PROFILES = "profiles"
# How deep folders of specs may lie in each other.
MOST_FOLDERS = 32
_FROM = ("from",)


@dataclass(frozen=True, slots=True)
class Reading:
    """One spec file as read: its JobSpec when nothing is wrong, and what was found.

    `template` is the text of its template; `numbers` says of each source which entry of the file it comes from;
    `luts` are the tables that it names.
    """

    file: str
    spec: JobSpec | None
    problems: tuple[Problem, ...]
    document: Document | None = None
    template: str | None = None
    numbers: tuple[int, ...] = ()
    luts: tuple[Lut, ...] = ()


@dataclass(frozen=True, slots=True)
class _Way:
    """How a spec was come to: the specs whose sources are just being gathered, and those that were read by now.

    A circle ends by the first, and by the second none is read twice, however many ways lead to it.
    """

    trail: tuple[str, ...] = ()
    known: dict[str, Reading] = field(default_factory=dict)


def default_job_id(file: str) -> str:
    """Return the job id of a spec that sets none: its path below specs/, "/" as ".", the rest made legal."""
    path = PurePosixPath(file).with_suffix("")
    parts = path.parts[1:] if path.parts[0] == SPECS and len(path.parts) > 1 else path.parts[-1:]
    text = re.sub(r"[^A-Za-z0-9._-]", "-", ".".join(parts))
    return text[:128] if text[:1].isalnum() else f"job{text}"[:128]


def _names(tree: Tree, folder: str) -> tuple[str, ...]:
    try:
        return tree.list(folder)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise JobSpecValidationError(problem("JS001", place=Place(folder), reason=reason)) from None


def find_specs(tree: Tree, folder: str, depth: int = 0) -> Iterator[str]:
    """Yield the spec files below a folder, sorted; folders named profiles hold bases, hidden ones nothing."""
    if depth > MOST_FOLDERS:
        raise JobSpecValidationError(problem("JS210", place=Place(folder), limit=MOST_FOLDERS))
    for name in _names(tree, folder):
        path = f"{folder}/{name}".lstrip("/") if folder not in ("", ".") else name
        if name.startswith("."):
            continue
        if not name.endswith("/") and name.endswith(SUFFIXES):
            yield path
        elif name.endswith("/") and name != f"{PROFILES}/":
            yield from find_specs(tree, path.rstrip("/"), depth + 1)


def _placed(found: Iterable[Problem], document: Document) -> tuple[Problem, ...]:
    """Give every problem its place: that of the key for an unknown field, else of the value or its parent."""
    placed = [each.at(document.place(each.path, key=each.code in ("JS010", "JS014"))) for each in found]
    return tuple(sorted(placed, key=_order))


def _order(found: Problem) -> tuple[bool, int, int]:
    """Sort by place; what counts the problems that are not shown comes after those that are."""
    line, column = (found.place.line, found.place.column) if found.place else (0, 0)
    return found.code == "JS016", line, column


def _forbidden(data: object) -> list[Problem]:
    """Return the fields that the tool fills and no author may set."""
    present = data if isinstance(data, dict) else {}
    return [problem("JS014", (row.name,)) for row in FIELDS if not row.in_yaml and row.name in present]


def read_spec(tree: Tree, file: str, project: Project) -> Reading:
    """Read and judge one spec; touches nothing but the tree. Problems come back, they are not raised.

    Its bases are merged, its template is read, and the sources of other specs stand in the place of their names.
    """
    return _read_spec(tree, file, project, _Way())


def _read_spec(tree: Tree, file: str, project: Project, way: _Way) -> Reading:
    try:
        document = effective(tree, file)
    except JobSpecValidationError as error:
        return Reading(file, None, error.problems)
    data = schema.typed(document.data)
    data = {"job_id": default_job_id(file), **data} if isinstance(data, dict) else data
    template, missing = read_template(data.get("naming_template") if isinstance(data, dict) else None, tree)
    found = [*_forbidden(data), *missing, *judge(data, project, template)]
    if missing:
        found = [each for each in found if each.code != "JS049"]
    if any(each.exit for each in found):
        return Reading(file, None, _placed(found, document), document)
    spec = JobSpec.from_dict(data)
    gathered, wrong = _gathered(tree, spec, document, project, _Way((*way.trail, file), way.known))
    if wrong:
        return Reading(file, None, _placed([*found, *wrong], document), document)
    spec, numbers = replace(spec, sources=tuple(gathered)), tuple(gathered.values())
    luts, wrong = read_luts(spec, tree, numbers)
    if project.confined:
        wrong += links_out(spec.sources, spec.output_directory, tree, numbers)
    if wrong:
        return Reading(file, None, _placed([*found, *wrong], document), document)
    return Reading(file, spec, _placed(found, document), document, template, numbers, luts)


def _gathered(
    tree: Tree, spec: JobSpec, document: Document, project: Project, way: _Way
) -> tuple[dict[Entry, int], list[Problem]]:
    """Return the entries with those of other specs in their place, each with its number in this file, and problems."""
    entries: dict[Entry, int] = {}
    problems: list[Problem] = []
    named: set[Entry] = set()
    for number, entry in enumerate(spec.sources):
        if entry in named:  # a spec named twice gives nothing more
            continue
        if isinstance(entry, From):
            named.add(entry)
            # A base may say it: the other spec is named from the file on in which it is named.
            others, wrong = _others(tree, entry, document.place(("sources", number)).file, project, way)
            problems += [each.within(("sources", number)) for each in wrong]
            entries |= {other: number for other in others if other not in entries}
        else:
            entries.setdefault(entry, number)
    return entries, problems


def _others(tree: Tree, entry: From, file: str, project: Project, way: _Way) -> tuple[tuple[Entry, ...], list[Problem]]:
    """Return the entries of the spec that a `from` names, gathered themselves."""
    path = relative_to(file, entry.spec if entry.spec.endswith(SUFFIXES) else f"{entry.spec}.yaml")
    if path in way.trail:
        return (), [problem("JS037", _FROM, found=entry.spec, chain=" → ".join((*way.trail, path)))]
    if len(way.trail) > DEEPEST:
        reason = f"more than {DEEPEST} specs take their sources each from the next"
        return (), [problem("JS038", _FROM, found=entry.spec, reason=reason)]
    if path and path not in way.known:
        way.known[path] = _read_spec(tree, path, project, way)
    return _taken(entry, way.known[path] if path else None)


def _taken(entry: From, reading: Reading | None) -> tuple[tuple[Entry, ...], list[Problem]]:
    """Return the entries of another spec as read, or why there are none: a circle is told as such, however long."""
    if reading is None or any(each.code == "JS001" for each in reading.problems):
        return (), [problem("JS036", _FROM, found=entry.spec)]
    if reading.spec is not None:
        return reading.spec.sources, []
    for each in reading.problems:
        if each.path[-1:] == _FROM and each.code in ("JS037", "JS038"):
            return (), [replace(each, path=_FROM, found=entry.spec, place=None)]
    reason = "it has problems of its own; check it first"
    return (), [problem("JS038", _FROM, found=entry.spec, reason=reason)]


def same_job_ids(readings: Iterable[Reading]) -> list[Problem]:
    """Return a problem for each spec whose job id an earlier one has."""
    first: dict[str, str] = {}
    found = []
    for reading in readings:
        if reading.spec is None or reading.document is None:
            continue
        other = first.setdefault(reading.spec.job_id, reading.file)
        if other != reading.file:
            place = reading.document.place(("job_id",))
            found.append(problem("JS033", ("job_id",), found=reading.spec.job_id, other=other, place=place))
    return found


def resolved(reading: Reading) -> JobSpec:
    """Return the spec of a fine reading with its template inlined."""
    assert reading.spec is not None
    if not is_template_file(reading.spec.naming_template) or reading.template is None:
        return reading.spec
    data = {**reading.spec.to_dict(), "naming_template": reading.template}
    return JobSpec.from_dict(data)


def read_specs(tree: Tree, files: Iterable[str]) -> tuple[Reading, ...]:
    """Read and judge specs, each alone. Raises JobSpecValidationError when jobspec.toml is wrong."""
    project = read_project(tree)
    return tuple(read_spec(tree, file, project) for file in files)


def _placed_names(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield (source, output place) of a spec as far as names can be judged without facts."""
    if reading.spec is None or any(each.code == "JS049" for each in reading.problems):
        return
    spec = resolved(reading)
    template = naming.parse_template(spec.naming_template, frozenset(spec.own_tokens))
    directory = parse_location(spec.output_directory)
    data = spec.to_dict()
    for index, clip in enumerate(spec.clips):
        name = naming.output_name(template, naming.spec_tokens(data, clip, index), clip.path)
        yield f"{clip.path} in {_spot(reading, index)}", str(directory / name)


def _spot(reading: Reading, index: int) -> str:
    """Return file and line of a source, which may stand in a base; of a JobSpec saved as JSON the file alone."""
    if reading.document is None:
        return reading.file
    place = reading.document.place(("sources", reading.numbers[index]))
    return f"{place.file}:{place.line}"


def same_outputs(readings: Iterable[Reading]) -> list[Problem]:
    """Return a problem for each output whose place an output of an earlier spec has, named with both specs."""
    first: dict[str, tuple[str, str]] = {}
    found = []
    for reading in readings:
        for source, place in _placed_names(reading):
            other = first.setdefault(naming.same_place(place), (reading.file, source))
            if other[0] != reading.file and reading.document:
                where = reading.document.place(naming.FIELD)
                found.append(problem("JS045", naming.FIELD, found=place, source=source, other=other[1], place=where))
    return found
