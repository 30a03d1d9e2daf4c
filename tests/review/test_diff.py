"""What merging does: each kind of change by a real edit in git, what it costs, orphans and loses, what is harmless."""

import os
import shutil
from pathlib import Path

import pytest

from runner.plan.changes import Kind
from runner.plan.document import digest
from runner.review.diff import Diff
from runner.review.sides import side_of
from runner.spec.tree import WorkTree
from tests.plan.planning import hdr, tracks
from tests.review.teams import Team, clip_facts, kinds, project, team, the_change, the_group, titles

A, B = "proxies:out/a.mov", "proxies:out/b.mov"


def one(day: Team, **changes: object) -> None:
    """Lock the first source with other facts, the second as it was."""
    day.lock(sources={"media:a.mov": clip_facts("media:a.mov", **changes), "media:b.mov": clip_facts("media:b.mov")})


# Kinds.


def test_nothing_that_moved_is_nothing_that_changes(day: Team) -> None:
    found = day.diff()
    assert (found.groups, found.unchanged, found.problems, found.unlocked) == ((), 2, (), ())


def test_sources_that_come_and_go_are_added_and_removed(day: Team) -> None:
    day.spec(sources="[media:b.mov, media:c.mov]")
    day.lock(sources=("media:b.mov", "media:c.mov"))
    found = day.diff()
    assert kinds(found) == {"added": 1, "removed": 1, "unchanged": 1}
    assert {str(each.kind): each.output.location for each in found.changes} == {
        "added": "proxies:out/c.mov",
        "removed": A,
    }


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        pytest.param({"resolution": "quarter"}, "re-encoded", id="resolution"),
        pytest.param({"codec": "h264"}, "re-encoded", id="codec"),
        pytest.param({"container": "mkv"}, "re-wrapped", id="container"),
        pytest.param({"naming_template": "'{{ source_name }}_v2'"}, "moved", id="name"),
        pytest.param({"output_directory": "proxies:new"}, "moved", id="folder"),
    ],
)
def test_an_edit_of_a_spec_does_to_all_its_outputs_what_it_says(day: Team, fields: dict[str, str], kind: str) -> None:
    day.spec(**fields)
    assert kinds(day.diff()) == {kind: 2}


def test_a_source_with_another_timecode_is_only_wrapped_again(day: Team) -> None:
    one(day, timecode="01:00:00:00")
    base = day.commit()
    one(day, timecode="02:00:00:00")
    found = day.diff(base)
    assert kinds(found) == {"re-wrapped": 1, "unchanged": 1}
    assert the_change(found).words == ("wrap timecode 01:00:00:00 → 02:00:00:00",)


def test_a_lock_for_another_release_of_ffmpeg_outdates_and_does_not_encode_again(day: Team) -> None:
    day.lock(toolchain="7.0")
    found = day.diff()
    assert kinds(found) == {"outdated": 2}
    assert {each.words for each in found.changes} == {("FFmpeg 9.0 → 7.0",)}


# Harmless edits.


def comment(day: Team) -> None:
    day.replace("specs/day.yaml", "codec:", "# for the editors\ncodec:")


def reordered(day: Team) -> None:
    file = day.top / "specs" / "day.yaml"
    day.write("specs/day.yaml", "".join(reversed(file.read_text(encoding="utf-8").splitlines(keepends=True))))


def respelt(day: Team) -> None:
    day.spec(sources="\n  - 'media:a.mov'\n  - path: media:b.mov", codec='"prores_proxy"', resolution="'half'")


def renamed(day: Team) -> None:
    day.git("mv", "specs/day.yaml", "specs/renamed.yaml")
    day.git("mv", "specs/day.lock.jsonl", "specs/renamed.lock.jsonl")


def into_a_folder(day: Team) -> None:
    day.write("specs/show/README", "")
    day.git("mv", "specs/day.yaml", "specs/show/day.yaml")
    day.git("mv", "specs/day.lock.jsonl", "specs/show/day.lock.jsonl")


def shuffled_lock(day: Team) -> None:
    lock = day.top / "specs" / "day.lock.jsonl"
    lock.write_bytes(b"".join(reversed(lock.read_bytes().splitlines(keepends=True))))


def a_described_root(day: Team) -> None:
    day.replace("jobspec.toml", "camera originals", "what cameras made")


def another_declared_release(day: Team) -> None:
    day.write("jobspec.toml", (day.top / "jobspec.toml").read_text(encoding="utf-8") + '[toolchain]\nffmpeg = "7.0"\n')


@pytest.mark.parametrize(
    "edit",
    [comment, reordered, respelt, renamed, into_a_folder, shuffled_lock, a_described_root, another_declared_release],
    ids=[
        *("a comment", "reordered keys", "another spelling", "a renamed spec", "a spec moved into a folder"),
        *("a lock in another order", "a root's description", "a release that no lock names"),
    ],
)
def test_a_harmless_edit_changes_nothing(day: Team, edit: object) -> None:
    assert callable(edit)
    edit(day)
    found = day.diff()
    assert (kinds(found), found.orphaned, found.problems) == ({"unchanged": 2}, (), ())
    day.commit()
    assert kinds(day.diff("main", "HEAD")) == {"unchanged": 2}


# Which revisions.


def test_head_is_the_work_tree_with_edits_that_nobody_committed_or_added(day: Team) -> None:
    day.spec(resolution="quarter")
    day.locked("night.yaml", output_directory="proxies:night")
    assert kinds(day.diff()) == {"added": 2, "re-encoded": 2}
    assert kinds(day.diff("main", "HEAD")) == {"unchanged": 2}


def test_what_main_did_meanwhile_is_no_change_of_the_branch(day: Team) -> None:
    day.spec(resolution="quarter")
    day.commit()
    day.git("switch", "--quiet", "main")
    day.locked("meanwhile.yaml", output_directory="proxies:meanwhile")
    day.commit()
    day.git("switch", "--quiet", "edit")
    assert kinds(day.diff("main", "edit")) == kinds(day.diff("main")) == {"re-encoded": 2}
    assert kinds(day.diff("edit", "main")) == {"added": 2, "unchanged": 2}


def test_the_first_spec_of_a_repository_is_new(tmp_path: Path) -> None:
    found = team(tmp_path / "repo")
    found.locked()
    assert kinds(found.diff()) == {"added": 2}
    assert titles(found.diff()) == ["specs/day.yaml new spec"]


def test_a_project_in_a_folder_of_git_is_compared_without_its_neighbours(tmp_path: Path) -> None:
    top = team(tmp_path / "repo")
    inner = project(top.top / "film")
    inner.locked()
    top.locked("other.yaml", output_directory="proxies:other")
    top.commit()
    inner.spec(resolution="quarter")
    top.spec("other.yaml", output_directory="proxies:other", codec="h264")
    found = inner.diff()
    assert titles(found) == ["specs/day.yaml:6 resolution half → quarter"]
    assert found.unchanged == 0
    assert titles(top.diff()) == ["specs/other.yaml:4 codec prores_proxy → h264"]


def test_a_linked_spec_of_a_revision_is_not_followed(day: Team, tmp_path: Path) -> None:
    outside = tmp_path / "secret.yaml"
    shutil.copy(day.top / "specs" / "day.yaml", outside)
    (day.top / "specs" / "linked.yaml").symlink_to(outside)
    day.commit()
    found = day.diff("main", "HEAD")
    assert (kinds(found), found.unlocked, found.problems) == ({"unchanged": 2}, (), ())


def test_nothing_in_the_work_tree_is_touched(day: Team) -> None:
    day.spec(resolution="quarter")
    day.write("untracked.txt", "x")

    def state() -> tuple[str, dict[str, int]]:
        files = [Path(folder, name) for folder, _, names in os.walk(day.top) for name in names]
        status = day.git("--no-optional-locks", "status", "--porcelain", "--ignored")
        return status, {str(file): file.stat().st_mtime_ns for file in files}

    before = state()
    day.diff("main")
    day.diff("main", "HEAD")
    assert state() == before
    assert "untracked.txt" in before[0]


def test_the_digest_is_that_of_the_later_plan(day: Team) -> None:
    day.spec(resolution="quarter")
    assert day.diff().digest == digest(side_of(WorkTree(day.top)).plan)
    assert day.diff().digest != day.diff("main", "main").digest


# What it costs, orphans and loses.


def test_an_edit_of_one_base_is_one_group_that_counts_jobs_and_outputs(tmp_path: Path) -> None:
    found = team(tmp_path / "repo")
    found.write("specs/profiles/house.yaml", "resolution: half\n")
    sources = [f"media:{number:04d}.mov" for number in range(30)]
    for day in range(4):
        found.spec(
            f"day{day}.yaml",
            sources="[{glob: 'media:*.mov'}]",
            resolution=None,
            extends="profiles/house.yaml",
            output_directory=f"proxies:{day}",
        )
        found.lock(f"day{day}.yaml", sources)
    found.commit()
    found.write("specs/profiles/house.yaml", "resolution: quarter\n")
    group = the_group(found.diff())
    assert group.title == "specs/profiles/house.yaml:1 resolution half → quarter"
    assert (len(group.jobs), len(group.changes), group.count(Kind.REENCODED)) == (4, 120, 120)
    assert (group.cost.outputs, group.cost.seconds) == (120, 480)


def test_the_largest_group_comes_first(day: Team) -> None:
    day.spec("a.yaml", sources="[media:c.mov]", output_directory="proxies:a")
    day.lock("a.yaml", ("media:c.mov",))
    day.spec(resolution="quarter")
    assert titles(day.diff()) == ["specs/day.yaml:6 resolution half → quarter", "specs/a.yaml new spec"]


@pytest.mark.parametrize(
    ("fields", "outputs"),
    [
        pytest.param({"resolution": "quarter"}, 2, id="encoded again"),
        pytest.param({"container": "mkv"}, 2, id="wrapped again"),
        pytest.param({"naming_template": "'{{ source_name }}_v2'"}, 2, id="moved, for nothing is at the new place"),
        pytest.param({"sources": "[media:a.mov]"}, 0, id="removed"),
    ],
)
def test_what_has_to_be_made_costs_and_what_goes_costs_nothing(day: Team, fields: dict[str, str], outputs: int) -> None:
    day.spec(**fields)
    cost = the_group(day.diff()).cost
    assert (cost.outputs, cost.seconds) == (outputs, 4 * outputs)
    assert (cost.size > 0, cost.cpu > 0) == (outputs > 0, outputs > 0)


def test_a_file_whose_records_lie_elsewhere_now_is_named_and_not_made(day: Team) -> None:
    day.write("jobspec.toml", "state_directory = 'state:x'\n" + (day.top / "jobspec.toml").read_text(encoding="utf-8"))
    found = day.diff()
    assert (kinds(found), found.orphaned, the_group(found).cost.outputs) == ({"moved": 2}, (), 0)
    assert {each.words for each in found.changes} == {("records proxies:out/.jobspec → state:x",)}


@pytest.mark.parametrize(
    ("fields", "orphaned"),
    [
        pytest.param({"sources": "[media:a.mov]"}, (B,), id="a source that goes"),
        pytest.param({"naming_template": "'{{ source_name }}_v2'"}, (A, B), id="other names"),
        pytest.param({"container": "mkv"}, (A, B), id="another extension"),
        pytest.param(
            {"naming_template": "'{{ source_name }}_v2'", "codec": "h264"}, (A, B), id="other names and codec"
        ),
        pytest.param({"resolution": "quarter"}, (), id="none: each is replaced in its place"),
    ],
)
def test_files_that_no_spec_names_any_more_are_orphaned(
    day: Team, fields: dict[str, str], orphaned: tuple[str, ...]
) -> None:
    day.spec(**fields)
    assert day.diff().orphaned == orphaned


def test_a_place_that_another_spec_takes_over_is_not_orphaned(day: Team) -> None:
    renamed(day)
    day.spec("renamed.yaml", codec="h264", resolution="half")
    found = day.diff()
    assert (kinds(found), found.orphaned) == ({"re-encoded": 2}, ())


@pytest.mark.parametrize(
    ("before", "after", "fields", "lost"),
    [
        pytest.param({"sound": tracks(1, 1)}, {"sound": tracks(1)}, {}, "audio channels 2 → 1", id="fewer channels"),
        pytest.param({}, {}, {"fps_mode": "explicit", "fps_explicit": "24"}, "frame rate 25 becomes 24", id="rate"),
        pytest.param(
            {}, {}, {"resolution": "4096x2160"}, "4096x2160 asked, not upscaled from 1920x1080", id="upscale refused"
        ),
        pytest.param(
            {"timecode": "01:00:00:00"}, {}, {}, "timecode 01:00:00:00 is not carried any more", id="timecode"
        ),
        pytest.param({"colour": hdr("smpte2084")}, {}, {}, "HDR (PQ) → SDR", id="HDR"),
    ],
)
def test_what_gets_lost_is_called_out_by_name_with_the_outputs_that_lose_it(
    day: Team, before: dict[str, object], after: dict[str, object], fields: dict[str, str], lost: str
) -> None:
    one(day, **before)
    base = day.commit()
    one(day, **after)
    day.spec(**fields)
    losses = dict(the_group(day.diff(base)).losses)
    assert losses == {lost: 1 if before != after else 2}


def test_alpha_that_the_new_codec_has_not_is_called_out(day: Team) -> None:
    day.spec(codec="prores_4444")
    one(day, alpha=True)
    base = day.commit()
    day.spec(codec="prores_hq")
    assert the_group(day.diff(base)).losses == (("alpha is dropped", 1),)


def test_hdr_into_eight_bits_is_a_problem_with_its_place(day: Team) -> None:
    one(day, colour=hdr("smpte2084"))
    base = day.commit()
    day.spec(codec="h264")
    found = day.diff(base)
    (problem,) = found.problems
    assert str(problem).startswith("specs/day.yaml:2:11: JS076 sources[0]: media:a.mov is HDR (PQ), which bands")
    assert int(problem.exit) == 1
    assert (found.groups, found.untold) == ((), 2)


# What cannot be told.


def broken(day: Team) -> Diff:
    day.locked("night.yaml", output_directory="proxies:night")
    base = day.commit()
    day.spec(codec="prores_proxi")
    day.spec("night.yaml", output_directory="proxies:night", resolution="quarter")
    return day.diff(base)


def test_an_invalid_spec_is_a_problem_with_its_place_and_the_rest_is_still_compared(day: Team) -> None:
    found = broken(day)
    (problem,) = found.problems
    assert str(problem) == (
        'specs/day.yaml:4:8: JS020 codec: "prores_proxi" is not a codec; did you mean "prores_proxy"?'
    )
    assert titles(found) == ["specs/night.yaml:6 resolution half → quarter"]


def test_outputs_of_a_spec_that_is_broken_now_are_not_taken_for_removed(day: Team) -> None:
    found = broken(day)
    assert (kinds(found), found.orphaned, found.untold) == ({"re-encoded": 2}, (), 2)


def test_a_broken_project_file_is_the_one_problem_and_removes_nothing(day: Team) -> None:
    day.write("jobspec.toml", "[roots\n")
    found = day.diff()
    assert [each.code for each in found.problems] == ["JS052"]
    assert (found.groups, found.untold) == ((), 2)


def test_a_project_file_that_was_broken_before_can_be_mended(day: Team) -> None:
    fine = (day.top / "jobspec.toml").read_text(encoding="utf-8")
    day.write("jobspec.toml", "[roots\n")
    base = day.commit()
    day.write("jobspec.toml", fine)
    found = day.diff(base)
    assert (titles(found), found.problems) == (["specs/day.yaml could not be planned before"], ())


def test_a_root_that_is_no_longer_declared_is_a_problem_of_every_spec_that_uses_it(day: Team) -> None:
    day.locked("night.yaml", output_directory="proxies:night")
    base = day.commit()
    day.write("jobspec.toml", '[roots]\nmedia = "camera originals"\n')
    found = day.diff(base)
    assert {each.place.file for each in found.problems if each.place} == {"specs/day.yaml", "specs/night.yaml"}
    assert {each.code for each in found.problems} == {"JS050"}


def test_a_root_that_becomes_read_only_is_a_problem_of_every_spec_that_writes_there(day: Team) -> None:
    day.replace("jobspec.toml", 'proxies = "what we make"', "proxies = { read_only = true }")
    assert [str(each.place) for each in day.diff().problems] == ["specs/day.yaml:3:19"]


def test_two_specs_whose_outputs_collide_leave_the_others_as_they_are(day: Team) -> None:
    day.locked("night.yaml", output_directory="proxies:night")
    base = day.commit()
    day.locked("twin.yaml")
    found = day.diff(base)
    assert "JS045" in {each.code for each in found.problems}
    assert (kinds(found), found.orphaned, found.untold) == ({"unchanged": 2}, (), 2)


def test_specs_that_are_at_odds_without_a_lock_are_named_too(day: Team) -> None:
    for name in ("one.yaml", "two.yaml"):
        day.spec(name, job_id="same", output_directory="proxies:same")
    assert sorted(each.code for each in day.diff().problems) == ["JS033", "JS045", "JS045"]


def test_a_lock_for_a_release_that_nobody_knows_leaves_the_others_as_they_are(day: Team) -> None:
    day.locked("night.yaml", output_directory="proxies:night")
    base = day.commit()
    day.lock(toolchain="1.0")
    found = day.diff(base)
    (problem,) = found.problems
    assert (problem.code, problem.place and problem.place.file) == ("JS083", "specs/day.yaml")
    assert (kinds(found), found.untold) == ({"unchanged": 2}, 2)


def test_a_damaged_lock_is_named_and_is_not_a_missing_one(day: Team) -> None:
    day.write("specs/day.lock.jsonl", "no lock\n")
    found = day.diff()
    assert "JS110" in {each.code for each in found.problems}
    assert (found.unlocked, found.untold) == ((), 2)


def test_a_lock_that_cannot_be_read_is_named_and_is_not_a_missing_one(day: Team) -> None:
    (day.top / "specs" / "day.lock.jsonl").unlink()
    (day.top / "specs" / "day.lock.jsonl").mkdir()
    found = day.diff()
    (problem,) = found.problems
    assert str(problem).startswith("specs/day.lock.jsonl:1:1: JS001: cannot be read: ")
    assert (found.unlocked, found.untold) == ((), 2)


def test_what_another_spec_would_take_for_a_source_is_a_problem(day: Team) -> None:
    day.locked("review.yaml", sources="[{glob: 'proxies:out/*.mov'}]", output_directory="proxies:review")
    assert {each.code for each in day.diff().problems} >= {"JS056"}


# Without a lock.


@pytest.fixture
def open_day(day: Team) -> Team:
    """The spec has no lock on main, and needs none: it names its two clips."""
    (day.top / "specs" / "day.lock.jsonl").unlink()
    day.commit()
    day.git("branch", "--force", "main")
    return day


def test_a_spec_without_a_lock_that_did_not_change_is_not_named(open_day: Team) -> None:
    assert open_day.diff().unlocked == ()
    renamed_file = open_day.top / "specs" / "renamed.yaml"
    (open_day.top / "specs" / "day.yaml").rename(renamed_file)
    assert open_day.diff().unlocked == ()


@pytest.mark.parametrize(
    "fields",
    [{"resolution": "quarter"}, {"sources": "[media:a.mov]"}, {"output_directory": "proxies:new"}],
    ids=["resolution", "sources", "folder"],
)
def test_a_spec_without_a_lock_that_changed_is_named(open_day: Team, fields: dict[str, str]) -> None:
    open_day.spec(**fields)
    found = open_day.diff()
    assert (found.unlocked, found.groups, found.problems) == (("specs/day.yaml",), (), ())


def test_a_spec_without_a_lock_is_named_when_its_template_its_base_or_a_spec_it_takes_from_changes(
    open_day: Team,
) -> None:
    open_day.write("templates/t.j2", "{{ source_name }}")
    open_day.write("specs/profiles/house.yaml", "codec: prores_lt\n")
    open_day.spec("one.yaml", naming_template="t.j2", output_directory="proxies:1")
    open_day.spec("two.yaml", codec=None, extends="profiles/house.yaml", output_directory="proxies:2")
    open_day.spec("three.yaml", sources="[{from: one.yaml}]", output_directory="proxies:3")
    base = open_day.commit()
    open_day.write("templates/t.j2", "{{ source_name }}_v2")
    assert open_day.diff(base).unlocked == ("specs/one.yaml",)
    open_day.write("specs/profiles/house.yaml", "codec: prores_hq\n")
    assert open_day.diff(base).unlocked == ("specs/one.yaml", "specs/two.yaml")
    open_day.spec("one.yaml", naming_template="t.j2", output_directory="proxies:1", sources="[media:c.mov]")
    assert open_day.diff(base).unlocked == ("specs/one.yaml", "specs/three.yaml", "specs/two.yaml")


def test_a_new_spec_without_a_lock_is_named(day: Team) -> None:
    day.spec("night.yaml", output_directory="proxies:night")
    assert day.diff().unlocked == ("specs/night.yaml",)


def test_a_lock_that_goes_makes_the_spec_one_that_cannot_be_told(day: Team) -> None:
    (day.top / "specs" / "day.lock.jsonl").unlink()
    found = day.diff()
    assert (found.unlocked, found.groups, found.orphaned, found.untold) == (("specs/day.yaml",), (), (), 2)


def test_a_glob_without_a_lock_is_told_the_command_that_makes_one(day: Team) -> None:
    day.spec("night.yaml", sources="[{glob: 'media:*.mxf'}]", output_directory="proxies:night")
    found = day.diff()
    assert found.unlocked == ("specs/night.yaml",)
    (problem,) = found.problems
    assert "run `jobspec lock specs/night.yaml`" in str(problem)
    assert int(problem.exit) == 3
