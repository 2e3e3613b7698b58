"""The simulated hardware against a real broker: every message arrives, also when the broker goes away for a while."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import iotcore
import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from infra.stack.ports import LOOPBACK, free_port
from simulators.city import write_city_folder
from simulators.events import Outgoing
from simulators.live import run_live
from simulators.mqtt import Publisher, PublishError
from simulators.world import World

BEGIN = datetime(2026, 11, 3, tzinfo=UTC)
SLOWEST_PER_S = 1500
"""Measured alone it is ten times that; a shared machine must not fail the test."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A broker on loopback that takes oversize payloads, so that they are seen and refused by the product."""
    with iotcore.Broker(port=free_port(), listen=LOOPBACK, max_payload_size=64 * 1024) as broker:
        yield broker.port


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("city")
    write_city_folder(1, folder)
    return World.from_folder(folder, 1, date(2026, 11, 2))


class Subscriber:
    """Everything of a city's topics, counted."""

    def __init__(self, port: int, city: str) -> None:
        self.seen: Counter[tuple[str, bytes]] = Counter()
        ready = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"subscriber-{time.monotonic_ns()}")
        self._client.on_connect = lambda client, *_: client.subscribe(f"tournee/v1/{city}/#", qos=1)
        self._client.on_subscribe = lambda *_: ready.set()
        self._client.on_message = lambda _c, _d, message: self.seen.update([(message.topic, message.payload)])
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()
        assert ready.wait(10)

    def wait_for(self, count: int, patience_s: float = 30) -> None:
        deadline = time.monotonic() + patience_s
        while self.seen.total() < count and time.monotonic() < deadline:
            time.sleep(0.02)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def subscriber(port: int, world: World) -> Iterator[Subscriber]:
    listening = Subscriber(port, world.city.id)
    yield listening
    listening.close()


def test_every_reading_arrives(port: int, world: World, subscriber: Subscriber) -> None:
    """A morning of five hundred sensors: what was acknowledged is what was sent is what was received."""
    messages = list(islice(world.readings(BEGIN, BEGIN + timedelta(hours=8)), 8000))
    with Publisher(LOOPBACK, port, client_id="readings") as publisher:
        began = time.monotonic()
        counts = publisher.publish_all(messages)
        lasted_s = time.monotonic() - began
    subscriber.wait_for(len(messages))
    assert counts == (len(messages), len(messages))
    assert subscriber.seen == Counter((m.topic, m.payload) for m in messages)
    assert len(messages) / lasted_s > SLOWEST_PER_S


def test_live_mode_publishes_what_the_clock_has_passed(port: int, world: World, subscriber: Subscriber) -> None:
    """The paced stream is the replayed stream, cut by the clock: nothing twice, nothing left out."""
    instants = iter([BEGIN + timedelta(minutes=n) for n in (0, 7, 7, 21, 45)])
    passed: list[datetime] = []

    def now() -> datetime:
        passed.append(next(instants))
        return passed[-1]

    with Publisher(LOOPBACK, port, client_id="live") as publisher:
        run_live(world, publisher, [], now, stop=lambda: len(passed) == 5, sleep=lambda _s: None)
    expected = list(world.readings(BEGIN, BEGIN + timedelta(minutes=45)))
    subscriber.wait_for(len(expected))
    assert subscriber.seen == Counter((m.topic, m.payload) for m in expected)


def test_missing_broker_is_told() -> None:
    """The message says where it looked and what to check."""
    nobody = free_port()
    with pytest.raises(PublishError, match=rf"no MQTT broker at 127\.0\.0\.1:{nobody}"), Publisher(LOOPBACK, nobody):
        pass


def test_broker_restart_loses_nothing(world: World) -> None:
    """The broker goes away in the middle: publishing waits, reconnects, and everything is acknowledged in the end."""
    port = free_port()
    messages = list(islice(world.readings(BEGIN, BEGIN + timedelta(hours=8)), 3000))
    brokers = [iotcore.Broker(port=port, listen=LOOPBACK, max_payload_size=64 * 1024).start()]

    def interrupted() -> Iterator[Outgoing]:
        for number, message in enumerate(messages):
            if number == 1500:
                brokers[-1].stop()
                brokers.append(iotcore.Broker(port=port, listen=LOOPBACK, max_payload_size=64 * 1024).start())
            yield message

    try:
        with Publisher(LOOPBACK, port, client_id="restart") as publisher:
            assert publisher.publish_all(interrupted()) == (3000, 3000)
    finally:
        brokers[-1].stop()
