"""What a run leaves beside its outputs: plan, script, resolved JobSpec."""

import subprocess
from pathlib import Path

import msgspec
import pytest

from runner import JobSpec
from runner.execution.keep import keep, kept_plan, plan_path
from runner.plan import document, shell
from runner.plan.model import Plan
from tests.clips import FFMPEG
from tests.execution.bench import Bench


@pytest.fixture
def plan(bench: Bench) -> Plan:
    bench.clip()
    plan = bench.plan(naming_template="{{ source_name }}_{{ width }}")
    keep(plan, shell.script(plan, Path(FFMPEG), bench.mounts.folders), bench.mounts, plan.outputs)
    return plan


def below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_plan_script_and_jobspec_lie_in_the_state_folder_and_nothing_else(bench: Bench, plan: Plan) -> None:
    name = document.digest(plan).removeprefix("sha256:")
    assert below(bench.state) == ["jobs/day/jobspec.json", f"plans/{name}.jsonl", f"plans/{name}.sh"]


def test_the_kept_plan_is_the_plan_and_is_named_by_its_digest(bench: Bench, plan: Plan) -> None:
    digest = document.digest(plan)
    assert kept_plan(bench.state, digest) == plan
    summed = subprocess.run(["sha256sum", plan_path(bench.state, digest)], capture_output=True, text=True)
    assert f"sha256:{summed.stdout.split()[0]}" == digest


def test_the_kept_script_makes_the_output(bench: Bench, plan: Plan) -> None:
    script = plan_path(bench.state, document.digest(plan)).with_suffix(".sh")
    done = subprocess.run(["sh", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert bench.files() == ["a_320.mov"]


def test_the_kept_jobspec_is_resolved_and_reads_back(bench: Bench, plan: Plan) -> None:
    spec = JobSpec.from_json((bench.state / "jobs" / "day" / "jobspec.json").read_text())
    assert spec.to_dict() == plan.jobs[0].spec
    ((source, tokens),) = spec.resolved_tokens
    assert source == "media:a.mov"
    assert dict(tokens)["width"] == "320"


def test_no_kept_file_holds_a_mount(bench: Bench, plan: Plan) -> None:
    for name in below(bench.state):
        if not name.endswith(".sh"):
            assert str(bench.top) not in (bench.state / name).read_text()


def test_an_earlier_plan_stays_when_a_later_one_is_kept(bench: Bench, plan: Plan) -> None:
    later = bench.plan(codec="h264", naming_template="{{ source_name }}")
    keep(later, "", bench.mounts, later.outputs)
    assert kept_plan(bench.state, document.digest(plan)) == plan
    assert kept_plan(bench.state, document.digest(later)) == later


def test_every_state_folder_of_a_plan_gets_its_jobs(bench: Bench, plan: Plan) -> None:
    elsewhere = bench.plan(job_id="night", output_directory="proxies:night")
    keep(elsewhere, "", bench.mounts, elsewhere.outputs)
    assert (bench.top / "proxies" / "night" / ".jobspec" / "jobs" / "night" / "jobspec.json").is_file()
    assert not (bench.state / "jobs" / "night").exists()


def test_a_plan_is_kept_where_something_is_made_and_on_one_disk_once(bench: Bench, plan: Plan) -> None:
    jobs = {name: bench.plan(job_id=name, output_directory=f"proxies:{name}") for name in ("dusk", "night", "dawn")}
    every = msgspec.structs.replace(
        plan,
        jobs=tuple(job for each in jobs.values() for job in each.jobs),
        outputs=tuple(output for each in jobs.values() for output in each.outputs),
        tasks=(),
    )
    keep(every, "", bench.mounts, every.outputs[:2])
    states = {name: bench.top / "proxies" / name / ".jobspec" for name in jobs}
    assert not states["dawn"].exists()
    first, second = (plan_path(states[name], document.digest(every)) for name in ("dusk", "night"))
    assert kept_plan(states["night"], document.digest(every)) == every
    assert second.samefile(first)
    keep(every, "", bench.mounts, every.outputs[:2])
    assert [path.name for path in second.parent.glob(".*")] == []


@pytest.mark.parametrize("fate", ["never kept", "damaged", "cut off"])
def test_a_plan_that_is_gone_or_damaged_is_none(bench: Bench, plan: Plan, fate: str) -> None:
    digest = document.digest(plan)
    path = plan_path(bench.state, digest)
    if fate == "never kept":
        digest = "sha256:0"
    elif fate == "damaged":
        path.write_bytes(b"{}\n" + path.read_bytes())
    else:
        path.write_bytes(path.read_bytes()[:-20])
    assert kept_plan(bench.state, digest) is None


def test_what_cannot_be_kept_leaves_no_half_files(bench: Bench, plan: Plan) -> None:
    other = bench.plan(codec="h264")
    before = below(bench.state)
    in_the_way = plan_path(bench.state, document.digest(other))
    in_the_way.mkdir()
    with pytest.raises(OSError, match="directory"):
        keep(other, "", bench.mounts, other.outputs)
    assert below(bench.state) == before
