"""The Cerberus schema: one row a field, from which checks, messages and the JSON Schema all come."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from cerberus import Validator
from cerberus import errors as cerberus_errors

from runner.errors import FieldPath, Problem, problem
from runner.spec import codecs, resolution
from runner.spec.location import parse_location
from runner.spec.rates import parse_rate

VERSION = "2.0"
MOST_PROBLEMS = 100


@dataclass(frozen=True)
class Check:
    """A legality test of one text: `accepts` raises ValueError, whose problem then has `code`."""

    code: str
    accepts: Callable[[str], object]
    json: tuple[tuple[str, str], ...] = ()

    def __call__(self, field: str, value: object, error: Callable[[str, str], None]) -> None:
        """Answer Cerberus' check_with; nothing (a nullable field) is nothing wrong."""
        if value is None:
            return
        try:
            self.accepts(str(value))
        except ValueError as refused:
            error(field, f"{self.code} {refused}")


def _pattern(pattern: str, reason: str = "") -> Callable[[str], object]:
    anchored = re.compile(pattern)

    def accepts(text: str) -> None:
        if not anchored.fullmatch(text):
            raise ValueError(reason)

    return accepts


_JOB_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_TOKEN = r"[a-z][a-z0-9_]{0,63}"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})"


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 time with seconds and zone. Raises ValueError."""
    if not re.fullmatch(_TIME, text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


def _place(text: str) -> None:
    if text:  # of an empty one minlength speaks
        parse_location(text)


PLACE = Check("JS027", _place)

_PATTERN = {"type": "string", "minlength": 1, "maxlength": 512}
# What an entry of `sources` may say when it is a mapping; judgement sees to it that it is one thing only.
_ENTRY: Mapping[str, Mapping[str, Any]] = {
    "path": {"type": "string", "minlength": 1, "check_with": PLACE},
    "glob": {**_PATTERN, "check_with": PLACE},
    "from": {"type": "string", "minlength": 1},
    "exclude": {"type": "list", "schema": _PATTERN},
    "on_unusable": {"type": "string", "allowed": ["error", "skip"]},
}


@dataclass(frozen=True)
class Field:
    """One field of a spec: Cerberus' rules, the code of an illegal value, and words for people."""

    name: str
    help: str
    example: Any
    rules: Mapping[str, Any] = field(default_factory=dict)
    code: str = "JS012"
    required: bool = False
    in_yaml: bool = True


# In the order of the contract, which is also that of `JobSpec.to_json`; later fields follow.
FIELDS = (
    Field(
        "jobspec_version",
        f'the version of this format, "{VERSION}"',
        VERSION,
        {"type": "string", "allowed": [VERSION]},
        "JS013",
        required=True,
    ),
    Field(
        "job_id",
        "the name of the job; by default made from the spec's path",
        "day03",
        {"type": "string", "check_with": Check("JS026", _pattern(_JOB_ID), (("pattern", f"^{_JOB_ID}$"),))},
    ),
    Field(
        "sources",
        "the input files, each root:path, absolute, relative to the repository; or a mapping with glob or from",
        ["media:day03/A001C001.mov"],
        {
            "type": "list",
            "minlength": 1,
            "items_each": {
                "text": {"type": ["string", "dict"], "minlength": 1, "check_with": PLACE},
                "a mapping": {"type": "dict", "schema": _ENTRY},
            },
        },
        required=True,
    ),
    Field(
        "output_directory",
        "the folder for the outputs, root:path, absolute, or relative to the repository",
        "proxies:day03",
        {"type": "string", "minlength": 1, "check_with": PLACE},
        required=True,
    ),
    Field(
        "codec",
        "what the picture is encoded with",
        "prores_proxy",
        {"type": "string", "allowed": [*codecs.CODECS, *codecs.ALIASES]},
        "JS020",
        required=True,
    ),
    Field(
        "container",
        "the file format",
        "mov",
        {"type": "string", "allowed": [*codecs.CONTAINERS]},
        "JS022",
        required=True,
    ),
    Field(
        "resolution",
        "same, half, quarter, or a box such as 1280x720 to fit into; never upscaled",
        "half",
        {
            "type": "string",
            "check_with": Check(
                "JS021",
                resolution.parse_resolution,
                (("pattern", "^(same|half|quarter|[1-9][0-9]{1,4}x[1-9][0-9]{1,4})$"),),
            ),
        },
        required=True,
    ),
    Field(
        "fps_mode",
        "same-as-source keeps every frame, explicit resamples to fps_explicit",
        "same-as-source",
        {"type": "string", "allowed": ["same-as-source", "explicit"]},
        "JS023",
        required=True,
    ),
    Field(
        "fps_explicit",
        'frames a second, exactly when fps_mode is explicit; "23.976" means 24000/1001',
        "24000/1001",
        {"type": ["string", "number"], "nullable": True, "check_with": Check("JS024", parse_rate)},
    ),
    Field(
        "naming_template",
        "a file in templates/ that ends in .j2, or the template itself",
        "{{ source_name }}",
        {"type": "string", "minlength": 1},
        required=True,
    ),
    Field(
        "resolved_tokens",
        "the values that the naming tokens have for each source, filled in by the tool",
        {"media:day03/A001C001.mov": {"source_name": "A001C001"}},
        {
            "type": "dict",
            "keysrules": {"type": "string"},
            "valuesrules": {"type": "dict", "keysrules": {"type": "string"}, "valuesrules": {"type": "string"}},
        },
        in_yaml=False,
    ),
    Field(
        "created_at",
        "the only clock a name may read",
        "2026-11-23T08:00:00Z",
        {
            "type": "string",
            "nullable": True,
            "check_with": Check("JS025", parse_time, (("pattern", f"^{_TIME}$"),)),
        },
    ),
    Field(
        "tokens",
        "your own naming tokens, used as tokens.NAME",
        {"show": "harbour"},
        {
            "type": "dict",
            "keysrules": {
                "type": "string",
                "check_with": Check("JS028", _pattern(_TOKEN), (("pattern", f"^{_TOKEN}$"),)),
            },
            "valuesrules": {"type": "string"},
        },
    ),
)
# Said in a spec file only: by the time a JobSpec stands, its bases are merged.
EXTENDS = Field("extends", "one base, a spec of its own or a part of one, relative to this file", "profiles/house.yaml")
BY_NAME = {row.name: row for row in FIELDS}
LEGAL_TEXTS = {"JS021": resolution.LEGAL, "JS013": (VERSION,)}
# What makes a mapping no JobSpec at all; a wrong value in the right shape is judged later, with all others.
SHAPE = frozenset(("JS007", "JS010", "JS011", "JS012", "JS013", "JS014"))
_WANTED = {
    "string": "text",
    "list": "a list",
    "dict": "a mapping",
    "number": "a number",
    "boolean": "a truth value",
}
_ROOT = "a root has two or more of A-Z a-z 0-9 _ - and begins with a letter"
_PROJECT = {
    "roots": {
        "type": "dict",
        "keysrules": {"type": "string", "check_with": Check("JS027", _pattern("[A-Za-z][A-Za-z0-9_-]+", _ROOT))},
        "valuesrules": {
            "type": ["string", "dict"],
            "schema": {"description": {"type": "string"}, "read_only": {"type": "boolean"}},
        },
    },
    "toolchain": {"type": "dict", "schema": {"ffmpeg": {"type": "string"}}},
    "state_directory": {"type": "string", "minlength": 1, "check_with": PLACE},
}


def kind(value: object) -> str:
    """Return what a value is, in an author's words."""
    if isinstance(value, str):
        return "text" if value else "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    names = {list: "a list", tuple: "a list", bool: "a truth value", type(None): "nothing"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)


def _flat(found: list[Any]) -> Iterator[Any]:
    """Yield the errors at the bottom of Cerberus' tree: the ones above only say that something is below."""
    for error in found:
        if error.child_errors:
            yield from _flat(error.child_errors)
        else:
            yield error


def _wanted(constraint: object) -> str:
    types = constraint if isinstance(constraint, list | tuple) else [constraint]
    return " or ".join(_WANTED.get(str(each), str(each)) for each in types)


def _custom(error: Any, path: FieldPath) -> Problem:
    code, _, reason = error.info[0].partition(" ")
    return problem(code, path, found=str(error.value), legal=LEGAL_TEXTS.get(code, ()), reason=reason)


def _row(path: FieldPath) -> Field | None:
    return BY_NAME.get(str(path[0])) if path else None


def _translated(error: Any, path: FieldPath, wanted: object) -> Problem:
    """Return Cerberus' error about the value at `path`, whose type should be `wanted`, as a Problem."""
    row, code = _row(path), error.code
    if code == cerberus_errors.UNALLOWED_VALUE.code:
        own = row.code if row and len(path) == 1 else "JS029"
        return problem(own, path, found=str(error.value), legal=error.constraint)
    if code == cerberus_errors.MAX_LENGTH.code:
        return problem("JS006", path, what="this text", limit=f"{error.constraint} characters")
    if code == cerberus_errors.CUSTOM.code:
        return _custom(error, path)
    if code in (cerberus_errors.MIN_LENGTH.code, cerberus_errors.EMPTY_NOT_ALLOWED.code):
        return problem("JS015", path, help=row.help if row else "give it a value or drop it")
    return problem("JS012", path, kind=kind(error.value), wanted=_wanted(wanted))


@dataclass(frozen=True, slots=True)
class _Node:
    """The rules of one value for itself, and the nodes of what it holds.

    Cerberus is given one value at a time: for many wrong ones at once it takes quadratic time.
    """

    here: Validator
    of: str
    keys: "_Node | None"
    pieces: Mapping[str, "_Node"]
    fields: Mapping[str, "_Node"]
    required: tuple[str, ...]


# The rules about what a value holds.
_DEEP = frozenset(("items_each", "keysrules", "valuesrules", "schema", "required"))


def _pieces(rules: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the rules of the items of a list or the values of a mapping, by kind; "text" is for all others."""
    if "items_each" in rules:
        found: Mapping[str, Mapping[str, Any]] = rules["items_each"]
        return found
    one = rules.get("valuesrules") or (rules.get("schema") if rules["type"] == "list" else None)
    return {"text": one} if one else {}


def _node(rules: Mapping[str, Any], of: str) -> _Node:
    fields = rules.get("schema", {}) if rules["type"] != "list" else {}
    return _Node(
        here=Validator({"value": {name: rule for name, rule in rules.items() if name not in _DEEP}}),
        of=of,
        keys=_node(rules["keysrules"], of) if "keysrules" in rules else None,
        pieces={name: _node(each, of) for name, each in _pieces(rules).items()},
        fields={name: _node(each, of) for name, each in fields.items()},
        required=tuple(name for name, each in fields.items() if each.get("required")),
    )


@cache
def _spec_node() -> _Node:
    fields = {row.name: {**row.rules, "required": row.required} for row in FIELDS}
    return _node({"type": "dict", "schema": fields}, "a JobSpec")


@cache
def _project_node() -> _Node:
    return _node({"type": "dict", "schema": _PROJECT}, "jobspec.toml")


def _wrong(node: _Node, path: FieldPath, value: Any) -> Iterator[Problem]:
    """Yield what is wrong with a value, or else with what it holds."""
    if not node.here.validate({"value": value}, normalize=False):
        wanted = node.here.schema["value"]["type"]
        yield from [_translated(error, path, wanted) for error in _flat(node.here._errors)]
    elif isinstance(value, Mapping):
        yield from _wrong_pairs(node, path, value)
    elif isinstance(value, list | tuple) and node.pieces:
        for index, piece in enumerate(value):
            below = node.pieces.get(kind(piece), node.pieces["text"])
            yield from _wrong(below, (*path, index), piece)


def _wrong_pairs(node: _Node, path: FieldPath, pairs: Mapping[Any, Any]) -> Iterator[Problem]:
    missing = (BY_NAME[name] for name in node.required if name not in pairs)
    yield from (problem("JS011", (*path, row.name), help=row.help) for row in missing)
    for name, piece in pairs.items():
        here = (*path, name)
        if node.keys:
            yield from _wrong(node.keys, here, name)
        below = node.fields.get(name) or node.pieces.get("text")
        if below:
            yield from _wrong(below, here, piece)
        else:
            yield problem("JS010", here, found=str(name), legal=node.fields, of=node.of)


def capped(problems: Iterator[Problem]) -> list[Problem]:
    """Return the first hundred problems, and one that counts the rest."""
    shown = list(islice(problems, MOST_PROBLEMS))
    rest = sum(1 for _ in problems)
    return [*shown, problem("JS016", count=rest)] if rest else shown


def wrong_fields(data: object) -> Iterator[Problem]:
    """Yield everything that is wrong with each field of a spec for itself; pure."""
    if isinstance(data, Mapping):
        yield from _wrong(_spec_node(), (), data)
    else:
        yield problem("JS007", kind=kind(data))


def check_project(data: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with a jobspec.toml."""
    return capped(_wrong(_project_node(), (), data))
