"""The schema's own rules: what would let a wrong value through, or make a right one guessed at."""

import re
from collections.abc import Iterator, Mapping
from time import process_time
from typing import Any

import pytest

from runner.spec.fields import FIELDS, PROJECT, Check
from runner.spec.schema import wrong_fields
from runner.spec.source import read_yaml

_COERCING = {"coerce", "default", "default_setter", "rename", "rename_handler", "purge_unknown", "allow_unknown"}
_NESTED = ("keysrules", "valuesrules")


def rules_of(name: str, rules: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the rules of a value and of all that it may hold."""
    yield name, rules
    for each in _NESTED:
        if each in rules:
            yield from rules_of(f"{name}.{each}", rules[each])
    groups = [rules.get("either", {}), rules.get("items_each", {})]
    schema = rules.get("schema", {})
    if rules.get("type") == "list" and schema:
        groups.append({"item": schema})
    else:
        groups.append(schema)
    for group in groups:
        for below, each in group.items():
            yield from rules_of(f"{name}.{below}", each)


EVERY = [
    *(pair for row in FIELDS for pair in rules_of(row.name, row.rules)),
    *(pair for name, rules in PROJECT.items() for pair in rules_of(f"jobspec.toml {name}", rules)),
]
by_rule = pytest.mark.parametrize("rules", [rules for _, rules in EVERY], ids=[name for name, _ in EVERY])


@by_rule
def test_every_rule_has_a_type(rules: Mapping[str, Any]) -> None:
    assert rules.get("type")


@by_rule
def test_nothing_is_coerced_filled_in_renamed_or_purged(rules: Mapping[str, Any]) -> None:
    assert not _COERCING & rules.keys()
    assert "regex" not in rules  # Cerberus adds its own $, before which a line end may stand


@by_rule
def test_a_number_has_bounds(rules: Mapping[str, Any]) -> None:
    if rules["type"] == "integer":
        assert {"min", "max"} <= rules.keys()
    if "number" in rules["type"]:
        assert "check_with" in rules  # which takes it as text: neither infinity nor no number is a rate


@by_rule
def test_a_check_answers_in_linear_time_and_takes_no_line_end(rules: Mapping[str, Any]) -> None:
    check = rules.get("check_with")
    if not isinstance(check, Check):
        return
    begin = process_time()
    for text in ("a" * 16_384, "1" * 16_384, "1." * 8192, "a/" * 8192, "{{" * 8192, "-" * 16_384, " " * 16_384):
        check("field", text, lambda _, __: None)
    assert process_time() - begin < 1


@pytest.mark.parametrize("row", [row for row in FIELDS if row.code != "JS012"], ids=lambda row: row.name)
def test_a_legal_value_with_a_line_end_is_none(row: Any) -> None:
    if isinstance(row.example, str) and row.name not in ("sources", "naming_template"):
        assert any(each.path == (row.name,) for each in wrong_fields({row.name: f"{row.example}\n"}))


@pytest.mark.parametrize("value", [True, False], ids=str)
def test_truth_values_are_no_integers(value: bool) -> None:
    assert any(each.path[-1:] == ("channels",) for each in wrong_fields({"audio": {"channels": value}}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), True], ids=str)
def test_what_is_no_number_is_no_rate(value: object) -> None:
    assert any(each.path == ("fps_explicit",) for each in wrong_fields({"fps_explicit": value}))


def test_the_parser_itself_takes_no_time_for_brackets_and_no_stack() -> None:
    begin = process_time()
    for data in (b"[" * 1_000_000, b"[\n" * 500_000, b"{a: " * 250_000, b"- " * 500_000, b"? " * 500_000, b"[[[]," * 9):
        with pytest.raises(ValueError, match=re.compile("JS00[356]")):
            read_yaml(data, "a.yaml")
    assert process_time() - begin < 1
