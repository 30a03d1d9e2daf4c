"""`jobspec schema`: the JSON Schema of a spec, for editors."""

import json

import click


@click.command("schema")
def command() -> int:
    """Print the JSON Schema of a spec, for editors and other tools."""
    from runner.spec.json_schema import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0
