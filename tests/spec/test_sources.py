"""Entries of `sources`: what a glob takes, and what comes in from another spec."""

import subprocess
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.errors import Problem
from runner.spec.globs import Glob
from runner.spec.location import parse_location
from runner.spec.repository import Reading, read_specs
from runner.spec.sources import From, entry_of, globs_of, plain_entry
from runner.spec.tree import WorkTree
from tests.spec.given import codes, job, lines, read, text


def takes(pattern: str, path: str, *exclude: str) -> bool:
    return Glob(f"media:{pattern}", exclude).takes(parse_location(f"media:{path}"))


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        pytest.param("**/*.mov", "a.mov", id="a ** may stand for no folder"),
        pytest.param("**/*.mov", "x/y/z/a.mov", id="and for many"),
        pytest.param("day/**", "day/x/a.mov", id="a ** at the end takes files at any depth"),
        pytest.param("**", "a", id="a ** alone takes everything"),
        pytest.param("day/**/cam/*.mov", "day/cam/a.mov", id="no folder between two others"),
        pytest.param("day/**/cam/**/a.mov", "day/1/cam/2/cam/3/a.mov", id="two of them"),
        pytest.param("**/cam/**/cam/a.mov", "cam/x/cam/a.mov", id="a name that stands twice"),
        pytest.param("**/**/a.mov", "a.mov", id="two in a row are one"),
        pytest.param("a*.mov", "a.mov", id="a * may stand for nothing"),
        pytest.param("a*b*c.mov", "a-b-b-c.mov", id="several stars"),
        pytest.param("a**c.mov", "abc.mov", id="two stars within a name are one"),
        pytest.param("A00?.mov", "A001.mov", id="a question mark is one character"),
        pytest.param("A00[12].mov", "A002.mov", id="one of a set"),
        pytest.param("A00[0-9].mov", "A007.mov", id="one of a range"),
        pytest.param("A00[!0-4].mov", "A007.mov", id="none of a range"),
        pytest.param("[!a-b]*.mov", "c.mov", id="none of a range at the beginning"),
        pytest.param("[*].mov", "*.mov", id="a star in brackets is a star"),
        pytest.param("[?].mov", "?.mov", id="a question mark in brackets is one"),
        pytest.param("[[]x].mov", "[x].mov", id="a bracket in brackets is one"),
        pytest.param("[^a].mov", "^.mov", id="a caret in brackets is one of the set"),
        pytest.param("[a&&b]~~.mov", "&~~.mov", id="what regular expressions would read otherwise"),
        pytest.param("[a.mov", "[a.mov", id="a bracket that is never closed is a bracket"),
        pytest.param("[!].mov", "!.mov", id="an exclamation mark alone in brackets is one"),
        pytest.param("a.b+c (1){2}$.mov", "a.b+c (1){2}$.mov", id="no other sign means anything"),
        pytest.param("*.mov", "line\nend.mov", id="a line end is a character like others"),
        pytest.param("Töne/*.mov", "Töne/ä.mov", id="letters outside ASCII"),
        pytest.param("a.mov", "a.mov", id="a pattern without any wildcard"),
        pytest.param("./day//*.mov", "day/a.mov", id="needless parts"),
    ],
)
def test_a_glob_takes(pattern: str, path: str) -> None:
    assert takes(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        pytest.param("*.mov", "x/a.mov", id="a * stays within one name"),
        pytest.param("day?a.mov", "day/a.mov", id="a question mark is no slash"),
        pytest.param("day[!x]a.mov", "day/a.mov", id="nor is one of a set"),
        pytest.param("day/**", "day", id="a ** at the end is not its folder itself"),
        pytest.param("day/**", "daylight/a.mov", id="a folder is its whole name"),
        pytest.param("**/cam/*.mov", "webcam/a.mov", id="a name is matched from its beginning"),
        pytest.param("**/*.mov", "a.mov.bak", id="and to its end"),
        pytest.param("*.mov", "a.MOV", id="letters have their case, on every machine"),
        pytest.param("A00[0-9].mov", "A00x.mov", id="what is not in the range"),
        pytest.param("[z-a].mov", "b.mov", id="a range that runs backwards holds nothing"),
        pytest.param("**/cam/x/**/cam/a.mov", "cam/x/a.mov", id="each part needs a folder of its own"),
    ],
)
def test_a_glob_leaves(pattern: str, path: str) -> None:
    assert not takes(pattern, path)


@pytest.mark.parametrize("path", ["._a.mov", ".a.mov", "x/._a.mov", ".Trashes/a.mov", "x/.hidden/y/a.mov"])
@pytest.mark.parametrize("pattern", ["**", "**/*.mov", "**/.*", "**/[.]*", "**/?*", ".*", "*/.*/**"])
def test_dot_files_and_what_lies_in_dot_folders_never_match(pattern: str, path: str) -> None:
    assert not takes(pattern, path)


def test_a_dot_folder_that_the_pattern_spells_out_may_be_looked_into() -> None:
    assert takes(".cards/*.mov", ".cards/a.mov")


def test_a_file_of_another_root_or_an_absolute_one_never_matches() -> None:
    glob = Glob("media:**")
    assert not glob.takes(parse_location("cards:a.mov"))
    assert not glob.takes(parse_location("/a.mov"))
    assert not Glob("/**").takes(parse_location("media:a.mov"))


@pytest.mark.parametrize("pattern", ["/card/**/*.mov", "/card/*/*.mov", "/*/x/*.mov", "/**/*.mov"])
def test_an_absolute_glob_takes_absolute_files(pattern: str) -> None:
    assert Glob(pattern).takes(parse_location("/card/x/a.mov"))


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        pytest.param("**/SUB/**", ["a.mov", "x/a.mov"], id="a folder at any depth"),
        pytest.param("SUB/**", ["a.mov", "x/a.mov", "x/SUB/a.mov"], id="a folder right below the fixed one"),
        pytest.param("*.mov", ["SUB/a.mov", "x/a.mov", "x/SUB/a.mov"], id="files right below the fixed folder"),
        pytest.param("day/SUB/**", ["a.mov", "SUB/a.mov", "x/a.mov", "x/SUB/a.mov"], id="not from the root on"),
        pytest.param("**", [], id="everything"),
    ],
)
@pytest.mark.parametrize("pattern", ["media:day/**/*.mov", "/day/**/*.mov"], ids=["below a root", "absolute"])
def test_what_is_excluded_is_named_from_the_fixed_folder_on(pattern: str, exclude: str, left: list[str]) -> None:
    glob, top = Glob(pattern, (exclude,)), pattern.partition("**")[0]
    paths = ["a.mov", "SUB/a.mov", "x/a.mov", "x/SUB/a.mov"]
    assert [path for path in paths if glob.takes(parse_location(top + path))] == left


def test_each_of_several_exclusions_counts() -> None:
    assert not takes("**", "x/a.mov", "y/**", "x/**")


@pytest.mark.parametrize(
    ("pattern", "folder", "depth"),
    [
        ("media:day/cam-c/**/*.mov", "day/cam-c", None),
        ("media:day/*/x/*.mov", "day", 2),
        ("media:*.mov", "", 0),
        ("media:day/a.mov", "day", 0),
        ("media:a[1]/b/c.mov", "", 2),
        ("/mnt/card/*.mov", "/mnt/card", 0),
        ("/*/a.mov", "/", 1),
    ],
)
def test_a_glob_says_from_where_on_and_how_deep_the_disk_must_be_looked_at(
    pattern: str, folder: str, depth: int | None
) -> None:
    assert (Glob(pattern).folder, Glob(pattern).depth) == (folder, depth)


_LONG = 20_000
MATCHING = """
import sys
from runner.spec.location import parse_location
from runner.spec.globs import Glob
print(Glob(f"media:{sys.argv[1]}").takes(parse_location(f"media:{sys.argv[2]}")))
"""


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        pytest.param("*a" * 200 + "b", "a" * _LONG, id="stars"),
        pytest.param("*" * 500 + "b", "a" * _LONG, id="stars in a row"),
        pytest.param("**/" * 150 + "x", "a/" * _LONG + "y", id="folders of any number in a row"),
        pytest.param("**/a/" * 90 + "x", "a/" * _LONG + "y", id="folders of any number with names between"),
        pytest.param("**/*a*/*b*/" * 40 + "x", "ab/" * _LONG + "y", id="both"),
        pytest.param("?" * 200 + "*" + "[ab]" * 50 + "c", "a" * _LONG, id="sets and question marks"),
    ],
)
def test_a_long_pattern_and_a_long_name_take_no_long_time(pattern: str, path: str) -> None:
    # In a process that can be ended: the slow way would go on for longer than the universe has.
    done = subprocess.run([sys.executable, "-c", MATCHING, pattern, path], capture_output=True, text=True, timeout=30)
    assert done.stdout == "False\n", done.stderr


def naive(pattern: list[str], path: list[str]) -> bool:
    """Say the same the slow way: every number of folders that a ** may stand for is tried."""
    if not pattern:
        return not path
    if pattern == ["**"]:
        return bool(path)
    if pattern[0] == "**":
        return any(naive(pattern[1:], path[number:]) for number in range(len(path) + 1))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and naive(pattern[1:], path[1:])


@settings(max_examples=400)
@given(
    st.lists(st.sampled_from(["**", "*", "a", "b", "a*", "*b", "?", "a*b*", "*a*b"]), min_size=1, max_size=6),
    st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=6),
)
@example(["**", "a", "**", "a*b*", "a"], ["a", "ab", "a", "abb", "a"])
def test_a_fast_match_is_the_same_as_a_patient_one(pattern: list[str], path: list[str]) -> None:
    assert takes("/".join(pattern), "/".join(path)) == naive(pattern, path)


@given(st.text("*?[]!-/ab.&~|^\\", min_size=1, max_size=12))
def test_no_pattern_at_all_is_a_crash(pattern: str) -> None:
    glob = Glob(f"media:x/{pattern}")
    try:
        place = glob.place
    except ValueError:
        return
    assert place.root == "media"
    assert glob.takes(parse_location("media:x/ab/ab.a")) in (True, False)


@pytest.mark.parametrize(
    ("data", "entry"),
    [
        pytest.param("media:a.mov", "media:a.mov", id="a path"),
        pytest.param({"path": "media:a.mov"}, "media:a.mov", id="a path in a mapping is that path"),
        pytest.param({"from": "day02"}, From("day02"), id="another spec"),
        pytest.param({"glob": "media:*.mov"}, Glob("media:*.mov"), id="a glob"),
        pytest.param(
            {"glob": "media:**", "exclude": ["x/**"], "on_unusable": "skip"},
            Glob("media:**", ("x/**",), "skip"),
            id="a glob with all it may have",
        ),
    ],
)
def test_an_entry_is_read_and_written_as_plain_data(data: object, entry: object) -> None:
    assert entry_of(data) == entry
    assert entry_of(plain_entry(entry_of(data))) == entry
    spec = job(sources=[data])
    assert type(spec).from_json(spec.to_json()) == spec


def test_what_is_left_at_its_default_is_not_written() -> None:
    assert plain_entry(Glob("media:*.mov", (), "error")) == {"glob": "media:*.mov"}
    assert plain_entry("media:a.mov") == "media:a.mov"


def test_globs_are_picked_out_of_entries() -> None:
    assert globs_of(("media:a.mov", Glob("media:*"), From("x"))) == (Glob("media:*"),)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param({"path": "media:a", "glob": "media:*"}, "JS035", id="two things at once"),
        pytest.param({"exclude": ["x"]}, "JS035", id="none of the three"),
        pytest.param({"path": "media:a", "exclude": ["x"]}, "JS039", id="an exclusion without a glob"),
        pytest.param({"from": "x", "on_unusable": "skip"}, "JS039", id="a wish for a glob without one"),
        pytest.param({"glob": "media:*", "exclude": "x"}, "JS012", id="an exclusion that is no list"),
        pytest.param({"glob": "media:*", "exclude": [5]}, "JS012", id="an exclusion that is no text"),
        pytest.param({"glob": 5}, "JS012", id="a glob that is no text"),
        pytest.param({"glob": "media:*", "exlude": ["x"]}, "JS010", id="a field that there is not"),
        pytest.param({"glob": "media:*", "on_unusable": "maybe"}, "JS029", id="a word that there is not"),
        pytest.param({"glob": "media:../*"}, "JS027", id="a glob that leaves its root"),
        pytest.param({"glob": "media:" + "a" * 600}, "JS006", id="a glob that is too long"),
    ],
)
def test_a_mapping_that_is_no_entry_is_named_also_when_python_made_it(data: dict[str, Any], problem: str) -> None:
    assert problem in codes(job(sources=[data]).problems())


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        pytest.param(
            "{path: media:a.mov, glob: 'media:*'}",
            "3:5: JS035 sources[0]: a mapping in sources has exactly one of path, glob, from; this has path and glob",
            id="two things at once",
        ),
        pytest.param(
            "{path: media:a.mov, exclude: [x]}",
            '3:34: JS039 sources[0].exclude: "exclude" belongs to a glob; this entry has none',
            id="an exclusion without a glob",
        ),
        pytest.param(
            "{glob: 'media:*', on_unusable: skipp}",
            '3:36: JS029 sources[0].on_unusable: "skipp" is not one of the words that may stand here; did you mean '
            '"skip"?',
            id="a word that there is not",
        ),
        pytest.param(
            "{glob: 'nas:*'}",
            '3:12: JS050 sources[0].glob: the root "nas" is not declared; add it to [roots] in jobspec.toml; legal: '
            "media, proxies",
            id="a root that nobody declared",
        ),
        pytest.param(
            "{glob: 'media:a/../../*'}",
            '3:12: JS027 sources[0].glob: "media:a/../../*" is not a place: ".." and a leading "/" would leave the '
            "root",
            id="a glob that leaves its root",
        ),
        pytest.param(
            "{path: '/cards/../x.mov', from: x}",
            "3:5: JS035 sources[0]: a mapping in sources has exactly one of path, glob, from; this has path and from",
            id="a path and another spec",
        ),
    ],
)
def test_a_wrong_entry_is_told_with_its_place(tmp_path: Path, entry: str, line: str) -> None:
    found = [each for each in read(tmp_path, text(sources=f"\n  - {entry}\n")).problems if each.exit]
    assert lines(found) == [f"specs/day.yaml:{line}"]


def test_a_source_that_stands_twice_is_named_also_in_a_mapping(tmp_path: Path) -> None:
    reading = read(tmp_path, text(sources="\n  - media:a.mov\n  - {path: 'media:./a.mov'}\n"))
    assert '4:12: JS034 sources[1].path: "media:./a.mov" is listed a second time; the first is sources[0]' in str(
        reading.problems[0]
    )


# The sources of another spec.


def reading_of(top: Path, file: str = "specs/day.yaml", **specs: str) -> Reading:
    """Write specs by the text of their sources, and read one of them."""
    (top / "jobspec.toml").write_text('[roots]\nmedia = ""\nproxies = ""\n', encoding="utf-8")
    for name, sources in specs.items():
        path = top / "specs" / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(sources=f"\n{sources}\n"), encoding="utf-8")
    (reading,) = read_specs(WorkTree(top), [file])
    return reading


def wrong(reading: Reading) -> list[Problem]:
    return [each for each in reading.problems if each.exit]


@pytest.mark.parametrize("name", ["other", "other.yaml", "./other", "../specs/other.yaml"])
def test_the_sources_of_another_spec_stand_where_it_is_named(tmp_path: Path, name: str) -> None:
    day = f"  - media:first.mov\n  - from: {name}\n  - media:last.mov"
    reading = reading_of(tmp_path, day=day, other="  - media:a.mov\n  - {glob: 'media:x/*', on_unusable: skip}")
    assert reading.spec is not None
    assert reading.spec.sources == ("media:first.mov", "media:a.mov", Glob("media:x/*", (), "skip"), "media:last.mov")
    assert reading.numbers == (0, 1, 1, 2)


def test_another_spec_is_named_from_the_file_that_names_it(tmp_path: Path) -> None:
    reading = reading_of(
        tmp_path,
        day="  - from: cams/all",
        cams__all="  - from: c\n  - from: ../late",
        cams__c="  - media:c.mov",
        late="  - media:late.mov",
    )
    assert reading.spec is not None
    assert reading.spec.sources == ("media:c.mov", "media:late.mov")
    assert reading.numbers == (0, 0)


def test_a_source_that_several_specs_have_is_taken_once(tmp_path: Path) -> None:
    both = "  - media:a.mov\n  - from: x\n  - from: y"
    reading = reading_of(tmp_path, day=both, x="  - media:a.mov\n  - media:b.mov", y="  - media:b.mov")
    assert reading.spec is not None
    assert reading.spec.sources == ("media:a.mov", "media:b.mov")
    assert reading.numbers == (0, 1)


def test_the_codec_of_the_other_spec_is_its_own_business(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    other = text(codec="h264", container="mp4", naming_template='"{{ source_name }}_x"')
    (tmp_path / "specs" / "other.yaml").write_text(other, encoding="utf-8")
    reading = reading_of(tmp_path, day="  - from: other")
    assert reading.spec is not None
    assert (reading.spec.codec, reading.spec.container) == ("prores_proxy", "mov")


@pytest.mark.parametrize(
    "name",
    ["nobody", "../../outside", "/etc/passwd", '"a\\0b"', "profiles"],
    ids=["one that is not there", "one outside", "an absolute one", "a name that no file has", "a folder"],
)
def test_another_spec_that_is_not_there_is_named_with_its_place(tmp_path: Path, name: str) -> None:
    (tmp_path / "specs" / "profiles.yaml").mkdir(parents=True)
    (tmp_path.parent / "outside.yaml").write_text(text(), encoding="utf-8")
    (found,) = wrong(reading_of(tmp_path, day=f"  - media:a.mov\n  -    from: {name}"))
    assert (found.code, found.path) == ("JS036", ("sources", 1, "from"))
    assert str(found).startswith("specs/day.yaml:4:14: ")
    assert "is not there; the sources of another spec are named by its path, relative to this one" in found.message


def test_another_spec_with_problems_is_told_to_be_checked_first(tmp_path: Path) -> None:
    (found,) = wrong(reading_of(tmp_path, day="  - from: other", other="  - media:../a.mov"))
    assert str(found) == (
        'specs/day.yaml:3:11: JS038 sources[0].from: "other" cannot be built on: it has problems of its own; check it '
        "first"
    )


@pytest.mark.parametrize(
    ("specs", "chain"),
    [
        pytest.param({"day": "  - from: day"}, "specs/day.yaml → specs/day.yaml", id="of one"),
        pytest.param(
            {"day": "  - from: b", "b": "  - from: day"}, "specs/day.yaml → specs/b.yaml → specs/day.yaml", id="of two"
        ),
        pytest.param(
            {"day": "  - from: b", "b": "  - from: c", "c": "  - from: b"},
            "specs/day.yaml → specs/b.yaml → specs/c.yaml → specs/b.yaml",
            id="further on",
        ),
    ],
)
def test_a_circle_of_specs_is_told_as_one_from_wherever_it_is_seen(
    tmp_path: Path, specs: dict[str, str], chain: str
) -> None:
    (found,) = wrong(reading_of(tmp_path, **specs))
    assert found.code == "JS037"
    assert str(found).startswith("specs/day.yaml:3:11: JS037 sources[0].from: ")
    assert f"comes back to itself ({chain}); break the circle" in found.message


def test_a_chain_of_specs_without_end_is_refused_and_no_crash(tmp_path: Path) -> None:
    specs = {f"s{number}": f"  - from: s{number + 1}" for number in range(600)}
    (found,) = wrong(reading_of(tmp_path, "specs/s0.yaml", **specs, s600="  - media:a.mov"))
    assert str(found) == (
        'specs/s0.yaml:3:11: JS038 sources[0].from: "s1" cannot be built on: more than 16 specs take their sources '
        "each from the next"
    )
    near = reading_of(tmp_path, "specs/s590.yaml")
    assert near.spec is not None
    assert near.spec.sources == ("media:a.mov",)


def test_specs_that_branch_at_every_step_are_each_read_once(tmp_path: Path) -> None:
    specs = {f"s{number}": f"  - from: s{number + 1}\n" * 4 for number in range(8)}
    before = time.monotonic()
    reading = reading_of(tmp_path, "specs/s0.yaml", **specs, s8="  - media:a.mov")
    assert time.monotonic() - before < 5  # nine specs, and 65,536 ways from the first to the last
    assert reading.spec is not None
    assert reading.spec.sources == ("media:a.mov",)
