"""What falls on a city's machine comes back by itself, and nothing that was acknowledged is lost."""

import os
import signal

import pytest

from tests.compose.engine import CommandFailed
from tests.compose.installed import SERVERS, SERVICES, Installed, eventually
from tests.compose.tls_device import LEFT_OPEN, TlsDevice

pytestmark = [pytest.mark.timeout(900), pytest.mark.filterwarnings(LEFT_OPEN)]

WRITERS_PASSWORD = "TOURNEE_PASSWORD_OF_WRITER"


@pytest.mark.parametrize("service", [*SERVERS, *SERVICES])
def test_a_container_dies(city: Installed, device: TlsDevice, service: str) -> None:
    dead = city.pid(service)
    device.send(20)
    os.kill(dead, signal.SIGKILL)
    device.send(20)
    eventually(lambda: city.pid(service) not in {0, dead}, f"{service} runs again")
    device.wait_until_acknowledged()
    eventually(device.is_stored, "all that was acknowledged is in the store, once")


def test_all_that_died_are_well_again(city: Installed) -> None:
    eventually(lambda: city.is_healthy(*SERVERS, *SERVICES), "all are healthy")


def test_the_machine_starts_again(city: Installed, device: TlsDevice) -> None:
    """The engine stops and starts; nobody gives a command."""
    device.send(20)
    city.engine.restart()
    device.send(20)
    eventually(lambda: city.is_healthy(*SERVERS, *SERVICES), "all are back and healthy")
    device.wait_until_acknowledged()
    eventually(device.is_stored, "all that was acknowledged is in the store, once")


def test_the_stores_disk_is_full(city: Installed, device: TlsDevice) -> None:
    """Sensors are acknowledged meanwhile, and when there is room again nobody has to do anything."""
    assert city.disk
    city.disk.ballast.fill()
    with pytest.raises(CommandFailed, match=r"No space left on device|server closed the connection"):
        city.sql("CREATE TABLE too_much AS SELECT generate_series(1, 10000000)")
    device.send(20)
    device.wait_until_acknowledged()
    city.disk.ballast.free()
    eventually(device.is_stored, "all that was acknowledged is in the store, once")
    eventually(lambda: city.is_healthy("store", "writer"), "store and writer are well")


def test_a_service_is_given_a_wrong_password(city: Installed, device: TlsDevice) -> None:
    """It says so, without the password, and the others go on; the way of docs/deployment.md puts it right."""
    wrong = "not-what-the-store-was-told"
    city.set(WRITERS_PASSWORD, wrong)
    city.compose("up", "--detach", "--no-build", "writer")
    device.send(20)
    device.wait_until_acknowledged()

    def told() -> str:
        return city.compose("logs", "--no-color", "writer")

    eventually(lambda: "password authentication failed" in told(), "the writer's log says what is wrong")
    assert wrong not in told()
    assert not device.is_stored()
    city.compose("up", "--detach", "--no-build", "store", "kafka")
    eventually(lambda: city.is_healthy("store", "kafka"), "store and Kafka are well")
    city.compose("exec", "--no-TTY", "store", "sh", "/docker-entrypoint-initdb.d/120_accounts.sh")
    city.up()
    eventually(device.is_stored, "all that was acknowledged is in the store, once")
