"""`jobspec check --format`: what annotations, code scanning, test reports and programs are given."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.conftest import Repository
from tests.review.given import HOSTILE, commands

HOSTILE_NAMES = (
    "::error::x.yaml",
    "##[group]x.yaml",
    "a\n::error::x.yaml",
    "a\x1b[2Jb.yaml",
    "a\u202eb.yaml",
    "a,b:c%.yaml",
    "[[ATTACHMENT|x]].yaml",
)
FORMATS = ("text", "github", "sarif", "junit", "json")
FOR_PROGRAMS = FORMATS[1:]


def _annotated(printed: str) -> list[str]:
    return [properties.get("file", "") for _, properties, _ in commands(printed)]


def _in_json(printed: str) -> list[str]:
    return [each["file"] for each in json.loads(printed)["problems"]]


def _in_sarif(printed: str) -> list[str]:
    results = json.loads(printed)["runs"][0]["results"]
    return [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in results]


def _in_junit(printed: str) -> list[str]:
    cases = ElementTree.fromstring(printed.encode()).iter("testcase")
    return [case.attrib["file"] for case in cases if case.find("failure") is not None]


FILES: dict[str, Callable[[str], list[str]]] = {
    "github": _annotated,
    "sarif": _in_sarif,
    "junit": _in_junit,
    "json": _in_json,
}


@pytest.mark.parametrize("form", FORMATS)
def test_the_exit_code_is_the_same_in_every_format(repository: Repository, form: str) -> None:
    repository.spec()
    assert repository.jobspec("check", "--format", form).returncode == 0
    repository.spec(resolution="haf")
    assert repository.jobspec("check", "--format", form).returncode == 1


def test_without_a_format_it_is_text_for_people(repository: Repository) -> None:
    repository.spec(resolution="haf")
    plain, named = repository.jobspec("check"), repository.jobspec("check", "--format", "text")
    assert plain.stdout == named.stdout
    assert plain.stdout.startswith('specs/day.yaml:7:13: JS021 resolution: "haf" is not a resolution')
    assert plain.stdout.endswith("1 spec: 1 problem, 0 notes\n")
    assert plain.stderr == ""


@pytest.mark.parametrize("form", FOR_PROGRAMS)
def test_what_programs_read_stands_alone_on_stdout_and_the_summary_on_stderr(repository: Repository, form: str) -> None:
    repository.spec(resolution="haf")
    done = repository.jobspec("check", "--format", form)
    assert FILES[form](done.stdout) == ["specs/day.yaml"]
    assert done.stderr == "1 spec: 1 problem, 0 notes\n"


@pytest.mark.parametrize("form", ["text", "junit"])
def test_a_file_gets_what_stdout_would_have_got(repository: Repository, form: str) -> None:
    repository.spec(resolution="haf")
    printed = repository.jobspec("check", "--format", form).stdout
    done = repository.jobspec("check", "--format", form, "-o", "found")
    assert (repository.top / "found").read_text(encoding="utf-8") == printed
    assert done.stdout == ""
    assert done.stderr == "1 spec: 1 problem, 0 notes\n"
    assert done.returncode == 1


def test_a_file_that_cannot_be_written_is_named(repository: Repository) -> None:
    repository.spec()
    done = repository.jobspec("check", "--format", "sarif", "-o", "no/such/folder.sarif")
    assert done.returncode == 64
    assert done.stderr == "JS100: no/such/folder.sarif cannot be written: No such file or directory\n"


def test_files_are_named_from_the_top_also_when_started_in_a_subfolder(repository: Repository) -> None:
    repository.spec("cards/day.yaml", resolution="haf")
    done = repository.jobspec("check", "--format", "sarif", cwd=repository.top / "specs" / "cards")
    assert _in_sarif(done.stdout) == ["specs/cards/day.yaml"]


def test_text_names_files_from_the_working_directory(repository: Repository) -> None:
    repository.spec("cards/day.yaml", resolution="haf")
    done = repository.jobspec("check", cwd=repository.top / "specs" / "cards")
    assert done.stdout.startswith("day.yaml:7:13: ")


def test_files_are_named_from_gits_top_where_the_project_is_a_folder_of_a_larger_repository(
    repository: Repository,
) -> None:
    repository.spec(resolution="haf")
    subprocess.run(["git", "init", "--quiet", repository.top.parent], check=True)
    done = repository.jobspec("check", "--format", "sarif")
    assert _in_sarif(done.stdout) == ["repo/specs/day.yaml"]


def test_a_problem_of_a_base_is_shown_in_the_base(repository: Repository) -> None:
    spec = repository.spec()
    lines = spec.read_text(encoding="utf-8").replace("resolution: same\n", "")
    repository.write("specs/day.yaml", f"extends: profiles/house.yaml\n{lines}")
    repository.write("specs/profiles/house.yaml", "resolution: haf\n")
    done = repository.jobspec("check", "--format", "sarif")
    assert _in_sarif(done.stdout) == ["specs/profiles/house.yaml"]


def test_a_damaged_project_file_is_a_problem_like_any_other(repository: Repository) -> None:
    repository.spec()
    repository.write("jobspec.toml", "[roots\n")
    done = repository.jobspec("check", "--format", "sarif", cwd=repository.top / "specs")
    assert done.returncode == 1
    assert _in_sarif(done.stdout) == ["jobspec.toml"]


def test_a_spec_that_is_not_there_is_told_to_programs_too(repository: Repository) -> None:
    done = repository.jobspec("check", "--format", "json", "specs/no.yaml")
    assert done.returncode == 64
    (found,) = json.loads(done.stdout)["problems"]
    assert (found["code"], found["found"], found["file"]) == ("JS008", "specs/no.yaml", None)


def test_json_has_all_that_is_known_of_a_problem(repository: Repository) -> None:
    repository.spec(resolution="haf")
    data: dict[str, Any] = json.loads(repository.jobspec("check", "--format", "json").stdout)
    assert data == {
        "files": ["specs/day.yaml"],
        "problems": [
            {
                "code": "JS021",
                "level": "error",
                "exit": 1,
                "file": "specs/day.yaml",
                "line": 7,
                "column": 13,
                "path": "resolution",
                "message": '"haf" is not a resolution; did you mean "half"?',
                "found": "haf",
                "legal": ["same", "half", "quarter", "WIDTHxHEIGHT"],
                "nearest": "half",
            }
        ],
    }


def test_notes_are_told_and_fail_nothing(repository: Repository) -> None:
    repository.spec(template="{{ source_name }}_{{ reel }}")
    done = repository.jobspec("check", "--format", "github")
    assert done.returncode == 0
    assert [name for name, _, _ in commands(done.stdout)] == ["notice"]
    assert done.stderr == "1 spec: no problems, 1 note\n"


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_printed_is_utf8_whatever_the_locale(repository: Repository, form: str) -> None:
    repository.spec(resolution='"größe→"')
    done = repository.jobspec("check", "--format", form, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"})
    assert done.returncode == 1, done.stderr
    assert "größe→" in done.stdout or "gr\\u00f6\\u00dfe\\u2192" in done.stdout


def _as_yaml(text: str) -> str:
    """Return `text` as a YAML scalar: JSON does, but for halves of characters, which YAML refuses."""
    return json.dumps(text.encode("utf-8", "replace").decode())


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"more": 'extends: "a\\0b.yaml"\n'}, "JS038"),
        ({"sources": ('from: "a\\0b.yaml"',)}, "JS036"),
        ({"template": "a\\0b.j2"}, "JS046"),
    ],
    ids=["a base", "another spec", "a template"],
)
def test_a_name_that_no_file_can_have_is_a_problem_and_no_bug(
    repository: Repository, options: dict[str, Any], code: str
) -> None:
    repository.spec(**options)
    done = repository.jobspec("check", "--format", "json")
    assert done.returncode == 1, done.stderr
    assert [each["code"] for each in json.loads(done.stdout)["problems"] if each["exit"]] == [code]


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository with a hostile value, key, base, template, source and file name for each of the texts."""
    folder = tmp_path_factory.mktemp("strangers")
    found = Repository(folder / "repo", folder, folder)
    found.write("jobspec.toml", '[roots]\nmedia = "m"\nproxies = "p"\n')
    for number, text in enumerate(HOSTILE.values()):
        value = _as_yaml(text)
        found.spec(f"{number}.yaml", resolution=value, codec=value, sources=(value,), more=f"{value}: x\n")
        found.spec(f"{number}-base.yaml", more=f"extends: {value}\n")
        found.spec(f"{number}-from.yaml", sources=(f"from: {value}",), more=f"tokens: {{{value}: {value}}}\n")
        found.spec(f"{number}-name.yaml", template=value[1:-1])
    for name in HOSTILE_NAMES:
        found.spec(name, resolution="haf")
    found.write(os.fsdecode(b"specs/\xff.yaml"), "[]")
    return found


@pytest.fixture(scope="module")
def checks(strangers: Repository) -> dict[str, "subprocess.CompletedProcess[str]"]:
    """A check of it in each format."""
    return {form: strangers.jobspec("check", "--format", form) for form in FORMATS}


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_that_a_stranger_wrote_is_obeyed(
    checks: dict[str, "subprocess.CompletedProcess[str]"], form: str
) -> None:
    assert checks[form].returncode == 1, checks[form].stderr
    printed = checks[form].stdout + checks[form].stderr
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]", printed)
    ours = {(name, properties.get("title", "")[:2]) for name, properties, _ in commands(printed)}
    assert ours == ({("error", "JS")} if form == "github" else set())


@pytest.mark.parametrize("form", FOR_PROGRAMS)
def test_every_problem_of_a_strangers_specs_arrives(
    checks: dict[str, "subprocess.CompletedProcess[str]"], form: str
) -> None:
    wanted = checks["text"].stdout.count("\n") - 1
    printed = checks[form].stdout
    if form == "junit":
        failures = ElementTree.fromstring(printed.encode()).iter("failure")
        assert sum((failure.text or "").count("\n") for failure in failures) == wanted
    else:
        assert len(FILES[form](printed)) == wanted > len(HOSTILE)
