"""Each field for itself: what is wrong, where, and what would be right."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import problem
from runner.spec.fields import FIELDS, parse_time
from runner.spec.schema import MOST_PROBLEMS, capped, check_project, wrong_fields
from tests.spec.given import FINE, codes, lines, plain, without


def test_a_spec_that_is_fine_has_no_problem() -> None:
    assert lines(wrong_fields(FINE)) == []


def test_every_example_of_a_field_is_itself_fine() -> None:
    examples = {row.name: row.example for row in FIELDS}
    assert lines(wrong_fields(examples)) == []


def test_the_fields_stand_in_the_order_of_the_contract() -> None:
    contract = "jobspec_version job_id sources output_directory codec container resolution fps_mode fps_explicit"
    assert [row.name for row in FIELDS][:12] == [*contract.split(), "naming_template", "resolved_tokens", "created_at"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"codec": "prores"},
            'JS020 codec: "prores" is not a codec; did you mean "prores_lt"?',
            id="a codec that nearly is one",
        ),
        pytest.param(
            {"codec": "PRORES_PROXY"},
            'JS020 codec: "PRORES_PROXY" is not a codec; did you mean "prores_proxy"?',
            id="a codec in capitals",
        ),
        pytest.param(
            {"codec": "zzz"},
            'JS020 codec: "zzz" is not a codec; legal: prores_proxy, prores_lt, prores_standard, prores_hq, '
            "prores_4444, dnxhd, dnxhr_lb, dnxhr_sq, dnxhr_hq, dnxhr_hqx, dnxhr_444, h264, h265, vp9, av1, dnxhr, hevc",
            id="a codec that is like none",
        ),
        pytest.param(
            {"resolution": "haf"},
            'JS021 resolution: "haf" is not a resolution; did you mean "half"?',
            id="a resolution misspelt",
        ),
        pytest.param(
            {"resolution": "720p"},
            'JS021 resolution: "720p" is not a resolution; legal: same, half, quarter, WIDTHxHEIGHT',
            id="a resolution by its height",
        ),
        pytest.param(
            {"container": "mvo"},
            'JS022 container: "mvo" is not a container; did you mean "mov"?',
            id="a container misspelt",
        ),
        pytest.param(
            {"fps_mode": "same as source"},
            'JS023 fps_mode: "same as source" is not a frame-rate mode; did you mean "same-as-source"?',
            id="a mode misspelt",
        ),
        pytest.param(
            {"fps_explicit": "fast"},
            'JS024 fps_explicit: "fast" is not a frame rate; write a fraction ("24000/1001") or a number above 0, '
            "up to 1000",
            id="a rate that is none",
        ),
        pytest.param(
            {"fps_explicit": -25},
            'JS024 fps_explicit: "-25" is not a frame rate; write a fraction ("24000/1001") or a number above 0, '
            "up to 1000",
            id="a negative number",
        ),
        pytest.param(
            {"created_at": "2026-01-01"},
            'JS025 created_at: "2026-01-01" is not a time; write "2026-11-23T08:00:00Z", with seconds and zone',
            id="a day without its time",
        ),
        pytest.param(
            {"job_id": "day 3"},
            'JS026 job_id: "day 3" is not a job id; use 1 to 128 of A-Z a-z 0-9 . _ - and begin with a letter or a '
            "digit",
            id="a job id with a space",
        ),
        pytest.param(
            {"sources": ["media:a.mov", "media:../b.mov"]},
            'JS027 sources[1]: "media:../b.mov" is not a place: ".." and a leading "/" would leave the root',
            id="a source that leaves its root",
        ),
        pytest.param(
            {"tokens": {"Show": "x"}},
            'JS028 tokens.Show: "Show" is not a token name; use a to z, 0 to 9 and _, begin with a letter',
            id="a token name with a capital",
        ),
        pytest.param(
            {"jobspec_version": "3.0"},
            'JS013 jobspec_version: "3.0" is not a version this tool reads; did you mean "2.0"?',
            id="another version",
        ),
        pytest.param(
            {"codek": "h264"},
            'JS010 codek: "codek" is not a field of a JobSpec; did you mean "codec"?',
            id="a field misspelt",
        ),
        pytest.param({"codec": ["h264"]}, "JS012 codec: wants text, found a list", id="a list for a text"),
        pytest.param({"codec": {"a": "b"}}, "JS012 codec: wants text, found a mapping", id="a mapping for a text"),
        pytest.param({"codec": None}, "JS012 codec: wants text, found nothing", id="nothing for a text"),
        pytest.param({"codec": 5}, "JS012 codec: wants text, found a number", id="a number for a text"),
        pytest.param({"codec": True}, "JS012 codec: wants text, found a truth value", id="a truth value for a text"),
        pytest.param({"sources": ""}, "JS012 sources: wants a list, found nothing", id="nothing for a list"),
        pytest.param({"sources": "a.mov"}, "JS012 sources: wants a list, found text", id="a text for a list"),
        pytest.param(
            {"fps_explicit": True},
            "JS012 fps_explicit: wants text or a number, found a truth value",
            id="a truth value for a rate",
        ),
        pytest.param({"tokens": ["x"]}, "JS012 tokens: wants a mapping, found a list", id="a list for a mapping"),
        pytest.param(
            {"tokens": {"show": ["x"]}}, "JS012 tokens.show: wants text, found a list", id="a list for a token's value"
        ),
        pytest.param(
            {"output_directory": ""},
            "JS015 output_directory: is empty; the folder for the outputs, root:path, absolute, or relative to the "
            "repository",
            id="an empty text",
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(changes: dict[str, Any], message: str) -> None:
    assert lines(wrong_fields(plain(**changes))) == [message]


@pytest.mark.parametrize("name", [row.name for row in FIELDS if row.required])
def test_a_missing_field_is_named_with_its_meaning(name: str) -> None:
    meaning = next(row.help for row in FIELDS if row.name == name)
    assert lines(wrong_fields(without(name))) == [f"JS011 {name}: is missing; {meaning}"]


def test_an_empty_list_of_sources_is_empty_and_an_empty_source_too() -> None:
    assert codes(wrong_fields(plain(sources=[]))) == ["JS015"]
    found = list(wrong_fields(plain(sources=["a.mov", ""])))
    assert [(each.code, each.path) for each in found] == [("JS015", ("sources", 1))]


@pytest.mark.parametrize(("data", "kind"), [([], "a list"), ("x", "text"), (None, "nothing"), (5, "a number")])
def test_what_is_no_mapping_is_no_spec(data: object, kind: str) -> None:
    assert lines(wrong_fields(data)) == [f"JS007: a JobSpec is a mapping of fields, this is {kind}"]


def test_all_problems_are_found_at_once() -> None:
    data = {**without("container"), "codec": "x", "resolution": "haf", "job_id": "-", "odd": "1", "sources": ["", []]}
    assert codes(wrong_fields(data)) == ["JS010", "JS011", "JS012", "JS015", "JS020", "JS021", "JS026"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(lambda n: {"sources": [[] for _ in range(n)]}, id="sources"),
        pytest.param(lambda n: {"sources": ["media:../a"] * n}, id="places"),
        pytest.param(lambda n: {f"x{i}": "" for i in range(n)}, id="unknown fields"),
        pytest.param(lambda n: {"resolved_tokens": {"a": {f"x{i}": [] for i in range(n)}}}, id="resolved tokens"),
    ],
)
def test_ten_thousand_wrong_pieces_are_found_in_linear_time_and_a_hundred_shown(fields: Any) -> None:
    before = time.monotonic()
    found = capped(wrong_fields(plain(**fields(10_000))))
    assert time.monotonic() - before < 20
    assert len(found) == MOST_PROBLEMS + 1
    assert str(found[-1]) == "JS016: 9900 more problems are not shown; mend the ones above and check again"


def test_a_hundred_problems_are_shown_and_no_rest_is_counted() -> None:
    each = problem("JS007", kind="text")
    assert capped(iter([each] * 100)) == [each] * 100
    assert capped(iter([each] * 101))[-1].values == (("count", "1"),)


@pytest.mark.parametrize("text", ["2026-11-23T08:00:00Z", "2026-11-23T08:00:00+01:00", "2024-02-29T23:59:59-11:30"])
def test_a_time_with_seconds_and_zone_is_one(text: str) -> None:
    assert parse_time(text).tzinfo is not None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-11-23", id="a day"),
        pytest.param("2026-11-23T08:00Z", id="without seconds"),
        pytest.param("2026-11-23T08:00:00", id="without a zone"),
        pytest.param("2026-11-23 08:00:00Z", id="without a T"),
        pytest.param("2026-02-30T08:00:00Z", id="a day that does not exist"),
        pytest.param("2026-11-23T24:30:00Z", id="an hour that does not exist"),
        pytest.param("2026-11-23T08:00:00.5Z", id="parts of a second"),
        pytest.param("20261123T080000Z", id="without separators"),
        pytest.param("2026-11-23T08:00:00Z\n", id="a line end"),
        pytest.param("now", id="a word"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_time_is_exact_or_it_is_none(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


@pytest.mark.parametrize("text", ["a", "0", "Day.03_b-2", "x" * 128])
def test_a_job_id_may_be(text: str) -> None:
    assert codes(wrong_fields(plain(job_id=text))) == []


@pytest.mark.parametrize("text", ["", "x" * 129, ".x", "-x", "_x", "a/b", "ä", "a\n", "a b"], ids=repr)
def test_a_job_id_may_not_be(text: str) -> None:
    assert codes(wrong_fields(plain(job_id=text))) == ["JS026"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional={row.name: _JSON | st.just(row.example) for row in FIELDS}) | _JSON)
def test_whatever_the_data_every_problem_says_where_and_is_one_line(data: Any) -> None:
    for each in wrong_fields(data):
        assert each.path or each.code == "JS007"
        assert "\n" not in str(each)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        pytest.param(
            {"rots": {}},
            'JS010 rots: "rots" is not a field of jobspec.toml; did you mean "roots"?',
            id="a table misspelt",
        ),
        pytest.param(
            {"toolchain": {"ffmpg": "9.0"}},
            'JS010 toolchain.ffmpg: "ffmpg" is not a field of jobspec.toml; did you mean "ffmpeg"?',
            id="a key misspelt",
        ),
        pytest.param(
            {"roots": {"m": "x"}},
            'JS027 roots.m: "m" is not a place: a root has two or more of A-Z a-z 0-9 _ - and begins with a letter',
            id="a root of one letter",
        ),
        pytest.param(
            {"roots": {"media": 5}}, "JS012 roots.media: wants text or a mapping, found a number", id="a root's number"
        ),
        pytest.param(
            {"roots": {"media": {"read_only": "yes"}}},
            "JS012 roots.media.read_only: wants a truth value, found text",
            id="a word for a truth value",
        ),
        pytest.param({"toolchain": 9.0}, "JS012 toolchain: wants a mapping, found a number", id="no table"),
        pytest.param(
            {"state_directory": ""}, "JS015 state_directory: is empty; give it a value or drop it", id="an empty folder"
        ),
    ],
)
def test_a_wrong_jobspec_toml_is_named_as_one(table: dict[str, Any], message: str) -> None:
    assert lines(check_project(table)) == [message]
