"""`jobspec schema` as an editor's plugin uses it."""

import json

from jsonschema import Draft202012Validator

from runner.spec.json_schema import json_schema
from tests.conftest import Repository


def test_the_schema_is_printed_as_json_and_is_one(repository: Repository) -> None:
    done = repository.jobspec("schema")
    assert done.returncode == 0
    assert done.stderr == ""
    printed = json.loads(done.stdout)
    Draft202012Validator.check_schema(printed)
    assert printed == json_schema()


def test_the_schema_is_the_same_wherever_it_is_asked_for(repository: Repository) -> None:
    here = repository.jobspec("schema")
    there = repository.jobspec("schema", cwd=repository.media, env={"LC_ALL": "C", "PYTHONHASHSEED": "7"})
    assert here.stdout == there.stdout
