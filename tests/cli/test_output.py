"""`-o FILE` of the verbs that answer with a document."""

import pytest

from tests.conftest import Repository


@pytest.mark.parametrize("verb", ["plan", "check"])
def test_a_camera_original_is_never_written_over(repository: Repository, verb: str) -> None:
    original = repository.clip()
    before = original.read_bytes()
    repository.spec()
    done = repository.jobspec(verb, "-o", str(original))
    assert done.returncode == 64
    assert "is there and is no text" in done.stderr
    assert original.read_bytes() == before


def test_an_older_answer_is_replaced(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    answer = repository.write("plan.jsonl", "older\n")
    assert repository.jobspec("plan", "-o", str(answer)).returncode == 0
    assert answer.read_text().startswith('{"line":"header"')


def test_a_share_that_is_not_there_is_named_and_its_folder_is_not_made(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    gone = repository.proxies / "nas" / "proxies"
    done = repository.jobspec("run", "--root", f"proxies={gone}")
    assert done.returncode == 75
    assert 'the root "proxies" is mounted at a folder that is not there' in done.stderr
    assert not gone.parent.exists()


def test_files_of_another_spec_in_the_same_folder_are_no_orphans(repository: Repository) -> None:
    repository.clip("a.mov")
    repository.clip("b.mov")
    repository.spec("one.yaml", sources=("media:a.mov",))
    repository.spec("two.yaml", sources=("media:b.mov",))
    assert repository.jobspec("run").returncode == 0
    assert "orphaned" not in repository.jobspec("status", "specs/one.yaml").stdout
    (repository.top / "specs" / "two.yaml").unlink()
    assert "orphaned" in repository.jobspec("status").stdout


def test_a_locale_without_the_letters_of_a_name_costs_the_letters_and_not_the_run(repository: Repository) -> None:
    repository.clip("映像.mov")
    repository.spec(sources=("media:映像.mov",))
    done = repository.jobspec("run", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert repository.outputs() == ["out/映像.mov"]
