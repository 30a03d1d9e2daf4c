"""Who may reach a scheduler: with keys, from loopback, or because somebody said that it is safe."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.cluster import certificates
from tests.cluster.cluster import Cluster
from tests.cluster.conftest import NAMES

pytestmark = pytest.mark.cluster


@pytest.fixture
def locked(idle: Cluster) -> Cluster:
    """Return a cluster of one worker that lets in who has a certificate of its authority."""
    ca, cert, key = certificates.make(idle.top)
    idle.keys = ("--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key)
    idle.scheduler("tls")
    idle.worker("alpha")
    assert idle.address.startswith("tls://")
    return idle


def test_with_its_keys_a_run_gets_in(locked: Cluster) -> None:
    _, ca, _, cert, _, key = locked.keys
    code, said = locked.run("--tls-ca", ca, "--tls-cert", cert, "--tls-key", key)
    assert code == 0, said
    locked.judge(said)
    assert {path.name for path in locked.site.finals} == set(NAMES)


def test_without_its_keys_nobody_gets_in(locked: Cluster, tmp_path: Path) -> None:
    (tmp_path / "others").mkdir()
    ca, cert, key = certificates.make(tmp_path / "others")
    stranger = ("--tls-ca", locked.keys[1], "--tls-cert", cert, "--tls-key", key)
    plain = locked.address.replace("tls://", "tcp://")
    for keys in ((), ("--tls-ca", ca, "--tls-cert", cert, "--tls-key", key), stranger, ("--scheduler", plain)):
        code, said = locked.run(*keys)
        assert code == 75, said
        assert said.splitlines()[-1].startswith("JS242"), said
    assert locked.site.finals == []
    assert locked.records() == []


def _listening(number: int) -> set[str]:
    """Return the addresses, as the kernel writes them, on which a process waits for others."""
    sockets = set()
    for descriptor in Path(f"/proc/{number}/fd").iterdir():
        with suppress(OSError):
            sockets.add(descriptor.readlink().name)
    rows = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/{number}/net/{name}").read_text().split("\n")
    ]
    return {row[1].partition(":")[0] for row in rows if row[3:4] == ["0A"] and f"socket:[{row[9]}]" in sockets}


def test_the_start_lines_of_the_page_keep_every_port_on_one_address(cluster: Cluster) -> None:
    found = [_listening(number) for number in cluster.numbers()]
    assert set().union(*found) == {"0100007F"}


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:8786", "192.0.2.1:8786", "tcp://scheduler.example.com:8786"])
def test_an_open_scheduler_that_others_reach_is_refused(idle: Cluster, address: str) -> None:
    code, said = idle.site.run("--engine", "dask", "--scheduler", address)
    assert code == 64, said
    assert "JS241" in said
    assert "--insecure" in said
    assert idle.site.finals == []
