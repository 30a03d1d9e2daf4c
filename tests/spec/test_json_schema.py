"""The JSON Schema that editors use: generated from the rows of the schema, and saying the same as they do."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from runner.spec.codecs import ALIASES, CODECS, CONTAINERS
from runner.spec.fields import FIELDS
from runner.spec.json_schema import json_schema, translated
from runner.spec.schema import wrong_fields
from runner.spec.source import read_yaml
from tests.spec.given import FINE, plain, without

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)
SHIPPED = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_field_that_an_author_may_write_is_there_with_help_and_an_example_that_fits() -> None:
    for row in FIELDS:
        if row.in_yaml:
            shown = SCHEMA["properties"][row.name]
            assert shown["description"] == row.help
            assert shown["examples"] == [row.example]
            assert Draft202012Validator(shown).is_valid(row.example)


def test_what_the_tool_fills_in_is_not_offered_to_authors() -> None:
    assert "resolved_tokens" not in SCHEMA["properties"]
    assert not VALIDATOR.is_valid(plain(resolved_tokens={}))


def test_the_codecs_and_containers_come_from_their_tables() -> None:
    assert SCHEMA["properties"]["codec"]["enum"] == [*CODECS, *ALIASES]
    assert SCHEMA["properties"]["container"]["enum"] == list(CONTAINERS)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_specs_that_ship_fit_it(path: Path) -> None:
    document = read_yaml(path.read_bytes(), path.name)
    assert [error.message for error in VALIDATOR.iter_errors(document.data)] == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(FINE, id="the least there is"),
        pytest.param(plain(fps_mode="explicit", fps_explicit="24000/1001"), id="a rate as text"),
        pytest.param(plain(fps_mode="explicit", fps_explicit=23.976), id="a rate as number"),
        pytest.param(plain(resolution="1280x720"), id="a box"),
        pytest.param(plain(created_at="2026-11-23T08:00:00Z", job_id="d.3_x-Y", tokens={"show": "x"}), id="all else"),
        pytest.param(plain(created_at=None, fps_explicit=None), id="nothing where that may be"),
    ],
)
def test_what_check_accepts_it_accepts(data: dict[str, Any]) -> None:
    assert list(wrong_fields(data)) == []
    assert [error.message for error in VALIDATOR.iter_errors(data)] == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(plain(codek="h264"), id="an unknown field"),
        pytest.param(without("codec"), id="a missing field"),
        pytest.param(plain(jobspec_version="3.0"), id="another version"),
        pytest.param(plain(codec="h266"), id="an unknown codec"),
        pytest.param(plain(codec=None), id="nothing for a codec"),
        pytest.param(plain(container="avi"), id="an unknown container"),
        pytest.param(plain(resolution="haf"), id="a resolution misspelt"),
        pytest.param(plain(fps_mode="auto"), id="an unknown mode"),
        pytest.param(plain(fps_explicit=["25"]), id="a list for a rate"),
        pytest.param(plain(job_id="-x"), id="a job id that is none"),
        pytest.param(plain(sources=[]), id="no sources"),
        pytest.param(plain(sources="a.mov"), id="a text for the sources"),
        pytest.param(plain(sources=[""]), id="an empty source"),
        pytest.param(plain(output_directory=""), id="an empty folder"),
        pytest.param(plain(created_at="2026-11-23"), id="a day without its time"),
        pytest.param(plain(tokens={"Show": "x"}), id="a token name with a capital"),
        pytest.param(plain(tokens={"show": 5}), id="a number for a token's value"),
        pytest.param([], id="no mapping"),
    ],
)
def test_what_check_refuses_for_its_form_it_refuses(data: Any) -> None:
    assert list(wrong_fields(data)) != []
    assert not VALIDATOR.is_valid(data)


def test_a_rule_that_nobody_translated_fails_the_generation() -> None:
    with pytest.raises(KeyError, match="dependencies"):
        translated({"type": "string", "dependencies": "codec"})
    with pytest.raises(KeyError, match="regex"):
        translated({"type": "dict", "valuesrules": {"type": "string", "regex": "a+"}})


def test_every_rule_of_every_field_is_translated() -> None:
    for row in FIELDS:
        assert translated(row.rules)
