"""What a command costs before it does anything: modules that are slow to import come only where they are used."""

import os
import subprocess
import sys

import pytest

from tests.conftest import Repository

SLOW = {"click", "rich", "av", "jinja2", "cerberus", "yaml", "asyncio"}


def imported(*arguments: str, **options: object) -> tuple[set[str], "subprocess.CompletedProcess[str]"]:
    """Run Python and return the top packages it imported, by its own account, and how it ended."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        **options,  # type: ignore[call-overload]
    )
    told = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.split("|")[-1].strip().split(".")[0] for line in told}, done


def test_the_account_of_imports_names_what_is_imported() -> None:
    assert {"click", "av"} <= imported("-c", "import click, av")[0]


def test_the_version_costs_little_more_than_python_itself() -> None:
    found, done = imported("-m", "runner", "--version")
    assert done.stdout == "jobspec 0.1.0\n"
    assert done.returncode == 0
    assert found & SLOW == set()
    assert {name for name in found if name in ("msgspec", "tomllib", "difflib", "dataclasses")} == set()


def test_the_package_costs_nothing_until_something_of_it_is_used() -> None:
    assert imported("-c", "import runner")[0] & SLOW == set()
    assert "cerberus" in imported("-c", "import runner; runner.JobSpec")[0]


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        pytest.param(("check",), {"av", "rich", "asyncio", "xml"}, id="check"),
        pytest.param(("schema",), {"av", "rich", "jinja2", "asyncio"}, id="schema"),
    ],
)
def test_a_verb_imports_only_what_it_uses(repository: Repository, arguments: tuple[str, ...], unused: set[str]) -> None:
    repository.spec()
    found, done = imported("-m", "runner", *arguments, cwd=repository.top, env={**os.environ, **repository.environment})
    assert done.returncode == 0, done.stderr
    assert "runner" in found
    assert found & unused == set()


@pytest.mark.parametrize("verb", ["status", "run"])
def test_looking_again_at_what_is_made_imports_nothing_that_reads_specs(repository: Repository, verb: str) -> None:
    repository.clip()
    repository.spec()
    environment = {**os.environ, **repository.environment}
    for words in (("lock",), ("run",), ("status",)):
        assert repository.jobspec(*words).returncode == 0
    found, done = imported("-m", "runner", verb, cwd=repository.top, env=environment)
    assert "done" in done.stdout
    assert found & (SLOW - {"click"}) == set()
