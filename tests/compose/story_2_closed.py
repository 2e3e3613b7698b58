"""What a city's machine shows to others, and what its containers may."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.stack.process import descendants
from tests.compose.engine import CommandFailed
from tests.compose.installed import SERVERS, SERVICES, Installed
from tests.compose.neighbour import Neighbour, listening_ports, neighbour

pytestmark = pytest.mark.timeout(600)

PUBLISHED = {"mqtt": {8883}, "front": {80, 443, 8090}}
OUTWARD = {*PUBLISHED, "webhook"}
"""Who has a published port has a way out too; and one of ours tells what happens to whom asked for it."""
INNER = {1883, 5432, 8080, 9092, 9093, 9100}
BITS = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "SETGID": 6, "SETUID": 7, "NET_BIND_SERVICE": 10}
"""Of capabilities, by linux/capability.h."""
CAPABILITIES = {"store": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"], "front": ["NET_BIND_SERVICE"]}
"""What docker-compose.yml adds; to the others nothing."""
ROOTS = {"front"}
"""Whose processes are root's, without root's capabilities: their image has no other user."""


@pytest.fixture(scope="module")
def beside() -> Iterator[Neighbour]:
    with neighbour() as machine:
        yield machine


def test_a_neighbour_reaches_the_published_ports_alone(city: Installed, beside: Neighbour) -> None:
    """Whatever listens in a container is asked for at our address and at the container's own."""
    listening: set[int] = set()
    inner: set[str] = set()
    for service in (*SERVERS, *SERVICES):
        ports = listening_ports(city.pid(service))
        assert ports, service
        listening |= ports
        ports -= PUBLISHED.get(service, set())
        inner |= {f"{address}:{port}" for address in _addresses(city, service) for port in ports}
    published = set().union(*PUBLISHED.values())
    assert published | INNER <= listening
    assert beside.reaches(f"{beside.ours}:{port}" for port in listening) == {
        f"{beside.ours}:{port}" for port in published
    }
    assert beside.reaches(inner) == set()


@pytest.mark.parametrize("service", [*SERVERS, *SERVICES])
def test_inner_networks_have_no_way_out(city: Installed, beside: Neighbour, service: str) -> None:
    """Whoever gets into a service carries nothing out of it."""
    assert beside.is_reached_from(city.pid(service)) == (service in OUTWARD)


@pytest.mark.parametrize("service", [*SERVERS, *SERVICES])
def test_container_may_what_it_must(city: Installed, service: str) -> None:
    """Capabilities and user of each of its processes, and its root file system, as the kernel has them."""
    first = city.pid(service)
    for pid in (first, *descendants(first)):
        try:
            status = dict(re.findall(r"^(\w+):\t(.*)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE))
        except (FileNotFoundError, ProcessLookupError):
            continue  # a connection's, and it is closed
        assert int(status["CapBnd"], 16) == sum(1 << BITS[name] for name in CAPABILITIES.get(service, []))
        assert status["NoNewPrivs"] == "1"
        is_root = status["Uid"].split()[1] == "0"
        assert is_root == (service in ROOTS), status["Name"]
    if service in {*SERVICES, "mqtt", "front"}:
        with pytest.raises(CommandFailed, match="Read-only file system"):
            city.compose("exec", "--no-TTY", "--user", "0", service, "sh", "-c", "echo > /written")


def _addresses(city: Installed, service: str) -> list[str]:
    shown = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    return city.engine.docker("inspect", city.container(service), "--format", shown).split()
