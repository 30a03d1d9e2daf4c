"""Why outputs change: each edit is found by file, line and words, and those that it bears on are grouped under it."""

from fractions import Fraction

import pytest

from runner.review.causes import Cause
from tests.cubes import cube, swapped
from tests.review.teams import Team, clip_facts, the_group, titles

SOURCES = {"media:a.mov": clip_facts("aa"), "media:b.mov": clip_facts("bb")}


def told(day: Team) -> list[str]:
    return titles(day.diff())


# One field of a spec.


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param({"resolution": "quarter"}, "specs/day.yaml:6 resolution half → quarter", id="resolution"),
        pytest.param({"codec": "h264"}, "specs/day.yaml:4 codec prores_proxy → h264", id="codec"),
        pytest.param({"container": "mkv"}, "specs/day.yaml:5 container mov → mkv", id="container"),
        pytest.param(
            {"output_directory": "proxies:new"},
            "specs/day.yaml:3 output_directory proxies:out → proxies:new",
            id="output directory",
        ),
        pytest.param(
            {"naming_template": "'{{ source_name }}_v2'"},
            "specs/day.yaml:8 naming_template {{ source_name }} → {{ source_name }}_v2",
            id="inline template",
        ),
        pytest.param(
            {"fps_mode": "explicit", "fps_explicit": "24"},
            "specs/day.yaml:9 fps_explicit nothing → 24; specs/day.yaml:7 fps_mode same-as-source → explicit",
            id="rate",
        ),
    ],
)
def test_a_field_is_named_with_its_line_and_both_values(day: Team, fields: dict[str, str], words: str) -> None:
    day.spec(**fields)
    group = the_group(day.diff())
    assert (sorted(group.title.split("; ")), len(group.changes)) == (sorted(words.split("; ")), 2)


def test_of_several_fields_that_moved_those_are_named_that_bear_on_the_output(day: Team) -> None:
    day.spec(resolution="quarter", created_at='"2026-11-23T08:00:00Z"', job_id="another")
    assert told(day) == ["specs/day.yaml:6 resolution half → quarter"]


def test_a_look_up_table_is_named_when_the_spec_takes_it_and_when_its_content_moves(day: Team) -> None:
    day.write("luts/show.cube", cube())
    day.write("luts/b.cube", cube())
    own = "[media:a.mov, {path: media:b.mov, lut: luts/b.cube}]"
    day.spec(lut="luts/show.cube", sources=own)
    assert "specs/day.yaml:9 lut nothing → luts/show.cube" in told(day)
    base = day.commit()
    day.write("luts/show.cube", cube(swapped))
    group = the_group(day.diff(base))
    assert (group.title, [str(each.output.location) for each in group.changes]) == (
        "luts/show.cube LUT content",
        ["proxies:out/a.mov"],
    )


def test_burn_ins_are_named_when_they_move(day: Team) -> None:
    day.spec(overlay="[{show: frame}]")
    (title,) = told(day)
    assert title.startswith("specs/day.yaml:9 overlay nothing → ")


@pytest.mark.parametrize(
    ("template", "fields", "words"),
    [
        pytest.param("{{ job_id }}", {"job_id": "show"}, "specs/day.yaml:11 job_id day → show", id="job id"),
        pytest.param(
            "{{ tokens.show }}", {"tokens": "{show: NEW, crew: A}"}, "tokens.show OLD → NEW", id="a token of one's own"
        ),
        pytest.param("{{ date }}", {"created_at": '"2026-11-24T08:00:00Z"'}, "created_at", id="date"),
        pytest.param(
            "{{ codec }}", {"codec": "prores_lt"}, "specs/day.yaml:4 codec prores_proxy → prores_lt", id="codec"
        ),
        pytest.param("{{ width }}", {"resolution": "same"}, "specs/day.yaml:6 resolution half → same", id="width"),
    ],
)
def test_a_field_that_names_show_is_the_cause_of_a_move(
    day: Team, template: str, fields: dict[str, str], words: str
) -> None:
    plain = {
        "naming_template": f"'{{{{ source_name }}}}_{template}'",
        "tokens": "{show: OLD, crew: B}",
        "created_at": '"2026-11-23T08:00:00Z"',
    }
    day.spec(**plain)
    base = day.commit()
    day.spec(**{**plain, **fields})
    (title,) = titles(day.diff(base))
    assert words in title
    assert "crew" not in title


def test_own_tokens_that_come_are_named_one_by_one(day: Team) -> None:
    day.spec(naming_template="'{{ tokens.show }}_{{ source_name }}'", tokens="{crew: A, show: NEW}")
    assert sorted(told(day)[0].split("; ")) == [
        "specs/day.yaml:8 naming_template {{ source_name }} → {{ tokens.show }}_{{ source_name }}",
        "specs/day.yaml:9 tokens.show nothing → NEW",
    ]


def test_a_default_job_id_that_names_show_moves_them_with_the_file(day: Team) -> None:
    day.spec(naming_template="'{{ job_id }}_{{ source_name }}'")
    base = day.commit()
    day.git("mv", "specs/day.yaml", "specs/night.yaml")
    day.git("mv", "specs/day.lock.jsonl", "specs/night.lock.jsonl")
    assert titles(day.diff(base)) == ["specs/night.yaml job_id day → night"]


def test_a_codec_by_its_short_name_is_the_same_codec(day: Team) -> None:
    day.spec(codec="dnxhr", resolution="same")
    base = day.commit()
    day.spec(codec="dnxhr_lb", resolution="1280x720")
    assert titles(day.diff(base)) == ["specs/day.yaml:6 resolution same → 1280x720"]


# Bases.


@pytest.fixture
def house(day: Team) -> Team:
    """Three specs over one base, specs/profiles/house.yaml, whose line 3 gives the resolution."""
    day.write("specs/profiles/house.yaml", "codec: prores_proxy\ncontainer: mov\nresolution: half\n")
    for number in range(3):
        own = {"codec": None, "container": None, "resolution": None, "extends": "profiles/house.yaml"}
        day.spec(f"day{number}.yaml", **own, output_directory=f"proxies:day{number}")
        day.lock(f"day{number}.yaml")
    day.commit()
    day.git("branch", "--force", "main")
    return day


def test_an_edit_of_a_base_is_one_cause_of_all_specs_over_it(house: Team) -> None:
    house.replace("specs/profiles/house.yaml", "half", "quarter")
    group = the_group(house.diff())
    assert group.title == "specs/profiles/house.yaml:3 resolution half → quarter"
    assert group.jobs == ("day0", "day1", "day2")
    assert len(group.changes) == 6


def test_two_edits_of_a_base_are_one_group_of_two_causes(house: Team) -> None:
    house.write("specs/profiles/house.yaml", "codec: prores_lt\ncontainer: mov\n# a line\nresolution: quarter\n")
    assert told(house) == [
        "specs/profiles/house.yaml:1 codec prores_proxy → prores_lt; "
        "specs/profiles/house.yaml:4 resolution half → quarter"
    ]


def test_a_spec_that_goes_its_own_way_is_a_group_of_its_own(house: Team) -> None:
    house.replace("specs/profiles/house.yaml", "half", "quarter")
    house.replace("specs/day1.yaml", "extends:", "resolution: same\nextends:")
    assert sorted(told(house)) == [
        "specs/day1.yaml:6 resolution half → same",
        "specs/profiles/house.yaml:3 resolution half → quarter",
    ]


def test_a_value_that_a_spec_drops_for_its_base_is_an_edit_of_the_spec(house: Team) -> None:
    house.replace("specs/day1.yaml", "extends:", "resolution: same\nextends:")
    base = house.commit()
    house.replace("specs/day1.yaml", "resolution: same\n", "")
    assert titles(house.diff(base)) == ["specs/day1.yaml:6 resolution same → half"]


def test_values_that_move_into_a_base_change_nothing(house: Team) -> None:
    house.replace("specs/profiles/house.yaml", "resolution: half\n", "extends: root.yaml\n")
    house.write("specs/profiles/root.yaml", "resolution: half\n")
    assert told(house) == []


# Templates.


def test_a_template_file_is_one_cause_of_all_specs_that_name_it(day: Team) -> None:
    day.write("templates/editorial.j2", "{{ source_name }}\n")
    for number in range(3):
        name, template = f"day{number}.yaml", "editorial.j2" if number < 2 else "'{{ source_name }}'"
        day.locked(name, naming_template=template, output_directory=f"proxies:day{number}")
    base = day.commit()
    day.write("templates/editorial.j2", "{{ source_name }}_proxy\n")
    group = the_group(day.diff(base))
    assert group.title == "template editorial.j2: name"
    assert group.causes == (Cause("templates/editorial.j2", 0, "template editorial.j2: name"),)
    assert group.jobs == ("day0", "day1")


def test_another_template_file_is_an_edit_of_the_spec(day: Team) -> None:
    day.write("templates/one.j2", "{{ source_name }}")
    day.write("templates/two.j2", "{{ source_name }}_two")
    day.spec(naming_template="one.j2")
    base = day.commit()
    day.spec(naming_template="two.j2")
    assert titles(day.diff(base)) == ["specs/day.yaml:8 naming_template one.j2 → two.j2"]


def test_a_template_that_gives_the_same_names_changes_nothing(day: Team) -> None:
    day.write("templates/one.j2", "{{ source_name }}")
    day.spec(naming_template="one.j2")
    base = day.commit()
    day.write("templates/one.j2", "{{source_name}}\n\n")
    assert titles(day.diff(base)) == []


# Locks.


def test_new_content_of_a_source_is_found_in_the_lock(day: Team) -> None:
    day.lock(sources={"media:a.mov": clip_facts("media:a.mov"), "media:b.mov": clip_facts("new")})
    group = the_group(day.diff())
    assert (group.title, len(group.changes)) == ("specs/day.lock.jsonl source content", 1)


def test_facts_that_were_learnt_anew_of_the_same_content_are_told_from_new_content(day: Team) -> None:
    known = clip_facts("media:b.mov", rate=Fraction(24))
    day.lock(sources={"media:a.mov": clip_facts("media:a.mov"), "media:b.mov": known})
    assert told(day) == ["specs/day.lock.jsonl source facts"]


def test_another_toolchain_is_found_in_the_header_of_the_lock(day: Team) -> None:
    day.lock(toolchain="7.0")
    group = the_group(day.diff())
    assert (group.title, len(group.changes)) == ("specs/day.lock.jsonl:1 FFmpeg 9.0 → 7.0", 2)


def test_a_frozen_index_that_moves_is_a_cause_where_names_show_it(day: Team) -> None:
    assert told(day) == []
    day.lock(indices={"media:a.mov": 1, "media:b.mov": 0})
    assert told(day) == []
    day.spec(naming_template="'{{ source_name }}_{{ index }}'")
    base = day.commit()
    day.lock()
    assert titles(day.diff(base)) == ["specs/day.lock.jsonl source index"]


def test_a_source_that_a_glob_found_is_new_in_the_lock(day: Team) -> None:
    day.spec(sources="[{glob: 'media:*.mov'}]")
    base = day.commit()
    day.lock(sources=("media:a.mov", "media:b.mov", "media:c.mov"))
    assert titles(day.diff(base)) == ["specs/day.lock.jsonl new source"]
    day.lock(sources=("media:a.mov",))
    assert titles(day.diff(base)) == ["specs/day.lock.jsonl source removed"]


def test_a_source_that_the_spec_takes_or_leaves_of_its_lock_is_an_edit_of_the_spec(day: Team) -> None:
    day.spec(sources="[{glob: 'media:*.mov'}]")
    base = day.commit()
    day.spec(sources="[{glob: 'media:*.mov', exclude: ['b*']}]")
    assert titles(day.diff(base)) == ["specs/day.yaml:2 sources"]
    narrow = day.commit()
    day.spec(sources="[{glob: 'media:*.mov'}]")
    assert titles(day.diff(narrow)) == ["specs/day.yaml:2 sources"]


def test_the_first_lock_of_a_spec_is_named_as_that(day: Team) -> None:
    (day.top / "specs" / "day.lock.jsonl").unlink()
    base = day.commit()
    day.lock()
    assert titles(day.diff(base)) == ["specs/day.lock.jsonl first lock"]


def test_a_spec_that_was_broken_before_is_no_new_spec(day: Team) -> None:
    day.spec(codec="prores_proxi")
    base = day.commit()
    day.spec()
    assert titles(day.diff(base)) == ["specs/day.yaml could not be planned before"]


# Whole specs, and the project.


def test_a_spec_that_comes_and_one_that_goes_are_named(day: Team) -> None:
    day.locked("night.yaml", output_directory="proxies:night", sources="[media:c.mov]")
    day.lock("night.yaml", sources=("media:c.mov",))
    (day.top / "specs" / "day.yaml").unlink()
    assert sorted(told(day)) == ["specs/day.yaml spec removed", "specs/night.yaml new spec"]


def test_another_folder_of_records_is_an_edit_of_the_project_that_reaches_every_spec(day: Team) -> None:
    day.locked("night.yaml", output_directory="proxies:night")
    base = day.commit()
    day.write("jobspec.toml", "# records\nstate_directory = 'state:x'\n" + (day.top / "jobspec.toml").read_text())
    group = the_group(day.diff(base))
    assert group.title == "jobspec.toml:2 state_directory nothing → state:x"
    assert group.jobs == ("day", "night")


def test_a_cause_names_its_file_once() -> None:
    assert str(Cause("specs/day.yaml", 3, "codec a → b")) == "specs/day.yaml:3 codec a → b"
    assert str(Cause("specs/day.yaml", 0, "new spec")) == "specs/day.yaml new spec"
    assert str(Cause("templates/x.j2", 0, "template x.j2: name")) == "template x.j2: name"
