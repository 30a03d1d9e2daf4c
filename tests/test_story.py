"""The story that this tool is for, acted out: specs in git, reviewed without media, merged, run as far as they moved.

On main lie three specs with their locks, and their proxies are made. Four branches each edit one thing; somebody who
has none of the media reviews each; all are merged; and a run makes what the merges changed, and nothing else.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.clips import decoded_frames
from tests.conftest import Repository
from tests.review.teams import git

HOUSE = """\
codec: prores_proxy
container: mov
resolution: same
fps_mode: same-as-source
naming_template: editorial.j2
"""
DAY01 = """\
jobspec_version: "2.0"
extends: profiles/house.yaml
sources: [media:day01/A001.mov, media:day01/A002.mov]
output_directory: proxies:day01
"""
DAY01_REFORMATTED = """\
# The first day, two cards.
output_directory: "proxies:day01"
sources:
  - path: media:day01/A001.mov  # slate 1
  - 'media:day01/A002.mov'
extends: profiles/house.yaml

jobspec_version: "2.0"
"""
DAY02 = """\
jobspec_version: "2.0"
extends: profiles/house.yaml
sources: [{glob: "media:day02/**/*.mov"}]
output_directory: proxies:day02
naming_template: "{{ source_name }}"
"""
REVIEW = """\
jobspec_version: "2.0"
sources: [{from: day01.yaml}]
output_directory: proxies:review
codec: h264
container: mp4
resolution: half
fps_mode: same-as-source
naming_template: "{{ source_name }}_review"
"""
TAKEN = "proxies:day01/A001_proxy.mov", "proxies:day01/A002_proxy.mov"
BRANCHES = ("template", "resolution", "reformat", "card")


@dataclass(frozen=True)
class Show:
    """A team's repository with its media, and a reviewer's bare clone of it on a machine that has none."""

    team: Repository
    reviewer: Path

    def git(self, *arguments: str) -> str:
        return git(self.team.top, *arguments)

    def commit(self, words: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", words)

    def ok(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        done = self.team.jobspec(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def reviewed(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the command as the reviewer: no media, no roots, no work tree."""
        git(self.reviewer, "fetch", "--quiet", "origin", "+refs/heads/*:refs/heads/*")
        away = Repository(self.reviewer, self.reviewer / "none", self.reviewer / "none")
        return away.jobspec(*arguments, env={"JOBSPEC_ROOT_MEDIA": "/nowhere", "JOBSPEC_ROOT_PROXIES": "/nowhere"})

    def diff(self, branch: str) -> dict[str, Any]:
        """Return what the reviewer's program reads of a branch."""
        done = self.reviewed("diff", "begin", branch, "--format", "json")
        assert (done.returncode, done.stderr) == (0, "")
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def comment(self, branch: str) -> str:
        done = self.reviewed("diff", "begin", branch, "--format", "markdown")
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def exit_code(self, branch: str) -> int:
        return self.reviewed("diff", "begin", branch, "--detailed-exitcode").returncode


def written(top: Path) -> Repository:
    found = Repository(top / "repo", top / "media", top / "proxies")
    for folder in (found.top, found.media, found.proxies):
        folder.mkdir(parents=True)
    found.write("jobspec.toml", '[roots]\nmedia = "camera originals"\nproxies = "what we make"\n')
    shutil.copy(Path(__file__).parents[1] / ".gitattributes", found.top)
    found.write("templates/editorial.j2", "{{ source_name }}_proxy\n")
    found.write("specs/profiles/house.yaml", HOUSE)
    for name, text in (("day01", DAY01), ("day02", DAY02), ("review", REVIEW)):
        found.write(f"specs/{name}.yaml", text)
    return found


def branches(show: Show) -> None:
    """Make the four branches, each from where the story begins."""
    show.git("branch", "begin")
    edits = {
        "template": ("templates/editorial.j2", "{{ source_name }}_editorial\n"),
        "resolution": ("specs/review.yaml", REVIEW.replace("half", "quarter")),
        "reformat": ("specs/day01.yaml", DAY01_REFORMATTED),
    }
    for branch, (path, text) in edits.items():
        show.git("switch", "--quiet", "--create", branch, "begin")
        show.team.write(path, text)
        show.commit(branch)
    show.git("switch", "--quiet", "--create", "card", "begin")
    show.team.clip("day02/card2/B002.mov", seconds=0.12)
    done = show.team.jobspec("run")  # says that a file lies there which the lock does not hold, and makes nothing of it
    assert done.returncode == 3
    assert 'JS120: "media:day02/card2/B002.mov" is matched by a glob but not in the lock' in done.stderr
    assert "day02/B002.mov" not in show.team.outputs()
    show.ok("lock")
    show.commit("card")
    show.git("switch", "--quiet", "main")


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Show]:
    """The repository with its four branches; main stands where the story begins, and its proxies are made."""
    top = tmp_path_factory.mktemp("story")
    found = Show(written(top), top / "reviewer.git")
    for name, tracks in (("day01/A001.mov", (1, 1)), ("day01/A002.mov", ()), ("day02/card1/B001.mov", ())):
        found.team.clip(name, seconds=0.12, tracks=tracks, extra=("-timecode", "01:00:00:00"))
    found.git("init", "--quiet", "--initial-branch", "main")
    found.ok("lock")
    found.commit("three specs and their locks")
    found.ok("run")
    git(top, "clone", "--quiet", "--bare", str(found.team.top), "reviewer.git")
    branches(found)
    yield found


def test_main_is_as_it_should_be(show: Show) -> None:
    assert set(show.team.outputs()) >= {
        "day01/A001_proxy.mov",
        "day01/A002_proxy.mov",
        "day02/B001.mov",
        "review/A001_review.mp4",
        "review/A002_review.mp4",
    }
    assert show.diff("main")["counts"]["unchanged"] == 5
    assert show.exit_code("main") == 0


def test_each_branch_passes_the_check_without_any_media(show: Show, tmp_path: Path) -> None:
    for branch in BRANCHES:
        git(tmp_path, "clone", "--quiet", "--branch", branch, str(show.team.top), branch)
        done = Repository(tmp_path / branch, tmp_path / "none", tmp_path / "none").jobspec("check")
        assert (branch, done.returncode) == (branch, 0), done.stdout


def test_the_template_moves_the_outputs_of_every_spec_that_uses_it(show: Show) -> None:
    found = show.diff("template")
    (group,) = found["groups"]
    (cause,) = group["causes"]
    assert (cause["file"], cause["words"]) == ("templates/editorial.j2", "template editorial.j2: name")
    assert group["jobs"] == ["day01"]
    assert [(each["kind"], each["was"], each["output"]) for each in group["changes"]] == [
        ("moved", "proxies:day01/A001_proxy.mov", "proxies:day01/A001_editorial.mov"),
        ("moved", "proxies:day01/A002_proxy.mov", "proxies:day01/A002_editorial.mov"),
    ]
    assert found["orphaned"] == list(TAKEN)
    assert (found["counts"]["unchanged"], show.exit_code("template")) == (3, 2)
    comment = show.comment("template")
    assert "## jobspec: 2 moved, 3 unchanged\n" in comment
    assert "### template editorial.j2: name\n" in comment
    assert "- **orphaned:** 2 files of ours that no spec names any more\n" in comment


def test_the_resolution_encodes_the_review_copies_again(show: Show) -> None:
    found = show.diff("resolution")
    (group,) = found["groups"]
    assert group["causes"] == [{"file": "specs/review.yaml", "line": 6, "words": "resolution half → quarter"}]
    assert {each["kind"] for each in group["changes"]} == {"re-encoded"}
    assert group["changes"][0]["words"] == ["picture height 90 → 44", "picture width 160 → 80"]
    assert (group["cost"]["outputs"], group["cost"]["seconds"]) == (2, 0.24)
    assert (found["orphaned"], found["counts"]["unchanged"], show.exit_code("resolution")) == ([], 3, 2)
    comment = show.comment("resolution")
    assert "### specs/review.yaml:6 resolution half → quarter\n\n1 job, 2 outputs (2 re-encoded)\n" in comment
    assert "<details><summary>FFmpeg arguments of the first</summary>" in comment
    assert "\n    -scale=160:90:" in comment
    assert "\n    +scale=80:44:" in comment


def test_reformatting_is_no_change(show: Show) -> None:
    found = show.diff("reformat")
    assert (found["groups"], found["counts"]["unchanged"], show.exit_code("reformat")) == ([], 5, 0)
    assert show.comment("reformat") == (
        f"<!-- jobspec-diff -->\n## jobspec: no changes, 5 unchanged\n\n\nplan `{found['plan']}`\n"
    )
    assert found["plan"] == show.diff("main")["plan"]


def test_the_new_card_adds_its_clip_alone(show: Show) -> None:
    found = show.diff("card")
    (group,) = found["groups"]
    assert group["causes"] == [{"file": "specs/day02.lock.jsonl", "line": None, "words": "new source"}]
    (change,) = group["changes"]
    assert (change["kind"], change["output"], change["was"], change["source"]) == (
        "added",
        "proxies:day02/B002.mov",
        None,
        "media:day02/card2/B002.mov",
    )
    assert (found["counts"]["unchanged"], show.exit_code("card")) == (5, 2)
    assert "| added | proxies:day02/B002.mov | media:day02/card2/B002.mov |\n" in show.comment("card")


@pytest.fixture
def merged(show: Show, tmp_path: Path) -> Show:
    """The team's repository and proxies, copied, with all four branches merged into main one after the other."""
    shutil.copytree(show.team.top.parent, tmp_path / "copy", symlinks=True)
    own = Repository(*(tmp_path / "copy" / name for name in ("repo", "media", "proxies")))
    copy = Show(own, tmp_path / "copy" / "reviewer.git")
    git(copy.reviewer, "remote", "set-url", "origin", str(own.top))
    for branch in BRANCHES:
        copy.git("merge", "--quiet", "--no-ff", "--message", f"merge {branch}", branch)
    return copy


def test_a_review_stays_the_same_while_other_branches_are_merged(show: Show, merged: Show) -> None:
    for branch in BRANCHES:
        done = merged.reviewed("diff", "main~4", branch, "--format", "markdown")
        assert done.stdout == show.comment(branch)


def test_the_merges_together_change_what_each_of_them_did(merged: Show) -> None:
    found = merged.diff("main")
    assert {kind: count for kind, count in found["counts"].items() if count} == {
        "added": 1,
        "re-encoded": 2,
        "moved": 2,
        "unchanged": 1,
    }
    assert sorted(group["causes"][0]["words"] for group in found["groups"]) == [
        "new source",
        "resolution half → quarter",
        "template editorial.j2: name",
    ]
    assert merged.ok("plan", "--locked").stderr.strip() == found["plan"]


def test_a_run_since_the_beginning_makes_just_what_the_merges_changed(merged: Show) -> None:
    team, kept = merged.team, merged.team.proxies / "day02" / "B001.mov"
    kept.unlink()  # missing, but for no reason that lies in these merges
    old = {name: (team.proxies / name).stat().st_mtime_ns for name in team.outputs()}

    first = team.jobspec("run", "--since", "begin")
    made = {"day01/A001_editorial.mov", "day01/A002_editorial.mov", "day02/B002.mov"}
    assert first.returncode == 3, first.stderr
    assert "proxies:review/A001_review.mp4: JS097: is stale, for its picture moved" in first.stderr
    assert set(team.outputs()) == {*old, *made}
    assert {name: (team.proxies / name).stat().st_mtime_ns for name in old} == old

    second = team.jobspec("run", "--since", "begin", "--replace")
    review = {"review/A001_review.mp4", "review/A002_review.mp4"}
    assert second.returncode == 0, second.stderr
    moved = {name for name in old if (team.proxies / name).stat().st_mtime_ns != old[name]}
    assert moved == review
    assert {decoded_frames(team.proxies / name) for name in (*made, *review)} == {3}
    assert not kept.exists()

    third = team.jobspec("run", "--since", "begin")
    assert (third.returncode, "nothing was encoded" in third.stderr) == (0, True)
    states = {each["output"]: each["state"] for each in json.loads(merged.ok("status", "--json").stdout)}
    assert {place for place, state in states.items() if state == "orphaned"} == set(TAKEN)
    assert {place for place, state in states.items() if state == "missing"} == {"proxies:day02/B001.mov"}
