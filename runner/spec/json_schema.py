"""The JSON Schema of a spec, generated from the rows of the Cerberus schema."""

from collections.abc import Callable, Mapping
from typing import Any

from runner.spec.fields import EXTENDS, FIELDS, Check, Field

_TYPES = {each: each for each in ("string", "number", "integer", "boolean")} | {"list": "array", "dict": "object"}


def _type(value: Any, rules: Mapping[str, Any]) -> dict[str, Any]:
    names = [_TYPES[each] for each in (value if isinstance(value, list) else [value])]
    names += ["null"] if rules.get("nullable") else []
    return {"type": names if len(names) > 1 else names[0]}


def _minlength(value: Any, rules: Mapping[str, Any]) -> dict[str, Any]:
    names = {"list": "minItems", "dict": "minProperties"}
    return {names.get(str(rules["type"]), "minLength"): value}


def _check(value: Check, _: Mapping[str, Any]) -> dict[str, Any]:
    return dict(value.json)


def _schema(value: Mapping[str, Any], rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a list's items, or of a mapping's fields."""
    if rules["type"] == "list":
        return {"items": translated(value)}
    required = [name for name, each in value.items() if each.get("required")]
    found = {"properties": {name: translated(each) for name, each in value.items()}, "additionalProperties": False}
    return found | ({"required": required} if required else {})


def _alone(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules of one alternative: in JSON Schema the other one stands beside it."""
    kinds = rules["type"]
    return {**rules, "type": kinds[0] if isinstance(kinds, list) else kinds}


# What each Cerberus rule is in JSON Schema; a rule that is not here fails the generation.
_RULES: dict[str, Callable[[Any, Mapping[str, Any]], dict[str, Any]]] = {
    "type": _type,
    "nullable": lambda value, rules: {},
    "minlength": _minlength,
    "allowed": lambda value, rules: {"enum": list(value)},
    "check_with": _check,
    "maxlength": lambda value, rules: {"maxItems" if rules["type"] == "list" else "maxLength": value},
    "min": lambda value, rules: {"minimum": value},
    "max": lambda value, rules: {"maximum": value},
    "required": lambda value, rules: {},
    "either": lambda value, rules: {"anyOf": [translated(each) for each in value.values()]},
    "schema": lambda value, rules: _schema(value, rules),
    "items_each": lambda value, rules: {"items": {"anyOf": [translated(_alone(each)) for each in value.values()]}},
    "keysrules": lambda value, rules: {"propertyNames": translated(value)},
    "valuesrules": lambda value, rules: {"additionalProperties": translated(value)},
}


def translated(rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of Cerberus' rules for one value. Raises KeyError for a rule that has no row here."""
    found: dict[str, Any] = {}
    for name, value in rules.items():
        found |= _RULES[name](value, rules)
    return found


def _property(row: Field) -> dict[str, Any]:
    return {**translated(row.rules), "description": row.help, "examples": [row.example]}


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a spec as an author writes it."""
    rows = [*(row for row in FIELDS if row.in_yaml), EXTENDS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "JobSpec",
        "type": "object",
        "additionalProperties": False,
        "if": {"not": {"required": [EXTENDS.name]}},
        "then": {"required": [row.name for row in rows if row.required]},
        "properties": {row.name: _property(row) for row in rows},
    }
