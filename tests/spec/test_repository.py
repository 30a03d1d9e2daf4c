"""The specs of a repository: found, read with places, judged alone and against each other."""

import os
import time
from pathlib import Path

import pytest

from runner import FpsMode
from runner.errors import Exit
from runner.spec.repository import default_job_id, find_specs, read_specs, resolved, same_job_ids, same_outputs
from runner.spec.tree import WorkTree
from tests.spec.given import TEXT, codes, lines, read, text


def found(top: Path, spec: str | bytes) -> list[str]:
    """Return the problems of a spec as `check` shows them."""
    return lines(read(top, spec).problems)


def test_a_spec_that_is_fine_becomes_a_jobspec(tmp_path: Path) -> None:
    reading = read(tmp_path, TEXT)
    assert reading.problems == ()
    assert reading.spec is not None
    assert reading.spec.sources == ("media:a.mov",)
    assert reading.spec.fps_mode is FpsMode.SAME_AS_SOURCE
    assert reading.spec.job_id == "day"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param(
            text(resolution="haf"),
            '7:13: JS021 resolution: "haf" is not a resolution; did you mean "half"?',
            id="a wrong value: where the value stands",
        ),
        pytest.param(
            TEXT + "codek: h264\n",
            '10:1: JS010 codek: "codek" is not a field of a JobSpec; did you mean "codec"?',
            id="an unknown field: where its name stands",
        ),
        pytest.param(
            "# day 3\n" + TEXT.replace("container: mov\n", ""),
            "2:1: JS011 container: is missing; the file format",
            id="a missing field: where the spec begins",
        ),
        pytest.param(
            text(sources="\n  - media:a.mov\n  - media:b.mov\n  -    - c.mov\n"),
            "5:8: JS012 sources[2]: wants text or a mapping, found a list",
            id="a list in a list: where the item stands",
        ),
        pytest.param(
            text(sources="\n  - media:a.mov\n  - 'media:../b.mov'\n"),
            '4:5: JS027 sources[1]: "media:../b.mov" is not a place: ".." and a leading "/" would leave the root',
            id="a wrong source: where the item stands",
        ),
        pytest.param(
            text(sources="\n  - media:a.mov\n  - media:b.mov\n  - medai:c.mov\n"),
            '5:5: JS050 sources[2]: the root "medai" is not declared; add it to [roots] in jobspec.toml; did you mean '
            '"media"?',
            id="a root that nobody declared: where the item stands",
        ),
        pytest.param(
            text(tokens="\n  show: x\n  Reel: y\n"),
            '12:9: JS028 tokens.Reel: "Reel" is not a token name; use a to z, 0 to 9 and _, begin with a letter',
            id="a wrong token name",
        ),
        pytest.param(
            text(tokens="{show: [x]}"),
            "10:16: JS012 tokens.show: wants text, found a list",
            id="a list for a token's value",
        ),
        pytest.param(
            text(resolved_tokens="{}"),
            "10:1: JS014 resolved_tokens: may not be set in a spec; the tool fills it",
            id="what only the tool may fill",
        ),
        pytest.param(
            text(fps_mode="explicit"),
            '1:1: JS031 fps_explicit: is missing; fps_mode "explicit" needs a rate such as "24000/1001"',
            id="a rate that is needed: where the spec begins",
        ),
        pytest.param(
            text(fps_explicit="25"),
            '10:15: JS032 fps_explicit: is set, but fps_mode is "same-as-source"; drop it, or set fps_mode to explicit',
            id="a rate that is not needed: where it stands",
        ),
        pytest.param(
            text(fps_mode="explicit", fps_explicit="1e3"),
            '10:15: JS024 fps_explicit: "1e3" is not a frame rate; write a fraction ("24000/1001") or a number above '
            "0, up to 1000",
            id="a number with an exponent stays text",
        ),
        pytest.param(
            text(fps_mode="explicit", fps_explicit="12:30:00"),
            '10:15: JS024 fps_explicit: "12:30:00" is not a frame rate; write a fraction ("24000/1001") or a number '
            "above 0, up to 1000",
            id="a number to base sixty stays text",
        ),
        pytest.param(
            text(created_at="2026-01-01"),
            '10:13: JS025 created_at: "2026-01-01" is not a time; write "2026-11-23T08:00:00Z", with seconds and zone',
            id="a date stays text",
        ),
        pytest.param(
            text(codec="no"),
            '5:8: JS020 codec: "no" is not a codec; legal: prores_proxy, prores_lt, prores_standard, prores_hq, '
            "prores_4444, dnxhd, dnxhr_lb, dnxhr_sq, dnxhr_hq, dnxhr_hqx, dnxhr_444, h264, h265, vp9, av1, dnxhr, hevc",
            id="a no stays text",
        ),
        pytest.param(
            text(naming_template='"{{ date }}_{{ source_name }}"'),
            '9:18: JS048 naming_template: "date" needs created_at, the only clock a name may read; set it in the spec',
            id="a date without a clock",
        ),
        pytest.param(
            text(naming_template="editorial.j2"),
            '9:18: JS046 naming_template: the template "editorial.j2" is not in templates/',
            id="a template that is not there",
        ),
        pytest.param(
            text(sources=""),
            "2:9: JS012 sources: wants a list, found nothing",
            id="a field without a value: behind its colon",
        ),
        pytest.param("- media:a.mov\n", "1:1: JS007: a JobSpec is a mapping of fields, this is a list", id="a list"),
        pytest.param("", "1:1: JS007: a JobSpec is a mapping of fields, this is nothing", id="nothing"),
        pytest.param(
            TEXT + "codec: h264\n",
            '10:1: JS004 codec: the key "codec" stands here a second time; the first is in line 5',
            id="a key twice",
        ),
        pytest.param(
            text(codec="[h264"),
            "6:10: JS003: not YAML: while parsing a flow sequence; did not find expected ',' or ']'",
            id="a syntax error",
        ),
    ],
)
def test_a_problem_stands_at_its_place(tmp_path: Path, spec: str, message: str) -> None:
    assert found(tmp_path, spec) == [f"specs/day.yaml:{message}"]


def test_all_problems_of_a_file_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    spec = text(codec="x", container="y", resolution="z", job_id="_x", naming_template='"{{ nope }}{{ 1 + 1 }}"')
    places = [line.split(" ")[0] for line in found(tmp_path, spec)]
    assert places == [f"specs/day.yaml:{place}:" for place in ("5:8", "6:12", "7:13", "9:18", "9:18", "10:9")]


def test_ten_thousand_wrong_sources_are_counted_and_a_hundred_shown(tmp_path: Path) -> None:
    before = time.monotonic()
    shown = found(tmp_path, text(sources="\n" + "  - media:../a.mov\n" * 10_000))
    assert time.monotonic() - before < 20
    assert len(shown) == 101
    assert sum("JS027" in line for line in shown) == 100
    assert shown[-1] == (
        "specs/day.yaml:1:1: JS016: 9900 more problems are not shown; mend the ones above and check again"
    )


def test_an_unquoted_number_or_word_is_what_the_schema_wants_it_to_be(tmp_path: Path) -> None:
    spec = text(jobspec_version="2.0", fps_mode="explicit", fps_explicit="23.976", tokens="{a: no, b: 1e3, c: ~}")
    reading = read(tmp_path, spec)
    assert reading.spec is not None
    assert reading.spec.fps_explicit == "24000/1001"
    assert reading.spec.own_tokens == {"a": "no", "b": "1e3", "c": "~"}


@pytest.mark.parametrize(
    ("file", "job_id"),
    [
        ("specs/day03.yaml", "day03"),
        ("specs/show/day 03.yml", "show.day-03"),
        ("specs/a.b/c.yaml", "a.b.c"),
        ("specs/Tag-ä_1.yaml", "Tag--_1"),
        ("jobs/deep/day03.yaml", "day03"),
        ("day03.yaml", "day03"),
        ("specs/-x.yaml", "job-x"),
        ("specs/" + "x" * 200 + ".yaml", "x" * 128),
    ],
)
def test_a_job_without_id_is_called_after_its_file(file: str, job_id: str) -> None:
    assert default_job_id(file) == job_id


def test_a_name_is_judged_with_the_job_id_that_comes_from_the_file(tmp_path: Path) -> None:
    spec = text(naming_template='"{{ job_id }}"')
    assert lines(read(tmp_path, spec, "specs/con.yaml").problems) == [
        'specs/con.yaml:9:18: JS044 naming_template: "con" is not a legal output name: Windows keeps this name for a '
        'device (job_id = "con")'
    ]
    assert codes(read(tmp_path, spec, "specs/day.mp4.yaml").problems) == ["JS047"]


def test_a_template_file_is_read_judged_and_put_into_the_resolved_spec(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    template = tmp_path / "templates" / "house.j2"
    template.write_text("{{ nope }}\n", encoding="utf-8")
    spec = text(naming_template="house.j2")
    assert codes(read(tmp_path, spec).problems) == ["JS042"]
    template.write_text("{{ source_name }}_x\n", encoding="utf-8")
    assert resolved(read(tmp_path, spec)).naming_template == "{{ source_name }}_x"


LEADS_OUT = "It leads out of the repository, or into git's own folder"


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        pytest.param(os.mkfifo, "not a regular file", id="a pipe"),
        pytest.param(lambda path: path.symlink_to("gone"), "No such file or directory", id="a link to nothing"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), LEADS_OUT, id="a device without end"),
        pytest.param(lambda path: path.symlink_to("/etc/hostname"), LEADS_OUT, id="a file of this machine"),
        pytest.param(lambda path: path.symlink_to("../.git/config"), LEADS_OUT, id="what git knows"),
    ],
)
def test_what_cannot_be_read_is_said_to_be_so(tmp_path: Path, make: object, reason: str) -> None:
    assert callable(make)
    (tmp_path / "specs").mkdir()
    make(tmp_path / "specs" / "day.yaml")
    (reading,) = read_specs(WorkTree(tmp_path), ["specs/day.yaml"])
    assert lines(reading.problems) == [f"specs/day.yaml:1:1: JS001: cannot be read: {reason}"]
    assert reading.spec is None


def test_specs_are_found_in_every_folder_but_those_of_bases_and_hidden_ones(tmp_path: Path) -> None:
    for file in ("b.yaml", "a.yml", "x.json", "sub/c.yaml", "profiles/house.yaml", "sub/profiles/p.yaml"):
        (tmp_path / "specs" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "specs" / file).touch()
    (tmp_path / "specs" / ".hidden.yaml").touch()
    (tmp_path / "specs" / ".git").mkdir()
    (tmp_path / "specs" / ".git" / "d.yaml").touch()
    (tmp_path / "specs" / "sub" / "loop").symlink_to("..")
    assert list(find_specs(WorkTree(tmp_path), "specs")) == ["specs/a.yml", "specs/b.yaml", "specs/sub/c.yaml"]
    assert list(find_specs(WorkTree(tmp_path / "specs"), "")) == ["a.yml", "b.yaml", "sub/c.yaml"]


def test_two_specs_with_one_job_id_are_named_both(tmp_path: Path) -> None:
    readings = [read(tmp_path, text(job_id="day"), f"specs/{name}.yaml") for name in ("a", "b")]
    assert lines(same_job_ids(readings)) == [
        'specs/b.yaml:10:9: JS033 job_id: the job id "day" is also that of specs/a.yaml; set job_id in one of them'
    ]


def test_a_job_id_from_the_path_may_be_that_of_another_path(tmp_path: Path) -> None:
    readings = [read(tmp_path, TEXT, file) for file in ("specs/a.b.yaml", "specs/a/b.yaml")]
    assert lines(same_job_ids(readings)) == [
        'specs/a/b.yaml:1:1: JS033 job_id: the job id "a.b" is also that of specs/a.b.yaml; set job_id in one of them'
    ]


def test_two_specs_that_would_write_one_file_are_named_both(tmp_path: Path) -> None:
    readings = [
        read(tmp_path, TEXT, "specs/a.yaml"),
        read(tmp_path, text(sources="\n  - media:x/A.mov\n", output_directory="proxies:./OUT"), "specs/b.yaml"),
        read(tmp_path, text(output_directory="proxies:other"), "specs/c.yaml"),
    ]
    assert [each.problems for each in readings] == [(), (), ()]
    assert lines(same_outputs(readings)) == [
        "specs/b.yaml:9:18: JS045 naming_template: media:x/A.mov in specs/b.yaml:3 gets the output name "
        '"proxies:OUT/A.mov", which is also that of media:a.mov in specs/a.yaml:3'
    ]


def test_names_that_hang_on_facts_are_not_held_against_each_other_yet(tmp_path: Path) -> None:
    spec = text(naming_template='"{{ width }}"')
    readings = [read(tmp_path, spec, f"specs/{name}.yaml") for name in ("a", "b")]
    assert [codes(each.problems) for each in readings] == [["JS049"], ["JS049"]]
    assert {problem.exit for each in readings for problem in each.problems} == {Exit.OK}
    assert same_outputs(readings) == []


def test_a_spec_with_problems_is_held_against_no_other(tmp_path: Path) -> None:
    readings = [read(tmp_path, text(codec="x"), f"specs/{name}.yaml") for name in ("a", "b")]
    assert same_outputs(readings) == []
    assert same_job_ids(readings) == []
