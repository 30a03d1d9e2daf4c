"""A plan as a document: saved, shown to others, and run another day if it still holds."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.inside import Done, jobspec
from tests.clips import clip, decoded_frames
from tests.conftest import Repository

TOML = '[roots]\nmedia = "camera originals"\nproxies = "what we make"\n'
GLOB = 'glob: "media:**/*.mov"'


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    clip(folder / "a.mov", seconds=0.2)
    clip(folder / "b.mov", seconds=0.2, rate="30")
    return folder


@pytest.fixture
def team(repository: Repository, clips: Path) -> Repository:
    """A repository with a base, a template, and a locked spec of two clips, whose plan was saved."""
    for name in ("a.mov", "b.mov"):
        shutil.copyfile(clips / name, repository.media / name)
    repository.write("templates/house.j2", "{{ source_name }}_house\n")
    repository.write("specs/profiles/house.yaml", "codec: prores_proxy\n")
    text = repository.spec(sources=(GLOB,), template="house.j2").read_text(encoding="utf-8")
    repository.write("specs/day.yaml", text.replace("codec: prores_proxy", "extends: profiles/house.yaml"))
    assert jobspec(repository, "lock").returncode == 0
    save(repository)
    return repository


def save(repository: Repository, *arguments: str) -> None:
    done = jobspec(repository, "plan", "-o", "plan.jsonl", *arguments)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def run(repository: Repository) -> Done:
    return jobspec(repository, "run", "plan.jsonl")


def refusals(done: Done) -> list[str]:
    """Return what moved, as a refusal says it."""
    before, after = "JS122: the plan was made from other inputs: ", "; make it anew with `jobspec plan -o`"
    lines = done.stderr.splitlines()
    assert all(line.startswith(before) and line.endswith(after) for line in lines), done.stderr
    return [line.removeprefix(before).removesuffix(after) for line in lines]


def replaced(repository: Repository, path: str, old: str, new: str) -> None:
    file = repository.top / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_saved_plan_is_run_on_another_day(team: Repository) -> None:
    done = team.jobspec("run", "plan.jsonl")
    assert done.returncode == 0, done.stderr
    assert team.outputs() == ["out/a_house.mov", "out/b_house.mov"]
    assert decoded_frames(team.proxies / "out" / "b_house.mov") == 6
    again = run(team)
    assert again.returncode == 0
    assert "all 2 outputs are up to date" in again.stderr


def test_a_run_of_the_plan_and_one_of_the_spec_are_the_same(team: Repository) -> None:
    assert run(team).returncode == 0
    done = jobspec(team, "run")
    assert done.returncode == 0
    assert "all 2 outputs are up to date" in done.stderr


def test_the_suffix_decides_how_a_plan_is_written(team: Repository) -> None:
    for name, words in (("p.jsonl", '{"line":"header"'), ("p.sh", "#!/bin/sh"), ("p.md", "**2 outputs**")):
        assert jobspec(team, "plan", "-o", name).returncode == 0
        assert (team.top / name).read_text(encoding="utf-8").startswith(words)
    assert jobspec(team, "plan", "--format", "jsonl").stdout == (team.top / "p.jsonl").read_text(encoding="utf-8")


def test_a_saved_plan_holds_no_mount(team: Repository) -> None:
    assert str(team.top.parent) not in (team.top / "plan.jsonl").read_text(encoding="utf-8")


def test_a_plan_may_be_run_from_any_folder_of_its_repository(team: Repository) -> None:
    done = jobspec(team, "run", "../plan.jsonl", cwd=team.top / "specs")
    assert done.returncode == 0, done.stderr
    assert len(team.outputs()) == 2


def test_a_plan_may_be_run_on_another_machine(team: Repository, tmp_path: Path) -> None:
    shutil.copytree(team.top.parent, tmp_path / "elsewhere" / "x", copy_function=shutil.copyfile)
    top = tmp_path / "elsewhere" / "x"
    other = Repository(top / "repo", top / "media", top / "proxies")
    assert run(other).returncode == 0
    assert other.outputs() == ["out/a_house.mov", "out/b_house.mov"]


def test_a_plan_from_the_media_is_run_while_the_media_stay_as_they_were(team: Repository) -> None:
    replaced(team, "specs/day.yaml", GLOB, "media:a.mov")
    (team.top / "specs" / "day.lock.jsonl").unlink()
    save(team)
    (team.media / "a.mov").touch()
    assert run(team).returncode == 0
    assert team.outputs() == ["out/a_house.mov"]
    shutil.copyfile(team.media / "b.mov", team.media / "a.mov")
    done = run(team)
    assert done.returncode == 3
    assert "proxies:out/a_house.mov re-encoded: picture rate 25/1 → 30/1; source content" in refusals(done)


def relock(team: Repository) -> None:
    shutil.copyfile(team.media / "b.mov", team.media / "a.mov")
    assert jobspec(team, "lock").returncode == 0


def lock_one_more(team: Repository) -> None:
    shutil.copyfile(team.media / "b.mov", team.media / "c.mov")
    assert jobspec(team, "lock").returncode == 0


def unlock(team: Repository) -> None:
    replaced(team, "specs/day.yaml", f"  - {GLOB}", "  - media:a.mov\n  - media:b.mov")
    (team.top / "specs" / "day.lock.jsonl").unlink()
    team.write("jobspec.toml", f'{TOML}[toolchain]\nffmpeg = "7.0"\n')


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            lambda team: replaced(team, "specs/day.yaml", "resolution: same", "resolution: half"),
            [
                "job day: resolution same → half",
                "proxies:out/a_house.mov re-encoded: picture height 180 → 90; picture width 320 → 160",
                "proxies:out/b_house.mov re-encoded: picture height 180 → 90; picture width 320 → 160",
            ],
            id="the spec",
        ),
        pytest.param(
            lambda team: replaced(team, "specs/profiles/house.yaml", "prores_proxy", "prores_lt"),
            [
                "job day: codec prores_proxy → prores_lt",
                "proxies:out/a_house.mov re-encoded: picture codec prores_proxy → prores_lt",
                "proxies:out/b_house.mov re-encoded: picture codec prores_proxy → prores_lt",
            ],
            id="its base",
        ),
        pytest.param(
            lambda team: team.write("templates/house.j2", "{{ source_name }}_new\n"),
            [
                "job day: naming_template {{ source_name }}_house → {{ source_name }}_new",
                "proxies:out/a_new.mov moved: name proxies:out/a_house.mov → proxies:out/a_new.mov",
                "proxies:out/b_new.mov moved: name proxies:out/b_house.mov → proxies:out/b_new.mov",
            ],
            id="its template",
        ),
        pytest.param(
            relock,
            ["proxies:out/a_house.mov re-encoded: picture rate 25/1 → 30/1; source content"],
            id="the content of a locked source",
        ),
        pytest.param(
            lock_one_more,
            ["proxies:out/c_house.mov added: media:c.mov"],
            id="a source more in the lock",
        ),
        pytest.param(
            lambda team: replaced(team, "specs/day.lock.jsonl", '"toolchain":"9.0"', '"toolchain":"7.0"'),
            [
                "job day: toolchain 9.0 → 7.0",
                "proxies:out/a_house.mov outdated: FFmpeg 9.0 → 7.0",
                "proxies:out/b_house.mov outdated: FFmpeg 9.0 → 7.0",
            ],
            id="the toolchain of the lock",
        ),
        pytest.param(
            unlock,
            [
                "job day: toolchain 9.0 → 7.0",
                "proxies:out/a_house.mov outdated: FFmpeg 9.0 → 7.0",
                "proxies:out/b_house.mov outdated: FFmpeg 9.0 → 7.0",
            ],
            id="the toolchain of the project",
        ),
        pytest.param(
            lambda team: team.write("jobspec.toml", f'state_directory = "proxies:records"\n{TOML}'),
            ["job day: state proxies:out/.jobspec → proxies:records"],
            id="where records go",
        ),
        pytest.param(
            lambda team: replaced(team, "specs/day.lock.jsonl", '"format":"mov', '"ignored":["data 3"],"format":"mov'),
            ["proxies:out/a_house.mov: source facts ignored nothing → data 3"],
            id="a fact that changes nothing of the output",
        ),
        pytest.param(
            lambda team: (team.top / "specs" / "day.yaml").rename(team.top / "specs" / "night.yaml"),
            ["specs/day.yaml is gone from {top}"],
            id="the place of the spec",
        ),
    ],
)
def test_a_plan_whose_inputs_moved_is_refused_with_what_moved_from_what_to_what(
    team: Repository, change: Callable[[Repository], object], words: list[str]
) -> None:
    change(team)
    done = run(team)
    assert done.returncode == 3, done.text
    told = refusals(done)
    for each in words:
        assert any(line.startswith(each.format(top=team.top) if "{top}" in each else each) for line in told), told
    assert team.outputs() == []


def test_each_thing_that_moved_is_told_once_and_nothing_else(team: Repository) -> None:
    lock_one_more(team)
    assert refusals(run(team)) == ["proxies:out/c_house.mov added: media:c.mov"]


def test_a_template_without_end_is_told_in_short(team: Repository) -> None:
    team.write("templates/house.j2", f"{{{{ source_name }}}}_house{{% if codec == '{'x' * 400}' %}}x{{% endif %}}\n")
    (told,) = refusals(run(team))
    assert told.startswith("job day: naming_template {{ source_name }}_house → {{ source_name }}_house{% if codec")
    assert len(told) < 400


def test_a_clip_that_is_skipped_since_is_told(team: Repository, clips: Path) -> None:
    replaced(team, "specs/day.yaml", GLOB, '{glob: "media:**/*.mov", on_unusable: skip}')
    save(team)
    (team.media / "cut.mov").write_bytes((clips / "a.mov").read_bytes()[:200])
    assert jobspec(team, "lock").returncode == 0
    (told,) = refusals(run(team))
    assert told.startswith('job day: skipped nothing → media:cut.mov ("media:cut.mov" is not a media file')


def test_many_things_that_moved_are_counted(team: Repository, clips: Path) -> None:
    for number in range(30):
        shutil.copyfile(clips / "a.mov", team.media / f"{number:02d}.mov")
    assert jobspec(team, "lock").returncode == 0
    told = refusals(run(team))
    assert len(told) == 21
    assert told[-1] == "10 more"


def test_what_is_harmless_moves_no_plan(team: Repository) -> None:
    replaced(team, "specs/day.yaml", "resolution: same", "# a comment\nresolution:   'same'")
    replaced(team, "jobspec.toml", "camera originals", "other words")
    lock = team.top / "specs" / "day.lock.jsonl"
    lock.write_text("\n".join(reversed(lock.read_text(encoding="utf-8").splitlines())), encoding="utf-8")
    assert run(team).returncode == 0


def test_another_spec_in_the_repository_moves_no_plan(team: Repository) -> None:
    team.spec("night.yaml", sources=("media:gone.mov",), template="night")
    assert run(team).returncode == 0


def test_a_plan_of_some_specs_runs_those(team: Repository) -> None:
    team.spec("night.yaml", sources=("media:a.mov",), template="night")
    save(team, "specs/night.yaml")
    assert run(team).returncode == 0
    assert team.outputs() == ["out/night.mov"]


def test_a_spec_that_became_invalid_is_told_as_one(team: Repository) -> None:
    replaced(team, "specs/day.yaml", "resolution: same", "resolution: haf")
    done = run(team)
    assert done.returncode == 1
    assert "its specs give no plan any more" in done.stderr
    assert 'specs/day.yaml:7:13: JS021 resolution: "haf" is not a resolution' in done.stderr


def test_a_file_that_came_since_is_not_forgotten(team: Repository) -> None:
    shutil.copyfile(team.media / "a.mov", team.media / "new.mov")
    done = run(team)
    assert done.returncode == 3
    assert '"media:new.mov" is matched by a glob but not in the lock' in done.stderr
    assert len(team.outputs()) == 2


# A plan that somebody edited.


def tampered(team: Repository, *path: str | int, to: object) -> None:
    """Set one value in a line of the saved plan, by number of the line and way into its value."""
    file = team.top / "plan.jsonl"
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    at: Any = lines
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


OUTPUT = (2, "value")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(((*OUTPUT, "arguments", "writing", 0), "-y"), id="arguments"),
        pytest.param(((*OUTPUT, "arguments", "filters", 0), "movie=/etc/passwd"), id="a filter"),
        pytest.param(((*OUTPUT, "directory"), "proxies:elsewhere"), id="the folder of an output"),
        pytest.param(((*OUTPUT, "directory"), "proxies:../.."), id="a folder out of its root"),
        pytest.param(((*OUTPUT, "name"), "../../a.mov"), id="a name out of its folder"),
        pytest.param(((*OUTPUT, "source", "location"), "/etc/passwd"), id="another source"),
        pytest.param(((*OUTPUT, "source", "facts", "picture", "frames"), 4), id="facts"),
        pytest.param(((*OUTPUT, "source", "facts", "picture", "rate"), "0/1"), id="facts that cannot be"),
        pytest.param(((*OUTPUT, "expects", "frames"), 1), id="what the gate expects"),
        pytest.param(((1, "value", "spec", "codec"), "h264"), id="the job"),
        pytest.param(((1, "value", "file"), "a\0b"), id="a spec of a name that no file has"),
        pytest.param(((0, "value", "inputs"), "sha256:00"), id="the digest"),
    ],
)
def test_a_plan_that_was_edited_runs_nothing(team: Repository, change: tuple[tuple[str | int, ...], object]) -> None:
    tampered(team, *change[0], to=change[1])
    done = run(team)
    assert done.returncode == 1, done.text
    assert "JS121: the plan is not what its own inputs give" in done.stderr or "JS052: line 3" in done.stderr
    assert team.outputs() == []
    assert not (team.proxies / "out").exists()


def test_a_plan_that_fits_itself_but_not_its_specs_runs_nothing(team: Repository, tmp_path: Path) -> None:
    shutil.copytree(team.top.parent, tmp_path / "x", copy_function=shutil.copyfile)
    evil = Repository(tmp_path / "x" / "repo", tmp_path / "x" / "media", tmp_path / "x" / "proxies")
    replaced(evil, "specs/day.yaml", "proxies:out", "proxies:elsewhere")
    save(evil)
    shutil.copyfile(evil.top / "plan.jsonl", team.top / "plan.jsonl")
    done = run(team)
    assert done.returncode == 3
    assert "job day: output_directory proxies:elsewhere → proxies:out" in refusals(done)
    assert team.outputs() == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "this is no plan: it has no header", id="nothing"),
        pytest.param(b"\xff\xfe\0", "line 1 of the plan cannot be read", id="no text"),
        pytest.param(
            b'{"line":"job","value":{"spec":' + b"[" * 99999, "line 1 of the plan cannot be read", id="nested"
        ),
    ],
)
def test_what_is_no_plan_is_named_and_never_a_crash(team: Repository, content: bytes, message: str) -> None:
    (team.top / "plan.jsonl").write_bytes(content)
    for verb in ("run", "show"):
        done = jobspec(team, verb, "plan.jsonl")
        assert done.returncode == 1
        assert message in done.stderr
    assert team.outputs() == []


def test_a_plan_that_is_not_there_is_wrong_usage(team: Repository) -> None:
    assert jobspec(team, "run", "nobody.jsonl").returncode == 64
    assert jobspec(team, "show", "nobody.jsonl").returncode == 64


def test_a_lock_is_no_plan(team: Repository) -> None:
    done = jobspec(team, "run", "specs/day.lock.jsonl")
    assert done.returncode == 1
    assert "JS003" in done.stderr


def test_a_saved_plan_is_not_locked_and_not_narrowed_while_it_is_saved(team: Repository) -> None:
    assert jobspec(team, "run", "--lock", "plan.jsonl").returncode == 64
    for option in (("--only", "a_house.mov"), ("--since", "HEAD")):
        assert jobspec(team, "plan", "-o", "plan.jsonl", *option).returncode == 64


def test_a_run_of_a_plan_may_be_narrowed(team: Repository) -> None:
    done = jobspec(team, "run", "plan.jsonl", "--only", "a_house.mov")
    assert done.returncode == 0, done.stderr
    assert team.outputs() == ["out/a_house.mov"]


# show PLAN.


def show(team: Repository, **options: Any) -> Done:
    done = jobspec(team, "show", "plan.jsonl", **options)
    assert done.returncode == 0, done.text
    return done


def test_show_tells_people_what_a_plan_holds(team: Repository) -> None:
    done = show(team)
    assert "job day\n  proxies:out/a_house.mov\n    from media:a.mov: h264 320x180 25 fps, 5 frames" in done.stdout
    assert done.stdout == jobspec(team, "plan").stdout
    assert done.stderr == ""


def test_show_warns_of_a_plan_that_is_stale_and_shows_it_as_it_was(team: Repository) -> None:
    before = show(team).stdout
    replaced(team, "specs/day.yaml", "resolution: same", "resolution: half")
    done = show(team)
    assert done.stdout == before
    assert "warning: JS122: the plan was made from other inputs: job day: resolution same → half" in done.stderr


def test_show_reads_a_plan_whose_specs_are_gone_or_invalid(team: Repository) -> None:
    before = show(team).stdout
    replaced(team, "specs/day.yaml", "resolution: same", "resolution: haf")
    done = show(team)
    assert done.stdout == before
    assert "warning: JS122: the plan was made from other inputs: its specs give no plan any more" in done.stderr
    shutil.rmtree(team.top / "specs")
    done = show(team)
    assert done.stdout == before
    assert "specs/day.yaml is gone" in done.stderr


def test_show_reads_a_plan_that_was_edited_and_warns(team: Repository) -> None:
    tampered(team, *OUTPUT, "directory", to="proxies:elsewhere")
    done = show(team)
    assert "proxies:elsewhere/a_house.mov" in done.stdout
    assert "warning: JS121: the plan is not what its own inputs give: directory of proxies:elsewhere" in done.stderr


def test_show_reads_a_plan_far_from_its_repository(team: Repository, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    shutil.copyfile(team.top / "plan.jsonl", tmp_path / "far" / "plan.jsonl")
    done = show(team, cwd=tmp_path / "far")
    assert "2 outputs, FFmpeg 9.0" in done.stdout
    assert "warning: JS122" in done.stderr


def test_show_prints_a_strangers_plan_harmless(team: Repository) -> None:
    tampered(team, *OUTPUT, "name", to="\x1b[2J\n::error::x\u202e.mov")
    done = show(team)
    assert "\x1b" not in done.text
    assert "\u202e" not in done.text
    assert not any(line.startswith("::") for line in done.text.splitlines())


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(((*OUTPUT, "directory"), "proxies:../.."), id="a folder out of its root"),
        pytest.param(((*OUTPUT, "expects", "rate"), "9" * 400 + "/1"), id="a rate beyond floats"),
    ],
)
def test_show_refuses_what_cannot_be_shown_and_does_not_crash(
    team: Repository, change: tuple[tuple[str | int, ...], object]
) -> None:
    tampered(team, *change[0], to=change[1])
    done = jobspec(team, "show", "plan.jsonl")
    assert done.returncode == 1
    assert done.stderr.startswith("JS121: the plan is not what its own inputs give: ")


def test_the_script_of_a_saved_plan_makes_the_same(team: Repository) -> None:
    assert jobspec(team, "plan", "-o", "plan.sh").returncode == 0
    done = subprocess.run(["sh", "plan.sh"], cwd=team.top, env=team.environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert team.outputs() == ["out/a_house.mov", "out/b_house.mov"]
