"""One engine, one city and one sensor for all stories, in their order."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from infra.stack.errors import ServerMissing
from tests.compose.disk import small_disk
from tests.compose.engine import Engine, running_engine
from tests.compose.installed import Installed
from tests.compose.releases import HERE
from tests.compose.stand_ins import build_release, build_stand_ins
from tests.compose.tls_device import TlsDevice
from tests.compose.town import Town

STORE_MB = 2048


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """With all images built. Where no engine may run, all is skipped, and says why."""
    with ExitStack() as cleanup:
        try:
            running = cleanup.enter_context(running_engine())
        except ServerMissing as missing:
            pytest.skip(f"docker-compose.yml cannot be run here: {missing}")
        build_stand_ins(running)
        build_release(running, HERE)
        yield running


@pytest.fixture(scope="session")
def city(engine: Engine) -> Installed:
    """The town of the documentation's city folder, installed step by step; its store has a small disk of its own."""
    disk = small_disk(engine.folder / "disk", STORE_MB)
    installed = Installed(engine, HERE, engine.folder / "city", disk)
    installed.make_secrets()
    installed.start()
    return installed


@pytest.fixture(scope="session")
def town(city: Installed) -> Town:
    settled = Town.of_the_documentation(city)
    settled.settle()
    return settled


@pytest.fixture(scope="session")
def device(city: Installed, town: Town) -> Iterator[TlsDevice]:
    """The first sensor of the town, over TLS with its own password."""
    sensor = TlsDevice(city, town.id, *next(iter(town.devices("containers").items())))
    sensor.introduce()
    yield sensor
    sensor.leave()
