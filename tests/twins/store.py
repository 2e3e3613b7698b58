"""The store's twin, as far as telemetry goes: what `services.writer.telemetry` promises, in dicts."""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.contracts import topics
from services.contracts.telemetry import MessageRejected, PositionReceived, ReadingReceived
from services.errors import StoreAway, StoreRefused
from tests.twins.server import MemoryServer

type Device = tuple[str, str]
"""City and container, or city and truck."""
type Moment = tuple[str, str, datetime]
"""City, device, happened_at."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class ContainerState:
    """A row of `container_state`, without emptyings: those come with confirmations, which are not taken here."""

    fill_epoch: datetime
    fill_ratio: float
    fill_at: datetime
    battery_ratio: float | None
    readings: int = 0
    sum_x: float = 0.0
    sum_y: float = 0.0
    sum_xx: float = 0.0
    sum_xy: float = 0.0


@dataclass
class Tables:
    """Rows by their unique key."""

    readings: dict[Moment, ReadingReceived] = field(default_factory=dict)
    positions: dict[Moment, PositionReceived] = field(default_factory=dict)
    rejected: dict[UUID, MessageRejected] = field(default_factory=dict)
    container_states: dict[Device, ContainerState] = field(default_factory=dict)
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
    """Take what is new, and bring the containers' states up to date."""
    rows = store.tables.readings
    fresh: dict[Moment, ReadingReceived] = {}
    for reading in readings:
        key = (reading.city, reading.container, reading.happened_at)
        if key not in rows:
            fresh.setdefault(key, reading)
    rows.update(fresh)
    states = store.tables.container_states
    for _, reading in sorted(fresh.items()):
        container = (reading.city, reading.container)
        states[container] = _heard(states.get(container), reading)


def _heard(state: ContainerState | None, reading: ReadingReceived) -> ContainerState:
    """The state after one more reading: the latest counts, late ones only in the sums."""
    at, fill_ratio = reading.happened_at, _float4(reading.fill_ratio)
    if state is None:
        state = ContainerState(at, fill_ratio, at, reading.battery_ratio)
    if at > state.fill_at:
        state = replace(state, fill_ratio=fill_ratio, fill_at=at, battery_ratio=reading.battery_ratio)
    x = (at - state.fill_epoch) / DAY
    return replace(
        state,
        readings=state.readings + 1,
        sum_x=state.sum_x + x,
        sum_y=state.sum_y + fill_ratio,
        sum_xx=state.sum_xx + x * x,
        sum_xy=state.sum_xy + x * fill_ratio,
    )


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
