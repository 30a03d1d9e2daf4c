"""Who may reach a scheduler: with keys, from loopback, or because somebody said that it is safe."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.cluster import certificates
from tests.cluster.cluster import Cluster, children
from tests.cluster.conftest import NAMES

pytestmark = pytest.mark.cluster


def test_with_keys_a_run_gets_in_and_without_them_nobody_does(idle: Cluster) -> None:
    ca, cert, key = certificates.make(idle.top)
    idle.keys = ("--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key)
    idle.scheduler("tls")
    idle.worker("alpha")
    assert idle.address.startswith("tls://")
    code, said = idle.run()
    assert code == 75, said
    assert "JS242" in said
    code, said = idle.run("--tls-ca", ca)
    assert code == 75, said
    assert idle.site.finals == []
    code, said = idle.run("--tls-ca", ca, "--tls-cert", cert, "--tls-key", key)
    assert code == 0, said
    idle.judge(said)
    assert {path.name for path in idle.site.finals} == set(NAMES)


def _processes(cluster: Cluster) -> list[int]:
    own = [each.pid for each in cluster.processes.values()]
    return [*own, *(child for each in own for child in children(each))]


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
    found = [_listening(number) for number in _processes(cluster)]
    assert set().union(*found) == {"0100007F"}


@pytest.mark.parametrize("address", ["tcp://192.0.2.1:8786", "192.0.2.1:8786", "tcp://scheduler.example.com:8786"])
def test_an_open_scheduler_that_others_reach_is_refused(idle: Cluster, address: str) -> None:
    code, said = idle.site.run("--engine", "dask", "--scheduler", address)
    assert code == 64, said
    assert "JS241" in said
    assert "--insecure" in said
    assert idle.site.finals == []
