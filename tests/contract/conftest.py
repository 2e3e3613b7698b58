"""Each kind of server behind the same words. The servers are those of the session; each test has its own corner."""

from collections.abc import Iterator
from typing import cast
from uuid import uuid4

import pytest

from infra.migrate import migrate
from infra.stack.stack import Stack
from tests.contract.mqtt_side import MemoryMqtt, MqttSide, NetworkMqtt
from tests.contract.store_side import MemoryStoreSide, NetworkStore, StoreSide
from tests.contract.stream_side import MemoryStreamSide, NetworkStream, StreamSide
from tests.support.databases import new_database


@pytest.fixture
def city() -> str:
    """A city that no other test has used."""
    return f"c{uuid4().hex[:12]}"


@pytest.fixture
def mqtt(request: pytest.FixtureRequest) -> MqttSide:
    """The broker of a kind."""
    return MemoryMqtt() if request.param == "memory" else NetworkMqtt(_running(request, request.param))


@pytest.fixture
def stream(request: pytest.FixtureRequest) -> StreamSide:
    """The event stream of a kind."""
    return MemoryStreamSide() if request.param == "memory" else NetworkStream(_running(request, request.param))


@pytest.fixture
def store(request: pytest.FixtureRequest) -> StoreSide:
    """The store of a kind."""
    return MemoryStoreSide() if request.param == "memory" else _network_store(request, request.param)


@pytest.fixture
def servers(request: pytest.FixtureRequest) -> tuple[MqttSide, StreamSide, StoreSide]:
    """All three of a kind."""
    if request.param == "memory":
        return MemoryMqtt(), MemoryStreamSide(), MemoryStoreSide()
    running = _running(request, request.param)
    return NetworkMqtt(running), NetworkStream(running), _network_store(request, request.param)


@pytest.fixture(scope="session")
def embedded_database(embedded_stack_running: Stack) -> Iterator[str]:
    """A migrated database of these tests' own."""
    yield from _database(embedded_stack_running)


@pytest.fixture(scope="session")
def real_database(real_stack_running: Stack) -> Iterator[str]:
    """A migrated database of these tests' own."""
    yield from _database(real_stack_running)


def _running(request: pytest.FixtureRequest, kind: str) -> Stack:
    return cast("Stack", request.getfixturevalue(f"{kind}_stack_running"))


def _network_store(request: pytest.FixtureRequest, kind: str) -> NetworkStore:
    return NetworkStore(_running(request, kind), request.getfixturevalue(f"{kind}_database"))


def _database(stack: Stack) -> Iterator[str]:
    with new_database(stack) as url:
        migrate(url)
        yield url
