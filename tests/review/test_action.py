"""The GitHub action: its steps in their order, in a checkout as actions/checkout leaves it; only `gh` is a stand-in."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Repository
from tests.review.actions import EXPRESSION, Runner
from tests.review.given import commands
from tests.review.repositories import HOME, commit_all, copy_of_this_package, environment, git

ACTION = yaml.safe_load((HOME / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
MARKER = "<!-- jobspec-diff -->"
LONGEST_COMMENT = 65_536


@dataclass(frozen=True)
class Forge:
    """A repository on a server, with a lock for its spec; pull requests are made and checked out from it."""

    folder: Path
    origin: Path
    author: Repository
    base: str

    def pull_request(self, number: int) -> str:
        """Commit what the author's work tree holds as a pull request, with its merge, and return its head."""
        head = commit_all(self.author.top)
        git(self.author.top, "push", "--quiet", "origin", f"HEAD:refs/pull/{number}/head")
        main = git(self.author.top, "rev-parse", "origin/main")
        tree = git(self.author.top, "merge-tree", "--write-tree", main, head)
        merge = git(self.author.top, "commit-tree", "-p", main, "-p", head, "-m", "merge", tree)
        git(self.author.top, "push", "--quiet", "origin", f"{merge}:refs/pull/{number}/merge")
        return head

    def checkout(self, reference: str) -> Path:
        """Check a reference out as actions/checkout does: shallow, without branches."""
        workspace = self.folder / "workspace"
        workspace.mkdir()
        git(workspace, "init", "--quiet")
        git(workspace, "remote", "add", "origin", self.origin.as_uri())
        git(workspace, "fetch", "--quiet", "--no-tags", "--depth=1", "origin", reference)
        git(workspace, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        return workspace


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The action's own folder, as the runner downloads it."""
    return copy_of_this_package(tmp_path_factory.mktemp("action") / "jobspec-runner")


@pytest.fixture(scope="module")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's temporary folder after the first step, which takes long: the other steps are run in copies of it."""
    folder = tmp_path_factory.mktemp("runner")
    first = Runner(STEPS[:1], folder, folder, contexts(package), environment()).run()
    assert first.outcomes == {"install": "success"}, first.printed
    return folder


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository whose one spec has a lock."""
    folder = tmp_path_factory.mktemp("locked")
    found = Repository(folder / "repo", folder / "media", folder / "proxies")
    for each in (found.top, found.media, found.proxies):
        each.mkdir()
    found.write("jobspec.toml", '[roots]\nmedia = "m"\nproxies = "p"\n')
    found.clip(seconds=0.2)
    found.spec()
    done = found.jobspec("lock")
    assert done.returncode == 0, done.stderr
    return found


@pytest.fixture
def forge(locked: Repository, tmp_path: Path) -> Forge:
    author = Repository(tmp_path / "author", locked.media, locked.proxies)
    origin = tmp_path / "origin.git"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(origin))
    git(origin, "config", "uploadpack.allowReachableSHA1InWant", "true")
    subprocess.run(["cp", "-R", locked.top, author.top], check=True)
    git(author.top, "init", "--quiet", "--initial-branch=main")
    git(author.top, "remote", "add", "origin", str(origin))
    base = commit_all(author.top)
    git(author.top, "push", "--quiet", "origin", "main")
    return Forge(tmp_path, origin, author, base)


@pytest.fixture
def stand_in(tmp_path: Path) -> Path:
    """A folder for PATH with a `gh` in it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "gh"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HOME / "tests/review/gh.py"}" "$@"\n')
    script.chmod(0o755)
    return folder


def contexts(package: Path, **more: str) -> dict[str, str]:
    """Return what the runner knows: the inputs' defaults, the event of a push, and `more` with _ for dots."""
    known = {f"inputs.{name}": each["default"] for name, each in ACTION["inputs"].items()}
    return {
        **known,
        "inputs.python": sys.executable,
        "inputs.token": "a token",
        "github.action_path": str(package),
        "github.repository": "team/show",
        "github.sha": "",
        "github.event.pull_request.base.sha": "",
        "github.event.pull_request.head.sha": "",
        "github.event.pull_request.number": "",
        **more,
    }


@dataclass(frozen=True)
class Job:
    """What a test needs to run the action's steps after the first."""

    forge: Forge
    package: Path
    installed: Path
    stand_in: Path

    def run(self, reference: str, comments: list[list[dict[str, Any]]], refuses: str = "", **more: str) -> Runner:
        temporary = self.forge.folder / "temporary"
        temporary.mkdir()
        (temporary / "jobspec").symlink_to(self.installed / "jobspec")
        pages = self.forge.folder / "comments.json"
        pages.write_text(json.dumps(comments), encoding="utf-8")
        env = environment(
            PATH=f"{self.stand_in}{os.pathsep}{os.environ['PATH']}",
            GH_COMMENTS=str(pages),
            GH_CALLS=str(self.forge.folder / "calls"),
            GH_REFUSES=refuses,
        )
        runner = Runner(STEPS[1:], self.forge.checkout(reference), temporary, contexts(self.package, **more), env)
        runner.outcomes["install"] = "success"
        return runner.run()

    def on_pull_request(
        self, comments: list[list[dict[str, Any]]] | None = None, refuses: str = "", **more: str
    ) -> Runner:
        head = self.forge.pull_request(7)
        event = {
            "github.event.pull_request.base.sha": self.forge.base,
            "github.event.pull_request.head.sha": head,
            "github.event.pull_request.number": "7",
        }
        return self.run("refs/pull/7/merge", comments or [[]], refuses, **event, **more)

    @property
    def calls(self) -> list[dict[str, Any]]:
        file = self.forge.folder / "calls"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


@pytest.fixture
def job(forge: Forge, package: Path, installed: Path, stand_in: Path) -> Job:
    return Job(forge, package, installed, stand_in)


def test_a_pull_request_is_checked_and_gets_one_comment_that_says_what_it_changes(job: Job) -> None:
    job.forge.author.spec(resolution="half")
    ran = job.on_pull_request()
    assert ran.outcomes == dict.fromkeys(("install", "check", "diff", "comment"), "success"), ran.printed
    look, post = job.calls
    assert look["fields"].items() >= {"owner": "team", "name": "show", "number": "7"}.items()
    assert (post["method"], post["where"]) == ("POST", "api repos/team/show/issues/7/comments")
    assert post["token"] == "a token"
    body = post["fields"]["body"]
    assert body.startswith(f"{MARKER}\n")
    assert "resolution" in body
    assert "same → half" in body
    assert len(body) <= LONGEST_COMMENT


def test_the_job_summary_holds_the_same_as_the_comment(job: Job) -> None:
    job.forge.author.spec(resolution="half")
    ran = job.on_pull_request()
    assert ran.summary == job.calls[-1]["fields"]["body"]
    assert ran.outputs["steps.diff.outputs.document"].endswith("jobspec-diff.md")


def test_only_what_the_pull_request_changes_is_told_when_the_base_went_on(job: Job) -> None:
    author = job.forge.author
    author.spec("other.yaml", template="other_{{ source_name }}")
    commit_all(author.top)
    git(author.top, "push", "--quiet", "origin", "HEAD:main")
    git(author.top, "reset", "--quiet", "--hard", job.forge.base)
    author.spec(resolution="half")
    ran = job.on_pull_request()
    assert not ran.failed, ran.printed
    assert "same → half" in ran.summary
    assert "other" not in ran.summary


def test_a_later_push_updates_our_comment_and_no_strangers(job: Job) -> None:
    job.forge.author.spec(resolution="half")
    first = [
        {"id": "planted", "viewerDidAuthor": False, "body": f"{MARKER}\nall is well"},
        {"id": "another of ours", "viewerDidAuthor": True, "body": "coverage"},
    ]
    second = [
        {"id": "ours", "viewerDidAuthor": True, "body": f"{MARKER}\nof the first push"},
        {"id": "ours too", "viewerDidAuthor": True, "body": f"{MARKER}\nof a race"},
    ]
    ran = job.on_pull_request([first, second])
    assert not ran.failed, ran.printed
    _, update = job.calls
    assert update["where"] == "api graphql"
    assert "updateIssueComment" in update["fields"]["query"]
    assert update["fields"]["id"] == "ours"
    assert update["fields"]["body"] == ran.summary


def test_a_pull_request_from_a_fork_gets_the_summary_and_does_not_fail(job: Job) -> None:
    job.forge.author.spec(resolution="half")
    ran = job.on_pull_request(refuses="yes")
    assert not ran.failed, ran.printed
    assert "same → half" in ran.summary
    assert "HTTP 403" in ran.printed["comment"]
    assert [name for name, _, _ in commands(ran.printed["comment"])] == ["notice"]


def test_an_invalid_spec_fails_the_job_and_the_comment_says_so_too(job: Job) -> None:
    job.forge.author.spec(resolution="haf")
    ran = job.on_pull_request()
    assert ran.outcomes["check"] == "failure"
    (annotation,) = commands(ran.printed["check"])
    assert annotation[1] == {"file": "specs/day.yaml", "line": "7", "col": "13", "title": "JS021"}
    assert ran.outcomes["comment"] == "success"
    body = job.calls[-1]["fields"]["body"]
    assert body.startswith(f"{MARKER}\n")
    assert "haf" in body


def test_a_pull_request_that_mends_an_invalid_base_passes(job: Job) -> None:
    author = job.forge.author
    author.spec(resolution="haf")
    base = commit_all(author.top)
    git(author.top, "push", "--quiet", "origin", "HEAD:main")
    author.spec(resolution="half")
    ran = job.on_pull_request(**{"inputs.base": base})
    assert not ran.failed, ran.printed
    assert len(job.calls) == 2


def test_a_pull_request_whose_base_was_mended_meanwhile_passes(job: Job) -> None:
    author = job.forge.author
    author.spec(resolution="haf")
    base = commit_all(author.top)
    author.spec(resolution="half")
    commit_all(author.top)
    git(author.top, "push", "--quiet", "origin", "HEAD:main")
    git(author.top, "reset", "--quiet", "--hard", base)
    author.write("templates/later.j2", "{{ source_name }}")
    ran = job.on_pull_request(**{"inputs.base": base})
    assert not ran.failed, ran.printed
    assert "JS021" in ran.summary


def test_histories_that_never_met_fail_the_job_and_the_comment_says_so(job: Job) -> None:
    top = job.forge.author.top
    other = git(top, "commit-tree", "-m", "another history", git(top, "rev-parse", "HEAD^{tree}"))
    git(top, "push", "--quiet", "origin", f"{other}:refs/heads/other")
    ran = job.on_pull_request(**{"inputs.base": other})
    assert ran.outcomes["diff"] == "failure"
    assert ran.outcomes["comment"] == "success"
    marker, title, empty, reason = job.calls[-1]["fields"]["body"].rstrip().split("\n")
    assert (marker, title, empty) == (MARKER, "## jobspec: what changes cannot be told", "")
    assert reason.startswith("    JS102: ")


def test_a_comment_that_is_not_wanted_is_not_posted(job: Job) -> None:
    job.forge.author.spec(resolution="half")
    ran = job.on_pull_request(**{"inputs.comment": "false"})
    assert not ran.failed, ran.printed
    assert "same → half" in ran.summary
    assert job.calls == []


def test_a_push_is_checked_and_compared_with_nothing(job: Job) -> None:
    ran = job.run("refs/heads/main", [[]], **{"github.sha": job.forge.base})
    assert ran.outcomes == {"install": "success", "check": "success", "diff": "success", "comment": "skipped"}
    assert [name for name, _, _ in commands(ran.printed["diff"])] == ["notice"]
    assert job.calls == []


def test_a_base_that_is_not_there_fails_the_job_and_is_named(job: Job) -> None:
    ran = job.on_pull_request(**{"inputs.base": "0" * 40})
    assert ran.outcomes["diff"] == "failure"
    assert "0" * 40 in ran.printed["diff"]
    assert job.calls == []


@pytest.mark.parametrize(
    "value", ["$(touch owned)", "`touch owned`", "'; touch owned; '", "--upload-pack=touch owned", "-x"]
)
@pytest.mark.parametrize("field", ["inputs.base", "inputs.head"])
def test_an_input_is_never_run(job: Job, field: str, value: str) -> None:
    ran = job.on_pull_request(**{field: value})
    assert ran.outcomes["diff"] == "failure"
    assert list(job.forge.folder.rglob("owned")) == []


def test_no_script_holds_an_expression() -> None:
    assert [step["id"] for step in STEPS if EXPRESSION.search(step["run"])] == []
    assert all(EXPRESSION.sub("", value) == "" for step in STEPS for value in step.get("env", {}).values())


def test_no_expression_asks_for_text_that_a_stranger_writes() -> None:
    text = (HOME / "action.yml").read_text(encoding="utf-8")
    asked = {name for match in EXPRESSION.finditer(text) for name in re.findall(r"github\.[\w.]+", match[1])}
    assert asked == {
        "github.action_path",
        "github.event.pull_request.base.sha",
        "github.event.pull_request.head.sha",
        "github.event.pull_request.number",
        "github.repository",
        "github.sha",
        "github.token",
    }


def test_the_action_is_what_githubs_schema_wants() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "check_jsonschema",
            "--builtin-schema",
            "vendor.github-actions",
            str(HOME / "action.yml"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("step", STEPS, ids=[step["id"] for step in STEPS])
def test_shellcheck_finds_nothing_in_a_script(step: dict[str, Any]) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "shellcheck", "--shell=bash", "-"],
        input=step["run"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
