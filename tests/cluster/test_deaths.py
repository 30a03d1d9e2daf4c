"""Whoever dies in the middle: FFmpeg dies too, or its file counts, and a rerun makes what is missing."""

import signal
import subprocess
import time

import pytest

from tests.cluster.cluster import TIME_TO_LIVE, Cluster
from tests.cluster.conftest import NAMES

pytestmark = pytest.mark.cluster


def ended(process: "subprocess.Popen[str]", seconds: float = 120) -> tuple[int, str]:
    said, _ = process.communicate(timeout=seconds)
    return process.returncode, said


@pytest.mark.parametrize("nanny", [False, True], ids=["worker", "nanny"])
def test_a_run_outlives_a_worker(cluster: Cluster, nanny: bool) -> None:
    run = cluster.start()
    cluster.site.wait_for(run, lambda: cluster.encoding(2))
    victims = set(cluster.site.ffmpegs(0))
    cluster.kill(cluster.number("alpha", nanny=nanny))
    if nanny:
        cluster.processes.pop("alpha").wait()
    code, said = ended(run)
    assert code == 0, said
    assert victims
    cluster.judge(said)
    assert {path.name for path in cluster.site.finals} == set(NAMES)


def test_without_a_scheduler_a_run_ends_and_nothing_goes_on(cluster: Cluster) -> None:
    run = cluster.start()
    cluster.site.wait_for(run, lambda: cluster.encoding(2))
    cluster.kill(cluster.processes.pop("scheduler").pid)
    assert cluster.site.ffmpegs(5) == []
    code, said = ended(run, 30)
    assert code == 75, said
    assert "JS247" in said
    cluster.judge(said)
    cluster.end()
    cluster.scheduler()
    cluster.worker("alpha")
    cluster.complete(*NAMES)


@pytest.mark.parametrize(
    ("number", "code"),
    [pytest.param(signal.SIGKILL, -9, id="killed"), pytest.param(signal.SIGINT, 130, id="interrupted")],
)
def test_without_its_client_nothing_goes_on(cluster: Cluster, number: signal.Signals, code: int) -> None:
    run = cluster.start()
    cluster.site.wait_for(run, lambda: cluster.encoding(2))
    run.send_signal(number)
    assert cluster.site.ffmpegs(5) == []
    got, said = ended(run, 30)
    assert got == code, said
    cluster.judge(said)
    cluster.complete(*NAMES)


def test_a_worker_that_stood_still_and_goes_on_publishes_nothing_over(cluster: Cluster) -> None:
    run = cluster.start()
    cluster.site.wait_for(run, lambda: cluster.encoding(2))
    stopped = cluster.number("alpha")
    cluster.kill(stopped, signal.SIGSTOP)
    time.sleep(3 * TIME_TO_LIVE)
    cluster.kill(stopped, signal.SIGCONT)
    code, said = ended(run)
    assert code == 0, said
    cluster.judge(said)
    assert {path.name for path in cluster.site.finals} == set(NAMES)
