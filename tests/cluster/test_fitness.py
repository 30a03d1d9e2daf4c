"""Workers that are unlike the others, or do not see what these see, get no task and are named."""

import shutil
import signal
from pathlib import Path

import pytest

import runner
from tests.cluster.cluster import Cluster
from tests.cluster.conftest import NAMES
from tests.execution.fakes import waiting

pytestmark = pytest.mark.cluster


def another_version(folder: Path) -> dict[str, str]:
    """Make a copy of the package that says it is of another version; return the environment that prefers it."""
    package = Path(runner.__file__).parent
    shutil.copytree(package, folder / "runner", ignore=shutil.ignore_patterns("__pycache__"))
    init = folder / "runner/__init__.py"
    init.write_text(init.read_text().replace(f'"{runner.__version__}"', '"0.0.9"'))
    return {"PYTHONPATH": str(folder)}


def refused(cluster: Cluster, code: int, *words: str) -> None:
    got, said = cluster.run()
    assert got == code, said
    assert all(word in said for word in words), said
    assert "alpha" not in said
    cluster.judge(said)
    assert cluster.site.finals == []
    assert cluster.records() == []
    assert list(cluster.site.state.glob(".seen*")) == []


@pytest.fixture
def alpha(idle: Cluster) -> Cluster:
    """Return a cluster of one worker."""
    idle.scheduler()
    idle.worker("alpha")
    return idle


def test_a_worker_of_another_version_is_named_and_nothing_is_begun(alpha: Cluster, tmp_path: Path) -> None:
    alpha.worker("beta", env=another_version(tmp_path / "other"))
    refused(alpha, 3, "JS245", "beta", "jobspec 0.0.9")


def test_a_worker_without_a_root_is_named_and_nothing_is_begun(alpha: Cluster) -> None:
    alpha.worker("beta", env={"JOBSPEC_ROOT_MEDIA": ""})
    refused(alpha, 75, "JS246", "beta", '"media"')


def test_a_worker_that_sees_other_storage_is_named_and_nothing_is_begun(alpha: Cluster, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    alpha.worker("beta", env={"JOBSPEC_ROOT_PROXIES": str(tmp_path / "elsewhere")})
    refused(alpha, 75, "JS246", "beta", "other storage")


def test_a_worker_with_another_ffmpeg_is_named_and_nothing_is_begun(alpha: Cluster, tmp_path: Path) -> None:
    ffmpeg = tmp_path / "ffmpeg"
    ffmpeg.write_text("#!/bin/sh\necho ffmpeg version 9.0.9-other Copyright\n")
    ffmpeg.chmod(0o755)
    alpha.worker("beta", env={"JOBSPEC_FFMPEG": str(ffmpeg)})
    refused(alpha, 3, "JS245", "beta", "9.0.9-other")


def test_roots_may_be_mounted_elsewhere_on_each_worker(alpha: Cluster, tmp_path: Path) -> None:
    (tmp_path / "mounted").symlink_to(alpha.site.repository.media)
    alpha.worker("beta", env={"JOBSPEC_ROOT_MEDIA": str(tmp_path / "mounted")})
    code, said = alpha.run()
    assert code == 0, said
    alpha.judge(said)
    assert {each.worker for each in alpha.records() if each.event == "finished"} == {"alpha", "beta"}


def test_a_worker_that_joins_later_is_asked_too(idle: Cluster, tmp_path: Path) -> None:
    begun, go_on = tmp_path / "begun", tmp_path / "go-on"
    idle.scheduler()
    # Its first task ends when another worker has one, however long that takes to come.
    idle.worker("alpha", env={"JOBSPEC_FFMPEG": str(waiting(tmp_path / "ffmpeg", begun, go_on))})
    run = idle.start("--stall-timeout", "0")
    idle.site.wait_for(run, begun.exists)
    idle.worker("beta", env=another_version(tmp_path / "other"))
    idle.worker("gamma")
    idle.site.wait_for(run, lambda: "gamma" in {each.worker for each in idle.records()}, 120)
    go_on.touch()
    said, _ = run.communicate(timeout=120)
    assert run.returncode == 0, said
    assert "JS254" in said
    assert "jobspec 0.0.9" in said
    idle.judge(said)
    assert {each.worker for each in idle.records()} == {"alpha", "gamma"}


def test_without_slots_nothing_is_begun(idle: Cluster) -> None:
    idle.scheduler()
    code, said = idle.run()
    assert code == 75, said
    assert "JS244" in said
    assert "encode=1" in said


def test_two_runs_of_one_plan_make_each_file_once(cluster: Cluster) -> None:
    runs = [cluster.start(), cluster.start()]
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert {run.returncode for run in runs} <= {0, 75}, said
    cluster.judge("\n".join(said))
    cluster.complete(*NAMES)


def test_one_of_two_runs_may_be_killed(cluster: Cluster) -> None:
    first = cluster.start()
    cluster.site.wait_for(first, lambda: cluster.encoding(2))
    second = cluster.start()
    cluster.wait_for(lambda: cluster.said("scheduler").count("Receive client connection") == 2)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    said, _ = second.communicate(timeout=120)
    assert second.returncode == 0, said
    cluster.judge(said)
    assert {path.name for path in cluster.site.finals} == set(NAMES)
