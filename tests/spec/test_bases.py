"""`extends`: one base below a spec; values replace, and each keeps the place where it stands."""

from pathlib import Path

import pytest

from runner.errors import JobSpecValidationError, Place
from runner.spec.bases import DEEPEST, effective, relative_to
from runner.spec.repository import Reading
from runner.spec.tree import WorkTree
from tests.spec.given import TEXT, codes, lines, read, text

HOUSE = """\
# the house's own
codec: prores_lt
container: mov
resolution: quarter
fps_mode: same-as-source
naming_template: "{{ source_name }}_house"
"""
DAY = """\
jobspec_version: "2.0"
extends: profiles/house.yaml
sources:
  - media:a.mov
output_directory: proxies:out
"""
SOURCELESS = TEXT.replace("sources:\n  - media:a.mov\n", "")


def given(top: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def reading(top: Path, day: str = DAY, **bases: str) -> Reading:
    """Write a spec and bases in specs/profiles, and read the spec."""
    given(top, {f"specs/profiles/{name}.yaml": content for name, content in bases.items()})
    return read(top, day)


def refused(top: Path, day: str = DAY, **bases: str) -> str:
    (found,) = reading(top, day, **bases).problems
    return str(found)


def test_what_a_spec_does_not_say_stands_in_its_base(tmp_path: Path) -> None:
    found = reading(tmp_path, house=HOUSE)
    assert found.problems == ()
    assert found.spec is not None
    assert (found.spec.codec, found.spec.resolution) == ("prores_lt", "quarter")
    assert found.spec.naming_template == "{{ source_name }}_house"


def test_what_a_spec_says_replaces_what_its_base_says(tmp_path: Path) -> None:
    found = reading(tmp_path, f"{DAY}resolution: half\n", house=HOUSE).spec
    assert found is not None
    assert (found.codec, found.resolution) == ("prores_lt", "half")


def test_lists_and_mappings_are_replaced_whole_and_never_merged(tmp_path: Path) -> None:
    house = f"{HOUSE}sources: [media:x.mov, media:y.mov, media:z.mov]\ntokens: {{show: harbour, unit: '1'}}\n"
    found = reading(tmp_path, f"{DAY}tokens: {{unit: '2'}}\n", house=house).spec
    assert found is not None
    assert found.sources == ("media:a.mov",)
    assert found.own_tokens == {"unit": "2"}


def test_a_base_may_have_a_base_and_the_nearest_value_counts(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        house="extends: deep/show.yaml\nresolution: half\n",
        **{"deep/show": "extends: ../studio.yaml\ncodec: prores_hq\nresolution: same\n", "studio": HOUSE},
    ).spec
    assert found is not None
    assert (found.resolution, found.codec, found.container) == ("half", "prores_hq", "mov")


def test_a_spec_may_be_the_base_of_another(tmp_path: Path) -> None:
    given(tmp_path, {"specs/first.yaml": TEXT})
    found = read(tmp_path, "extends: first.yaml\noutput_directory: proxies:second\n").spec
    assert found is not None
    assert (found.output_directory, found.sources) == ("proxies:second", ("media:a.mov",))
    assert found.job_id == "day"


def test_a_base_may_lie_anywhere_in_the_repository(tmp_path: Path) -> None:
    given(tmp_path, {"house.yaml": HOUSE})
    assert read(tmp_path, DAY.replace("profiles/house.yaml", "../house.yaml")).problems == ()


def test_extends_itself_is_no_part_of_the_spec(tmp_path: Path) -> None:
    found = reading(tmp_path, house=HOUSE)
    assert found.document is not None
    assert found.spec is not None
    assert "extends" not in found.document.data
    assert "extends" not in found.spec.to_json()


@pytest.mark.parametrize(
    ("house", "day", "places"),
    [
        pytest.param(
            HOUSE.replace("quarter", "haf"),
            DAY,
            ["specs/profiles/house.yaml:4:13: JS021 resolution:"],
            id="a wrong value of the base stands in the base",
        ),
        pytest.param(
            f"{HOUSE}codek: x\n",
            DAY,
            ["specs/profiles/house.yaml:7:1: JS010 codek:"],
            id="an unknown field of the base too",
        ),
        pytest.param(
            HOUSE,
            f"{DAY}resolution: haf\n",
            ["specs/day.yaml:6:13: JS021 resolution:"],
            id="one that the spec itself replaced stands in the spec",
        ),
        pytest.param(
            HOUSE.replace("quarter", "haf"), f"{DAY}resolution: half\n", [], id="a wrong value that is replaced is none"
        ),
        pytest.param(
            f"{HOUSE}sources:\n  - media:b.mov\n  - nas:c.mov\n",
            DAY.replace("sources:\n  - media:a.mov\n", ""),
            ["specs/profiles/house.yaml:9:5: JS050 sources[1]:"],
            id="an item of a list of the base",
        ),
        pytest.param(
            HOUSE.replace("codec: prores_lt\n", ""),
            DAY,
            ["specs/day.yaml:1:1: JS011 codec:"],
            id="a field that neither has is missing in the spec",
        ),
        pytest.param(
            HOUSE.replace("container: mov", "container: mp4"),
            DAY,
            ["specs/profiles/house.yaml:3:12: JS030 container:"],
            id="values that do not go together, where the base says them",
        ),
        pytest.param(
            f"{HOUSE}resolved_tokens: {{}}\n",
            DAY,
            ["specs/profiles/house.yaml:7:1: JS014 resolved_tokens:"],
            id="what only the tool may fill",
        ),
        pytest.param(
            f"{HOUSE}codec: h264\n",
            DAY,
            ["specs/profiles/house.yaml:7:1: JS004 codec:"],
            id="a key twice in the base",
        ),
        pytest.param("codec: [h264\n", DAY, ["specs/profiles/house.yaml:2:1: JS003:"], id="a base that is no YAML"),
    ],
)
def test_a_problem_points_to_the_file_where_the_value_stands(
    tmp_path: Path, house: str, day: str, places: list[str]
) -> None:
    found = lines(reading(tmp_path, day, house=house).problems)
    assert [line[: len(place)] for line, place in zip(found, places, strict=True)] == places


def test_a_problem_of_a_base_of_a_base_points_there(tmp_path: Path) -> None:
    found = refused(tmp_path, house="extends: show.yaml\n", show=HOUSE.replace("prores_lt", "prores"))
    assert found.startswith('specs/profiles/show.yaml:2:8: JS020 codec: "prores" is not a codec')


def test_every_value_knows_its_file_and_line(tmp_path: Path) -> None:
    given(tmp_path, {"specs/profiles/house.yaml": HOUSE, "specs/day.yaml": f"{DAY}resolution: half\n"})
    document = effective(WorkTree(tmp_path), "specs/day.yaml")
    assert document.place(("resolution",)) == Place("specs/day.yaml", 6, 13)
    assert document.place(("codec",)) == Place("specs/profiles/house.yaml", 2, 8)
    assert document.place(("codec",), key=True) == Place("specs/profiles/house.yaml", 2, 1)
    assert document.place(("sources", 0)) == Place("specs/day.yaml", 4, 5)


@pytest.mark.parametrize(
    ("bases", "place", "chain"),
    [
        pytest.param(
            {"house": "extends: house.yaml\n"},
            "specs/profiles/house.yaml:1:10",
            "specs/day.yaml → specs/profiles/house.yaml → specs/profiles/house.yaml",
            id="of one",
        ),
        pytest.param(
            {"house": f"{HOUSE}extends: show.yaml\n", "show": "extends: ../../specs/profiles/house.yaml\n"},
            "specs/profiles/show.yaml:1:10",
            "specs/day.yaml → specs/profiles/house.yaml → specs/profiles/show.yaml → specs/profiles/house.yaml",
            id="of two",
        ),
        pytest.param(
            {"house": "extends: ../day.yaml\n"},
            "specs/profiles/house.yaml:1:10",
            "specs/day.yaml → specs/profiles/house.yaml → specs/day.yaml",
            id="with the spec itself",
        ),
    ],
)
def test_a_circle_is_told_with_all_its_files(tmp_path: Path, bases: dict[str, str], place: str, chain: str) -> None:
    found = refused(tmp_path, **bases)
    assert found.startswith(f"{place}: JS037 extends: ")
    assert found.endswith(f"comes back to itself ({chain}); break the circle")


def chain(length: int) -> dict[str, str]:
    """Return a chain of so many bases, by name."""
    first = {"house" if number == 0 else f"b{number}": f"extends: b{number + 1}.yaml\n" for number in range(length - 1)}
    return {**first, f"b{length - 1}": HOUSE}


def test_a_long_chain_of_bases_is_read_and_one_without_end_refused(tmp_path: Path) -> None:
    assert reading(tmp_path, **chain(DEEPEST)).problems == ()
    assert refused(tmp_path, **chain(DEEPEST + 1)) == (
        'specs/profiles/b15.yaml:1:10: JS038 extends: "b16.yaml" cannot be built on: it would be base number 17, and '
        "16 is the most"
    )


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        pytest.param("profiles/hose.yaml", "there is no specs/profiles/hose.yaml", id="one that is not there"),
        pytest.param("profiles", "there is no specs/profiles", id="a folder"),
        pytest.param("../../outside.yaml", "it leaves the repository", id="one outside the repository"),
        pytest.param("/etc/passwd", "it leaves the repository", id="an absolute path"),
        pytest.param('"a\\0b.yaml"', "there is no specs/a\\x00b.yaml", id="a name that no file has"),
        pytest.param('""', "there is no specs", id="nothing"),
    ],
)
def test_a_base_that_cannot_be_had_is_told_at_the_place_of_extends(tmp_path: Path, named: str, reason: str) -> None:
    given(tmp_path, {"specs/profiles/house.yaml": HOUSE, "../outside.yaml": HOUSE})
    found = refused(tmp_path, DAY.replace("profiles/house.yaml", named))
    assert found.startswith("specs/day.yaml:2:10: JS038 extends: ")
    assert found.endswith(f" cannot be built on: {reason}")


def test_the_extends_of_a_base_is_told_where_it_stands(tmp_path: Path) -> None:
    found = refused(tmp_path, house=f"{HOUSE}extends: nobody.yaml\n")
    assert found.startswith('specs/profiles/house.yaml:7:10: JS038 extends: "nobody.yaml" cannot be built on: ')


@pytest.mark.parametrize("house", ["- codec: h264\n", "just text\n", ""], ids=["a list", "a text", "an empty file"])
def test_a_base_that_is_no_mapping_is_refused(tmp_path: Path, house: str) -> None:
    assert refused(tmp_path, house=house) == (
        'specs/day.yaml:2:10: JS038 extends: "profiles/house.yaml" cannot be built on: it is no mapping of fields'
    )


@pytest.mark.parametrize("value", ["[profiles/house.yaml]", "{a: b}"], ids=["a list", "a mapping"])
def test_there_is_one_base_and_no_list_of_them(tmp_path: Path, value: str) -> None:
    found = refused(tmp_path, DAY.replace("profiles/house.yaml", value), house=HOUSE)
    assert found.startswith("specs/day.yaml:2:10: JS012 extends: wants text")


def test_a_base_of_a_megabyte_is_refused_like_a_spec(tmp_path: Path) -> None:
    found = reading(tmp_path, house=HOUSE + "#" * (1 << 20))
    assert codes(found.problems) == ["JS006"]


def test_the_place_of_a_base_is_below_the_top_or_nowhere() -> None:
    assert relative_to("specs/day.yaml", "profiles/house.yaml") == "specs/profiles/house.yaml"
    assert relative_to("specs/a/day.yaml", "../../x/./house.yaml") == "x/house.yaml"
    assert relative_to("day.yaml", "house.yaml") == "house.yaml"
    assert [relative_to("specs/day.yaml", text) for text in ("../..", "../../x", "/x", "../../specs/../../x")] == [
        None,
        None,
        None,
        None,
    ]


def test_a_spec_that_cannot_be_read_is_one_problem(tmp_path: Path) -> None:
    with pytest.raises(JobSpecValidationError, match=r"specs/day\.yaml:1:1: JS001: cannot be read"):
        effective(WorkTree(tmp_path), "specs/day.yaml")


def test_the_sources_of_another_spec_may_come_through_its_base(tmp_path: Path) -> None:
    given(tmp_path, {"specs/profiles/cards.yaml": "sources: [media:a.mov, media:b.mov]\n"})
    given(tmp_path, {"specs/other.yaml": f"extends: profiles/cards.yaml\n{SOURCELESS}"})
    found = read(tmp_path, text(sources="\n  - from: other\n")).spec
    assert found is not None
    assert found.sources == ("media:a.mov", "media:b.mov")


def test_a_spec_that_a_base_takes_its_sources_from_is_named_from_the_base_on(tmp_path: Path) -> None:
    given(tmp_path, {"specs/profiles/cards.yaml": "sources: [{from: ../other}]\n", "specs/other.yaml": TEXT})
    found = read(tmp_path, f"extends: profiles/cards.yaml\n{SOURCELESS}").spec
    assert found is not None
    assert found.sources == ("media:a.mov",)
