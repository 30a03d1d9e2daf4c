"""The story of a team: three specs with locks on main, four branches, their reviews, the merges, and the run after."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Repository

SPEC = """\
jobspec_version: "2.0"
extends: profiles/house.yaml
sources:
  - {source}
output_directory: proxies:{folder}
naming_template: {template}
"""
HOUSE = "codec: h264\ncontainer: mp4\nresolution: half\nfps_mode: same-as-source\n"
UNION = "*.lock.jsonl text eol=lf merge=union\n"


def git(top: Path, *arguments: str) -> str:
    command = ["git", "-C", str(top), "-c", "user.name=An Editor", "-c", "user.email=an@editor.example", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(top: Path, message: str) -> str:
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", message)
    return git(top, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> tuple[Repository, str]:
    """A repository with three locked specs on main, all of their outputs made; and that commit."""
    top = tmp_path_factory.mktemp("team")
    found = Repository(top / "repo", top / "media", top / "proxies")
    for folder in (found.top, found.media, found.proxies):
        folder.mkdir()
    for name in ("one.mov", "two.mov", "cards/c1.mov"):
        found.clip(name, size="320x180", seconds=0.2)
    found.write("jobspec.toml", '[roots]\nmedia = "camera originals"\nproxies = "what we make"\n')
    found.write(".gitattributes", UNION)
    found.write("specs/profiles/house.yaml", HOUSE)
    found.write("templates/names.j2", "{{ source_name }}\n")
    found.write("specs/one.yaml", SPEC.format(source="media:one.mov", folder="one", template="names.j2"))
    found.write("specs/two.yaml", SPEC.format(source="media:two.mov", folder="two", template='"{{ source_name }}"'))
    cards = SPEC.format(source='glob: "media:cards/*.mov"', folder="cards", template='"{{ source_name }}"')
    found.write("specs/cards.yaml", cards)
    assert found.jobspec("lock").returncode == 0
    git(found.top, "init", "-q", "-b", "main")
    main = commit(found.top, "three specs and their locks")
    done = found.jobspec("run")
    assert done.returncode == 0, done.stderr
    return found, main


def branch(team: Repository, name: str) -> None:
    git(team.top, "checkout", "-q", "-b", name, "main")


def reviewed(team: Repository) -> tuple[dict[str, Any], str, int]:
    """Return what a reviewer sees of this branch: JSON, Markdown, and the exit code that says whether it changes."""
    head = ("diff", "main", "HEAD", "--detailed-exitcode")
    told = team.jobspec(*head, "--format", "json")
    assert told.stderr == ""
    return json.loads(told.stdout), team.jobspec(*head, "--format", "markdown").stdout, told.returncode


def kinds(data: dict[str, Any]) -> dict[str, int]:
    return {kind: count for kind, count in data["counts"].items() if count}


def test_four_branches_are_reviewed_merged_and_only_what_is_new_is_made(team: tuple[Repository, str]) -> None:
    repository, main = team
    _template(repository)
    _resolution(repository)
    _reformatted(repository)
    _card(repository)
    _merged(repository, main)


def _template(team: Repository) -> None:
    branch(team, "template")
    team.write("templates/names.j2", "{{ source_name }}_proxy\n")
    commit(team.top, "names end in _proxy")
    data, markdown, code = reviewed(team)
    assert (kinds(data), code) == ({"moved": 1, "unchanged": 2}, 2)
    (group,) = data["groups"]
    assert [each["file"] for each in group["causes"]] == ["templates/names.j2"]
    assert group["changes"][0]["was"] == "proxies:one/one.mp4"
    assert group["changes"][0]["output"] == "proxies:one/one_proxy.mp4"
    assert data["orphaned"] == ["proxies:one/one.mp4"]
    assert "1 moved, 2 unchanged" in markdown


def _resolution(team: Repository) -> None:
    branch(team, "resolution")
    spec = team.top / "specs" / "two.yaml"
    spec.write_text(spec.read_text() + "resolution: quarter\n")
    commit(team.top, "two is for phones")
    data, markdown, code = reviewed(team)
    assert (kinds(data), code) == ({"re-encoded": 1, "unchanged": 2}, 2)
    (cause,) = data["groups"][0]["causes"]
    assert (cause["file"], cause["line"], cause["words"]) == ("specs/two.yaml", 7, "resolution half → quarter")
    assert data["groups"][0]["cost"]["outputs"] == 1
    assert "specs/two.yaml:7 resolution half → quarter" in markdown
    assert "<details>" in markdown


def _reformatted(team: Repository) -> None:
    branch(team, "reformat")
    first, *rest = (team.top / "specs" / "one.yaml").read_text().splitlines()
    team.write("specs/one.yaml", "\n".join(["# the same, in another order", *rest[-2:], first, *rest[:-2], ""]))
    commit(team.top, "tidy up")
    data, markdown, code = reviewed(team)
    assert (kinds(data), code) == ({"unchanged": 3}, 0)
    assert data["groups"] == []
    assert "no changes, 3 unchanged" in markdown


def _card(team: Repository) -> None:
    branch(team, "card")
    team.clip("cards/c2.mov", size="320x180", seconds=0.2)
    status = team.jobspec("status")
    assert (status.returncode, "media:cards/c2.mov" in status.stderr) == (3, True)
    assert team.jobspec("lock").returncode == 0
    commit(team.top, "the second card")
    data, markdown, code = reviewed(team)
    assert (kinds(data), code) == ({"added": 1, "unchanged": 3}, 2)
    assert data["groups"][0]["causes"][0]["file"] == "specs/cards.lock.jsonl"
    assert "proxies:cards/c2.mp4" in markdown


def _merged(team: Repository, main: str) -> None:
    git(team.top, "checkout", "-q", "main")
    for name in ("template", "resolution", "reformat", "card"):
        git(team.top, "merge", "-q", "--no-edit", name)
    assert team.jobspec("check").returncode == 0
    before = {path: path.stat().st_mtime_ns for path in team.proxies.rglob("*.mp4")}
    planned = team.jobspec("plan", "--since", main).stdout
    assert "3 outputs" in planned
    done = team.jobspec("run", "--since", main, "--replace", "--json")
    assert done.returncode == 0, done.stderr
    made = {each["output"]: each["state"] for each in json.loads(done.stdout)["outputs"]}
    assert made == dict.fromkeys(["proxies:cards/c2.mp4", "proxies:one/one_proxy.mp4", "proxies:two/two.mp4"], "made")
    kept = [path for path, mtime in before.items() if path.exists() and path.stat().st_mtime_ns == mtime]
    assert sorted(path.name for path in kept) == ["c1.mp4", "one.mp4"]
