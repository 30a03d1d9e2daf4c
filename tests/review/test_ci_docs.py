"""What docs/ci.md gives to copy: it is valid, and GitLab's job is run against a server that answers as GitLab does."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from tests.conftest import Repository
from tests.review.repositories import HOME, commit_all, environment, git

EXAMPLES = {
    block.split("\n", 1)[0].removeprefix("# "): block
    for block in re.findall(
        r"```yaml\n(# \.\S+\n.*?)```", (HOME / "docs" / "ci.md").read_text(encoding="utf-8"), re.DOTALL
    )
}
JOB = yaml.safe_load(EXAMPLES[".gitlab-ci.yml"])["jobspec"]
NOTES = "/api/v4/projects/42/merge_requests/7/notes"


@pytest.mark.parametrize(
    ("example", "schema"),
    [(".github/workflows/jobspec.yml", "vendor.github-workflows"), (".gitlab-ci.yml", "vendor.gitlab-ci")],
    ids=["GitHub", "GitLab"],
)
def test_an_example_is_what_its_system_takes(tmp_path: Path, example: str, schema: str) -> None:
    file = tmp_path / "example.yml"
    file.write_text(EXAMPLES[example], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_example_for_pre_commit_is_what_it_takes(tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(EXAMPLES[".pre-commit-config.yaml"], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", file], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_format_of_check_is_told_of() -> None:
    text = (HOME / "docs" / "ci.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+)` \|", text.split("## GitHub")[0], re.MULTILINE)
    shown = subprocess.run(
        [sys.executable, "-m", "runner", "check", "--help"], capture_output=True, text=True, check=True
    )
    offered = re.search(r"--format \[([^]]*)\]", shown.stdout)
    assert offered
    assert told == offered[1].split("|")


@dataclass
class GitLab:
    """Answers as GitLab's API does, for one merge request and one token."""

    notes: list[dict[str, Any]]
    writable: bool = True
    written: list[tuple[str, str, str]] = field(default_factory=list)

    def answer(self, method: str, path: str, token: str | None, fields: dict[str, Any]) -> tuple[int, object]:
        if token != "a token":
            return 401, {"message": "401 Unauthorized"}
        if (method, path) == ("GET", "/api/v4/user"):
            return 200, {"id": 1}
        if method == "GET" and path.split("?")[0] == NOTES:
            return 200, self.notes
        if not self.writable:
            return 403, {"message": "403 Forbidden"}
        self.written.append((method, path, fields["body"]))
        return 200, {}


def _handler(gitlab: GitLab) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            fields = json.loads(self.rfile.read(length) or "{}")
            status, data = gitlab.answer(self.command, self.path, self.headers.get("PRIVATE-TOKEN"), fields)
            body = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = any

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def gitlab() -> Iterator[tuple[GitLab, str]]:
    found = GitLab([])
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(found))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found, f"http://127.0.0.1:{server.server_port}/api/v4"
    server.shutdown()
    server.server_close()


@pytest.fixture
def changed(repository: Repository) -> Repository:
    """A repository with a lock and two commits: the second makes half of the picture."""
    repository.clip(seconds=0.2)
    repository.spec()
    assert repository.jobspec("lock").returncode == 0
    git(repository.top, "init", "--quiet", "--initial-branch=main")
    commit_all(repository.top)
    git(repository.top, "branch", "base")
    repository.spec(resolution="half")
    commit_all(repository.top)
    return repository


def run_job(repository: Repository, api: str, token: str = "a token") -> "subprocess.CompletedProcess[str]":
    """Run the script of GitLab's job as its runner does: all lines in one bash that stops at the first error."""
    env = environment(
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        no_proxy="127.0.0.1",
        CI_API_V4_URL=api,
        CI_MERGE_REQUEST_PROJECT_ID="42",
        CI_MERGE_REQUEST_IID="7",
        CI_MERGE_REQUEST_DIFF_BASE_SHA=git(repository.top, "rev-parse", "base"),
        CI_COMMIT_SHA=git(repository.top, "rev-parse", "HEAD"),
        JOBSPEC_TOKEN=token,
    )
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "\n".join(JOB["script"])],
        cwd=repository.top,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_gitlabs_job_makes_the_report_the_artifact_and_a_note(changed: Repository, gitlab: tuple[GitLab, str]) -> None:
    server, api = gitlab
    done = run_job(changed, api)
    assert done.returncode == 0, done.stderr
    ((method, path, body),) = server.written
    assert (method, path) == ("POST", NOTES)
    assert body.startswith("<!-- jobspec-diff -->\n")
    assert "same → half" in body
    assert JOB["artifacts"]["paths"] == ["jobspec-diff.md"]
    assert body == (changed.top / "jobspec-diff.md").read_text(encoding="utf-8")
    report = ElementTree.parse(changed.top / JOB["artifacts"]["reports"]["junit"])
    assert [case.attrib["name"] for case in report.iter("testcase")] == ["specs/day.yaml"]


def test_gitlabs_job_updates_its_own_note_and_no_strangers(changed: Repository, gitlab: tuple[GitLab, str]) -> None:
    server, api = gitlab
    server.notes = [
        {"id": 11, "author": {"id": 2}, "body": "<!-- jobspec-diff -->\nall is well"},
        {"id": 12, "author": {"id": 1}, "body": "coverage"},
        {"id": 13, "author": {"id": 1}, "body": "<!-- jobspec-diff -->\nof the first push"},
    ]
    done = run_job(changed, api)
    assert done.returncode == 0, done.stderr
    assert [(method, path) for method, path, _ in server.written] == [("PUT", f"{NOTES}/13")]


def test_gitlabs_job_fails_for_an_invalid_spec_and_still_reports(
    changed: Repository, gitlab: tuple[GitLab, str]
) -> None:
    server, api = gitlab
    changed.spec(resolution="haf")
    commit_all(changed.top)
    done = run_job(changed, api)
    assert done.returncode == 1
    assert "JS021" in (changed.top / "jobspec-check.xml").read_text(encoding="utf-8")
    assert len(server.written) == 1


@pytest.mark.parametrize(("token", "writable"), [("", True), ("a token", False)], ids=["no token", "no right"])
def test_gitlabs_job_passes_without_the_right_to_write_notes(
    changed: Repository, gitlab: tuple[GitLab, str], token: str, writable: bool
) -> None:
    server, api = gitlab
    server.writable = writable
    done = run_job(changed, api, token)
    assert done.returncode == 0, done.stderr
    assert server.written == []
    assert (changed.top / "jobspec-diff.md").exists()
