"""The Cerberus schema at work: what is wrong with each field of a spec for itself."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from cerberus import TypeDefinition, Validator
from cerberus import errors as cerberus_errors

from runner.errors import MOST_PROBLEMS, FieldPath, Problem, problem
from runner.spec.fields import BY_NAME, FIELDS, LEGAL_TEXTS, PROJECT, Field
from runner.spec.source import Plain

# What makes a mapping no JobSpec at all; a wrong value in the right shape is judged later, with all others.
SHAPE = frozenset(("JS007", "JS010", "JS011", "JS012", "JS013", "JS014"))
_WANTED = {
    "string": "text",
    "list": "a list",
    "dict": "a mapping",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "a truth value",
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
        what, unit = ("this text", "characters") if isinstance(error.value, str) else ("this", "entries")
        return problem("JS006", path, what=what, limit=f"{error.constraint} {unit}")
    if code == cerberus_errors.CUSTOM.code:
        return _custom(error, path)
    if code in (cerberus_errors.MIN_VALUE.code, cerberus_errors.MAX_VALUE.code):
        least = code == cerberus_errors.MIN_VALUE.code
        return problem(
            "JS017", path, found=str(error.value), limit=f"{'at least' if least else 'at most'} {error.constraint}"
        )
    if code in (cerberus_errors.MIN_LENGTH.code, cerberus_errors.EMPTY_NOT_ALLOWED.code):
        return problem("JS015", path, help=row.help if row else "give it a value or drop it")
    return problem("JS012", path, kind=kind(error.value), wanted=_wanted(wanted))


class _Strict(Validator):  # type: ignore[misc]
    """Cerberus takes a truth value for a whole number, as Python does."""

    types_mapping = Validator.types_mapping | {"integer": TypeDefinition("integer", (int,), (bool,))}


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
    either: Mapping[str, "_Node"]


# The rules about what a value holds.
_DEEP = frozenset(("items_each", "keysrules", "valuesrules", "schema", "required", "either"))


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
        here=_Strict({"value": {name: rule for name, rule in rules.items() if name not in _DEEP}}),
        of=of,
        keys=_node(rules["keysrules"], of) if "keysrules" in rules else None,
        pieces={name: _node(each, of) for name, each in _pieces(rules).items()},
        fields={name: _node(each, of) for name, each in fields.items()},
        required=tuple(name for name, each in fields.items() if each.get("required")),
        either={name: _node(each, of) for name, each in rules.get("either", {}).items()},
    )


@cache
def _spec_node() -> _Node:
    fields = {row.name: {**row.rules, "required": row.required} for row in FIELDS}
    return _node({"type": "dict", "schema": fields}, "a JobSpec")


@cache
def _project_node() -> _Node:
    return _node({"type": "dict", "schema": PROJECT}, "jobspec.toml")


def _wrong(node: _Node, path: FieldPath, value: Any) -> Iterator[Problem]:
    """Yield what is wrong with a value, or else with what it holds."""
    if not node.here.validate({"value": value}, normalize=False):
        wanted = node.here.schema["value"]["type"]
        yield from [_translated(error, path, wanted) for error in _flat(node.here._errors)]
    elif node.either:
        yield from _wrong(node.either[kind(value)], path, value) if kind(value) in node.either else ()
    elif isinstance(value, Mapping):
        yield from _wrong_pairs(node, path, value)
    elif isinstance(value, list | tuple) and node.pieces:
        for index, piece in enumerate(value):
            below = node.pieces.get(kind(piece), node.pieces["text"])
            yield from _wrong(below, (*path, index), piece)


def _wrong_pairs(node: _Node, path: FieldPath, pairs: Mapping[Any, Any]) -> Iterator[Problem]:
    missing = (name for name in node.required if name not in pairs)
    yield from (problem("JS011", (*path, name), help=_help(name, path)) for name in missing)
    for name, piece in pairs.items():
        here = (*path, name)
        if node.keys:
            yield from _wrong(node.keys, here, name)
        below = node.fields.get(name) or node.pieces.get("text")
        if below:
            yield from _wrong(below, here, piece)
        else:
            yield problem("JS010", here, found=str(name), legal=node.fields, of=node.of)


def _help(name: str, path: FieldPath) -> str:
    return BY_NAME[name].help if not path else f"{path[0]}: {BY_NAME[str(path[0])].help}"


# How plain scalars are read where the schema asks for more than text; anything else stays text, and is told so.
_READ: Mapping[str, Callable[[str], Any]] = {
    "boolean": {"true": True, "false": False}.get,
    "integer": lambda text: int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None,
}


def _typed(node: _Node, value: Any) -> Any:
    """Return a value with its plain scalars read as the truth values and whole numbers that the schema asks for."""
    if node.either:
        below = node.either.get(kind(value))
        return _typed(below, value) if below else value
    if isinstance(value, Plain):
        wanted = node.here.schema["value"]["type"]
        found = _READ[wanted](value) if isinstance(wanted, str) and wanted in _READ else None
        return value if found is None else found
    if isinstance(value, Mapping):
        nodes = {name: node.fields.get(name) or node.pieces.get("text") for name in value}
        return {name: _typed(below, each) if (below := nodes[name]) else each for name, each in value.items()}
    if isinstance(value, list) and node.pieces:
        return [_typed(node.pieces.get(kind(each), node.pieces["text"]), each) for each in value]
    return value


def typed(data: Any) -> Any:
    """Return a spec as read from YAML with truth values and whole numbers where the schema asks for them; pure."""
    return _typed(_spec_node(), data)


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
