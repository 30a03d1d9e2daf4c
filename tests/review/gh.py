"""Stands in for GitHub's `gh`: keeps what it was called with, and answers from a file.

Comments are a list of pages in $GH_COMMENTS; calls go to $GH_CALLS, a JSON line each, with the content of files that a
field names by @. With $GH_REFUSES it answers any writing as GitHub answers a token without the right to.
"""

import json
import os
import sys
from pathlib import Path

import jq

TAKES_VALUE = {"-f", "-F", "--jq", "--method"}


def read(arguments: list[str]) -> dict[str, object]:
    """Return the call as a mapping: where it goes, options, fields."""
    call: dict[str, object] = {"token": os.environ.get("GH_TOKEN", ""), "fields": {}, "flags": []}
    fields: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        if argument in ("-f", "-F"):
            name, _, value = next(rest).partition("=")
            is_file = argument == "-F" and value.startswith("@")
            fields[name] = Path(value[1:]).read_text(encoding="utf-8") if is_file else value
        elif argument in TAKES_VALUE:
            call[argument.lstrip("-")] = next(rest)
        elif argument.startswith("-"):
            call["flags"] = [*call["flags"], argument]  # type: ignore[misc]
        else:
            call["where"] = f"{call.get('where', '')} {argument}".strip()
    return {**call, "fields": fields}


def answer(call: dict[str, object]) -> int:
    fields = call["fields"]
    assert isinstance(fields, dict)
    if fields.get("query", "").startswith("query"):
        for page in json.loads(Path(os.environ["GH_COMMENTS"]).read_text(encoding="utf-8")):
            data = {"data": {"repository": {"pullRequest": {"comments": {"nodes": page}}}}}
            for found in jq.compile(call["jq"]).input_value(data):
                print(found)
        return 0
    if os.environ.get("GH_REFUSES"):
        print("gh: Resource not accessible by integration (HTTP 403)", file=sys.stderr)
        return 1
    return 0


def main() -> int:
    call = read(sys.argv[1:])
    with Path(os.environ["GH_CALLS"]).open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(call) + "\n")
    return answer(call)


if __name__ == "__main__":
    sys.exit(main())
