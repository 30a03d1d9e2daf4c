"""--confined, as a team sees it that runs what strangers propose."""

import json
from pathlib import Path

import pytest

from tests.cli.inside import jobspec
from tests.conftest import Repository
from tests.review.repositories import commit_all, git

ABSOLUTE = "is outside of what --confined allows: it is an absolute path; write it below a root"


def written(repository: Repository, sources: tuple[str, ...], directory: str) -> None:
    """Write a spec with an output directory of its own."""
    file = repository.spec(sources=sources)
    file.write_text(file.read_text().replace("proxies:out", directory))


def wrong(repository: Repository, *arguments: str) -> str:
    done = jobspec(repository, *arguments)
    assert done.returncode == 1, (done.stdout, done.stderr)
    return done.stdout + done.stderr


def test_absolute_places_are_part_of_the_contract_until_it_is_said_otherwise(repository: Repository) -> None:
    written(repository, ("/etc/passwd",), "/srv/out")
    assert jobspec(repository, "check").returncode == 0
    told = wrong(repository, "check", "--confined")
    assert f'specs/day.yaml:3:5: JS213 sources[0]: "/etc/passwd" {ABSOLUTE}' in told
    assert f'JS213 output_directory: "/srv/out" {ABSOLUTE}' in told


@pytest.mark.parametrize(
    "verb", [("plan",), ("plan", "--locked"), ("lock",), ("run",), ("status",), ("show", "specs/day.yaml")]
)
def test_every_verb_that_reads_specs_refuses_before_anything_is_opened(
    repository: Repository, verb: tuple[str, ...]
) -> None:
    repository.spec(sources=("/etc/passwd",))
    assert ABSOLUTE in wrong(repository, verb[0], "--confined", *verb[1:])


def test_of_the_roots_only_the_named_ones_may_be_used(repository: Repository) -> None:
    repository.clip("a.mov")
    repository.spec(sources=("media:a.mov",))
    assert jobspec(repository, "check", "--confined-to", "media", "--confined-to", "proxies").returncode == 0
    told = wrong(repository, "check", "--confined-to", "media")
    assert (
        'JS213 output_directory: "proxies:out" is outside of what --confined allows: its root is none of media' in told
    )


def test_a_file_of_the_repository_can_tighten(repository: Repository) -> None:
    project = repository.top / "jobspec.toml"
    project.write_text(f"confined = true\n{project.read_text()}")
    repository.spec(sources=("/etc/passwd",))
    assert ABSOLUTE in wrong(repository, "check")


def test_a_file_of_the_repository_cannot_loosen(repository: Repository) -> None:
    project = repository.top / "jobspec.toml"
    project.write_text(f"confined = false\n{project.read_text()}")
    repository.spec(sources=("/etc/passwd",))
    assert ABSOLUTE in wrong(repository, "check", "--confined")


def test_the_environment_plays_no_part(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JOBSPEC_CONFINED", "CONFINED", "JOBSPEC_CHECK_CONFINED"):
        monkeypatch.setenv(name, "0")
    repository.spec(sources=("/etc/passwd",))
    assert ABSOLUTE in wrong(repository, "check", "--confined")


def test_records_lie_inside_too(repository: Repository) -> None:
    project = repository.top / "jobspec.toml"
    project.write_text(f'state_directory = "/var/tmp/x"\n{project.read_text()}')
    repository.spec()
    told = wrong(repository, "check", "--confined")
    assert f'jobspec.toml:1:1: JS213 state_directory: "/var/tmp/x" {ABSOLUTE}' in told


@pytest.mark.parametrize(
    ("sources", "directory", "field"),
    [
        pytest.param(("repo:away/passwd",), "proxies:out", "sources[0]", id="a source"),
        pytest.param(("media:a.mov",), "repo:away/out", "output_directory", id="an output"),
    ],
)
def test_links_of_the_repository_are_looked_through_by_check(
    repository: Repository, sources: tuple[str, ...], directory: str, field: str
) -> None:
    (repository.top / "away").symlink_to("/etc")
    written(repository, sources, directory)
    told = wrong(repository, "check", "--confined")
    assert f"JS213 {field}: " in told
    assert "a link leads it out of the repository" in told


def test_a_link_that_stays_in_the_repository_is_none_that_leads_out(repository: Repository) -> None:
    (repository.top / "here").mkdir()
    (repository.top / "there").symlink_to("here")
    repository.spec(sources=("repo:there/a.mov",))
    assert jobspec(repository, "check", "--confined").returncode == 0


def test_a_task_of_a_saved_plan_is_confined_too(repository: Repository, tmp_path: Path) -> None:
    repository.clip("a.mov")
    repository.spec(sources=(str(repository.media / "a.mov"),))
    plan = tmp_path / "plan.jsonl"
    assert jobspec(repository, "plan", "-o", str(plan)).returncode == 0
    told = wrong(repository, "exec-task", "--plan", str(plan), "--task", "0", "--confined")
    assert ABSOLUTE in told
    assert repository.outputs() == []


def test_a_diff_tells_what_the_later_side_may_not(repository: Repository) -> None:
    repository.spec(sources=("media:a.mov",))
    git(repository.top, "init", "--quiet")
    commit_all(repository.top)
    repository.spec(sources=("/etc/passwd",))
    done = jobspec(repository, "diff", "HEAD", "--confined", "--format", "json")
    assert done.returncode == 1
    assert any(ABSOLUTE in each for each in json.loads(done.stdout)["problems"])
