"""The store's twin, as far as telemetry goes: what `services.writer.telemetry` promises, in dicts."""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.contracts import topics
from services.contracts.telemetry import MessageRejected, PositionReceived, ReadingReceived
from services.errors import StoreAway, StoreRefused
from services.fill.belief import Belief
from services.fill.evidence import Evidence
from services.fill.replay import from_nothing, replay
from tests.twins.server import MemoryServer

type Device = tuple[str, str]
"""City and truck."""
type Moment = tuple[str, str, datetime]
"""City, device, happened_at."""


@dataclass
class Tables:
    """Rows by their unique key."""

    readings: dict[Moment, ReadingReceived] = field(default_factory=dict)
    positions: dict[Moment, PositionReceived] = field(default_factory=dict)
    rejected: dict[UUID, MessageRejected] = field(default_factory=dict)
    trucks: dict[Device, PositionReceived] = field(default_factory=dict)
    """Of each truck its latest position."""

    def copy(self) -> "Tables":
        return Tables(*(dict(table) for table in vars(self).values()))


class MemoryStore(MemoryServer):
    """For one writer at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.tables = Tables()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, or nothing.

        Raises:
            StoreAway: the store is away, from the beginning or at the end.
        """
        before = self.tables
        self._see_whether_there()
        self.tables = before.copy()
        try:
            yield
            self._see_whether_there()
        except BaseException:
            self.tables = before
            raise

    def _see_whether_there(self) -> None:
        if not self.is_there:
            raise StoreAway("the store does not answer")


def store_readings(store: MemoryStore, readings: Sequence[ReadingReceived]) -> None:
    """Take what is new."""
    for reading in readings:
        store.tables.readings.setdefault((reading.city, reading.container, reading.happened_at), reading)


def find_latest(store: MemoryStore, city: str, container: str) -> ReadingReceived | None:
    """A container's latest reading."""
    return max(_readings_of(store, city, container), key=lambda reading: reading.happened_at, default=None)


def belief_of(store: MemoryStore, city: str, container: str) -> Belief:
    """What its readings teach, in the order in which they happened; emptyings are not taken here."""
    readings = sorted(_readings_of(store, city, container), key=lambda reading: reading.happened_at)
    evidence = (Evidence("reading", r.happened_at, r.received_at, _float4(r.fill_ratio)) for r in readings)
    return replay(from_nothing(), evidence)[0].belief


def _readings_of(store: MemoryStore, city: str, container: str) -> list[ReadingReceived]:
    return [reading for (*device, _), reading in store.tables.readings.items() if device == [city, container]]


def store_positions(store: MemoryStore, positions: Sequence[PositionReceived]) -> None:
    """Take what is new, and move the trucks."""
    trucks = store.tables.trucks
    for position in positions:
        store.tables.positions.setdefault((position.city, position.truck, position.happened_at), position)
        truck = (position.city, position.truck)
        if truck not in trucks or position.happened_at > trucks[truck].happened_at:
            trucks[truck] = position


def store_rejected(store: MemoryStore, rejected: Sequence[MessageRejected]) -> None:
    """Take what is new.

    Raises:
        StoreRefused: a text holds a NUL, which PostgreSQL's cannot.
    """
    for message in rejected:
        if "\0" in message.mqtt_topic + message.detail:
            raise StoreRefused(f"the store refused: a NUL in the topic or detail of {message.id}")
        store.tables.rejected.setdefault(message.id, message)


STORES: Mapping[str, Callable[[MemoryStore, Sequence[Any]], None]] = {
    topics.READINGS: store_readings,
    topics.POSITIONS: store_positions,
    topics.REJECTED: store_rejected,
}
"""What takes the messages of a topic, for the writer's table of handlers."""


def _float4(value: float) -> float:
    """As PostgreSQL's `real` keeps it."""
    rounded: float = struct.unpack("f", struct.pack("f", value))[0]
    return rounded
