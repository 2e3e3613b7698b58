"""From a device to a row, with bridge and writer in this process: the same on the twins as on the servers."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from services.bridge.bridge import Bridge
from services.bridge.devices import KnownDevices
from services.bridge.intake import Keep
from services.clock import SimulatedClock
from services.contracts.devices import DeviceTopic
from services.contracts.telemetry import MAX_PAYLOAD_BYTES
from services.contracts.topics import POSITIONS, READINGS, REJECTED
from services.stream.kafka import Record
from services.stream.ports import EventSource
from tests.contract.capabilities import on_every_server
from tests.contract.mqtt_side import MqttSide
from tests.contract.store_side import StoreSide
from tests.contract.stream_side import StreamSide, closing
from tests.contract.waiting import eventually

Servers = tuple[MqttSide, StreamSide, StoreSide]
START = datetime(2026, 3, 1, tzinfo=UTC)
CLOCK = SimulatedClock(START + timedelta(days=1), wall_s=0, speed=0)
KEEP = Keep(timedelta(days=30), timedelta(days=2))
CONTAINERS = [f"C{n}" for n in range(10)]
IN_HAND = 90
"""Messages that a bridge holds when it dies; the embedded broker gives it no more than a hundred."""


def topic(city: str, container: str) -> str:
    return f"tournee/v1/{city}/containers/{container}/reading"


def readings(city: str, count: int) -> list[tuple[str, bytes]]:
    """A reading a minute of each container in turn, all of them 0.25."""
    return [
        (
            topic(city, CONTAINERS[n % 10]),
            json.dumps({"happened_at": (START + timedelta(minutes=n // 10)).isoformat(), "fill_ratio": 0.25}).encode(),
        )
        for n in range(count)
    ]


@contextmanager
def bridge(servers: Servers, city: str) -> Iterator[Bridge]:
    """A bridge of this city alone; it acknowledges when `settle` is called, and ends without another word."""
    mqtt, stream, _ = servers
    devices = [DeviceTopic(city, "containers", container) for container in CONTAINERS]
    devices.append(DeviceTopic(city, "trucks", "T1"))
    subscriber = mqtt.subscriber(f"{city}-bridge")
    with closing(stream.producer()) as producer:
        made = Bridge(producer, CLOCK, KnownDevices(lambda: devices).find, subscriber.acknowledge, keep=KEEP)
        subscriber.when_arrived(made.on_arrivals)
        subscriber.on_connection_lost = made.on_connection_lost
        subscriber.start(f"tournee/v1/{city}/#")
        eventually(lambda: subscriber.is_there, lambda: "no subscription")
        try:
            yield made
        finally:
            subscriber.stop()


@contextmanager
def writer(servers: Servers, city: str) -> Iterator[EventSource]:
    """The writer's seat in its group."""
    subscribed = (READINGS, POSITIONS, REJECTED)
    with closing(servers[1].consumer(subscribed, group=f"{city}-writer", member="1")) as consumer:
        yield consumer


def store_until(servers: Servers, consumer: EventSource, check: Callable[[], bool], *, commits: bool = True) -> None:
    """The writer's turns until `check` holds."""

    def turn() -> bool:
        if records := consumer.poll(0.1):
            servers[2].write(records, CLOCK)
            if commits:
                consumer.commit()
        return check()

    eventually(turn, lambda: "not stored")


def acknowledge(bridge: Bridge, count: int) -> None:
    """Return when so many messages more are acknowledged."""
    settled = Counter[str]()

    def has_settled() -> bool:
        settled["all"] += bridge.settle()
        return settled["all"] >= count

    eventually(has_settled, lambda: f"{settled} of {count}")


def stored(store: StoreSide, city: str) -> int:
    return sum(len(store.readings(city, container)) for container in CONTAINERS)


@on_every_server("servers")
def test_every_message_is_stored_once_or_told_why_not(servers: Servers, city: str) -> None:
    """A day in small: readings, some twice, a truck, and what devices say when they are broken."""
    mqtt, _, store = servers
    good = readings(city, 200)
    long_ago = json.dumps({"happened_at": "1970-01-01T00:00:00Z", "lon": 2.5, "lat": 6.4, "fill_ratio": 0.2}).encode()
    fix = json.dumps({"happened_at": START.isoformat(), "lon": 2.5, "lat": 6.4}).encode()
    bad = [
        (topic(city, "C1"), b"{not json"),
        (topic(city, "C1"), b"x" * (MAX_PAYLOAD_BYTES + 1)),
        (topic(city, "NOBODY"), good[0][1]),
        (f"tournee/v1/{city}/weather", b"\x00\xff"),
        (topic(city, "C1"), long_ago),
        (f"tournee/v1/{city}/trucks/T1/position", long_ago),
    ]
    everything = [*good[:100], *bad, *good[50:], (f"tournee/v1/{city}/trucks/T1/position", fix)]
    with bridge(servers, city) as running, writer(servers, city) as consumer:
        mqtt.publish(everything)
        acknowledge(running, len(everything))
        where = f"tournee/v1/{city}/"
        store_until(servers, consumer, lambda: stored(store, city) + len(store.positions(city, "T1")) >= 201)
        store_until(servers, consumer, lambda: len(store.rejected(where)) >= len(bad))
    assert {container: store.state(city, container).readings for container in CONTAINERS} == dict.fromkeys(
        CONTAINERS, 20
    )
    assert stored(store, city) == 200
    assert store.truck(city, "T1") == (START, 2.5)
    assert Counter(reason for reason, _ in store.rejected(where)) == {
        "malformed": 1,
        "oversized": 1,
        "too_old": 2,
        "unknown_device": 1,
        "unknown_topic": 1,
    }


@on_every_server("servers")
def test_bridge_and_writer_that_die_lose_nothing_and_double_nothing(servers: Servers, city: str) -> None:
    """Each dies at its worst moment: the bridge before it acknowledges, the writer between store and commit."""
    mqtt, _, store = servers
    with bridge(servers, city) as dying:
        mqtt.publish(readings(city, IN_HAND))
        eventually(lambda: dying.on_their_way == IN_HAND, lambda: f"{dying.on_their_way} on their way")
    with bridge(servers, city) as running:
        acknowledge(running, IN_HAND)
    with writer(servers, city) as dying_writer:
        store_until(servers, dying_writer, lambda: stored(store, city) >= IN_HAND, commits=False)
    with writer(servers, city) as consumer:
        again = Again(consumer, city)
        store_until(servers, again, lambda: again.came >= 2 * IN_HAND)
    assert {container: store.state(city, container).readings for container in CONTAINERS} == dict.fromkeys(
        CONTAINERS, 9
    )


class Again:
    """A consumer that counts how many of a city's events it was given: each reading twice, once by each bridge."""

    def __init__(self, consumer: EventSource, city: str) -> None:
        self.came = 0
        self.commit, self.close = consumer.commit, consumer.close
        self._consumer, self._start = consumer, f"{city}/".encode()

    def poll(self, timeout_s: float) -> list[Record]:
        records = self._consumer.poll(timeout_s)
        self.came += sum(record.key is not None and record.key.startswith(self._start) for record in records)
        return records
