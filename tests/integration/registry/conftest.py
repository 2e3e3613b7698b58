"""The example town behind its registry's pages, anew for each test."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from services.city.store import store_registry
from services.store.connection import connect
from tests.support.example_town import example_town
from tests.support.registry_town import AWA, KOSSI, NOW, Office, registry_town
from tests.support.stored_reports import StoringStream
from tests.support.web_server import Running


@pytest.fixture(scope="module")
def stream(database_url: str) -> StoringStream:
    return StoringStream(database_url)


@pytest.fixture(scope="module")
def web(database_url: str, stream: StoringStream) -> Iterator[Running]:
    with registry_town(database_url, stream) as running:
        yield running


@pytest.fixture(autouse=True)
def town(web: Running, database_url: str, stream: StoringStream) -> None:
    """As the documentation has it, whatever a test before has made of it."""
    web.clock.at = NOW
    stream.is_late, stream.away = False, False
    with connect(database_url, name="test") as connection:
        store_registry(connection, example_town(), who="test", now=NOW)
    stream.sent.clear()


@pytest.fixture
def awa(web: Running) -> Iterator[Office]:
    office = Office(web, AWA)
    with closing(office.client):
        yield office


@pytest.fixture
def kossi(web: Running) -> Iterator[Office]:
    office = Office(web, KOSSI)
    with closing(office.client):
        yield office
