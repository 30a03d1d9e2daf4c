"""JobSpec: normalised, immutable, the same again from JSON, and honest about everything that is wrong with it."""

import dataclasses
import json
import os
import subprocess
import sys
from collections import UserString
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import runner
from runner import FpsMode, JobSpec, JobSpecValidationError
from runner.spec.location import Mounts
from runner.spec.model import roots_of
from runner.spec.project import Project, Root
from runner.spec.schema import SHAPE, wrong_fields
from tests.spec.given import FINE, codes, job, lines, plain, without

FIELDS = [
    "job_id",
    "sources",
    "output_directory",
    "codec",
    "container",
    "resolution",
    "fps_mode",
    "fps_explicit",
    "naming_template",
    "resolved_tokens",
    "created_at",
]


def contract(folder: Path) -> JobSpec:
    """Return a spec made by the very call that the contract shows."""
    return JobSpec(
        sources=[folder / "A001.mov", str(folder / "A002.mov")],
        output_directory=folder / "out",
        codec="prores_proxy",
        container="mov",
        resolution="1280x720",
        fps_mode=FpsMode.SAME_AS_SOURCE,
        naming_template="{source_name}_proxy.{source_ext}",
    )


def invalid(spec: JobSpec, **options: Any) -> list[str]:
    """Return everything that makes a spec invalid, with a look at the files."""
    with pytest.raises(JobSpecValidationError) as caught:
        spec.validate(**options)
    return lines(caught.value.problems)


def test_the_package_exports_the_contract() -> None:
    assert {"JobSpec", "FpsMode", "JobSpecValidationError"} <= set(runner.__all__)
    assert issubclass(JobSpecValidationError, ValueError)
    with pytest.raises(AttributeError, match="no attribute 'Jobspec'"):
        runner.Jobspec  # noqa: B018


def test_the_call_of_the_contract_makes_a_spec_that_is_valid(tmp_path: Path) -> None:
    for name in ("A001.mov", "A002.mov"):
        (tmp_path / name).write_bytes(b"x")
    spec = contract(tmp_path)
    spec.validate()
    assert spec.problems() == ()
    assert JobSpec.from_json(spec.to_json()) == spec
    assert JobSpec.from_dict(spec.to_dict()) == spec
    assert JobSpec.from_json(spec.to_json()).to_json() == spec.to_json()


def test_its_fields_are_those_of_the_contract_in_that_order() -> None:
    assert [field.name for field in dataclasses.fields(JobSpec)][:11] == FIELDS
    assert list(job().to_dict()) == ["jobspec_version", *FIELDS]
    assert list(json.loads(job().to_json())) == ["jobspec_version", *FIELDS]


def test_it_cannot_be_changed_and_takes_no_positions() -> None:
    spec = job()
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.codec = "h264"  # type: ignore[misc]
    with pytest.raises(TypeError):
        JobSpec("day", ["a.mov"])  # type: ignore[call-arg, misc]
    assert hash(spec) == hash(job())


def test_lists_become_tuples_and_paths_become_text(tmp_path: Path) -> None:
    spec = contract(tmp_path)
    assert spec.sources == (f"{tmp_path}/A001.mov", f"{tmp_path}/A002.mov")
    assert spec.output_directory == f"{tmp_path}/out"
    assert type(spec.output_directory) is str


@pytest.mark.parametrize(
    ("given_rate", "rate"),
    [
        pytest.param("23.976", "24000/1001", id="a decimal text"),
        pytest.param(23.976, "24000/1001", id="a number"),
        pytest.param(30000 / 1001, "30000/1001", id="a number as Python divides"),
        pytest.param(Decimal("29.97"), "30000/1001", id="a Decimal"),
        pytest.param(Fraction(24000, 1001), "24000/1001", id="a Fraction"),
        pytest.param("60000/1001", "60000/1001", id="a fraction as text"),
        pytest.param("50/2", "25", id="a fraction that is a whole number"),
        pytest.param(25, "25", id="a whole number"),
        pytest.param("25.000", "25", id="a whole number with a point"),
        pytest.param(12.5, "25/2", id="a rate that is not standard"),
    ],
)
def test_a_rate_has_one_form_whatever_it_came_as(given_rate: object, rate: str) -> None:
    spec = job(fps_mode="explicit", fps_explicit=given_rate)
    assert spec.fps_explicit == rate
    assert spec.rate == Fraction(rate)
    assert spec.problems() == ()


def test_a_mode_may_be_text_and_a_codec_a_short_name() -> None:
    spec = job(fps_mode="explicit", fps_explicit="25", codec="dnxhr")
    assert spec.fps_mode is FpsMode.EXPLICIT
    assert spec.codec == "dnxhr_lb"
    assert job(codec="hevc").codec == "h265"


def test_the_same_content_has_the_same_job_id_in_every_process() -> None:
    program = "from tests.spec.given import job; print(job(codec='h264').job_id)"
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert found == {job(codec="h264").job_id}
    assert len(job().job_id) == 32


def test_another_content_has_another_job_id_and_a_given_one_stays() -> None:
    ids = {
        job(**{name: value}).job_id for name, value in (("codec", "h264"), ("resolution", "same"), ("sources", ["b"]))
    }
    assert len({*ids, job().job_id}) == 4
    assert job(job_id="day03").job_id == "day03"


def test_what_the_planner_fills_in_changes_no_job_id() -> None:
    spec = job()
    filled = dataclasses.replace(spec, job_id="", resolved_tokens={"media:a.mov": {"source_name": "a"}})  # type: ignore[arg-type]
    assert filled.job_id == spec.job_id
    assert filled != spec


def test_json_is_written_in_the_order_of_the_contract_and_readable() -> None:
    text = job(job_id="tag", sources=["media:ä 東京.mov"], tokens={"b": "2", "a": "1"}).to_json()
    assert text == (
        '{\n  "jobspec_version": "2.0",\n  "job_id": "tag",\n  "sources": [\n    "media:ä 東京.mov"\n  ],\n'
        '  "output_directory": "proxies:out",\n  "codec": "prores_proxy",\n  "container": "mov",\n'
        '  "resolution": "half",\n  "fps_mode": "same-as-source",\n  "fps_explicit": null,\n'
        '  "naming_template": "{{ source_name }}",\n  "resolved_tokens": {},\n  "created_at": null,\n'
        '  "tokens": {\n    "a": "1",\n    "b": "2"\n  }\n}\n'
    )


def test_a_later_field_appears_only_when_it_is_set() -> None:
    assert "tokens" not in job().to_dict()
    assert job(tokens={}) == job()
    assert job(tokens={"show": "x"}).to_dict()["tokens"] == {"show": "x"}


def test_json_can_be_written_as_utf8_even_for_a_file_name_that_is_none() -> None:
    spec = job(sources=[os.fsdecode(b"caf\xe9.mov")])
    written = spec.to_json().encode()
    assert JobSpec.from_json(written) == spec
    assert JobSpec.from_json(written).to_json().encode() == written
    assert lines(spec.problems()) == ['JS027 sources[0]: "caf\\udce9.mov" is not a place: it is not UTF-8']


_TEXT = st.text(max_size=30) | st.text("\"'\\\n\r\t\0{}%:/.$ \u2028\u202eé😀-", max_size=12)
_NAMES = st.dictionaries(_TEXT, _TEXT, max_size=3)
_ANY = {
    "job_id": _TEXT,
    "sources": st.lists(_TEXT, max_size=4),
    "output_directory": _TEXT,
    "codec": _TEXT | st.sampled_from(["prores_proxy", "dnxhr", "hevc"]),
    "container": _TEXT | st.just("mov"),
    "resolution": _TEXT | st.sampled_from(["half", "1280x720"]),
    "fps_mode": _TEXT | st.sampled_from(FpsMode),
    "fps_explicit": st.none() | _TEXT | st.floats() | st.integers() | st.decimals() | st.fractions(),
    "naming_template": _TEXT,
    "resolved_tokens": st.dictionaries(_TEXT, _NAMES, max_size=3),
    "created_at": st.none() | _TEXT,
    "tokens": _NAMES,
}


@given(st.fixed_dictionaries(_ANY))
def test_a_spec_comes_back_from_json_as_itself_and_as_the_same_text_whatever_it_says(fields: dict[str, Any]) -> None:
    spec = JobSpec(**fields)
    text = spec.to_json()
    assert JobSpec.from_json(text) == spec
    assert JobSpec.from_json(text).to_json() == text
    assert JobSpec.from_json(text.encode()) == spec
    assert JobSpec.from_dict(spec.to_dict()) == spec
    assert JobSpec(**fields) == spec


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries({}, optional={name: _JSON | st.just(FINE.get(name)) for name in [*FIELDS, "jobspec_version"]})
)
def test_any_json_is_a_spec_or_refused_with_problems_and_nothing_else(data: dict[str, Any]) -> None:
    try:
        spec = JobSpec.from_json(json.dumps(data))
    except JobSpecValidationError as error:
        assert error.problems
        return
    assert codes(spec.problems()) is not None
    assert JobSpec.from_json(spec.to_json()) == spec


@given(st.fixed_dictionaries(dict.fromkeys(FIELDS, _JSON)))
def test_the_constructor_never_refuses_and_problems_names_what_is_wrong(fields: dict[str, Any]) -> None:
    spec = JobSpec(**fields)
    shape = [each for each in wrong_fields(spec.to_dict()) if each.code in SHAPE]
    assert {each.code for each in shape} <= set(codes(spec.problems())) | {"JS016"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "{",
            "JS052: not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
            id="no end",
        ),
        pytest.param("[]", "JS007: a JobSpec is a mapping of fields, this is a list", id="a list"),
        pytest.param('{"codec": "a", "codec": "b"}', "JS052: not JSON: a key stands twice", id="a key twice"),
        pytest.param(
            b"\xff",
            "JS052: not JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
            id="no UTF-8",
        ),
    ],
)
def test_text_that_is_no_json_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(JobSpecValidationError) as caught:
        JobSpec.from_json(text)
    assert lines(caught.value.problems) == [message]


def test_a_hundred_thousand_open_brackets_are_refused_and_not_a_crash() -> None:
    with pytest.raises(JobSpecValidationError, match="not JSON"):
        JobSpec.from_json("[" * 100_000)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            without("jobspec_version"),
            'JS011 jobspec_version: is missing; the version of this format, "2.0"',
            id="no version",
        ),
        pytest.param(
            plain(jobspec_version="1.0"),
            'JS013 jobspec_version: "1.0" is not a version this tool reads; did you mean "2.0"?',
            id="an older version",
        ),
        pytest.param(
            plain(codek="x"),
            'JS010 codek: "codek" is not a field of a JobSpec; did you mean "codec"?',
            id="an unknown field",
        ),
        pytest.param(
            plain(sources=[5]), "JS012 sources[0]: wants text or a mapping, found a number", id="a number for a source"
        ),
    ],
)
def test_data_that_has_not_the_shape_of_a_spec_is_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(JobSpecValidationError) as caught:
        JobSpec.from_dict(data)
    assert lines(caught.value.problems) == [message]


def test_the_shape_is_judged_also_behind_a_hundred_other_problems() -> None:
    with pytest.raises(JobSpecValidationError) as caught:
        JobSpec.from_dict(plain(sources=[""] * 200, tokens={"show": []}))
    assert lines(caught.value.problems) == ["JS012 tokens.show: wants text, found a list"]


def test_a_wrong_value_in_the_right_shape_is_read_so_that_all_can_be_said_about_it() -> None:
    spec = JobSpec.from_dict(plain(codec="x", resolution="haf"))
    assert codes(spec.problems()) == ["JS020", "JS021"]


def test_looking_for_problems_looks_at_no_file() -> None:
    assert job(sources=["/nowhere/at/all.mov"]).problems() == ()


def test_a_project_adds_its_roots_to_the_judgement() -> None:
    project = Project(roots=(Root("media"),))
    assert lines(job().problems(project)) == [
        'JS050 output_directory: the root "proxies" is not declared; add it to [roots] in jobspec.toml; legal: media'
    ]


def test_validate_carries_all_problems_those_of_the_files_included(tmp_path: Path) -> None:
    (tmp_path / "folder.mov").mkdir()
    (tmp_path / "empty.mov").touch()
    os.mkfifo(tmp_path / "pipe.mov")
    spec = job(
        sources=[f"media:{name}.mov" for name in ("gone", "folder", "empty", "pipe", "gone")] + ["media:../x"],
        codec="h264",
        container="webm",
        fps_mode="explicit",
        resolution="haf",
        naming_template="{{ nope }}_{{ date }}",
    )
    assert invalid(spec, mounts=Mounts({"media": tmp_path})) == [
        'JS027 sources[5]: "media:../x" is not a place: ".." and a leading "/" would leave the root',
        'JS021 resolution: "haf" is not a resolution; did you mean "half"?',
        "JS030 container: h264 cannot go into webm: WebM is VP8, VP9 or AV1 by definition; use mov, mp4 or mkv",
        'JS031 fps_explicit: is missing; fps_mode "explicit" needs a rate such as "24000/1001"',
        'JS034 sources[4]: "media:gone.mov" is listed a second time; the first is sources[0]',
        'JS042 naming_template: "nope" is not a token; legal: source_name, source_ext, source_dir, job_id, index, '
        "codec, resolution, container, ext, width, height, fps, timecode, reel, date, time",
        'JS060 sources[0]: "media:gone.mov" does not exist',
        'JS061 sources[1]: "media:folder.mov" is a folder, not a regular file',
        'JS065 sources[2]: "media:empty.mov" is empty (0 bytes)',
        'JS061 sources[3]: "media:pipe.mov" is a pipe, not a regular file',
        'JS060 sources[4]: "media:gone.mov" does not exist',
    ]


def test_a_problem_carries_its_parts_for_a_program() -> None:
    with pytest.raises(JobSpecValidationError) as caught:
        job(resolution="haf", sources=["/dev/null"]).validate()
    first = caught.value.problems[0]
    assert (first.code, first.path, first.found, first.nearest) == ("JS021", ("resolution",), "haf", "half")
    assert first.legal == ("same", "half", "quarter", "WIDTHxHEIGHT")


def test_mere_notes_make_no_spec_invalid(tmp_path: Path) -> None:
    (tmp_path / "a.mov").write_bytes(b"x")
    job(naming_template="{{ width }}").validate(mounts=Mounts({"media": tmp_path}))


def test_a_root_is_mounted_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.mov").write_bytes(b"x")
    monkeypatch.delenv("JOBSPEC_ROOT_MEDIA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert invalid(job()) == [
        'JS051 sources[0]: the root "media" is not mounted here; set JOBSPEC_ROOT_MEDIA=FOLDER or pass '
        "--root media=FOLDER"
    ]
    monkeypatch.setenv("JOBSPEC_ROOT_MEDIA", str(tmp_path))
    job().validate()


def test_relative_sources_and_templates_lie_in_the_repository_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "jobspec.toml").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mov").write_bytes(b"x")
    monkeypatch.chdir(tmp_path / "sub")
    spec = job(sources=["clips/a.mov"], output_directory="out", naming_template="house.j2")
    assert invalid(spec) == ['JS046 naming_template: the template "house.j2" is not in templates/']
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "house.j2").write_text("{{ nope }}\n", encoding="utf-8")
    assert codes_of_invalid(spec) == ["JS042"]
    (tmp_path / "templates" / "house.j2").write_text("{{ source_name }}\n", encoding="utf-8")
    spec.validate()


def codes_of_invalid(spec: JobSpec) -> list[str]:
    with pytest.raises(JobSpecValidationError) as caught:
        spec.validate()
    return codes(caught.value.problems)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"sources": 5}, id="a number for the sources"),
        pytest.param({"sources": [5, None, []]}, id="nonsense among the sources"),
        pytest.param({"sources": ["\ud800", "a\0b"]}, id="text that no file is called"),
        pytest.param({"output_directory": None}, id="nothing for the folder"),
        pytest.param({"naming_template": "\0.j2"}, id="a template that no file is called"),
        pytest.param({"naming_template": "\ud800.j2"}, id="a template that is no UTF-8"),
        pytest.param({"naming_template": ["x"]}, id="a list for the template"),
        pytest.param({"tokens": {"a": {"b": 1}}}, id="a mapping for a token's value"),
        pytest.param({"tokens": ("ab", "c")}, id="no pairs for the tokens"),
        pytest.param({"tokens": {1: "x", "b": "y"}}, id="a number for a token's name"),
        pytest.param({"codec": UserString("h264")}, id="something like text"),
    ],
)
def test_nonsense_in_any_field_ends_in_problems_and_never_in_a_crash(fields: dict[str, Any]) -> None:
    assert invalid(job(**fields))


def test_the_roots_of_a_spec_are_those_of_all_its_places() -> None:
    spec = job(sources=["media:a", "/abs/b", "cards:c", "media:../d", "rel"], output_directory="proxies:out")
    assert roots_of(spec) == ["cards", "media", "proxies", "repo"]
