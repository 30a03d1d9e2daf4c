"""The hook that ships, installed and started by the real pre-commit when git commits."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Repository
from tests.review.repositories import HOME, commit_all, copy_of_this_package, environment, git

CONFIGURATION = """\
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: jobspec-check
"""


@dataclass(frozen=True)
class Hooked:
    """A repository of specs in which pre-commit runs the hook; every test leaves it as it was."""

    repository: Repository
    environment: dict[str, str]
    start: str

    @property
    def top(self) -> Path:
        return self.repository.top

    def commit(self) -> "subprocess.CompletedProcess[str]":
        git(self.top, "add", "--all")
        return subprocess.run(
            ["git", "commit", "-m", "change"],
            cwd=self.top,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def committed(self) -> bool:
        return git(self.top, "rev-parse", "HEAD") != self.start


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Hooked:
    folder = tmp_path_factory.mktemp("pre-commit")
    hook = copy_of_this_package(folder / "jobspec-runner")
    git(hook, "init", "--quiet")
    revision = commit_all(hook)
    found = Repository(folder / "repo", folder, folder)
    found.write("jobspec.toml", '[roots]\nmedia = "m"\nproxies = "p"\n')
    found.write("templates/plain.j2", "{{ source_name }}")
    found.write("specs/profiles/house.yaml", "resolution: half\n")
    spec = found.spec(template="plain.j2").read_text(encoding="utf-8").replace("resolution: same\n", "")
    found.write("specs/day.yaml", f"extends: profiles/house.yaml\n{spec}")
    found.write(".pre-commit-config.yaml", CONFIGURATION.format(repository=hook, revision=revision))
    git(found.top, "init", "--quiet")
    start = commit_all(found.top)
    caches = {"PRE_COMMIT_HOME": str(folder / "home"), "VIRTUALENV_OVERRIDE_APP_DATA": str(folder / "virtualenv")}
    env = environment(**caches)
    subprocess.run([sys.executable, "-m", "pre_commit", "install"], cwd=found.top, env=env, check=True)
    return Hooked(found, env, start)


@pytest.fixture
def hooked(installed: Hooked) -> Hooked:
    git(installed.top, "reset", "--quiet", "--hard", installed.start)
    git(installed.top, "clean", "--quiet", "-d", "--force")
    return installed


def test_a_wrong_spec_is_not_committed_and_its_line_is_named(hooked: Hooked) -> None:
    hooked.repository.spec("night.yaml", resolution="haf")
    done = hooked.commit()
    assert done.returncode == 1
    assert 'specs/night.yaml:7:13: JS021 resolution: "haf"' in done.stderr
    assert not hooked.committed()


def test_a_good_spec_is_committed(hooked: Hooked) -> None:
    hooked.repository.spec("night.yaml", template="{{ source_name }}_night")
    done = hooked.commit()
    assert done.returncode == 0, done.stderr
    assert "jobspec check" in done.stderr
    assert hooked.committed()


def _write(path: str, text: str) -> Callable[[Repository], object]:
    return lambda repository: repository.write(path, text)


def _remove(path: str) -> Callable[[Repository], object]:
    return lambda repository: (repository.top / path).unlink()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_write("templates/plain.j2", "{{ sorce_name }}"), "specs/day.yaml:9:18: JS042"),
        (_write("specs/profiles/house.yaml", "resolution: haf\n"), "specs/profiles/house.yaml:1:13: JS021"),
        (_write("jobspec.toml", '[roots]\nmedia = "m"\n'), "specs/day.yaml:5:19: JS050"),
        (_write("specs/day.lock.jsonl", "half a line"), "specs/day.lock.jsonl:1:1: JS110"),
        (_remove("templates/plain.j2"), "specs/day.yaml:9:18: JS046"),
        (_remove("specs/profiles/house.yaml"), "specs/day.yaml:1:10: JS038"),
    ],
    ids=["a template", "a base", "jobspec.toml", "a lock", "a template that is removed", "a base that is removed"],
)
def test_the_specs_are_checked_when_only_what_they_use_changes(
    hooked: Hooked, change: Callable[[Repository], object], told: str
) -> None:
    change(hooked.repository)
    done = hooked.commit()
    assert done.returncode == 1
    assert told in done.stderr
    assert not hooked.committed()


def test_what_is_committed_is_checked_and_not_what_lies_in_the_work_tree(hooked: Hooked) -> None:
    spec = hooked.repository.spec("night.yaml", resolution="haf", template="night")
    git(hooked.top, "add", "--all")
    hooked.repository.spec("night.yaml", template="night")
    done = subprocess.run(
        ["git", "commit", "-m", "x"],
        cwd=hooked.top,
        env=hooked.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "JS021" in done.stderr
    assert "resolution: same" in spec.read_text(encoding="utf-8")


def test_the_manifest_is_one_that_pre_commit_takes() -> None:
    manifest = str(HOME / ".pre-commit-hooks.yaml")
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", manifest], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
