"""The Cerberus schema: one row a field, from which checks, messages and the JSON Schema all come."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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


def _pattern(pattern: str) -> Callable[[str], object]:
    anchored = re.compile(pattern)

    def accepts(text: str) -> None:
        if not anchored.fullmatch(text):
            raise ValueError(text)

    return accepts


_JOB_ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_TOKEN = r"[a-z][a-z0-9_]{0,63}"
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})"


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 time with seconds and zone. Raises ValueError."""
    if not re.fullmatch(_TIME, text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


PLACE = Check("JS027", parse_location)


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

    @property
    def schema(self) -> dict[str, Any]:
        """The row as Cerberus reads it; the items of a list are validated apart, one by one."""
        rules = {name: rule for name, rule in self.rules.items() if name != "items_each"}
        return {**rules, "required": self.required}


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
_SCHEMA = {row.name: row.schema for row in FIELDS}
# What makes a mapping no JobSpec at all; a wrong value in the right shape is judged later, with all others.
SHAPE = frozenset(("JS007", "JS010", "JS011", "JS012", "JS013", "JS014"))
_WANTED = {"string": "text", "list": "a list", "dict": "a mapping", "number": "a number"}
_PROJECT = {
    "roots": {
        "type": "dict",
        "keysrules": {"type": "string", "check_with": Check("JS027", _pattern("[A-Za-z][A-Za-z0-9_-]+"))},
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
        return "text"
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


def _translated(error: Any, legal: Mapping[str, Any]) -> Problem:
    """Return Cerberus' error as a Problem."""
    path: FieldPath = tuple(error.document_path)
    row, code = _row(path), error.code
    if code == cerberus_errors.UNKNOWN_FIELD.code:
        return problem("JS010", path, found=str(path[-1]), legal=legal)
    if code == cerberus_errors.REQUIRED_FIELD.code:
        return problem("JS011", path, help=row.help if row else "")
    if code == cerberus_errors.UNALLOWED_VALUE.code:
        own = row.code if row and len(path) == 1 else "JS029"
        return problem(own, path, found=str(error.value), legal=error.constraint)
    if code == cerberus_errors.MAX_LENGTH.code:
        return problem("JS006", path, what="this text", limit=f"{error.constraint} characters")
    if code == cerberus_errors.CUSTOM.code:
        return _custom(error, path)
    if code in (cerberus_errors.MIN_LENGTH.code, cerberus_errors.EMPTY_NOT_ALLOWED.code):
        return problem("JS015", path, help=row.help if row else "give it a value or drop it")
    return problem("JS012", path, kind=kind(error.value), wanted=_wanted(error.constraint))


def _validated(data: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Problem]:
    validator = Validator(schema, purge_unknown=False)
    validator.validate(data, normalize=False)
    return [_translated(error, schema) for error in _flat(validator._errors)]


def _items(row: Field, items: list[Any]) -> Iterator[Problem]:
    """Validate the items of a list one by one: Cerberus takes quadratic time for many wrong ones at once."""
    validators = {name: Validator({row.name: rules}) for name, rules in row.rules["items_each"].items()}
    for index, item in enumerate(items):
        validator = validators.get(kind(item), validators["text"])
        if not validator.validate({row.name: item}, normalize=False):
            for error in _flat(validator._errors):
                error.document_path = (row.name, index, *error.document_path[1:])
                yield _translated(error, _ENTRY)


def capped(problems: Iterator[Problem]) -> list[Problem]:
    """Return the first hundred problems, and one that counts the rest."""
    shown = list(islice(problems, MOST_PROBLEMS))
    rest = sum(1 for _ in problems)
    return [*shown, problem("JS016", count=rest)] if rest else shown


def _all(data: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _validated(data, _SCHEMA)
    for row in FIELDS:
        items = data.get(row.name)
        if "items_each" in row.rules and isinstance(items, list | tuple):
            yield from _items(row, list(items))


def check_fields(data: object) -> list[Problem]:
    """Return what is wrong with each field of a spec for itself; pure. At most a hundred, the rest counted."""
    if not isinstance(data, Mapping):
        return [problem("JS007", kind=kind(data))]
    return capped(_all(data))


def check_project(data: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with a jobspec.toml."""
    return _validated(data, _PROJECT)
