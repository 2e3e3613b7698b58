"""More at once: a second bridge and writer, and planner workers."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.compose.installed import Installed, eventually
from tests.compose.tls_device import LEFT_OPEN, TlsDevice
from tests.compose.town import Town, plan_day

pytestmark = [pytest.mark.timeout(900), pytest.mark.filterwarnings(LEFT_OPEN)]


@pytest.fixture
def _scaled(city: Installed) -> Iterator[None]:
    city.profiles.append("scale")
    city.up()
    yield
    city.profiles.remove("scale")


@pytest.mark.usefixtures("_scaled")
def test_two_bridges_share_and_one_retires(city: Installed, device: TlsDevice) -> None:
    """What waits for a bridge that is stopped for good reaches the stream by the command of docs/operations.md."""
    before = {bridge: city.figure(bridge, "tournee_bridge_confirmed_total") for bridge in ("bridge", "bridge-2")}
    device.send(40)
    device.wait_until_acknowledged()
    eventually(device.is_stored, "two writers have stored what two bridges brought, once")
    assert all(city.figure(name, "tournee_bridge_confirmed_total") > count for name, count in before.items())
    city.compose("stop", "bridge-2", "writer-2")
    device.send(40)
    device.wait_until_acknowledged()
    told = city.tool("bridge", "retire", "2")
    assert re.search(r"bridge 2 is retired: [1-9]\d* messages that waited", told), told
    eventually(device.is_stored, "what waited for the second bridge is in the store, once")
    city.compose("rm", "--force", "bridge-2", "writer-2")


def test_workers_share_a_large_day(city: Installed, town: Town) -> None:
    """A day above the limit goes to the workers, here from one stop on, and its plan is the planner's as ever."""
    before = city.set("TOURNEE_PLAN_BY_DISTRICT_ABOVE", "1")
    city.profiles.append("workers")
    city.up()
    with town.office() as office:
        plan = plan_day(office, town.today() + timedelta(days=1), limit_s=30)
    assert plan["circuits"]
    workers = ("worker", "worker-2")
    assert sum(city.figure(worker, "tournee_worker_districts_total") for worker in workers) > 0
    city.compose("rm", "--stop", "--force", *workers)
    city.profiles.clear()
    city.set("TOURNEE_PLAN_BY_DISTRICT_ABOVE", before)
    city.up()
