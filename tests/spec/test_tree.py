"""The work tree answers two questions; which repository a spec belongs to hangs on where the spec lies."""

import os
from pathlib import Path

import pytest

from runner.spec.tree import WorkTree, repository_of


def test_a_file_is_read_up_to_one_byte_more_than_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345678")
    assert WorkTree(tmp_path).read("a", 100) == b"12345678"
    assert WorkTree(tmp_path).read("a", 4) == b"12345"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    with pytest.raises(OSError, match="not a regular file"):
        WorkTree(tmp_path).read("a.yaml", 10)


def test_a_device_without_end_is_refused() -> None:
    with pytest.raises(OSError, match="not a regular file"):
        WorkTree(Path("/")).read("dev/zero", 10)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    with pytest.raises(IsADirectoryError):
        WorkTree(tmp_path).read("a.yaml", 10)


@pytest.mark.parametrize("name", ["a\0.yaml", "a\ud800.yaml"], ids=["a NUL", "half a character"])
def test_a_name_that_no_file_can_have_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        WorkTree(tmp_path).read(name, 10)


def test_names_are_listed_by_code_point_whatever_the_locale_with_a_slash_behind_folders(tmp_path: Path) -> None:
    for name in ("b", "ä", "Z", "a"):
        (tmp_path / name).touch()
    (tmp_path / "c").mkdir()
    assert WorkTree(tmp_path).list("") == ("Z", "a", "b", "c/", "ä")


def test_a_link_to_a_folder_is_none_as_in_a_git_revision(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "loop").symlink_to(tmp_path)
    assert WorkTree(tmp_path).list("specs") == ("loop",)


def made(top: Path, *files: str) -> Path:
    for file in files:
        (top / file).parent.mkdir(parents=True, exist_ok=True)
        (top / file).touch()
    return top


@pytest.mark.parametrize(
    ("files", "spec", "expected"),
    [
        pytest.param(("jobspec.toml", ".git", "specs/a.yaml"), "specs/a.yaml", "", id="the folder with jobspec.toml"),
        pytest.param(
            (".git", "team/jobspec.toml", "team/specs/a.yaml"), "team/specs/a.yaml", "team", id="the nearest of two"
        ),
        pytest.param(
            ("jobspec.toml", "sub/.git", "sub/specs/a.yaml"), "sub/specs/a.yaml", "", id="jobspec.toml before git's top"
        ),
        pytest.param((".git", "jobs/x/a.yaml"), "jobs/x/a.yaml", "", id="git's top"),
        pytest.param(("jobs/specs/deep/a.yaml",), "jobs/specs/deep/a.yaml", "jobs", id="the parent of specs"),
        pytest.param(("jobs/x/a.yaml",), "jobs/x/a.yaml", "jobs/x", id="its own folder"),
    ],
)
def test_a_spec_belongs_to(tmp_path: Path, files: tuple[str, ...], spec: str, expected: str) -> None:
    top = made(tmp_path, *files)
    assert repository_of(top / spec) == top / expected


def test_a_folder_of_specs_belongs_where_its_specs_belong(tmp_path: Path) -> None:
    made(tmp_path, "jobspec.toml", "specs/day/a.yaml")
    assert repository_of(tmp_path / "specs" / "day") == tmp_path


def test_the_repository_of_a_spec_does_not_hang_on_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(tmp_path, "one/jobspec.toml", "one/specs/a.yaml", "two/jobspec.toml")
    found = []
    for folder in ("one", "two", "one/specs"):
        monkeypatch.chdir(tmp_path / folder)
        found.append(repository_of(Path(os.path.relpath(tmp_path / "one/specs/a.yaml"))))
    assert found == [tmp_path / "one"] * 3
