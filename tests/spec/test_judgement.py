"""What the fields of a spec say about each other."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.errors import Exit, errors
from runner.spec.codecs import CODECS, CONTAINERS, why_not
from runner.spec.fields import FIELDS
from runner.spec.judgement import judge
from runner.spec.project import Project, Root
from tests.spec.given import FINE, codes, lines, plain, without

PROJECT = Project(roots=(Root("media"), Root("proxies"), Root("cards", read_only=True)))


def test_a_spec_that_is_fine_has_no_problem_and_no_note() -> None:
    assert judge(FINE, PROJECT) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"codec": "prores_proxy", "container": "mp4"},
            "JS030 container: prores_proxy cannot go into mp4: ISO MP4 registers no sample entry for ProRes and DNx; "
            "use mov, mkv or mxf",
            id="ProRes in mp4",
        ),
        pytest.param(
            {"codec": "hevc", "container": "mxf"},
            "JS030 container: h265 cannot go into mxf: FFmpeg knows no MXF essence mapping for HEVC, VP9 and AV1; "
            "use mp4 or mkv",
            id="a short codec name",
        ),
        pytest.param(
            {"fps_mode": "explicit"},
            'JS031 fps_explicit: is missing; fps_mode "explicit" needs a rate such as "24000/1001"',
            id="explicit without its rate",
        ),
        pytest.param(
            {"fps_mode": "explicit", "fps_explicit": None},
            'JS031 fps_explicit: is missing; fps_mode "explicit" needs a rate such as "24000/1001"',
            id="explicit with nothing for a rate",
        ),
        pytest.param(
            {"fps_explicit": "25"},
            'JS032 fps_explicit: is set, but fps_mode is "same-as-source"; drop it, or set fps_mode to explicit',
            id="a rate that is not asked for",
        ),
        pytest.param(
            {"sources": ["media:a.mov", "media:b.mov", "media:./a.mov"], "naming_template": "{{ index }}"},
            'JS034 sources[2]: "media:./a.mov" is listed a second time; the first is sources[0]',
            id="a source that is listed twice, spelt otherwise",
        ),
        pytest.param(
            {"sources": ["medai:a.mov"]},
            'JS050 sources[0]: the root "medai" is not declared; add it to [roots] in jobspec.toml; did you mean '
            '"media"?',
            id="a root that nobody declared",
        ),
        pytest.param(
            {"output_directory": "cards:out"},
            'JS054 output_directory: the root "cards" is read_only and cannot hold outputs',
            id="outputs on a card",
        ),
        pytest.param(
            {"naming_template": "{{ source_name }}_{{ date }}"},
            'JS048 naming_template: "date" needs created_at, the only clock a name may read; set it in the spec',
            id="a date without a clock",
        ),
        pytest.param(
            {"naming_template": "{source_name}_{time}"},
            'JS048 naming_template: "time" needs created_at, the only clock a name may read; set it in the spec',
            id="a time without a clock, in the older spelling",
        ),
        pytest.param(
            {"naming_template": "{{ sourcename }}"},
            'JS042 naming_template: "sourcename" is not a token; did you mean "source_name"?',
            id="a token misspelt",
        ),
        pytest.param(
            {"naming_template": "{{ tokens.shw }}", "tokens": {"show": "x"}},
            'JS042 naming_template: "tokens.shw" is not a token; did you mean "tokens.show"?',
            id="an own token misspelt",
        ),
        pytest.param(
            {"naming_template": "{{ source_name }}.mp4"},
            'JS047 naming_template: "a.mp4" ends in .mp4, but the container is mov (source_name = "a")',
            id="the extension of another container",
        ),
        pytest.param(
            {"naming_template": "{source_name}_proxy.{source_ext}", "sources": ["media:a.mkv"]},
            'JS047 naming_template: "a_proxy.mkv" ends in .mkv, but the container is mov (source_ext = "mkv", '
            'source_name = "a")',
            id="the extension of a source of another kind",
        ),
        pytest.param(
            {"sources": ["media:x/a.mov", "media:y/a.mov"]},
            'JS045 naming_template: media:y/a.mov gets the output name "a.mov", which is also that of media:x/a.mov',
            id="two sources of one name",
        ),
        pytest.param(
            {"sources": ["media:x/CLIP.mov", "media:y/clip.mov"]},
            'JS045 naming_template: media:y/clip.mov gets the output name "clip.mov", which is also that of '
            "media:x/CLIP.mov",
            id="two sources whose names differ in case",
        ),
    ],
)
def test_one_mistake_is_one_problem(changes: dict[str, Any], expected: str) -> None:
    assert lines(judge(plain(**changes), PROJECT)) == [expected]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("codec", CODECS)
def test_every_pair_is_judged_by_the_table(codec: str, container: str) -> None:
    found = judge(plain(codec=codec, container=container))
    assert codes(found) == (["JS030"] if why_not(codec, container) else [])


def test_the_repository_itself_is_always_a_root() -> None:
    assert judge(plain(sources=["clips/a.mov"], output_directory="out"), PROJECT) == ()


def test_without_a_project_no_root_can_be_judged() -> None:
    assert judge(plain(sources=["nowhere:a.mov"])) == ()


def test_a_time_makes_dates_possible() -> None:
    template = "{{ date }}_{{ time }}_{{ source_name }}"
    assert judge(plain(naming_template=template, created_at="2026-11-23T08:00:00Z"), PROJECT) == ()


def test_names_that_need_facts_are_not_judged_and_that_is_said() -> None:
    found = judge(plain(naming_template="{{ source_name }}_{{ width }}_{{ reel }}", sources=["media:x/a", "media:y/a"]))
    assert lines(found) == [
        "JS049 naming_template: not judged here, needs the facts of the sources: output names, for they use reel, width"
    ]
    assert [each.exit for each in found] == [Exit.OK]


def test_a_template_file_that_nobody_read_is_not_judged_and_that_is_said() -> None:
    assert lines(judge(plain(naming_template="editorial.j2"))) == [
        "JS049 naming_template: not judged here, needs the facts of the sources: the template editorial.j2"
    ]
    assert judge(plain(naming_template="editorial.j2"), template="{{ source_name }}") == ()


def test_the_name_of_a_template_file_is_no_template() -> None:
    found = judge(plain(naming_template="editorial.j2"), template="{{ nope }}")
    assert codes(found) == ["JS042"]


def test_all_problems_of_a_spec_are_found_at_once() -> None:
    data = plain(
        codec="h264",
        container="webm",
        fps_mode="explicit",
        resolution="haf",
        sources=["media:a.mov", "", "media:a.mov", "medai:b.mov"],
        output_directory="cards:out",
        naming_template="{{ nope }}{{ date }}{{ source_name.upper() }}",
        odd="1",
    )
    expected = "JS010 JS015 JS021 JS030 JS031 JS034 JS041 JS041 JS042 JS050 JS054"
    assert codes(judge(data, PROJECT)) == expected.split()


def test_a_wrong_pair_hides_no_collision() -> None:
    found = judge(plain(container="mp4", sources=["media:x/a.mov", "media:y/a.mov"]), PROJECT)
    assert codes(found) == ["JS030", "JS045"]


def test_a_field_that_is_missing_hides_no_mistake_in_the_template() -> None:
    data = {**without("codec", "sources"), "naming_template": "{{ nope }}"}
    assert codes(judge(data, PROJECT)) == ["JS011", "JS011", "JS042"]


def test_what_a_hundred_problems_hide_from_view_is_still_known_to_be_wrong() -> None:
    data = {**{f"x{number}": "1" for number in range(150)}, **without("sources"), "sources": [""]}
    found = judge(data, PROJECT)
    assert codes(found)[-1] == "JS016"
    assert len(found) == 101


def test_ten_thousand_names_that_collide_are_found_in_linear_time_and_a_hundred_shown() -> None:
    before = time.monotonic()
    found = judge(plain(sources=[f"media:{number}/a.mov" for number in range(10_001)]), PROJECT)
    assert time.monotonic() - before < 20
    assert codes(found) == [*["JS016"], *["JS045"] * 100]
    assert lines(found)[-1] == "JS016: 9900 more problems are not shown; mend the ones above and check again"


_VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
_JSON = st.recursive(
    _VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries(
        {}, optional={row.name: _JSON | st.sampled_from([row.example, FINE.get(row.name)]) for row in FIELDS}
    )
)
def test_no_data_whatever_makes_judging_fail(data: dict[str, Any]) -> None:
    for each in errors(judge(data, PROJECT)):
        assert "\n" not in str(each)
