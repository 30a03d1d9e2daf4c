"""The specs of a tree, expanded from their locks alone."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from runner import canonical
from runner.errors import Exit, Problem
from runner.media.facts import Facts
from runner.media.lock import Header, Lock, Locked, write_lock
from runner.plan.build import build
from runner.plan.expansion import Expanded, caught, expand
from runner.plan.model import Plan
from runner.spec.project import Project, Root
from runner.spec.tree import WorkTree
from tests.plan.planning import facts, plan
from tests.spec.given import text

PROJECT = Project(
    roots=(Root("media"), Root("proxies"), Root("cards", read_only=True)), state_directory="proxies:state"
)


def locked(*sources: tuple[str, int, Facts | str], toolchain: str = "9.0", recipes: int = 1) -> bytes:
    """Return a lock of (path, index, facts or the reason why there are none)."""
    lines = [
        Locked(location=f"media:{path}", index=index, facts=known)
        if isinstance(known, Facts)
        else Locked(location=f"media:{path}", index=index, unusable=known)
        for path, index, known in sources
    ]
    return write_lock(Lock(Header(format=1, toolchain=toolchain, recipes=recipes), tuple(lines)))


def expanded(top: Path, spec: str, lock: bytes | None = None, file: str = "specs/day.yaml") -> Expanded:
    """Write a spec and its lock and expand it."""
    path = top / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(spec, encoding="utf-8")
    if lock is not None:
        path.with_suffix(".lock.jsonl").write_bytes(lock)
    (found,) = expand(WorkTree(top), [file], PROJECT)
    return found


def told(found: Sequence[Problem]) -> list[str]:
    return [str(each) for each in found]


def planned(*specs: Expanded) -> Plan:
    requests = [each.request for each in specs if each.request]
    assert len(requests) == len(specs)
    return build(requests, toolchain="5.1", number=1)


def globbed(pattern: str = "media:**/*.mov", **fields: str) -> str:
    return text(sources=f"\n  - glob: '{pattern}'\n", **fields)


def test_a_lock_gives_sources_facts_and_indices(tmp_path: Path) -> None:
    spec = globbed(naming_template='"{{ index }}_{{ source_name }}"')
    found = expanded(tmp_path, spec, locked(("a.mov", 7, facts()), ("x/b.mov", 2, facts(content="11"))))
    assert found.problems == ()
    assert not found.unlocked
    made = planned(found)
    assert [each.location for each in made.outputs] == ["proxies:out/002_b.mov", "proxies:out/007_a.mov"]
    assert [each.source.facts.content.sample for each in made.outputs] == ["sampled-sha256:11", "sampled-sha256:00"]


def test_a_plan_from_a_lock_is_the_plan_from_the_facts(tmp_path: Path) -> None:
    spec = text(sources="\n  - media:b.mov\n  - media:a.mov\n", resolution="same")
    known = locked(("b.mov", 0, facts()), ("a.mov", 1, facts(content="11")), toolchain="7.0")
    (output, other) = planned(expanded(tmp_path, spec, known)).outputs
    probed = plan([facts(), facts(content="11")], "7.0", number=1, sources=["media:b.mov", "media:a.mov"]).outputs
    assert (output.key, output.arguments) == (probed[0].key, probed[0].arguments)
    assert (other.key, other.location) == (probed[1].key, "proxies:out/a.mov")


def test_toolchain_and_recipes_come_from_the_header_and_not_from_the_machine(tmp_path: Path) -> None:
    found = expanded(tmp_path, globbed(), locked(("a.mov", 0, facts()), toolchain="7.0"))
    made = planned(found)
    assert (made.header.toolchain, made.header.recipes) == (("7.0",), (1,))
    assert "-apply_cropping" not in made.outputs[0].arguments.reading
    later = planned(expanded(tmp_path, globbed(), locked(("a.mov", 0, facts()), toolchain="9.0")))
    assert "-apply_cropping" in later.outputs[0].arguments.reading


def test_two_locks_may_be_of_two_release_lines(tmp_path: Path) -> None:
    first = expanded(tmp_path, globbed("media:a*"), locked(("a.mov", 0, facts()), toolchain="7.0"))
    night = globbed("media:b*", output_directory="proxies:night")
    second = expanded(tmp_path, night, locked(("b.mov", 0, facts())), "specs/night.yaml")
    assert planned(first, second).header.toolchain == ("7.0", "9.0")


@pytest.mark.parametrize(
    ("toolchain", "recipes", "code"),
    [("8.5", 1, "JS083"), ("nonsense", 1, "JS083"), ("9.0", 99, "JS084")],
    ids=["a line that nobody measured", "no line at all", "recipes of a later version"],
)
def test_a_header_that_no_plan_can_be_made_for_is_a_problem(
    tmp_path: Path, toolchain: str, recipes: int, code: str
) -> None:
    found = expanded(tmp_path, globbed(), locked(("a.mov", 0, facts()), toolchain=toolchain, recipes=recipes))
    with pytest.raises(Exception, match=code):
        planned(found)


def test_where_records_go_and_where_the_spec_lies_are_part_of_the_request(tmp_path: Path) -> None:
    request = expanded(tmp_path, globbed(), locked(("a.mov", 0, facts()))).request
    assert request is not None
    assert (request.state, request.file) == ("proxies:state", "specs/day.yaml")


def test_without_a_lock_paths_have_to_be_probed_and_that_is_no_problem(tmp_path: Path) -> None:
    found = expanded(tmp_path, text())
    assert (found.problems, found.request, found.unlocked) == ((), None, True)


def test_a_glob_without_a_lock_is_refused_with_the_command(tmp_path: Path) -> None:
    found = expanded(tmp_path, globbed())
    (problem,) = (each for each in found.problems if each.exit)
    assert str(problem) == (
        "specs/day.yaml:3:5: JS116 sources[0]: a glob works only through a lock; run `jobspec lock specs/day.yaml`"
    )
    assert problem.exit is Exit.STALE
    assert (found.request, found.unlocked) == (None, False)


def test_what_the_lock_does_not_hold_is_named_with_its_place_and_the_command(tmp_path: Path) -> None:
    spec = text(sources="\n  - media:a.mov\n  - media:new.mov\n  - glob: 'media:day2/*'\n")
    found = expanded(tmp_path, spec, locked(("a.mov", 0, facts())))
    assert [str(each) for each in found.problems if each.exit] == [
        'specs/day.yaml:4:5: JS115 sources[1]: "media:new.mov" is not in the lock; run `jobspec lock specs/day.yaml`',
        "specs/day.yaml:5:5: JS116 sources[2]: a glob works only through a lock; run `jobspec lock specs/day.yaml`",
    ]
    assert {each.exit for each in found.problems if each.exit} == {Exit.STALE}
    assert found.request is None


def test_a_source_of_another_spec_that_the_lock_lacks_is_named_where_that_spec_is(tmp_path: Path) -> None:
    expanded(tmp_path, text(sources="\n  - media:x.mov\n  - media:y.mov\n"), file="specs/other.yaml")
    spec = text(sources="\n  - media:a.mov\n  - from: other\n")
    found = expanded(tmp_path, spec, locked(("a.mov", 0, facts()), ("x.mov", 1, facts())))
    assert [each for each in told(found.problems) if "JS115" in each] == [
        'specs/day.yaml:4:5: JS115 sources[1]: "media:y.mov" is not in the lock; run `jobspec lock specs/day.yaml`'
    ]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(lambda path: path.write_bytes(b"x"), "JSON is malformed", id="nonsense"),
        pytest.param(lambda path: path.mkdir(), "Is a directory", id="a folder"),
        pytest.param(os.mkfifo, "not a regular file", id="a pipe"),
        pytest.param(lambda path: path.symlink_to(path.name), "Too many levels of symbolic links", id="a loop"),
    ],
)
def test_a_lock_that_cannot_be_read_is_a_problem_and_not_the_same_as_none(
    tmp_path: Path, damage: object, reason: str
) -> None:
    (tmp_path / "specs").mkdir()
    assert callable(damage)
    damage(tmp_path / "specs" / "day.lock.jsonl")
    found = expanded(tmp_path, text())
    (problem,) = found.problems
    assert str(problem).startswith("specs/day.lock.jsonl:1:1: ")
    assert "cannot be read" in problem.message
    assert reason in problem.message
    assert found.request is None


def test_a_damaged_lock_is_one_problem_and_hides_none_of_the_spec(tmp_path: Path) -> None:
    found = expanded(tmp_path, globbed(), b"x\n")
    assert [each.code for each in found.problems] == ["JS049", "JS110"]


def test_an_unusable_source_that_may_be_skipped_is_named_and_planned_without(tmp_path: Path) -> None:
    spec = text(sources="\n  - glob: 'media:**'\n    on_unusable: skip\n")
    found = expanded(tmp_path, spec, locked(("a.mov", 0, facts()), ("b.mov", 1, "it is cut off")))
    (note,) = found.problems
    assert str(note) == 'specs/day.yaml:3:3: JS118 sources: "media:b.mov" is skipped, it is unusable: it is cut off'
    assert note.exit is Exit.OK
    made = planned(found)
    assert [each.source.location for each in made.outputs] == ["media:a.mov"]
    assert made.jobs[0].skipped == (("media:b.mov", "it is cut off"),)


def test_a_job_may_have_nothing_but_skipped_sources(tmp_path: Path) -> None:
    spec = text(sources="\n  - glob: 'media:**'\n    on_unusable: skip\n")
    made = planned(expanded(tmp_path, spec, locked(("b.mov", 1, "it is cut off"))))
    assert (made.outputs, len(made.jobs)) == ((), 1)


@pytest.mark.parametrize("sources", ["media:b.mov", "glob: 'media:**'"], ids=["a path", "a glob"])
def test_an_unusable_source_that_may_not_be_skipped_is_an_error_from_the_lock_too(tmp_path: Path, sources: str) -> None:
    found = expanded(tmp_path, text(sources=f"\n  - {sources}\n"), locked(("b.mov", 0, "it is cut off")))
    (problem,) = (each for each in found.problems if each.exit)
    assert str(problem) == (
        'specs/day.yaml:3:3: JS125 sources: "media:b.mov" is unusable: it is cut off; take it out, or say '
        "on_unusable: skip"
    )
    assert problem.exit is Exit.INVALID
    assert found.request is None


def test_names_that_only_facts_decide_are_judged_once_there_is_a_lock(tmp_path: Path) -> None:
    spec = globbed(naming_template='"{{ width }}"')
    assert "JS049" in [each.code for each in expanded(tmp_path, spec).problems]
    assert expanded(tmp_path, spec, locked(("a.mov", 0, facts()))).problems == ()


def test_a_lock_of_an_invalid_spec_is_not_looked_at(tmp_path: Path) -> None:
    found = expanded(tmp_path, text(codec="x"), b"nonsense")
    assert [each.code for each in found.problems] == ["JS020"]


def test_only_the_lock_beside_it_is_a_specs_lock(tmp_path: Path) -> None:
    expanded(tmp_path, text(), locked(("a.mov", 0, facts())), "specs/other.yaml")
    assert expanded(tmp_path, text()).lock is None


def test_a_field_that_a_lock_of_a_later_version_has_is_not_read_over(tmp_path: Path) -> None:
    line = canonical.plain(Locked(location="media:a.mov", index=0, facts=facts())) | {"mood": "sad"}
    found = expanded(tmp_path, text(), locked() + canonical.encode(line))
    assert "unknown field `mood`" in told(found.problems)[0]


def test_an_explicit_rate_below_one_frame_is_refused_for_a_source_with_timecode(tmp_path: Path) -> None:
    spec = text(fps_mode="explicit", fps_explicit="1/3")
    found = expanded(tmp_path, spec, locked(("a.mov", 0, facts(timecode="01:00:00:00"))))
    with pytest.raises(Exception, match="JS073"):
        planned(found)


# Outputs that a glob would make sources.


@pytest.fixture
def watching(tmp_path: Path) -> Expanded:
    """A spec that takes all that lies below proxies:out."""
    return expanded(tmp_path, globbed("proxies:out/**/*.mov"), file="specs/again.yaml")


def test_an_output_that_a_glob_matches_is_told_at_the_place_of_the_glob(watching: Expanded) -> None:
    found = caught([watching.reading], [("day", "proxies:out/x/a.mov"), ("day", "proxies:else/a.mov")])
    assert told(found) == [
        'specs/again.yaml:3:5: JS056 sources[0]: the output "proxies:out/x/a.mov" of day is matched by this glob, and '
        "would become a source; narrow the glob"
    ]


@pytest.mark.parametrize(
    "place", ["proxies:out/a.mp4", "proxies:out/.x/a.mov", "media:out/a.mov", "/proxies/out/a.mov", "proxies:a.mov"]
)
def test_an_output_beside_the_glob_is_not_told(watching: Expanded, place: str) -> None:
    assert caught([watching.reading], [("day", place)]) == []


def test_paths_and_invalid_specs_catch_nothing(tmp_path: Path) -> None:
    path = expanded(tmp_path, text(sources="\n  - proxies:out/a.mov\n")).reading
    invalid = expanded(tmp_path, globbed("proxies:**", codec="x")).reading
    assert caught([path, invalid], [("day", "proxies:out/a.mov")]) == []
