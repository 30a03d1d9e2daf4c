"""What a machine remembers of a plan saves it work, and never changes a word, an exit code, or what is made."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.made import fill, new_repository
from tests.conftest import Repository
from tests.execution.fakes import FAILS, fake

GLOB = '{glob: "media:*.mov"}'
WITHOUT = {"XDG_CACHE_HOME": "/dev/null/none"}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A locked spec: a is done, b missing, c failed, d stale, e foreign, f orphaned; g is not in the lock."""
    found = new_repository(tmp_path_factory.mktemp("once"))
    for name in "abcdef":
        found.clip(f"{name}.mov", seconds=0.2)
    found.spec(sources=(GLOB,), template="{{ source_name }}")
    for words in (("lock",), ("run", "--only", "a.mov", "--only", "d.mov", "--only", "f.mov")):
        assert found.jobspec(*words).returncode == 0
    assert found.jobspec("run", "--only", "c.mov", "--ffmpeg", str(fake(found.top / "ffmpeg", FAILS))).returncode == 4
    (found.proxies / "out/e.mov").write_text("somebody's")
    (found.media / "f.mov").unlink()
    found.clip("d.mov", seconds=0.4)
    assert found.jobspec("lock").returncode == 0
    found.clip("g.mov", seconds=0.2)
    return found


@pytest.fixture
def mixed(repository: Repository, once: Repository) -> Repository:
    """The same in a place of its own, where nothing is remembered."""
    fill(repository, once)
    return repository


def told(done: "subprocess.CompletedProcess[str]") -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


def memories(repository: Repository) -> list[Path]:
    return sorted((repository.top.parent / ".cache/jobspec").glob("*"))


def remembered(repository: Repository) -> Path:
    """Let the machine remember the plan of all specs and return the file that it does so in."""
    repository.jobspec("status")
    (found,) = memories(repository)
    return found


def forge(memory: Path, old: str, new: str) -> None:
    """Change what is remembered, as nobody but the user could."""
    data = memory.read_bytes().partition(b"\n")[2].replace(old.encode(), new.encode())
    memory.write_bytes(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


@pytest.mark.parametrize("words", [("status",), ("status", "--json"), ("status", "specs/day.yaml")], ids=" ".join)
def test_status_says_the_same_with_and_without(mixed: Repository, words: tuple[str, ...]) -> None:
    without = told(mixed.jobspec(*words, env=WITHOUT))
    assert [told(mixed.jobspec(*words)) for _ in range(2)] == [without, without]
    assert len(memories(mixed)) == 1
    assert without[0] == 4
    assert all(state in without[1] for state in ("done", "missing", "failed", "stale", "foreign", "orphaned"))
    assert "g.mov" in without[2]


@pytest.mark.parametrize("words", [("run",), ("run", "--json"), ("run", "specs/day.yaml")], ids=" ".join)
def test_a_run_with_nothing_to_do_says_the_same_with_and_without(mixed: Repository, words: tuple[str, ...]) -> None:
    mixed.jobspec("run", env=WITHOUT)
    without = told(mixed.jobspec(*words, env=WITHOUT))
    assert [told(mixed.jobspec(*words)) for _ in range(2)] == [without, without]
    assert without[0] == 4


def test_what_is_remembered_is_used(mixed: Repository) -> None:
    forge(remembered(mixed), '"media:a.mov"', '"media:A.mov"')
    assert "media:A.mov" in mixed.jobspec("status").stdout


def test_what_is_due_is_made_from_a_plan_that_was_built_for_it(mixed: Repository) -> None:
    memory = remembered(mixed)
    forge(memory, "proxies:out/b.mov", "proxies:out/evil.mov")
    forge(memory, '"media:b.mov"', '"media:g.mov"')
    done = mixed.jobspec("run")
    assert [row.split()[:2] for row in done.stdout.splitlines()][2] == ["made", "media:b.mov"]
    assert mixed.outputs() == [f"out/{name}.mov" for name in "abcdef"]


def test_a_name_that_is_no_utf_8_costs_the_memory_alone(mixed: Repository) -> None:
    os.mkdir(os.fsencode(mixed.top / "specs") + b"/\xff")  # noqa: PTH102 - a path of bytes
    done = mixed.jobspec("status")
    assert done.returncode == 4, done.stderr
    assert memories(mixed) == []


def test_nothing_is_remembered_of_a_spec_that_has_no_lock(repository: Repository) -> None:
    repository.clip()
    repository.spec()
    assert repository.jobspec("status").returncode == 0
    assert memories(repository) == []


def test_what_is_remembered_is_the_users_alone(mixed: Repository) -> None:
    memory = remembered(mixed)
    assert [path.stat().st_mode & 0o777 for path in (memory, memory.parent)] == [0o600, 0o700]


SPOILT: dict[str, Callable[[Path], object]] = {
    "a file that others may write": lambda memory: memory.chmod(0o666),
    "a link": lambda memory: (
        memory.rename(memory.with_suffix(".x")).parent and memory.symlink_to(memory.with_suffix(".x"))
    ),
    "half of it": lambda memory: os.truncate(memory, memory.stat().st_size // 2),
    "a byte of it": lambda memory: memory.write_bytes(memory.read_bytes().replace(b"media:A", b"media:B")),
    "nothing": lambda memory: os.truncate(memory, 0),
    "another tool's": lambda memory: forge(memory, '"asked"', '"questions"'),
    "a folder": lambda memory: (memory.unlink(), memory.mkdir()),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_what_cannot_be_believed_is_built_again(mixed: Repository, spoil: Callable[[Path], object]) -> None:
    memory = remembered(mixed)
    forge(memory, '"media:a.mov"', '"media:A.mov"')
    spoil(memory)
    assert told(mixed.jobspec("status")) == told(mixed.jobspec("status", env=WITHOUT))


def edit(path: str, old: str, new: str) -> Callable[[Repository], object]:
    def change(repository: Repository) -> None:
        file = repository.top / path
        file.write_text(file.read_text().replace(old, new))

    return change


EDITS: dict[str, Callable[[Repository], object]] = {
    "the spec": edit("specs/day.yaml", "resolution: same", "resolution: half"),
    "the lock": edit("specs/day.lock.jsonl", "sampled-sha256:", "sampled-sha256:0"),
    "jobspec.toml": edit("jobspec.toml", "[roots]", 'state_directory = "proxies:records"\n[roots]'),
    "a spec that comes": lambda repository: repository.spec("more.yaml", sources=("media:a.mov",), template="more"),
    "a spec that goes": lambda repository: (repository.top / "specs/day.yaml").unlink(),
    "a lock that goes": lambda repository: (repository.top / "specs/day.lock.jsonl").unlink(),
}


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
def test_an_edit_is_seen_at_once(mixed: Repository, change: Callable[[Repository], object]) -> None:
    remembered(mixed)
    before = told(mixed.jobspec("status"))
    change(mixed)
    after = told(mixed.jobspec("status"))
    assert after == told(mixed.jobspec("status", env=WITHOUT))
    assert after != before


def test_a_template_that_is_edited_or_comes_is_seen_at_once(mixed: Repository) -> None:
    mixed.write("templates/house.j2", "{{ source_name }}")
    mixed.spec(sources=(GLOB,), template="house.j2")
    remembered(mixed)
    mixed.write("templates/house.j2", "{{ source_name }}_proxy")
    assert "a_proxy.mov" in mixed.jobspec("status").stdout


def test_a_mount_that_is_moved_is_seen_at_once(mixed: Repository) -> None:
    remembered(mixed)
    shutil.move(mixed.proxies, mixed.proxies.with_name("elsewhere"))
    done = mixed.jobspec("status", "--root", f"proxies={mixed.proxies.with_name('elsewhere')}")
    assert told(done) == told(
        mixed.jobspec("status", "--root", f"proxies={mixed.proxies.with_name('elsewhere')}", env=WITHOUT)
    )
    assert "proxies:out/a.mov" in done.stdout


def test_confinement_is_asked_for_anew(mixed: Repository) -> None:
    remembered(mixed)
    words = ("status", "--confined-to", "proxies")
    assert told(mixed.jobspec(*words)) == told(mixed.jobspec(*words, env=WITHOUT))
    assert mixed.jobspec(*words).returncode == 1


def test_two_roots_that_are_one_folder_are_refused_all_the_same(mixed: Repository) -> None:
    mixed.jobspec("run")
    words = ("run", "--root", f"media={mixed.proxies}")
    assert told(mixed.jobspec(*words)) == told(mixed.jobspec(*words, env=WITHOUT))


def test_few_plans_are_remembered(mixed: Repository) -> None:
    folder = remembered(mixed).parent
    for number in range(12):
        (folder / f"{number:032x}.json").touch()
        os.utime(folder / f"{number:032x}.json", (number, number))
    mixed.jobspec("status", "specs/day.yaml")
    assert len(memories(mixed)) == 8
