"""Runs on a cluster where nothing goes wrong."""

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.conftest import NAMES

pytestmark = pytest.mark.cluster


def test_all_is_made_verified_and_recorded_once_with_its_worker(cluster: Cluster) -> None:
    code, said = cluster.run("--json")
    assert code == 0, said
    cluster.judge(said)
    assert {path.name for path in cluster.site.finals} == set(NAMES)
    finished = [each for each in cluster.records() if each.event == "finished"]
    assert {each.worker for each in finished} == {"alpha", "beta"}
    assert len(list((cluster.site.state / "ledger").iterdir())) == 2  # a file for each worker
    assert all(f"proxies:out/{name}  150 frames" in said for name in NAMES)
    assert "on alpha" in said
    assert "on beta" in said
    code, said = cluster.run("--json")
    assert code == 0
    assert "nothing was encoded" in said
