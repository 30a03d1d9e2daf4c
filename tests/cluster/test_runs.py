"""Runs on a cluster where nothing goes wrong."""

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.conftest import FRAMES, NAMES
from tests.faults.site import frames_of

pytestmark = pytest.mark.cluster


def test_all_is_made_verified_and_recorded_once_with_its_worker(cluster: Cluster) -> None:
    code, said = cluster.run("--json")
    assert code == 0, said
    cluster.judge(said)
    assert {path.name for path in cluster.site.finals} == set(NAMES)
    finished = [each for each in cluster.records() if each.event == "finished"]
    assert {each.worker for each in finished} == {"alpha", "beta"}
    assert len(list((cluster.site.state / "ledger").iterdir())) == 2  # a file for each worker
    assert all(f"proxies:out/{name}  {FRAMES} frames" in said for name in NAMES)
    assert "on alpha" in said
    assert "on beta" in said
    code, said = cluster.run("--json")
    assert code == 0
    assert "nothing was encoded" in said


def test_outputs_of_one_source_are_decoded_once_there_too(cluster: Cluster) -> None:
    repository = cluster.site.repository
    spec = (repository.top / "specs/day.yaml").read_text()
    repository.write(
        "specs/small.yaml", spec.replace("resolution: same", "resolution: half").replace("out\n", "small\n")
    )
    assert repository.jobspec("lock").returncode == 0
    code, said = cluster.run()
    assert code == 0, said
    finals = [path for path in repository.proxies.rglob("*.mov") if ".jobspec" not in path.parts]
    assert len(finals) == 2 * len(NAMES)
    assert all(frames_of(path) == FRAMES for path in finals)
    assert all(each.beside for each in cluster.records() if each.event == "started")


def test_a_file_that_is_outdated_is_replaced_there_too(cluster: Cluster) -> None:
    assert cluster.run("--only", "*a.mov")[0] == 0
    before = cluster.site.finals[0].stat().st_ino
    spec = cluster.site.repository.top / "specs/day.yaml"
    spec.write_text(spec.read_text().replace("resolution: same", "resolution: half"))
    code, said = cluster.run("--only", "*a.mov", "--replace")
    assert code == 0, said
    assert cluster.site.finals[0].stat().st_ino != before


def test_a_failure_is_told_with_its_log_and_fails_the_run(cluster: Cluster) -> None:
    media = cluster.site.repository.media
    (media / "b.mov").write_bytes((media / "b.mov").read_bytes()[::-1])
    code, said = cluster.run()
    assert code == 4, said
    assert "failed proxies:out/b.mov: JS094" in said
    (failed,) = (each for each in cluster.records() if each.event == "failed")
    assert failed.worker in ("alpha", "beta")
    assert (cluster.site.state / str(failed.log)).read_text()
    assert {path.name for path in cluster.site.finals} == set(NAMES) - {"b.mov"}
