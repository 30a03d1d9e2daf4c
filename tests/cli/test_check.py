"""`jobspec check` as a user sees it: every problem of every file, without media and without FFmpeg."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Repository


def told(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """Return the lines of stdout; nothing may be on stderr."""
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_specs_that_are_fine_are_counted(repository: Repository) -> None:
    repository.spec("a.yaml")
    repository.spec("sub/b.yml", sources=("media:b.mov",))
    done = repository.jobspec("check")
    assert told(done) == ["2 specs: no problems, 0 notes"]
    assert done.returncode == 0


def test_check_needs_no_media_no_mount_no_ffmpeg_and_writes_nothing(repository: Repository) -> None:
    repository.spec()
    before = sorted(repository.top.parent.rglob("*"))
    bare = {"PATH": "/nowhere", "JOBSPEC_FFMPEG": "/nowhere", "JOBSPEC_ROOT_MEDIA": "", "JOBSPEC_ROOT_PROXIES": ""}
    done = repository.jobspec("check", env={**bare, "PYTHONDONTWRITEBYTECODE": "1"})
    assert told(done) == ["1 spec: no problems, 0 notes"]
    assert sorted(repository.top.parent.rglob("*")) == before


def test_every_problem_of_every_file_is_reported_with_its_place(repository: Repository) -> None:
    repository.spec("a.yaml", resolution="haf", more="odd: 1\n")
    repository.write("specs/b.yaml", "codec: [h264\n")
    repository.spec("sub/c.yaml", codec="h265", container="mxf", sources=("media:a.mov", "medai:b.mov"))
    repository.spec("fine.yaml")
    done = repository.jobspec("check")
    assert told(done) == [
        'specs/a.yaml:7:13: JS021 resolution: "haf" is not a resolution; did you mean "half"?',
        'specs/a.yaml:10:1: JS010 odd: "odd" is not a field of a JobSpec; legal: jobspec_version, job_id, sources, '
        "output_directory, codec, container, resolution, fps_mode, fps_explicit, naming_template, resolved_tokens, "
        "created_at, tokens, fit, upscale, scan, color, conform, quality, timecode, audio, lut, overlay",
        "specs/b.yaml:2:1: JS003: not YAML: while parsing a flow sequence; did not find expected ',' or ']'",
        'specs/sub/c.yaml:4:5: JS050 sources[1]: the root "medai" is not declared; add it to [roots] in jobspec.toml; '
        'did you mean "media"?',
        "specs/sub/c.yaml:7:12: JS030 container: h265 cannot go into mxf: FFmpeg knows no MXF essence mapping for "
        "HEVC, VP9 and AV1; use mp4 or mkv",
        "4 specs: 5 problems, 0 notes",
    ]
    assert done.returncode == 1


def test_files_are_named_as_seen_from_where_the_user_is(repository: Repository) -> None:
    repository.spec("sub/a.yaml", resolution="haf")
    for folder, expected in (("specs", "sub/a.yaml"), ("specs/sub", "a.yaml"), ("other", "../specs/sub/a.yaml")):
        (repository.top / folder).mkdir(exist_ok=True)
        shown = told(repository.jobspec("check", cwd=repository.top / folder))
        assert shown[0].startswith(f"{expected}:7:13: JS021 ")


def test_a_file_a_folder_or_both_may_be_named(repository: Repository) -> None:
    repository.spec("a.yaml")
    repository.spec("sub/b.yaml", sources=("media:b.mov",))
    repository.spec("sub/profiles/base.yaml", codec="nonsense")
    assert told(repository.jobspec("check", "specs/a.yaml")) == ["1 spec: no problems, 0 notes"]
    assert told(repository.jobspec("check", "specs/sub")) == ["1 spec: no problems, 0 notes"]
    assert told(repository.jobspec("check", "specs/sub", "specs/a.yaml", "specs/a.yaml"))[-1].startswith("2 specs")
    assert told(repository.jobspec("check", str(repository.top), cwd=repository.media))[-1].startswith("2 specs")


def test_what_is_not_there_is_wrong_usage(repository: Repository) -> None:
    done = repository.jobspec("check", "specs/nope.yaml")
    assert done.returncode == 64
    assert done.stderr == 'JS008: "specs/nope.yaml" is not there; name a spec, or a folder that holds *.yaml\n'


def test_a_folder_without_specs_is_said_to_hold_none(repository: Repository) -> None:
    (repository.top / "specs").mkdir()
    repository.spec("profiles/base.yaml")
    done = repository.jobspec("check", "specs")
    assert done.returncode == 1
    assert "JS009 specs: holds no spec;" in done.stderr


def test_specs_of_two_repositories_are_wrong_usage(repository: Repository) -> None:
    here = repository.spec()
    other = repository.media / "jobspec.toml"
    other.touch()
    there = repository.media / "specs" / "b.yaml"
    there.parent.mkdir()
    there.write_text(here.read_text(encoding="utf-8"), encoding="utf-8")
    done = repository.jobspec("check", str(here), str(there))
    assert done.returncode == 64
    assert "different repositories" in done.stderr


def test_an_option_that_there_is_not_is_wrong_usage(repository: Repository) -> None:
    assert repository.jobspec("check", "--nope").returncode == 64


def test_what_could_not_be_judged_is_a_note_and_no_failure(repository: Repository) -> None:
    repository.spec(template="{{ source_name }}_{{ width }}_{{ reel | default('x') }}")
    done = repository.jobspec("check")
    assert told(done) == [
        "specs/day.yaml:9:18: JS049 naming_template: not judged here, needs the facts of the sources: output names, "
        "for they use reel, width",
        "1 spec: no problems, 1 note",
    ]
    assert done.returncode == 0


def test_two_specs_that_would_write_one_file_are_named_both(repository: Repository) -> None:
    repository.spec("a.yaml", sources=("media:x/CLIP.mov",))
    repository.spec("b.yaml", sources=("media:y/clip.mov",))
    done = repository.jobspec("check")
    assert told(done) == [
        "specs/b.yaml:9:18: JS045 naming_template: media:y/clip.mov in specs/b.yaml:3 gets the output name "
        '"proxies:out/clip.mov", which is also that of media:x/CLIP.mov in specs/a.yaml:3',
        "2 specs: 1 problem, 0 notes",
    ]
    assert done.returncode == 1


def test_two_specs_with_one_job_id_are_named_both(repository: Repository) -> None:
    repository.spec("a.yaml", more="job_id: day\n")
    repository.spec("day.yaml", sources=("media:b.mov",))
    assert told(repository.jobspec("check"))[0] == (
        'specs/day.yaml:1:1: JS033 job_id: the job id "day" is also that of specs/a.yaml; set job_id in one of them'
    )


def test_recipes_that_there_are_not_are_named_without_media(repository: Repository) -> None:
    repository.spec()
    project = repository.top / "jobspec.toml"
    project.write_text(f"{project.read_text()}\n[toolchain]\nrecipes = 7\n")
    shown = told(repository.jobspec("check"))
    assert shown[0].startswith('specs/day.yaml:1:1: JS084: "7" is not a number of recipes')
    assert len(shown) == 2


def test_a_template_file_is_checked_too(repository: Repository) -> None:
    repository.write("templates/house.j2", "{{ source_name }}{{ 2 * 2 }}\n")
    repository.spec("a.yaml", template="house.j2")
    repository.spec("b.yaml", template="hous.j2")
    assert told(repository.jobspec("check")) == [
        "specs/a.yaml:9:18: JS041 naming_template: arithmetic is not part of the naming language; it has {{ token }}, "
        "{% if %} and filters",
        'specs/b.yaml:9:18: JS046 naming_template: the template "hous.j2" is not in templates/; did you mean '
        '"house.j2"?',
        "2 specs: 2 problems, 0 notes",
    ]


def test_a_name_is_refused_with_the_values_that_led_to_it(repository: Repository) -> None:
    repository.spec(sources=("'media:scene 1: take 2.mov'",), template="{source_name}_{codec}")
    assert told(repository.jobspec("check"))[0] == (
        'specs/day.yaml:9:18: JS044 naming_template: "scene 1: take 2_prores_proxy" is not a legal output name: '
        ': cannot stand in a name (codec = "prores_proxy", source_name = "scene 1: take 2")'
    )


def test_a_wrong_jobspec_toml_is_reported_with_its_place(repository: Repository) -> None:
    repository.spec()
    repository.write("jobspec.toml", '[roots]\nmedia = "x"\n\n[tolchain]\n')
    done = repository.jobspec("check")
    assert done.returncode == 1
    assert 'jobspec.toml:4:1: JS010 tolchain: "tolchain" is not a field of jobspec.toml; did you mean "toolchain"?' in (
        done.stdout + done.stderr
    )


def test_a_spec_from_a_stranger_writes_no_line_of_its_own_and_runs_nothing(repository: Repository) -> None:
    repository.write(
        "specs/day.yaml",
        'jobspec_version: "2.0"\n"x\\n::error::\\e[2J": 1\nsources: ["\\u202e", "media:a\\n::warning::b"]\n'
        "codec: '##[error]x'\nnaming_template: \"{{ ''.__class__.__mro__ }}{{ 'a' * 10**9 }}\"\n",
    )
    done = repository.jobspec("check")
    assert done.returncode == 1
    shown = told(done)
    assert all(line.startswith("specs/day.yaml:") for line in shown[:-1])
    assert not set("\x1b\u202e") & set(done.stdout)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("sources: " + "[" * 60_000, "specs/day.yaml:1:1009: JS006: this nesting", id="brackets"),
        pytest.param("a: &a [x]\nb: &b [*a, *a]\n<<: *b\n", "specs/day.yaml:1:4: JS005: anchors", id="a bomb"),
        pytest.param("x: " + "y" * 2_000_000, "specs/day.yaml:1:1: JS006: the file is more", id="two megabytes"),
    ],
)
def test_a_spec_that_would_cost_much_ends_in_one_message(repository: Repository, content: str, message: str) -> None:
    repository.write("specs/day.yaml", content)
    shown = told(repository.jobspec("check"))
    assert len(shown) == 2
    assert shown[0].startswith(message)


def test_forty_thousand_unknown_fields_end_in_a_hundred_messages_within_a_minute(repository: Repository) -> None:
    repository.spec(more="".join(f"field{number}: x\n" for number in range(40_000)))
    shown = told(repository.jobspec("check"))
    assert len(shown) == 102
    assert shown[-2].endswith("JS016: 39900 more problems are not shown; mend the ones above and check again")
    assert shown[-1].startswith("1 spec: 101 problems")


def test_a_link_that_leads_round_in_a_circle_is_not_followed(repository: Repository) -> None:
    repository.spec()
    (repository.top / "specs" / "again").symlink_to(".")
    assert told(repository.jobspec("check")) == ["1 spec: no problems, 0 notes"]


# Root may read everything, so that the command is run as a user who owns nothing; what it needs is loaded before.
AS_NOBODY = """
import os, sys
from runner.cli.entry import run
import runner.cli.check, runner.spec.model, runner.media.toolchain, difflib
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
sys.exit(run(["check", sys.argv[1]]))
"""


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder of specs that everybody may enter, with a spec and a folder in it that nobody may read."""
    with tempfile.TemporaryDirectory() as folder:
        specs = Path(folder) / "specs"
        (specs / "sub").mkdir(parents=True)
        (specs / "day.yaml").touch(mode=0)
        Path(folder).chmod(0o755)
        yield specs
        (specs / "sub").chmod(0o755)


def as_nobody(path: Path) -> "subprocess.CompletedProcess[str]":
    arguments = [sys.executable, "-c", AS_NOBODY, str(path)]
    return subprocess.run(arguments, capture_output=True, text=True, cwd=path.parent, env={**os.environ, "HOME": "/"})


def test_a_spec_that_may_not_be_read_is_named_as_such(closed: Path) -> None:
    done = as_nobody(closed)
    assert told(done)[0] == "specs/day.yaml:1:1: JS001: cannot be read: Permission denied"
    assert done.returncode == 1


def test_a_folder_that_may_not_be_read_is_named_as_such(closed: Path) -> None:
    (closed / "sub").chmod(0)
    done = as_nobody(closed)
    assert done.stderr == "specs/sub:1:1: JS001: cannot be read: permission denied\n"
    assert done.returncode == 1
