"""`jobspec lock`: learns the facts of all sources and freezes them beside the spec."""

import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.inside import jobspec
from tests.clips import clip
from tests.conftest import Repository
from tests.review.repositories import commit_all, git

GLOB = 'glob: "media:**/*.mov"'
SKIP = '{glob: "media:**/*.mov", on_unusable: skip}'
TOML = '[roots]\nmedia = "camera originals"\nproxies = "what we make"\n'
SHIPPED = Path(__file__).parents[2] / ".gitattributes"


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips that differ in rate and length, of which each test gets copies of its own."""
    folder = tmp_path_factory.mktemp("clips")
    clip(folder / "a.mov", seconds=0.2)
    clip(folder / "b.mov", seconds=0.2, rate="30")
    clip(folder / "c.mov", seconds=0.4, rate="50", size="160x90")
    return folder


@pytest.fixture
def put(clips: Path, repository: Repository) -> Callable[[str, str], Path]:
    """Put a copy of a clip on the media root."""

    def copy(name: str, of: str = "a.mov") -> Path:
        path = repository.media / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(clips / of, path))

    return copy


Put = Callable[..., Path]


@pytest.fixture
def card(repository: Repository, put: Put) -> Repository:
    """A repository whose one spec takes the two clips on a card by a glob, locked."""
    put("a.mov")
    put("x/b.mov", "b.mov")
    repository.spec(sources=(GLOB,))
    locked(repository)
    return repository


def locked(repository: Repository, *arguments: str) -> str:
    done = jobspec(repository, "lock", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lock_file(repository: Repository, name: str = "day") -> Path:
    return repository.top / "specs" / f"{name}.lock.jsonl"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def edit(path: Path, **facts: object) -> None:
    """Change facts of every source of a lock, as no probe would find them."""
    header, *sources = lines(path)
    for each in sources:
        each["facts"] |= facts
    path.write_text("".join(json.dumps(line) + "\n" for line in (header, *sources)), encoding="utf-8")


def indices(repository: Repository, name: str = "day") -> dict[str, int]:
    return {line["location"]: line["index"] for line in lines(lock_file(repository, name))[1:]}


def test_a_lock_is_written_beside_its_spec(card: Repository) -> None:
    header, first, second = lines(lock_file(card))
    assert header == {"line": "header", "format": 1, "toolchain": "9.0", "recipes": 2}
    assert (first["location"], first["index"], first["facts"]["picture"]["frames"]) == ("media:a.mov", 0, 5)
    assert (second["location"], second["index"], second["facts"]["picture"]["rate"]) == ("media:x/b.mov", 1, "30/1")
    assert str(card.media) not in lock_file(card).read_text(encoding="utf-8")


def test_what_is_new_is_named_and_counted(repository: Repository, put: Put) -> None:
    put("a.mov")
    repository.spec(sources=(GLOB,))
    assert locked(repository) == (
        "specs/day.yaml: media:a.mov is new\nspecs/day.yaml: locked, 1 sources, 1 of them moved\n"
    )


def test_a_second_lock_leaves_the_file_as_it_is(card: Repository) -> None:
    path = lock_file(card)
    before = (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
    done = card.jobspec("lock")
    assert (done.returncode, done.stdout) == (0, "specs/day.yaml: unchanged, 2 sources, 0 of them moved\n")
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before


def test_a_second_lock_probes_only_what_changed(card: Repository, put: Put) -> None:
    edit(lock_file(card), reel="MARK")
    put("x/b.mov", "c.mov")
    told = locked(card)
    _, first, second = lines(lock_file(card))
    assert first["facts"]["reel"] == "MARK"
    assert "reel" not in second["facts"]
    assert "media:x/b.mov size in bytes" in told
    assert "media:a.mov" not in told


def test_a_lock_is_the_same_wherever_the_root_is_mounted_and_in_whatever_locale(
    card: Repository, tmp_path: Path
) -> None:
    before = lock_file(card).read_bytes()
    lock_file(card).unlink()
    (card.media).rename(tmp_path / "nas")
    done = card.jobspec(
        "lock", "--root", f"media={tmp_path / 'nas'}", env={"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Tokyo"}
    )
    assert done.returncode == 0, done.stderr
    assert lock_file(card).read_bytes() == before


def test_every_spec_gets_its_lock_also_one_without_globs(repository: Repository, put: Put) -> None:
    put("a.mov")
    repository.spec("day.yaml", sources=("media:a.mov",))
    repository.spec("deep/night.yml", sources=(GLOB,))
    locked(repository)
    assert indices(repository) == indices(repository, "deep/night") == {"media:a.mov": 0}


def test_an_unmounted_root_names_its_variable(card: Repository) -> None:
    before = lock_file(card).read_bytes()
    done = jobspec(card, "lock", env={"JOBSPEC_ROOT_MEDIA": ""})
    assert done.returncode == 75
    assert 'the root "media" is not mounted here; set JOBSPEC_ROOT_MEDIA=FOLDER' in done.stderr
    assert lock_file(card).read_bytes() == before


def test_two_roots_that_are_one_folder_are_refused(card: Repository) -> None:
    before = lock_file(card).read_bytes()
    (card.top.parent / "link").symlink_to(card.media)
    done = jobspec(card, "lock", "--root", f"proxies={card.top.parent / 'link'}")
    assert done.returncode == 1
    assert "are one folder on this machine; mount them apart" in done.stderr
    assert lock_file(card).read_bytes() == before


def test_an_invalid_spec_stops_all_locks(card: Repository) -> None:
    card.spec("other.yaml", codec="x")
    done = jobspec(card, "lock")
    assert done.returncode == 1
    assert 'specs/other.yaml:5:8: JS020 codec: "x" is not a codec' in done.stderr


def test_places_are_named_as_seen_from_the_working_directory(card: Repository) -> None:
    card.spec(sources=(GLOB, "media:gone.mov"))
    done = jobspec(card, "lock", "day.yaml", cwd=card.top / "specs")
    assert done.stderr.startswith('day.yaml:4:5: JS060 sources[1]: "media:gone.mov" does not exist')


def test_a_lock_that_cannot_be_written_is_told(card: Repository, put: Put) -> None:
    put("new.mov")
    lock_file(card).unlink()
    lock_file(card).mkdir()
    done = jobspec(card, "lock")
    assert done.returncode == 1
    assert "specs/day.lock.jsonl:1:1: JS001: cannot be read: Is a directory" in done.stderr


def test_progress_is_shown_on_a_terminal_and_not_in_a_pipe(card: Repository) -> None:
    assert jobspec(card, "lock").stderr == ""
    lock_file(card).unlink()
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "runner", "lock"],
        cwd=card.top,
        env=card.environment | {"TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    assert process.returncode == 0
    assert b"lock specs/day.yaml" in shown
    assert b"2 files" in shown


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # what Linux says when the last writer of a terminal is gone
        return b""


# What cannot be used.


@pytest.fixture
def damaged(card: Repository) -> Repository:
    """The card, with a file on it that is cut off and not in the lock."""
    (card.media / "cut.mov").write_bytes((card.media / "a.mov").read_bytes()[:300])
    return card


def test_a_clip_that_cannot_be_used_stops_the_lock_and_is_named(damaged: Repository) -> None:
    before = lock_file(damaged).read_bytes()
    done = jobspec(damaged, "lock")
    assert done.returncode == 1
    assert 'specs/day.yaml:3:5: JS063 sources[0]: "media:cut.mov" is not a media file that can be read' in done.stderr
    assert lock_file(damaged).read_bytes() == before


def test_a_clip_that_may_be_skipped_is_a_line_with_its_reason_and_named_each_time(damaged: Repository) -> None:
    damaged.spec(sources=(SKIP,))
    for word in ("locked", "unchanged"):
        told = locked(damaged)
        assert 'specs/day.yaml: media:cut.mov skipped: "media:cut.mov" is not a media file that can be read' in told
        assert f"specs/day.yaml: {word}, 3 sources" in told
    (line,) = (line for line in lines(lock_file(damaged)) if "unusable" in line)
    assert (line["location"], "facts" in line) == ("media:cut.mov", False)
    checked = jobspec(damaged, "check")
    assert checked.returncode == 0
    assert '"media:cut.mov" is skipped, it is unusable' in checked.stdout
    planned = jobspec(damaged, "plan")
    assert planned.stdout.count("  proxies:out/") == 2
    assert "skipped media:cut.mov" in planned.stdout


def test_a_clip_that_may_no_longer_be_skipped_is_refused_from_the_lock(damaged: Repository) -> None:
    damaged.spec(sources=(SKIP,))
    locked(damaged)
    damaged.spec(sources=(GLOB,))
    done = jobspec(damaged, "plan")
    assert done.returncode == 1
    assert 'JS125 sources: "media:cut.mov" is unusable' in done.stderr


def test_of_several_specs_those_that_can_be_locked_are(damaged: Repository, put: Put) -> None:
    damaged.spec("fine.yaml", sources=("media:a.mov",))
    assert jobspec(damaged, "lock").returncode == 1
    assert indices(damaged, "fine") == {"media:a.mov": 0}


def test_a_glob_that_matches_nothing_is_an_error_with_its_place(card: Repository) -> None:
    card.spec(sources=(GLOB, 'glob: "media:**/*.mxf"'))
    done = jobspec(card, "lock")
    assert done.returncode == 1
    assert done.stderr == 'specs/day.yaml:4:5: JS117 sources[1]: "media:**/*.mxf" matches no file\n'


@pytest.mark.parametrize("entry", [GLOB, "media:out.mov", "media:out/x.mov"], ids=["a glob", "a file", "a folder"])
def test_a_link_out_of_the_root_is_refused(card: Repository, put: Put, entry: str) -> None:
    outside = card.top.parent / "media2"
    outside.mkdir()
    shutil.copy(card.media / "a.mov", outside / "x.mov")
    (card.media / "out").symlink_to(outside)
    (card.media / "out.mov").symlink_to(outside / "x.mov")
    card.spec(sources=(entry,))
    done = jobspec(card, "lock")
    assert done.returncode == 1
    assert "specs/day.yaml:3:5: JS053 sources[0]: " in done.stderr
    assert "leaves its root" in done.stderr


def test_a_path_that_leaves_its_root_by_dots_is_refused(card: Repository) -> None:
    card.spec(sources=("media:x/../../x.mov",))
    done = jobspec(card, "lock")
    assert done.returncode == 1
    assert 'JS027 sources[0]: "media:x/../../x.mov" is not a place' in done.stderr


# What drifted.


def checked(repository: Repository, *arguments: str) -> tuple[int, list[str]]:
    """Return what --check exits with and prints; it must write nothing."""
    before = {path: path.read_bytes() for path in repository.top.rglob("*") if path.is_file()}
    done = jobspec(repository, "lock", "--check", *arguments)
    assert {path: path.read_bytes() for path in repository.top.rglob("*") if path.is_file()} == before
    return done.returncode, [line.removeprefix("specs/day.yaml: ") for line in done.stdout.splitlines()]


def test_a_lock_that_is_up_to_date_has_nothing_to_say(card: Repository) -> None:
    assert checked(card) == (0, [])


def test_another_time_stamp_and_another_inode_are_no_drift(card: Repository, put: Put) -> None:
    os.utime(card.media / "a.mov", (1, 1))
    (card.media / "x" / "b.mov").unlink()
    put("x/b.mov", "b.mov")
    assert checked(card) == (0, [])


def test_a_copied_tree_is_not_stale(card: Repository, tmp_path: Path) -> None:
    shutil.copytree(card.media, tmp_path / "nas", copy_function=shutil.copyfile)
    shutil.rmtree(card.media)
    assert checked(card, "--root", f"media={tmp_path / 'nas'}") == (0, [])


def test_every_drift_is_told_in_words(card: Repository, put: Put) -> None:
    put("x/b.mov", "c.mov")
    put("new.mov")
    (card.media / "a.mov").unlink()
    code, words = checked(card)
    assert code == 3
    sizes = [(card.media / name).stat().st_size for name in ("x/b.mov",)]
    old = next(line for line in lines(lock_file(card)) if line.get("location") == "media:x/b.mov")["facts"]["content"]
    assert words == [
        "media:new.mov is new",
        f"media:x/b.mov size in bytes {old['size']} → {sizes[0]}, rate 30 → 50, frames 6 → 20, "
        "picture 320x180 → 160x90",
        "media:a.mov vanished, or is no longer in the spec",
    ]


def test_other_content_of_the_same_size_is_drift(card: Repository) -> None:
    data = bytearray((card.media / "a.mov").read_bytes())
    place = data.index(b"Lavf")
    data[place : place + 4] = b"Lavg"
    (card.media / "a.mov").write_bytes(data)
    assert checked(card) == (3, ["media:a.mov content, at the same size"])


def test_a_path_that_vanished_is_drift_and_hides_no_other(repository: Repository, put: Put) -> None:
    put("a.mov")
    put("b.mov", "b.mov")
    repository.spec(sources=("media:a.mov", "media:b.mov"))
    locked(repository)
    (repository.media / "a.mov").unlink()
    (repository.media / "b.mov").write_bytes(b"")
    code, words = checked(repository)
    assert code == 3
    assert words == [
        "media:a.mov vanished",
        'media:b.mov is unusable now: "media:b.mov" is empty (0 bytes)',
    ]


def test_a_glob_whose_last_file_vanished_has_drifted(repository: Repository, put: Put) -> None:
    put("a.mov")
    repository.spec(sources=(GLOB,))
    locked(repository)
    (repository.media / "a.mov").unlink()
    assert checked(repository) == (3, ["media:a.mov vanished, or is no longer in the spec"])


def test_a_new_file_that_cannot_be_used_is_an_error_beside_the_drift(damaged: Repository) -> None:
    (damaged.media / "a.mov").unlink()
    done = jobspec(damaged, "lock", "--check")
    assert done.returncode == 1
    assert "media:a.mov vanished" in done.stdout
    assert 'JS063 sources[0]: "media:cut.mov"' in done.stderr


def test_an_edit_of_the_spec_is_drift(card: Repository) -> None:
    card.spec(sources=("media:a.mov",))
    assert checked(card) == (3, ["media:x/b.mov vanished, or is no longer in the spec"])


def test_a_glob_without_a_lock_is_drift(card: Repository) -> None:
    lock_file(card).unlink()
    assert checked(card) == (3, ["media:a.mov is new", "media:x/b.mov is new"])


def test_a_spec_that_needs_no_lock_and_has_none_has_not_drifted(repository: Repository, put: Put) -> None:
    put("a.mov")
    repository.spec(sources=("media:a.mov",))
    assert checked(repository) == (0, ["no lock, and needs none"])


def test_every_drift_goes_by_locking_again(card: Repository, put: Put) -> None:
    put("x/b.mov", "c.mov")
    put("new.mov")
    locked(card)
    assert checked(card) == (0, [])


# Toolchain and recipes.


def test_another_toolchain_in_the_project_moves_no_lock_and_no_plan(card: Repository) -> None:
    before, plan = lock_file(card).read_bytes(), jobspec(card, "plan", "--format", "jsonl").stdout
    card.write("jobspec.toml", TOML + '[toolchain]\nffmpeg = "7.0"\n')
    locked(card)
    assert checked(card) == (0, [])
    assert lock_file(card).read_bytes() == before
    assert jobspec(card, "plan", "--format", "jsonl").stdout == plan


def test_update_moves_the_toolchain_and_says_so(card: Repository) -> None:
    card.write("jobspec.toml", TOML + '[toolchain]\nffmpeg = "7.0"\n')
    edit(lock_file(card), reel="MARK")
    assert checked(card, "--update") == (3, ["FFmpeg 9.0 → 7.0"])
    assert "specs/day.yaml: FFmpeg 9.0 → 7.0\n" in locked(card, "--update")
    header, *sources = lines(lock_file(card))
    assert header["toolchain"] == "7.0"
    assert {each["facts"]["reel"] for each in sources} == {"MARK"}  # no source was probed for that
    assert checked(card, "--update") == (0, [])


def test_update_moves_the_recipes_and_says_so(card: Repository) -> None:
    path = lock_file(card)
    path.write_text(path.read_text(encoding="utf-8").replace('"recipes":2', '"recipes":1'), encoding="utf-8")
    locked(card)
    assert lines(path)[0]["recipes"] == 1
    assert "recipes 1 → 2" in locked(card, "--update")
    assert lines(path)[0]["recipes"] == 2


def test_an_old_toolchain_stays_in_the_plans_until_the_lock_is_updated(card: Repository) -> None:
    path = lock_file(card)
    path.write_text(path.read_text(encoding="utf-8").replace('"9.0"', '"7.0"'), encoding="utf-8")
    for arguments, there in (((), False), (("--update",), True)):
        locked(card, *arguments)
        assert ("-apply_cropping" in jobspec(card, "plan", "--format", "sh").stdout) is there
    assert "made for FFmpeg 9.0" in jobspec(card, "plan", "--format", "sh").stdout


# Files that may still be written.


def test_files_that_still_move_are_left_out_and_named(card: Repository, put: Put) -> None:
    put("new.mov")
    told = locked(card, "--settle", "60")
    assert "specs/day.yaml: media:new.mov left out, it moved" in told
    assert list(indices(card)) == ["media:a.mov", "media:x/b.mov"]
    assert jobspec(card, "run", "--only", "a.mov").returncode == 3  # it is not forgotten


def test_by_default_nothing_is_left_out(card: Repository, put: Put) -> None:
    put("new.mov")
    assert "left out" not in locked(card)
    assert "media:new.mov" in indices(card)


def test_a_negative_time_to_settle_is_wrong_usage(card: Repository) -> None:
    assert jobspec(card, "lock", "--settle", "-1").returncode == 64


# Indices, and what git makes of two locks.


def names(repository: Repository) -> dict[str, str]:
    """Return the names that a plan gives, by source."""
    done = jobspec(repository, "plan", "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    values = [json.loads(line)["value"] for line in done.stdout.splitlines() if '"line":"output"' in line]
    return {value["source"]["location"].removeprefix("media:"): value["name"] for value in values}


def test_names_with_an_index_stay_when_sources_come_and_go(card: Repository, put: Put) -> None:
    card.spec(sources=(GLOB,), template="{{ index }}_{{ source_name }}")
    assert names(card) == {"a.mov": "000_a.mov", "x/b.mov": "001_b.mov"}
    put("0.mov", "c.mov")
    locked(card)
    assert names(card) == {"a.mov": "000_a.mov", "x/b.mov": "001_b.mov", "0.mov": "002_0.mov"}
    (card.media / "a.mov").unlink()
    locked(card)
    assert names(card) == {"x/b.mov": "001_b.mov", "0.mov": "002_0.mov"}


@pytest.fixture
def branched(card: Repository, put: Put) -> Repository:
    """Two branches in a real git repository, one and two, that each locked a new card; on main is neither."""
    card.spec(sources=(GLOB,), template="{{ source_dir | default('top') }}/{{ source_name }}")
    shutil.copy(SHIPPED, card.top)
    git(card.top, "init", "--quiet", "--initial-branch", "main")
    commit_all(card.top)
    for branch in ("one", "two"):
        git(card.top, "switch", "--quiet", "--create", branch, "main")
        put(f"{branch}/c.mov", "c.mov")
        if branch == "two":
            (card.media / "one").rename(card.top.parent / "one")
        locked(card)
        commit_all(card.top)
    (card.top.parent / "one").rename(card.media / "one")
    git(card.top, "switch", "--quiet", "main")
    return card


def test_two_branches_that_each_lock_a_new_card_merge_without_conflict(branched: Repository) -> None:
    git(branched.top, "merge", "--quiet", "--no-edit", "one")
    git(branched.top, "merge", "--quiet", "--no-edit", "two")
    assert git(branched.top, "status", "--porcelain") == ""
    assert sorted(indices(branched)) == ["media:a.mov", "media:one/c.mov", "media:two/c.mov", "media:x/b.mov"]
    assert len(lines(lock_file(branched))) == 5


def test_without_the_attributes_they_would_not(branched: Repository) -> None:
    git(branched.top, "rm", "--quiet", ".gitattributes")
    commit_all(branched.top)
    git(branched.top, "merge", "--quiet", "--no-edit", "one")
    with pytest.raises(AssertionError):
        git(branched.top, "merge", "--quiet", "--no-edit", "two")


def test_indices_that_collide_after_the_merge_are_an_error_that_names_the_command_that_mends_it(
    branched: Repository,
) -> None:
    for branch in ("one", "two"):
        git(branched.top, "merge", "--quiet", "--no-edit", branch)
    for verb in (("check",), ("plan", "--locked"), ("lock", "--check")):
        done = jobspec(branched, *verb)
        assert done.returncode == 1
        assert "specs/day.lock.jsonl:" in done.text
        assert (
            'JS114: "media:two/c.mov" has the index 002 of media:one/c.mov, as a merge leaves it; run `jobspec lock '
            "specs/day.yaml`" in done.text
        )
    assert "media:two/c.mov index 002 → 003" in locked(branched)
    assert indices(branched) == {"media:a.mov": 0, "media:one/c.mov": 2, "media:two/c.mov": 3, "media:x/b.mov": 1}
    assert jobspec(branched, "check").returncode == 0


def test_a_source_that_both_branches_locked_differently_is_mended_by_a_look_at_it(branched: Repository) -> None:
    for number, branch in enumerate(("one", "two")):
        git(branched.top, "switch", "--quiet", branch)
        path = lock_file(branched)
        text = path.read_text(encoding="utf-8").replace('"frames":5', f'"frames":{number + 98}')
        path.write_text(text, encoding="utf-8")
        commit_all(branched.top)
    git(branched.top, "merge", "--quiet", "--no-edit", "one")
    done = jobspec(branched, "check")
    assert done.returncode == 1
    assert 'JS113: "media:a.mov" is locked a second time' in done.stdout
    assert "run `jobspec lock specs/day.yaml`" in done.stdout
    assert jobspec(branched, "lock", "--check").returncode == 1
    assert "media:a.mov was locked twice, is usable" in locked(branched)
    assert (
        next(line for line in lines(lock_file(branched)) if line.get("index") == 0)["facts"]["picture"]["frames"] == 5
    )
    assert jobspec(branched, "check").returncode == 0


def test_two_headers_after_a_merge_are_mended_by_update(branched: Repository) -> None:
    git(branched.top, "switch", "--quiet", "two")
    branched.write("jobspec.toml", TOML + '[toolchain]\nffmpeg = "7.0"\n')
    locked(branched, "--update")
    commit_all(branched.top)
    git(branched.top, "switch", "--quiet", "one")
    path = lock_file(branched)
    path.write_text(path.read_text(encoding="utf-8").replace('"9.0"', '"5.1"'), encoding="utf-8")
    commit_all(branched.top)
    git(branched.top, "merge", "--quiet", "--no-edit", "two")
    done = jobspec(branched, "check")
    assert done.returncode == 1
    assert "JS112: a second header, as a merge leaves one; run `jobspec lock --update specs/day.yaml`" in done.stdout
    assert jobspec(branched, "lock", "--check").returncode == 1
    locked(branched, "--update")
    assert [line["toolchain"] for line in lines(path) if line["line"] == "header"] == ["7.0"]
    assert jobspec(branched, "check").returncode == 0


def test_a_conflict_that_git_left_in_a_lock_is_an_error_that_lock_mends(card: Repository) -> None:
    path = lock_file(card)
    header, first, second = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, "<<<<<<< HEAD", first, "=======", second, ">>>>>>> two", ""]), encoding="utf-8")
    done = jobspec(card, "check")
    assert done.returncode == 1
    assert "specs/day.lock.jsonl:2:1: JS110: the lock cannot be read here: " in done.stdout
    locked(card)
    assert jobspec(card, "check").returncode == 0
    assert indices(card) == {"media:a.mov": 0, "media:x/b.mov": 1}


# One spec's outputs, another's sources.


def test_a_glob_that_would_take_an_output_is_refused(card: Repository, put: Put) -> None:
    text = card.spec("again.yaml", sources=('glob: "proxies:out/*.mov"',)).read_text(encoding="utf-8")
    card.write("specs/again.yaml", text.replace("output_directory: proxies:out", "output_directory: proxies:again"))
    (card.proxies / "out").mkdir()
    shutil.copy(put("a.mov"), card.proxies / "out" / "other.mov")
    locked(card)
    for verb in ("check", "plan", "run"):
        done = jobspec(card, verb)
        assert done.returncode == 1
        assert "specs/again.yaml:3:5: JS056 sources[0]: the output " in done.text
        assert '"proxies:out/a.mov" of day is matched by this glob' in done.text


def test_a_glob_over_its_own_outputs_is_refused(repository: Repository, put: Put) -> None:
    put("a.mov")
    text = repository.spec(sources=(GLOB,)).read_text(encoding="utf-8").replace("proxies:out", "media:out")
    repository.write("specs/day.yaml", text)
    locked(repository)
    done = jobspec(repository, "run")
    assert done.returncode == 1
    assert '"media:out/a.mov" of day is matched by this glob' in done.stderr


def test_an_output_of_a_spec_without_a_lock_is_caught_too(card: Repository) -> None:
    card.spec("first.yaml", sources=("media:a.mov",))
    text = card.spec(sources=('glob: "proxies:out/**"',)).read_text(encoding="utf-8")
    card.write("specs/day.yaml", text.replace("output_directory: proxies:out", "output_directory: proxies:again"))
    (card.proxies / "out").mkdir()
    shutil.copy(card.media / "a.mov", card.proxies / "out" / "old.mov")
    locked(card, "specs/day.yaml")
    done = jobspec(card, "run")
    assert done.returncode == 1
    assert '"proxies:out/a.mov" of first is matched by this glob' in done.stderr


def test_a_read_only_root_holds_no_outputs(repository: Repository, put: Put) -> None:
    repository.write("jobspec.toml", TOML.replace('media = "camera originals"', "media = { read_only = true }"))
    put("a.mov")
    text = repository.spec().read_text(encoding="utf-8")
    repository.write("specs/day.yaml", text.replace("proxies:out", "media:out"))
    done = jobspec(repository, "check")
    assert done.returncode == 1
    assert 'specs/day.yaml:4:19: JS054 output_directory: the root "media" is read_only and cannot hold outputs' in (
        done.stdout
    )


@pytest.mark.parametrize("way", ["an absolute path", "a link out of another root"])
def test_a_read_only_root_holds_no_outputs_by_another_way(repository: Repository, put: Put, way: str) -> None:
    repository.write("jobspec.toml", TOML.replace('media = "camera originals"', "media = { read_only = true }"))
    put("a.mov")
    (repository.proxies / "link").symlink_to(repository.media)
    text = repository.spec(template="{{ source_name }}_p").read_text(encoding="utf-8")
    folder = f"{repository.media}/out" if way == "an absolute path" else "proxies:link"
    repository.write("specs/day.yaml", text.replace("proxies:out", folder))
    done = jobspec(repository, "run")
    assert done.returncode == 1
    assert 'the root "media" is read_only and cannot hold outputs' in done.stderr
    assert not (repository.media / "out").exists()


def test_a_root_for_outputs_that_lies_in_a_read_only_one_holds_none(repository: Repository, put: Put) -> None:
    repository.write("jobspec.toml", TOML.replace('media = "camera originals"', "media = { read_only = true }"))
    put("a.mov")
    repository.spec()
    (repository.media / "made").mkdir()
    done = jobspec(repository, "run", "--root", f"proxies={repository.media / 'made'}")
    assert done.returncode == 1
    assert 'the root "media" is read_only and cannot hold outputs' in done.stderr


# A run against the lock.


def test_a_file_that_is_not_in_the_lock_is_named_by_run_and_status(card: Repository, put: Put) -> None:
    put("new.mov", "c.mov")
    for verb in ("status", "run"):
        done = jobspec(card, verb)
        assert done.returncode == 3
        assert (
            'specs/day.yaml:1:1: JS120: "media:new.mov" is matched by a glob but not in the lock; run `jobspec lock '
            "specs/day.yaml`" in done.stderr
        )
    assert card.outputs() == ["out/a.mov", "out/b.mov"]


def test_run_lock_locks_and_makes_them(card: Repository, put: Put) -> None:
    put("new.mov", "c.mov")
    done = jobspec(card, "run", "--lock")
    assert done.returncode == 0, done.stderr
    assert "media:new.mov is new" in done.stdout
    assert card.outputs() == ["out/a.mov", "out/b.mov", "out/new.mov"]
    assert jobspec(card, "status").returncode == 0


def test_run_lock_makes_nothing_when_the_lock_cannot_be_made(damaged: Repository) -> None:
    done = jobspec(damaged, "run", "--lock")
    assert done.returncode == 1
    assert '"media:cut.mov" is not a media file' in done.stderr
    assert damaged.outputs() == []


def test_a_glob_without_a_lock_is_not_run(card: Repository) -> None:
    lock_file(card).unlink()
    for verb in ("run", "status", "plan", "check"):
        done = jobspec(card, verb)
        assert done.returncode == 3
        assert "JS116 sources[0]: a glob works only through a lock; run `jobspec lock specs/day.yaml`" in (done.text)


def test_a_path_that_the_lock_lacks_is_not_probed_behind_its_back(repository: Repository, put: Put) -> None:
    put("a.mov")
    put("b.mov", "b.mov")
    repository.spec(sources=("media:a.mov",))
    locked(repository)
    repository.spec(sources=("media:a.mov", "media:b.mov"))
    for verb in (("check",), ("plan",), ("plan", "--locked"), ("run",), ("status",)):
        done = jobspec(repository, *verb)
        assert done.returncode == 3
        assert (
            'specs/day.yaml:4:5: JS115 sources[1]: "media:b.mov" is not in the lock; run `jobspec lock specs/day.yaml`'
            in done.text
        )


def test_without_a_lock_run_probes_and_says_so(repository: Repository, put: Put) -> None:
    put("a.mov")
    repository.spec()
    done = jobspec(repository, "run")
    assert done.returncode == 0
    assert "specs/day.yaml:1:1: JS124: no lock; the sources were probed" in done.stderr
    assert repository.outputs() == ["out/a.mov"]


def test_with_a_lock_run_does_not_say_that(card: Repository) -> None:
    done = jobspec(card, "run")
    assert done.returncode == 0, done.stderr
    assert "probed" not in done.stderr


def same_size(path: Path) -> None:
    data = bytearray(path.read_bytes())
    place = data.index(b"Lavf")
    data[place : place + 4] = b"Lavg"
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(lambda path: path.write_bytes(path.read_bytes() + b"x"), "bytes, ", id="size"),
        pytest.param(same_size, "its content is another than when the plan was made, at the same size", id="content"),
        pytest.param(Path.unlink, "it is gone", id="gone"),
    ],
)
def test_an_output_whose_source_changed_against_the_lock_fails_and_the_others_are_made(
    card: Repository, change: Callable[[Path], None], reason: str
) -> None:
    change(card.media / "a.mov")
    done = jobspec(card, "run")
    assert done.returncode == 4
    assert 'JS094: the source "media:a.mov" changed: ' in done.stderr
    assert reason in done.stderr
    assert card.outputs() == ["out/b.mov"]
    assert "changed" in jobspec(card, "status").stdout


@pytest.mark.parametrize("way", ["a file", "a folder"])
def test_a_source_that_became_a_link_out_of_its_root_is_not_run(card: Repository, way: str) -> None:
    inside = card.media / ("a.mov" if way == "a file" else "x")
    outside = card.top.parent / "elsewhere"
    inside.rename(outside)
    inside.symlink_to(outside)
    done = jobspec(card, "run")
    assert done.returncode == 1
    assert "leaves its root" in done.stderr
    assert card.outputs() == []


def test_a_source_that_is_a_link_out_of_its_root_is_not_probed_for_want_of_a_lock(
    repository: Repository, put: Put
) -> None:
    put("a.mov").rename(repository.top.parent / "elsewhere.mov")
    (repository.media / "a.mov").symlink_to(repository.top.parent / "elsewhere.mov")
    repository.spec()
    for verb in ("plan", "run"):
        done = jobspec(repository, verb)
        assert done.returncode == 1
        assert 'specs/day.yaml:3:5: JS053 sources[0]: "media:a.mov" leaves its root' in done.stderr


def test_an_output_folder_that_is_a_link_out_of_its_root_is_not_written_to(card: Repository, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (card.proxies / "out").symlink_to(tmp_path / "elsewhere")
    done = jobspec(card, "run")
    assert done.returncode == 1
    assert '"proxies:out" leaves its root' in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


# A plan from the lock, a plan from the media.


def plan(repository: Repository, *arguments: str) -> str:
    done = jobspec(repository, "plan", "--format", "jsonl", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_plan_from_the_lock_and_one_from_the_media_are_the_same_bytes(
    repository: Repository, put: Put, tmp_path: Path
) -> None:
    for name in ("c.mov", "x/b.mov", "a.mov"):
        put(name, Path(name).name)
    listed = ("media:x/b.mov", "media:a.mov", "path: media:./c.mov")
    repository.spec(sources=listed, template="{{ index }}_{{ source_name }}_{{ fps }}", resolution="half")
    from_media = plan(repository)
    locked(repository)
    shutil.rmtree(repository.media)
    assert plan(repository) == plan(repository, "--locked") == from_media
    lock_file(repository).unlink()
    for name in ("a.mov", "c.mov", "x/b.mov"):
        put(name, Path(name).name)
    repository.media.rename(tmp_path / "nas")
    assert plan(repository, "--root", f"media={tmp_path / 'nas'}") == from_media


def test_locking_a_spec_leaves_what_was_made_from_the_media_up_to_date(repository: Repository, put: Put) -> None:
    put("a.mov")
    repository.spec()
    assert jobspec(repository, "run").returncode == 0
    locked(repository)
    assert "all 1 outputs are up to date" in jobspec(repository, "run").stderr


# A lock from a stranger.

HOSTILE = [
    pytest.param(lambda text: "", id="nothing"),
    pytest.param(lambda text: "no JSON at all\n", id="no JSON"),
    pytest.param(lambda text: text + "\x00\ufeff{}\n", id="control characters"),
    pytest.param(lambda text: text + '{"line":"source","location":"' + "x" * 70_000 + '"}\n', id="a line without end"),
    pytest.param(lambda text: text + '{"x":' * 20_000 + "\n", id="nested without end"),
    pytest.param(lambda text: text.replace('"index":0', '"index":NaN'), id="NaN"),
    pytest.param(lambda text: text.replace('"index":0', '"index":-1'), id="a negative index"),
    pytest.param(lambda text: text.replace('"index":0', '"index":"0"'), id="text for a number"),
    pytest.param(lambda text: text.replace('"rate":"25/1"', '"rate":"0/1"'), id="a rate of nothing"),
    pytest.param(lambda text: text.replace('"rate":"25/1"', '"rate":"1/0"'), id="a rate by nothing"),
    pytest.param(lambda text: text.replace('"rate":"25/1"', f'"rate":"{"9" * 4000}/1"'), id="a rate beyond floats"),
    pytest.param(lambda text: text.replace('"width":320', '"width":0'), id="no width"),
    pytest.param(lambda text: text.replace('"width":320', '"width":1'), id="a width of one"),
    pytest.param(lambda text: text.replace('"frames":5', f'"frames":{2**31}'), id="frames for two years"),
    pytest.param(lambda text: text.replace("media:a.mov", "media:../a.mov"), id="a place out of its root"),
    pytest.param(lambda text: text.replace("media:a.mov", "nowhere:a.mov"), id="a root that nobody declared"),
    pytest.param(lambda text: text.replace("media:a.mov", "/etc/passwd"), id="a file of the system"),
    pytest.param(lambda text: text.replace("media:a.mov", "media:a\\u0000.mov"), id="a NUL in a name"),
    pytest.param(lambda text: text.replace("media:a.mov", "media:\\u001b[2J::error::x.mov"), id="commands in a name"),
    pytest.param(lambda text: text.replace('"toolchain":"9.0"', '"toolchain":"\\u001b[2J"'), id="a toolchain of none"),
    pytest.param(lambda text: text.replace('"recipes":2', f'"recipes":{10**30}'), id="recipes of the far future"),
    pytest.param(lambda text: text.replace('"yuv420p"', '"yuv420p,movie=/etc/passwd"'), id="a filter for a format"),
    pytest.param(lambda text: text.replace('"mov,mp4,m4a,3gp,3g2,mj2"', '"concat"'), id="a demuxer of playlists"),
    pytest.param(lambda text: text + text.replace("25/1", "24/1").replace('"9.0"', '"5.1"'), id="everything twice"),
]


@pytest.fixture(scope="module")
def reviewed(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A git repository with one locked spec, for locks that change nothing but themselves."""
    top = tmp_path_factory.mktemp("reviewed")
    found = Repository(top / "repo", top / "media", top / "proxies")
    for folder in (found.top, found.media, found.proxies):
        folder.mkdir()
    found.write("jobspec.toml", TOML)
    shutil.copy(clips / "a.mov", found.media)
    found.spec(sources=(GLOB,))
    locked(found)
    git(found.top, "init", "--quiet", "--initial-branch", "main")
    commit_all(found.top)
    return found


@pytest.mark.parametrize("spoil", HOSTILE)
def test_a_lock_from_a_stranger_is_never_a_crash(reviewed: Repository, spoil: Callable[[str], str]) -> None:
    path = lock_file(reviewed)
    fine = path.read_bytes()
    told = spoil(fine.decode())
    assert told != fine.decode()
    try:
        for verb in ("check", "plan", "plan --locked", "plan --since HEAD", "diff HEAD", "show specs", "lock --check"):
            path.write_text(told, encoding="utf-8")
            done = jobspec(reviewed, *verb.split())
            assert done.returncode in (0, 1, 3), done.text
            assert "Traceback" not in done.text
            assert "\x1b" not in done.text
            assert not any(line.startswith("::") for line in done.text.splitlines())
        assert jobspec(reviewed, "lock", "--update").returncode == 0
        assert path.read_bytes().splitlines()[0] == fine.splitlines()[0]
        assert jobspec(reviewed, "check").returncode == 0
    finally:
        path.write_bytes(fine)
