"""What `lock` does with a spec: finds its sources on a disk, learns their facts, compares them with the lock."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from runner.errors import Exit, JobspecError
from runner.media.expand import unlocked
from runner.media.learn import Learnt, learn
from runner.media.lock import Header, Lock, Locked
from runner.spec.globs import Glob
from runner.spec.location import Location, Mounts
from runner.spec.sources import Entry
from tests.clips import clip

HEADER = Header(format=1, toolchain="9.0", recipes=1)
ALL = Glob("media:**")
SKIPPING = Glob("media:**", (), "skip")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips that differ in rate and length, of which each test gets copies of its own."""
    folder = tmp_path_factory.mktemp("clips")
    clip(folder / "a.mov", seconds=0.2)
    clip(folder / "b.mov", seconds=0.2, rate="30")
    clip(folder / "c.mov", seconds=0.4, rate="50", size="160x90")
    return folder


@pytest.fixture
def card(clips: Path, tmp_path: Path) -> Path:
    """A card with a.mov and x/b.mov on it."""
    top = tmp_path / "card"
    (top / "x").mkdir(parents=True)
    shutil.copy(clips / "a.mov", top)
    shutil.copy(clips / "b.mov", top / "x")
    return top


def learnt(card: Path, *entries: Entry, old: Lock | None = None, **options: Any) -> Learnt:
    return learn(entries or (ALL,), old, HEADER, Mounts({"media": card}), **options)


def locked(card: Path, *entries: Entry, old: Lock | None = None) -> Lock:
    """Return the lock of a card on which everything is fine."""
    found = learnt(card, *entries, old=old)
    assert found.problems == ()
    return found.lock


def marked(lock: Lock) -> Lock:
    """Return a lock in which every source has a reel that no probe would find."""
    return Lock(lock.header, tuple(msgspec.structs.replace(each, facts=mark(each)) for each in lock.sources))


def mark(each: Locked) -> Any:
    assert each.facts is not None
    return msgspec.structs.replace(each.facts, reel="MARK")


def reels(lock: Lock) -> dict[str, str | None]:
    return {each.location: each.facts.reel if each.facts else "unusable" for each in lock.sources}


def indices(lock: Lock) -> dict[str, int]:
    return {each.location: each.index for each in lock.sources}


def problems(found: Learnt) -> list[str]:
    return [str(each) for each in found.problems]


def test_facts_are_learnt_of_every_source_that_an_entry_names_or_matches(card: Path) -> None:
    found = locked(card, "media:x/b.mov", Glob("media:*.mov"))
    assert [each.location for each in found.sources] == ["media:a.mov", "media:x/b.mov"]
    assert [each.facts.picture.frames for each in found.sources if each.facts] == [5, 6]


def test_indices_follow_the_entries_and_a_glob_is_sorted(card: Path, clips: Path) -> None:
    shutil.copy(clips / "c.mov", card / "Z.mov")
    assert indices(locked(card, "media:x/b.mov", ALL)) == {"media:x/b.mov": 0, "media:Z.mov": 1, "media:a.mov": 2}


def test_a_first_lock_is_all_new(card: Path) -> None:
    assert learnt(card).drift == (("media:a.mov", "is new"), ("media:x/b.mov", "is new"))


def test_what_the_lock_knows_is_not_probed_again(card: Path) -> None:
    old = marked(locked(card))
    again = learnt(card, old=old)
    assert again.lock == old
    assert again.drift == ()


def test_only_the_source_that_changed_is_probed_again(card: Path, clips: Path) -> None:
    old = marked(locked(card))
    shutil.copy(clips / "c.mov", card / "x" / "b.mov")
    again = learnt(card, old=old)
    assert reels(again.lock) == {"media:a.mov": "MARK", "media:x/b.mov": None}
    ((place, words),) = again.drift
    assert place == "media:x/b.mov"
    for word in ("size in bytes", "rate 30 → 50", "frames 6 → 20", "picture 320x180 → 160x90"):
        assert word in words


def test_other_content_of_the_same_size_is_noticed(card: Path) -> None:
    old = locked(card)
    data = bytearray((card / "a.mov").read_bytes())
    place = data.index(b"Lavf")
    data[place : place + 4] = b"Lavg"
    (card / "a.mov").write_bytes(data)
    assert learnt(card, old=old).drift == (("media:a.mov", "content, at the same size"),)


def test_another_time_stamp_and_another_inode_are_no_drift(card: Path) -> None:
    old = marked(locked(card))
    os.utime(card / "a.mov", (1, 1))
    shutil.copy(card / "x" / "b.mov", card / "x" / "copy")
    (card / "x" / "copy").replace(card / "x" / "b.mov")
    again = learnt(card, old=old)
    assert (again.lock, again.drift) == (old, ())


def test_a_copied_tree_is_not_stale(card: Path, tmp_path: Path) -> None:
    old = marked(locked(card))
    shutil.copytree(card, tmp_path / "nas", copy_function=shutil.copyfile)
    again = learnt(tmp_path / "nas", old=old)
    assert (again.lock, again.drift) == (old, ())


def test_a_new_match_of_a_glob_gets_the_next_index_wherever_it_sorts(card: Path, clips: Path) -> None:
    old = locked(card)
    shutil.copy(clips / "c.mov", card / "0.mov")
    again = learnt(card, old=old)
    assert indices(again.lock) == {"media:0.mov": 2, "media:a.mov": 0, "media:x/b.mov": 1}
    assert again.drift == (("media:0.mov", "is new"),)


def test_a_file_that_vanished_goes_and_the_others_keep_their_indices(card: Path) -> None:
    old = locked(card)
    (card / "a.mov").unlink()
    again = learnt(card, old=old)
    assert indices(again.lock) == {"media:x/b.mov": 1}
    assert again.drift == (("media:a.mov", "vanished, or is no longer in the spec"),)


def test_a_path_that_vanished_is_a_problem_and_drift(card: Path) -> None:
    entries = ("media:a.mov", "media:x/b.mov")
    old = locked(card, *entries)
    (card / "a.mov").unlink()
    again = learnt(card, *entries, old=old)
    assert problems(again) == ['JS060 sources[0]: "media:a.mov" does not exist']
    assert again.drift == (("media:a.mov", "vanished"),)


def test_a_path_that_became_unusable_is_a_problem_and_drift(card: Path) -> None:
    old = locked(card, "media:a.mov")
    (card / "a.mov").write_bytes(b"")
    assert learnt(card, "media:a.mov", old=old).drift == (
        ("media:a.mov", 'is unusable now: "media:a.mov" is empty (0 bytes)'),
    )


def test_indices_that_a_merge_made_collide_are_drawn_apart_and_told(card: Path) -> None:
    found = locked(card)
    clashing = Lock(HEADER, tuple(msgspec.structs.replace(each, index=0) for each in found.sources))
    again = learnt(card, old=clashing)
    assert indices(again.lock) == {"media:a.mov": 0, "media:x/b.mov": 1}
    assert again.drift == (("media:x/b.mov", "index 000 → 001"),)


def test_the_header_is_the_one_that_is_given(card: Path) -> None:
    header = Header(format=1, toolchain="7.0", recipes=1)
    assert learn((ALL,), locked(card), header, Mounts({"media": card})).lock.header == header


# What cannot be used.


@pytest.fixture
def damaged(card: Path) -> Path:
    """The card, with a file on it that is cut off."""
    (card / "broken.mov").write_bytes((card / "a.mov").read_bytes()[:200])
    return card


def test_an_unusable_file_is_a_problem_with_the_number_of_its_entry(damaged: Path) -> None:
    found = learnt(damaged, "media:a.mov", ALL)
    (problem,) = found.problems
    assert problem.path == ("sources", 1)
    assert str(problem).startswith('JS063 sources[1]: "media:broken.mov" is not a media file that can be read')


def test_an_unusable_file_that_may_be_skipped_is_a_line_with_its_reason(damaged: Path) -> None:
    found = learnt(damaged, SKIPPING)
    assert found.problems == ()
    (line,) = (each for each in found.lock.sources if each.facts is None)
    assert line.location == "media:broken.mov"
    assert line.unusable is not None
    assert line.unusable.startswith('"media:broken.mov" is not a media file that can be read')
    assert str(damaged) not in line.unusable


def test_a_skipped_file_is_looked_at_again_each_time_and_taken_once_it_is_whole(damaged: Path) -> None:
    old = locked(damaged, SKIPPING)
    shutil.copy(damaged / "a.mov", damaged / "broken.mov")
    again = learnt(damaged, SKIPPING, old=old)
    assert all(each.facts for each in again.lock.sources)
    assert indices(again.lock) == indices(old)
    ((place, words),) = again.drift
    assert place == "media:broken.mov"
    assert words.endswith("is usable")


def test_a_path_is_never_skipped(damaged: Path) -> None:
    assert len(learnt(damaged, "media:broken.mov", SKIPPING).problems) == 1


def test_all_problems_come_at_once(damaged: Path) -> None:
    found = learnt(damaged, "media:gone.mov", ALL, Glob("media:*.mxf"))
    assert sorted(each.code for each in found.problems) == ["JS060", "JS063", "JS117"]


def test_a_glob_that_matches_nothing_is_a_problem_of_its_entry(card: Path) -> None:
    assert problems(learnt(card, ALL, Glob("media:day/*.mov"))) == [
        'JS117 sources[1]: "media:day/*.mov" matches no file'
    ]


def test_a_root_that_is_not_mounted_is_named_with_its_variable() -> None:
    for entry in (ALL, "media:a.mov"):
        with pytest.raises(JobspecError, match="set JOBSPEC_ROOT_MEDIA=FOLDER") as caught:
            learn((entry,), None, HEADER, Mounts())
        assert caught.value.exit is Exit.TRY_AGAIN


def linked_file(card: Path, outside: Path) -> None:
    (card / "out.mov").symlink_to(outside / "x.mov")


def linked_folder(card: Path, outside: Path) -> None:
    (card / "out").symlink_to(outside)


@pytest.mark.parametrize(
    ("make", "entry", "place"),
    [
        pytest.param(linked_file, ALL, "media:out.mov", id="a linked file that a glob matches"),
        pytest.param(linked_file, SKIPPING, "media:out.mov", id="one that might be skipped"),
        pytest.param(linked_file, "media:out.mov", "media:out.mov", id="a linked file that is named"),
        pytest.param(linked_folder, Glob("media:out/*.mov"), "media:out/x.mov", id="a linked folder of a glob"),
        pytest.param(linked_folder, "media:out/x.mov", "media:out/x.mov", id="a linked folder of a path"),
    ],
)
def test_a_link_out_of_the_root_is_refused(
    card: Path, clips: Path, tmp_path: Path, make: Callable[[Path, Path], None], entry: Entry, place: str
) -> None:
    outside = tmp_path / "cards"  # a name that begins as the root's does
    outside.mkdir()
    shutil.copy(clips / "a.mov", outside / "x.mov")
    make(card, outside)
    found = learnt(card, entry)
    assert problems(found) == [f'JS053 sources[0]: "{place}" leaves its root']
    assert place not in indices(found.lock)


def test_a_link_within_the_root_and_a_root_that_is_a_link_are_fine(card: Path, tmp_path: Path) -> None:
    (card / "same.mov").symlink_to("x/b.mov")
    (tmp_path / "mount").symlink_to(card)
    assert list(indices(locked(tmp_path / "mount"))) == ["media:a.mov", "media:same.mov", "media:x/b.mov"]


def test_a_link_that_leads_nowhere_is_named(card: Path) -> None:
    (card / "gone.mov").symlink_to("nothing")
    (card / "loop.mov").symlink_to("loop.mov")
    assert problems(learnt(card)) == [
        'JS060 sources[0]: "media:gone.mov" does not exist',
        'JS062 sources[0]: "media:loop.mov" cannot be read: too many levels of symbolic links',
    ]


@pytest.mark.parametrize("entry", [ALL, SKIPPING], ids=["error", "skip"])
def test_a_name_that_no_lock_can_hold_is_named(card: Path, entry: Glob) -> None:
    shutil.copy(card / "a.mov", card / os.fsdecode(b"\xff.mov"))
    found = learnt(card, entry)
    assert problems(found) == ['JS027 sources[0]: "media:\\udcff.mov" is not a place: it is not UTF-8']
    assert list(indices(found.lock)) == ["media:a.mov", "media:x/b.mov"]


# Files that may still be written.


def age(path: Path, seconds: float) -> None:
    """Let time pass since a file moved, as its status tells: nobody can set that back."""
    while time.time() - path.stat().st_ctime < seconds:
        time.sleep(0.02)


def test_files_that_moved_a_moment_ago_are_left_out_and_named(card: Path, clips: Path) -> None:
    age(card / "x" / "b.mov", 1)
    shutil.copy(clips / "c.mov", card / "fresh.mov")
    found = learnt(card, settle=1)
    assert list(indices(found.lock)) == ["media:a.mov", "media:x/b.mov"]
    ((place, seconds),) = found.settling
    assert place == "media:fresh.mov"
    assert 0 <= seconds < 1


def test_without_a_wish_to_settle_everything_is_taken(card: Path) -> None:
    found = learnt(card)
    assert (len(found.lock.sources), found.settling) == (2, ())


def test_a_copy_that_brings_its_old_time_stamp_along_is_fresh_all_the_same(card: Path) -> None:
    os.utime(card / "a.mov", (1, 1))
    assert [place for place, _ in learnt(card, settle=60).settling] == ["media:a.mov", "media:x/b.mov"]


def test_a_time_stamp_of_a_camera_whose_clock_is_ahead_does_not_leave_it_out_for_ever(card: Path) -> None:
    os.utime(card / "a.mov", (time.time() + 86400, time.time() + 86400))
    age(card / "a.mov", 0.2)
    assert learnt(card, settle=0.2).settling == ()


def test_a_file_that_the_lock_knows_keeps_its_line_while_it_settles(card: Path, clips: Path) -> None:
    old = locked(card)
    age(card / "x" / "b.mov", 1)
    shutil.copy(clips / "c.mov", card / "a.mov")
    found = learnt(card, old=old, settle=1)
    assert [place for place, _ in found.settling] == ["media:a.mov"]
    assert (found.lock, found.drift) == (old, ())


def test_a_glob_whose_files_all_settle_matches_something(card: Path) -> None:
    assert learnt(card, settle=60).problems == ()


# Who looks, and what nobody looked at.


def test_sources_are_read_at_once_and_each_is_told(card: Path) -> None:
    both, told = threading.Barrier(2, timeout=20), []

    def tell(place: Location) -> None:
        both.wait()  # nobody comes past here alone
        told.append(str(place))

    learnt(card, workers=2, tell=tell)
    assert sorted(told) == ["media:a.mov", "media:x/b.mov"]


def held(lock: Lock) -> set[str]:
    return {each.location for each in lock.sources}


def test_files_that_a_glob_matches_and_the_lock_does_not_hold_are_found(card: Path, clips: Path) -> None:
    mounts, old = Mounts({"media": card}), locked(card)
    assert unlocked((ALL,), held(old), mounts) == []
    shutil.copy(clips / "c.mov", card / "new.mov")
    assert [str(each) for each in unlocked((ALL, SKIPPING), held(old), mounts)] == ["media:new.mov"]
    assert len(unlocked((ALL,), (), mounts)) == 3


def test_a_skipped_file_is_in_the_lock_and_a_hidden_one_matched_by_nothing(damaged: Path) -> None:
    old = locked(damaged, SKIPPING)
    shutil.copy(damaged / "a.mov", damaged / "._a.mov")
    assert unlocked((SKIPPING,), held(old), Mounts({"media": damaged})) == []
