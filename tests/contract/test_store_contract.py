"""What a record becomes in the store, through the writer's own code: in PostgreSQL, in TimescaleDB and in the twin."""

import itertools
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.clock import SystemClock
from services.contracts import topics
from services.contracts.fields import Message
from services.contracts.telemetry import MessageRejected, PositionReceived, ReadingReceived
from services.errors import StoreAway
from services.stream.kafka import Record
from tests.contract.capabilities import on_every_server
from tests.contract.store_side import StoredReading, StoreSide

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLOCK = SystemClock()
_offsets = itertools.count()


def record(topic: str, message: Message | bytes) -> Record:
    value = message if isinstance(message, bytes) else message.to_bytes()
    return Record(topic, 0, next(_offsets), b"key", value)


def reading(city: str, days: float, fill_ratio: float, container: str = "C1") -> Record:
    """`days` after noon; ratios of the tests are exact in binary."""
    at = NOON + timedelta(days=days)
    said = ReadingReceived(city=city, container=container, happened_at=at, received_at=NOON, fill_ratio=fill_ratio)
    return record(topics.READINGS, said)


def position(city: str, minutes: int, lon: float) -> Record:
    at = NOON + timedelta(minutes=minutes)
    return record(
        topics.POSITIONS, PositionReceived(city=city, truck="T1", happened_at=at, received_at=NOON, lon=lon, lat=6.4)
    )


def rejected(where: str, detail: str = "x") -> Record:
    message = MessageRejected(
        id=uuid4(), reason="malformed", detail=detail, mqtt_topic=where, payload=b"", received_at=NOON
    )
    return record(topics.REJECTED, message)


@on_every_server("store")
def test_reading_counts_once_though_it_comes_twice(store: StoreSide, city: str) -> None:
    """A device sends again what it has no answer to, and so do we: in a batch, over batches, after a lost commit."""
    batch = [reading(city, 0, 0.25), reading(city, 1, 0.5), reading(city, 0, 0.25)]
    store.write(batch, CLOCK)
    store.write(batch, CLOCK)
    store.write([reading(city, 1, 0.75), reading(city, 2, 0.75)], CLOCK)  # the first word of an instant stays
    assert store.readings(city, "C1") == [
        StoredReading(NOON + timedelta(days=days), ratio) for days, ratio in ((0, 0.25), (1, 0.5), (2, 0.75))
    ]
    assert store.state(city, "C1").readings == 3


@on_every_server("store")
def test_belief_is_that_of_the_readings_in_the_order_of_time(store: StoreSide, city: str) -> None:
    """The forecast goes by it: a wrong level sends the truck on the wrong day."""
    store.write([reading(city, 0, 0.25), reading(city, 1, 0.5)], CLOCK)
    store.write([reading(city, 3, 0.75), reading(city, 3, 0.125, container="C2")], CLOCK)
    state = store.state(city, "C1")
    assert (state.belief.recent, state.belief.level) == ((0.25, 0.5, 0.75), 0.5)
    assert (state.readings, state.fill_ratio, state.fill_at) == (3, 0.75, NOON + timedelta(days=3))
    assert store.state(city, "C2").belief.recent == (0.125,)


@on_every_server("store")
def test_late_and_disordered_readings_count_but_do_not_turn_the_state_back(store: StoreSide, city: str) -> None:
    """A gateway that was offline delivers the morning in the evening: the container stays as full as it is."""
    store.write([reading(city, 3, 0.75), reading(city, 2, 0.5)], CLOCK)
    store.write([reading(city, 1, 0.25)], CLOCK)
    store.write([reading(city, 0, 0.125), reading(city, 2.5, 0.625)], CLOCK)
    state = store.state(city, "C1")
    assert (state.fill_ratio, state.fill_at) == (0.75, NOON + timedelta(days=3))
    assert state.readings == 5
    assert state.belief.recent == (0.125, 0.25, 0.5, 0.625, 0.75)
    assert len(store.readings(city, "C1")) == 5


@on_every_server("store")
def test_truck_stands_where_its_latest_fix_says(store: StoreSide, city: str) -> None:
    """Phones report late and twice; the map must not send a truck back."""
    store.write([position(city, 2, 2.5), position(city, 1, 2.25), position(city, 2, 2.5)], CLOCK)
    store.write([position(city, 0, 2.0), position(city, 1, 2.25)], CLOCK)
    assert store.positions(city, "T1") == [NOON + timedelta(minutes=minutes) for minutes in range(3)]
    assert store.truck(city, "T1") == (NOON + timedelta(minutes=2), 2.5)
    store.write([position(city, 3, 2.75)], CLOCK)
    assert store.truck(city, "T1").lon == 2.75


@on_every_server("store")
def test_record_that_the_store_refuses_is_set_aside_alone(store: StoreSide, city: str) -> None:
    """One text with a NUL must not stop a city: the others are stored, it goes to the technician."""
    refused = rejected(f"tournee/{city}", detail="a NUL: \0")
    readings = [reading(city, day, 0.25) for day in range(6)]
    store.write([*readings[:4], refused, *readings[4:], rejected(f"tournee/{city}")], CLOCK)
    assert len(store.readings(city, "C1")) == 6
    assert store.rejected(f"tournee/{city}") == [("malformed", b"")]
    place = f"kafka:{topics.REJECTED}/0/{refused.offset}"
    assert store.rejected(place) == [("unreadable_record", refused.value)]


@on_every_server("store")
def test_unreadable_record_is_set_aside_once(store: StoreSide, city: str) -> None:
    """What is no message of ours is kept with its bytes, once however often it is read."""
    broken = record(topics.READINGS, b"{not json")
    for _ in range(2):
        store.write([broken, reading(city, 0, 0.25)], CLOCK)
    assert store.rejected(f"kafka:{topics.READINGS}/0/{broken.offset}") == [("unreadable_record", b"{not json")]
    assert store.state(city, "C1").readings == 1


@on_every_server("store")
def test_store_that_is_away_takes_nothing_and_then_all(store: StoreSide, city: str) -> None:
    """The writer commits its offsets only after the store has: until then the batch is tried again, whole."""
    store.write([reading(city, 0, 0.25)], CLOCK)
    batch = [reading(city, 1, 0.5), reading(city, 2, 0.75)]
    store.server.kill()
    with pytest.raises(StoreAway):
        store.write(batch, CLOCK)
    store.server.start()
    assert store.state(city, "C1").readings == 1
    store.write(batch, CLOCK)
    assert store.state(city, "C1").readings == 3
