"""What a user sees of sharing: one decoding, `--no-share`, saved plans of either kind, tasks for engines."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.inside import jobspec
from tests.clips import ffmpeg, streamhash
from tests.conftest import Repository
from tests.execution.fakes import endless, fake, processes_about, work_folders


@pytest.fixture
def team(repository: Repository) -> Repository:
    """A repository of two specs that name one clip, one of which names a second."""
    repository.clip("a.mov")
    repository.clip("b.mov", rate="24")
    repository.spec("lt.yaml", codec="prores_lt", template="{{ source_name }}-lt")
    sources = ("media:a.mov", "media:b.mov")
    repository.spec("view.yaml", sources=sources, codec="h264", container="mp4", template="{{ source_name }}-view")
    return repository


ALL = ["out/a-lt.mov", "out/a-view.mp4", "out/b-view.mp4"]


def counting(team: Repository) -> tuple[Path, Path]:
    """Return an FFmpeg that notes each encode, and the file where it does."""
    count = team.top.parent / "count"
    return fake(team.top.parent / "ffmpeg", f'echo >>\'{count}\'; exec "$real" "$@" "$last"'), count


def tasks(plan: Path) -> list[list[int]]:
    lines = [json.loads(line) for line in plan.read_text().splitlines()]
    return [line["value"]["outputs"] for line in lines if line["line"] == "task"]


def saved(team: Repository, *options: str) -> Path:
    path = team.top.parent / "plan.jsonl"
    done = jobspec(team, "plan", *options, "-o", str(path))
    assert done.returncode == 0, done.stderr
    return path


@pytest.mark.parametrize(("options", "encodes"), [((), 2), (("--no-share",), 3)], ids=["shared", "each by itself"])
def test_a_run_decodes_a_source_once_unless_told_otherwise(
    team: Repository, options: tuple[str, ...], encodes: int
) -> None:
    ffmpeg, count = counting(team)
    done = jobspec(team, "run", "--ffmpeg", str(ffmpeg), *options)
    assert done.returncode == 0, done.stderr
    assert len(count.read_text().splitlines()) == encodes
    assert team.outputs() == ALL


def clocked(path: Path) -> str:
    """Return what FFmpeg reads of each packet: its stream, its times and a checksum."""
    maps = ("-map", "0:v", "-map", "0:a?")
    return ffmpeg("-copyts", "-i", f"file:{path}", *maps, "-c", "copy", "-f", "framecrc", "-")


def test_without_sound_an_output_begins_when_it_would_alone_and_so_does_the_one_with_sound(
    repository: Repository,
) -> None:
    late = ("-vf", "setpts=PTS+0.3/TB", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    repository.clip("a.ts", tracks=(1, 1), seconds=0.8, encode=late, sound=("-c:a", "aac"), extra=("-f", "mpegts"))
    for name, more in (("heard", ""), ("silent", "audio: none\n")):
        repository.spec(f"{name}.yaml", sources=("media:a.ts",), template=name, more=more)
    made: list[dict[str, tuple[list[str], str]]] = []
    for options in ((), ("--no-share",)):
        done = jobspec(repository, "run", *options)
        assert done.returncode == 0, done.stderr
        files = [repository.proxies / name for name in repository.outputs()]
        made.append({path.name: (streamhash(path), clocked(path)) for path in files})
        for path in files:
            path.unlink()
    assert set(made[0]) == {"heard.mov", "silent.mov"}
    assert made[0] == made[1]


def test_only_outputs_that_need_making_take_part(team: Repository) -> None:
    assert jobspec(team, "run", "--only", "*-lt.mov").returncode == 0
    ffmpeg, count = counting(team)
    done = jobspec(team, "run", "--json", "--ffmpeg", str(ffmpeg))
    assert [each["state"] for each in json.loads(done.stdout)["outputs"]] == ["done", "made", "made"]
    assert len(count.read_text().splitlines()) == 2


def test_a_picture_that_gets_more_frames_for_three_codecs_is_made_within_seconds(repository: Repository) -> None:
    # Made by one FFmpeg this hangs: the limit on silence would end it after two minutes, and each would be made alone.
    repository.clip("a.mov", seconds=3, tracks=(1,))
    for codec in ("prores_lt", "h264", "dnxhr_lb"):
        spec = repository.spec(f"{codec}.yaml", codec=codec, template=codec, more='fps_explicit: "50"\n')
        spec.write_text(spec.read_text().replace("same-as-source", "explicit"))
    done = jobspec(repository, "run", "--stall-timeout", "20")
    assert (done.returncode, "failed first" in done.stderr) == (0, False), done.stderr
    assert repository.outputs() == ["out/dnxhr_lb.mov", "out/h264.mov", "out/prores_lt.mov"]


def test_what_was_made_together_is_done_for_a_run_that_does_not_share(team: Repository) -> None:
    assert jobspec(team, "run").returncode == 0
    before = {name: streamhash(team.proxies / name) for name in ALL}
    again = jobspec(team, "run", "--no-share", "--ffmpeg", "/nowhere")
    assert again.returncode == 0
    assert "all 3 outputs are up to date" in again.stderr
    for name in ALL:
        (team.proxies / name).unlink()
    assert jobspec(team, "run", "--no-share").returncode == 0
    assert {name: streamhash(team.proxies / name) for name in ALL} == before


@pytest.mark.parametrize(("options", "groups"), [((), [[0, 1], [2]]), (("--no-share",), [[0], [1], [2]])])
def test_a_saved_plan_of_either_kind_is_believed_and_run(
    team: Repository, options: tuple[str, ...], groups: list[list[int]]
) -> None:
    plan = saved(team, *options)
    assert tasks(plan) == groups
    ffmpeg, count = counting(team)
    done = jobspec(team, "run", str(plan), "--ffmpeg", str(ffmpeg))
    assert done.returncode == 0, done.stderr
    assert len(count.read_text().splitlines()) == len(groups)
    assert team.outputs() == ALL


def test_a_plan_that_is_grouped_in_a_third_way_is_not_believed(team: Repository) -> None:
    plan = saved(team)
    plan.write_text(plan.read_text().replace('"outputs":[0,1]', '"outputs":[0]'))
    done = jobspec(team, "run", str(plan))
    assert (done.returncode, team.outputs()) == (1, [])
    assert "JS121" in done.stderr


def test_a_task_of_a_saved_plan_is_made_whole_by_one_ffmpeg_or_by_several(team: Repository) -> None:
    plan = saved(team)
    ffmpeg, count = counting(team)
    one = ("exec-task", "--plan", str(plan), "--task", "0", "--ffmpeg", str(ffmpeg))
    assert jobspec(team, *one).returncode == 0
    assert (team.outputs(), len(count.read_text().splitlines())) == (ALL[:2], 1)
    for name in ALL[:2]:
        (team.proxies / name).unlink()
    assert jobspec(team, *one, "--no-share").returncode == 0
    assert (team.outputs(), len(count.read_text().splitlines())) == (ALL[:2], 3)


def test_plans_differ_in_their_tasks_alone_and_nothing_is_said_of_it(team: Repository) -> None:
    shared = saved(team).read_text().splitlines()
    apart = saved(team, "--no-share").read_text().splitlines()
    assert [line for line in shared if '"line":"task"' not in line] == [
        line for line in apart if '"line":"task"' not in line
    ]
    texts = [jobspec(team, "plan", "--format", "markdown", *option).stdout for option in ((), ("--no-share",))]
    assert texts[0].splitlines()[:-1] == texts[1].splitlines()[:-1]  # the last line is the digest


def test_what_was_made_together_is_explained_as_if_it_were_made_alone(team: Repository) -> None:
    assert jobspec(team, "run").returncode == 0
    assert [jobspec(team, verb).returncode for verb in ("status", "verify")] == [0, 0]
    why = jobspec(team, "why", str(team.proxies / ALL[0]))
    assert why.returncode == 0, why.stderr
    team.spec("lt.yaml", codec="prores_hq", template="{{ source_name }}-lt")
    done = jobspec(team, "run", "--replace", "--json")
    assert [each["state"] for each in json.loads(done.stdout)["outputs"]] == ["made", "done", "done"]


def test_a_runner_that_is_killed_leaves_nothing_that_the_next_one_does_not_put_right(team: Repository) -> None:
    ffmpeg = endless(team.top.parent / "ffmpeg")
    command = [sys.executable, "-m", "runner", "run", "--only", "*a-*", "--ffmpeg", str(ffmpeg)]
    runner = subprocess.Popen(command, cwd=team.top, env=team.environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while len(list(team.proxies.rglob("output.*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    runner.kill()
    runner.wait()
    done = jobspec(team, "run")
    assert done.returncode == 0, done.stderr
    assert team.outputs() == ALL
    assert not processes_about(f"{team.proxies}/")
    assert work_folders(team.proxies) == []
