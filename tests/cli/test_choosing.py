"""--since and --only: which outputs a verb is about."""

from pathlib import Path

import pytest

from tests.cli.test_diff import jobspec
from tests.conftest import Repository
from tests.review.teams import Team, git, team


@pytest.fixture
def show(tmp_path: Path) -> Team:
    """Two locked specs of two clips each, on main; on this branch nothing has changed yet."""
    found = team(tmp_path / "repo")
    found.locked("day.yaml", output_directory="proxies:day")
    found.locked("night.yaml", output_directory="proxies:night")
    found.commit("two specs")
    found.branch()
    return found


def planned(show: Team, *arguments: str) -> list[str]:
    """Return the outputs that `jobspec plan` shows."""
    done = jobspec(show.top, "plan", *arguments)
    assert done.returncode == 0, done.stderr
    return [line.strip() for line in done.stdout.splitlines() if line.startswith("  proxies:")]


def test_since_shows_outputs_whose_key_moved(show: Team) -> None:
    show.spec("day.yaml", output_directory="proxies:day", resolution="quarter")
    assert planned(show, "--since", "main") == ["proxies:day/a.mov", "proxies:day/b.mov"]


def test_since_shows_outputs_whose_place_moved(show: Team) -> None:
    show.spec("night.yaml", output_directory="proxies:elsewhere")
    assert planned(show, "--since", "main") == ["proxies:elsewhere/a.mov", "proxies:elsewhere/b.mov"]


def test_since_shows_the_new_source_alone(show: Team) -> None:
    show.spec("day.yaml", output_directory="proxies:day", sources="[media:a.mov, media:b.mov, media:c.mov]")
    show.lock("day.yaml", ("media:a.mov", "media:b.mov", "media:c.mov"))
    assert planned(show, "--since", "main") == ["proxies:day/c.mov"]


def test_since_shows_nothing_after_a_harmless_edit(show: Team) -> None:
    show.replace("specs/day.yaml", "codec:", "# a comment\ncodec:")
    show.git("mv", "specs/night.yaml", "specs/late.yaml")
    show.git("mv", "specs/night.lock.jsonl", "specs/late.lock.jsonl")
    assert planned(show, "--since", "main") == []


def test_since_is_at_the_merge_base(show: Team) -> None:
    show.spec("day.yaml", output_directory="proxies:day", resolution="quarter")
    show.commit()
    show.git("switch", "--quiet", "main")
    show.spec("night.yaml", output_directory="proxies:night", codec="h264")
    show.commit()
    show.git("switch", "--quiet", "edit")
    assert planned(show, "--since", "main") == ["proxies:day/a.mov", "proxies:day/b.mov"]


def test_since_asks_the_repository_of_the_specs_not_the_working_directory(show: Team, tmp_path: Path) -> None:
    show.spec("day.yaml", output_directory="proxies:day", resolution="quarter")
    other = team(tmp_path / "other").top
    done = jobspec(other, "plan", str(show.top / "specs"), "--since", "main")
    assert done.stdout.count("  proxies:day/") == 2
    assert "proxies:night" not in done.stdout


@pytest.mark.parametrize("verb", ["plan", "run"])
@pytest.mark.parametrize("revision", ["nothing", "-x", ""], ids=["unknown", "beginning with a dash", "empty"])
def test_a_revision_that_is_not_there_is_wrong_usage(show: Team, verb: str, revision: str, tmp_path: Path) -> None:
    mounted = {"JOBSPEC_ROOT_MEDIA": str(tmp_path), "JOBSPEC_ROOT_PROXIES": str(tmp_path / "proxies")}
    done = jobspec(show.top, verb, f"--since={revision}", env=mounted)
    assert done.returncode == 64, done.stderr
    assert "names no commit of this clone" in done.stderr


@pytest.mark.parametrize(
    ("pattern", "outputs"),
    [
        pytest.param("proxies:day/*", ["proxies:day/a.mov", "proxies:day/b.mov"], id="a place"),
        pytest.param("a.mov", ["proxies:day/a.mov", "proxies:night/a.mov"], id="a name"),
        pytest.param("media:b*", ["proxies:day/b.mov", "proxies:night/b.mov"], id="a source"),
        pytest.param("?.mov", ["proxies:day/a.mov", "proxies:day/b.mov"] * 2, id="any"),
    ],
)
def test_only_narrows_by_output_or_source(show: Team, pattern: str, outputs: list[str]) -> None:
    found = planned(show, "--only", pattern)
    assert sorted(each.replace("night", "day") if pattern == "?.mov" else each for each in found) == sorted(outputs)


def test_only_may_be_given_again_and_goes_with_since(show: Team) -> None:
    assert len(planned(show, "--only", "proxies:day/a*", "--only", "proxies:night/b*")) == 2
    show.spec("day.yaml", output_directory="proxies:day", resolution="quarter")
    assert planned(show, "--only", "a.mov", "--since", "main") == ["proxies:day/a.mov"]


@pytest.mark.parametrize("verb", ["plan", "run", "status"])
def test_a_pattern_that_names_nothing_is_wrong_usage_and_no_success(show: Team, verb: str, tmp_path: Path) -> None:
    mounted = {"JOBSPEC_ROOT_MEDIA": str(tmp_path), "JOBSPEC_ROOT_PROXIES": str(tmp_path / "proxies")}
    done = jobspec(show.top, verb, "--only", "a.mov", "--only", "A001*", env=mounted)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr == "JS100: --only A001*: no output and no source of these specs is called that\n"


def test_a_saved_plan_is_whole(show: Team) -> None:
    for option in (("--since", "main"), ("--only", "a.mov")):
        done = jobspec(show.top, "plan", "-o", "plan.jsonl", *option)
        assert done.returncode == 64
        assert "a saved plan is whole" in done.stderr


def test_run_makes_and_status_shows_only_what_is_named(repository: Repository) -> None:
    for name in ("a.mov", "b.mov"):
        repository.clip(name, seconds=0.08)
    repository.spec(sources=("media:a.mov", "media:b.mov"))
    done = repository.jobspec("run", "--only", "b.mov")
    assert done.returncode == 0, done.stderr
    assert repository.outputs() == ["out/b.mov"]
    shown = repository.jobspec("status", "--only", "media:a*").stdout
    assert "missing  proxies:out/a.mov" in shown
    assert "b.mov" not in shown


def test_run_since_makes_what_moved_since_the_revision_alone(repository: Repository) -> None:
    for name in ("a.mov", "b.mov"):
        repository.clip(name, seconds=0.08)
        repository.spec(f"{name[0]}.yaml", sources=(f"media:{name}",))
        assert repository.jobspec("lock").returncode == 0
    git(repository.top, "init", "--quiet", "--initial-branch", "main")
    git(repository.top, "add", "--all")
    git(repository.top, "commit", "--quiet", "--message", "both")
    repository.spec("b.yaml", sources=("media:b.mov",), resolution="half")
    done = repository.jobspec("run", "--since", "HEAD")
    assert done.returncode == 0, done.stderr
    assert repository.outputs() == ["out/b.mov"]
