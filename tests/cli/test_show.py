"""`jobspec show SPEC`: the effective spec, and where each of its values stands."""

import shutil
from pathlib import Path

import pytest

from tests.cli.inside import Done, jobspec
from tests.clips import clip
from tests.conftest import Repository

DAY = """\
jobspec_version: "2.0"
extends: profiles/house.yaml
sources:
  - media:a.mov
  - glob: "media:x/**/*.mov"
    exclude: ["**/SUB/**"]
    on_unusable: skip
  - from: other
output_directory: proxies:out
resolution: half
"""
HOUSE = """\
extends: studio.yaml
codec: dnxhr
resolution: quarter
tokens: {show: harbour, unit: "2"}
"""
STUDIO = """\
# what every show has
container: mov
codec: prores_lt
fps_mode: explicit
fps_explicit: 23.976
naming_template: "{{ tokens.show }}_{{ source_name }}"
"""


@pytest.fixture
def team(repository: Repository) -> Repository:
    """A spec with two bases, one below the other, and with the sources of another spec."""
    repository.write("specs/day.yaml", DAY)
    repository.write("specs/profiles/house.yaml", HOUSE)
    repository.write("specs/profiles/studio.yaml", STUDIO)
    repository.spec("other.yaml", sources=("media:b.mov", "media:a.mov"))
    return repository


def show(team: Repository, *arguments: str, **options: Path) -> Done:
    done = jobspec(team, "show", *(arguments or ("specs/day.yaml",)), **options)
    assert done.returncode == 0, done.text
    return done


def rows(team: Repository, *arguments: str, **options: Path) -> dict[str, tuple[str, str]]:
    """Return value and origin of each field that is shown."""
    lines = [line for line in show(team, *arguments, **options).stdout.splitlines()[2:] if line]
    parts = [[part.strip() for part in line.split("  ") if part.strip()] for line in lines]
    return {field: (value, origin) for field, value, origin in parts}


def test_every_value_is_shown_with_file_and_line_or_as_a_default(team: Repository) -> None:
    assert rows(team) == {
        "jobspec_version": ("2.0", "specs/day.yaml:1"),
        "job_id": ("day", "default"),
        "output_directory": ("proxies:out", "specs/day.yaml:9"),
        "codec": ("dnxhr_lb", "specs/profiles/house.yaml:2"),
        "container": ("mov", "specs/profiles/studio.yaml:2"),
        "resolution": ("half", "specs/day.yaml:10"),
        "fps_mode": ("explicit", "specs/profiles/studio.yaml:4"),
        "fps_explicit": ("24000/1001", "specs/profiles/studio.yaml:5"),
        "naming_template": ("{{ tokens.show }}_{{ source_name }}", "specs/profiles/studio.yaml:6"),
        "tokens": ("show: harbour, unit: 2", "specs/profiles/house.yaml:4"),
        "sources[0]": ("media:a.mov", "specs/day.yaml:4"),
        "sources[1]": ("glob: media:x/**/*.mov, exclude: **/SUB/**, on_unusable: skip", "specs/day.yaml:5"),
        "sources[2]": ("media:b.mov", "specs/day.yaml:8"),
        "toolchain": ("FFmpeg 9.0", "default"),
        "recipes": ("2", "default"),
    }


def test_what_the_project_declares_is_shown_as_its(team: Repository) -> None:
    text = (team.top / "jobspec.toml").read_text(encoding="utf-8")
    team.write("jobspec.toml", f'state_directory = "proxies:records"\n{text}[toolchain]\nffmpeg = "7.0"\n')
    shown = rows(team)
    assert shown["toolchain"] == ("FFmpeg 7.0", "jobspec.toml")
    assert shown["state_directory"] == ("proxies:records", "jobspec.toml")


def test_the_number_of_recipes_that_the_project_declares_is_shown_planned_and_locked(repository: Repository) -> None:
    clip(repository.media / "a.mov", seconds=0.08)
    repository.spec()
    text = (repository.top / "jobspec.toml").read_text(encoding="utf-8")
    repository.write("jobspec.toml", f"{text}[toolchain]\nrecipes = 1\n")
    assert rows(repository)["recipes"] == ("1", "jobspec.toml")
    assert "FFmpeg 9.0, recipes 1, " in jobspec(repository, "plan").stdout
    assert jobspec(repository, "lock").returncode == 0
    repository.write("jobspec.toml", text)
    assert rows(repository)["recipes"] == ("1", "specs/day.lock.jsonl")


def test_a_number_of_recipes_that_is_none_is_an_error_in_the_project(repository: Repository) -> None:
    clip(repository.media / "a.mov", seconds=0.08)
    repository.spec()
    text = (repository.top / "jobspec.toml").read_text(encoding="utf-8")
    repository.write("jobspec.toml", f"{text}[toolchain]\nrecipes = 99\n")
    done = jobspec(repository, "plan")
    assert (done.returncode, "JS084" in done.stderr) == (1, True)
    repository.write("jobspec.toml", f'{text}[toolchain]\nrecipes = "1"\n')
    assert "jobspec.toml:5:1: JS012 toolchain.recipes" in jobspec(repository, "check").stderr


def test_what_the_lock_froze_is_shown_as_the_locks(repository: Repository) -> None:
    clip(repository.media / "a.mov", seconds=0.08)
    repository.spec()
    assert jobspec(repository, "lock").returncode == 0
    text = (repository.top / "jobspec.toml").read_text(encoding="utf-8")
    repository.write("jobspec.toml", f'{text}[toolchain]\nffmpeg = "7.0"\n')
    shown = rows(repository)
    assert shown["toolchain"] == ("FFmpeg 9.0", "specs/day.lock.jsonl")
    assert shown["recipes"] == ("2", "specs/day.lock.jsonl")
    shutil.rmtree(repository.media)
    assert rows(repository) == shown


def test_a_job_id_that_the_spec_says_is_shown_where_it_stands(team: Repository) -> None:
    team.write("specs/day.yaml", f"{DAY}job_id: harbour-3\ncreated_at: '2026-11-23T08:00:00Z'\n")
    shown = rows(team)
    assert shown["job_id"] == ("harbour-3", "specs/day.yaml:11")
    assert shown["created_at"] == ("2026-11-23T08:00:00Z", "specs/day.yaml:12")


def test_files_are_named_as_seen_from_the_working_directory(team: Repository) -> None:
    done = show(team, "day.yaml", cwd=team.top / "specs")
    assert done.stdout.startswith("day.yaml\n")
    shown = rows(team, "day.yaml", cwd=team.top / "specs")
    assert shown["codec"] == ("dnxhr_lb", "profiles/house.yaml:2")
    assert rows(team, "../day.yaml", cwd=team.top / "specs" / "profiles")["codec"][1] == "house.yaml:2"


def test_a_folder_shows_each_of_its_specs(team: Repository) -> None:
    shown = show(team, "specs").stdout
    assert "specs/day.yaml\n" in shown
    assert "specs/other.yaml\n" in shown
    assert "profiles/house.yaml\n" not in shown


def test_a_glob_that_was_never_locked_can_be_shown(team: Repository) -> None:
    assert jobspec(team, "check").returncode == 3
    assert "glob: media:x/**/*.mov" in show(team).stdout


def test_an_invalid_spec_is_told_with_its_places_instead(team: Repository) -> None:
    team.write("specs/profiles/house.yaml", HOUSE.replace("dnxhr", "prores"))
    done = jobspec(team, "show", "specs/day.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith('specs/profiles/house.yaml:2:8: JS020 codec: "prores" is not a codec')


def test_a_spec_that_is_not_there_is_wrong_usage(team: Repository) -> None:
    assert jobspec(team, "show", "specs/nobody.yaml").returncode == 64
    assert jobspec(team, "show").returncode == 64


def test_what_a_stranger_wrote_is_printed_harmless(team: Repository) -> None:
    team.write("specs/day.yaml", DAY.replace("media:a.mov", '"media:\\e[2J\\n::error::a\\u202e.mov"'))
    done = show(team)
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "media:\\x1b[2J\\n::error::a\\u202e.mov" in done.stdout


def test_a_terminal_and_a_pipe_get_it_as_a_process_too(team: Repository) -> None:
    done = team.jobspec("show", "specs/day.yaml")
    assert (done.returncode, done.stdout, done.stderr) == (0, show(team).stdout, "")
