"""A city goes from an older release to this one, and back."""

from collections.abc import Iterator

import pytest

from tests.compose.engine import Engine
from tests.compose.installed import Installed, eventually
from tests.compose.releases import BEFORE, HERE
from tests.compose.stand_ins import build_release
from tests.compose.tls_device import LEFT_OPEN, TlsDevice
from tests.compose.town import Town

pytestmark = [pytest.mark.timeout(1500), pytest.mark.filterwarnings(LEFT_OPEN)]


@pytest.fixture(scope="module")
def upgrading(engine: Engine) -> Iterator[Installed]:
    """A machine of the release before."""
    if not BEFORE.is_here:
        pytest.skip(f"needs the history of this repository, with {BEFORE.commit}")
    build_release(engine, BEFORE)
    engine.remove_project("tournee")
    installed = Installed(engine, BEFORE, engine.folder / "upgrading")
    installed.make_secrets()
    installed.start()
    yield installed
    installed.compose("down", "--volumes")


@pytest.fixture(scope="module")
def upgraded_town(upgrading: Installed) -> Town:
    town = Town.of_the_documentation(upgrading)
    town.load()
    town.add_operator()
    return town


@pytest.fixture(scope="module")
def sensor(upgrading: Installed, upgraded_town: Town) -> Iterator[TlsDevice]:
    device = TlsDevice(upgrading, upgraded_town.id, *next(iter(upgraded_town.devices("containers").items())))
    device.introduce()
    yield device
    device.leave()


def test_an_older_release_is_upgraded(upgrading: Installed, upgraded_town: Town, sensor: TlsDevice) -> None:
    """By the commands of docs/deployment.md; sensors go on with the passwords they have, and send all the while."""
    sensor.send(20)
    sensor.wait_until_acknowledged()
    eventually(sensor.is_stored, "the old release has all")
    upgrading.tool("backup", "/backups/before-upgrade.backup")
    upgrading.switch(HERE)
    upgrading.sh("infra/compose/new_env.sh", "--more")
    sensor.send(20)
    upgrading.compose("up", "--detach", "--no-build", "store", "kafka")
    eventually(lambda: upgrading.is_healthy("store", "kafka"), "store and Kafka are well")
    upgrading.compose("exec", "--no-TTY", "store", "sh", "/docker-entrypoint-initdb.d/120_accounts.sh")
    upgrading.up()
    sensor.send(20)
    sensor.wait_until_acknowledged()
    eventually(sensor.is_stored, "all that was acknowledged is in the store, once")
    upgrading.tool("doctor")
    upgraded_town.give_one_time_codes()
    with upgraded_town.office() as office:
        assert office.get("/operateur").is_success


def test_the_upgrade_is_taken_back(upgrading: Installed, sensor: TlsDevice) -> None:
    """By the commands of docs/deployment.md; what came since the backup is in Kafka, and comes again."""
    upgrading.compose("down")
    upgrading.switch(BEFORE)
    upgrading.engine.docker("volume", "rm", "tournee_store")
    upgrading.make_empty_store()
    upgrading.tool("restore", "/backups/before-upgrade.backup")
    upgrading.tool("replay")
    upgrading.up()
    sensor.send(20)
    sensor.wait_until_acknowledged()
    eventually(sensor.is_stored, "all that was acknowledged is in the store, once")
