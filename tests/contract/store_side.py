"""The store behind the writer's own code, of each kind, and what is in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import psycopg

from infra.stack.server import Server
from infra.stack.stack import Stack
from services.clock import Clock
from services.fill.belief import Belief
from services.fill.store import Behind, bring_up, find_horizon
from services.store.connection import connect
from services.stream.kafka import Record
from services.writer.batch import Batch
from services.writer.handlers import HANDLERS, Handler
from tests.contract.capabilities import Kind
from tests.twins.store import STORES, MemoryStore, belief_of, find_latest

MEMORY_HANDLERS = {topic: Handler(HANDLERS[topic].contract, store) for topic, store in STORES.items()}


class StoredReading(NamedTuple):
    happened_at: datetime
    fill_ratio: float


class State(NamedTuple):
    """A container's latest reading, how many there are, and what they teach."""

    fill_ratio: float
    fill_at: datetime
    readings: int
    belief: Belief


class Truck(NamedTuple):
    happened_at: datetime
    lon: float


class StoreSide(Protocol):
    """What the tests do with a store."""

    @property
    def kind(self) -> Kind: ...
    @property
    def server(self) -> Server | MemoryStore: ...

    def write(self, records: Sequence[Record], clock: Clock) -> None:
        """As the writer does.

        Raises:
            StoreAway: the store is away; nothing is stored.
        """

    def readings(self, city: str, container: str) -> list[StoredReading]:
        """In the order of time."""

    def state(self, city: str, container: str) -> State: ...
    def positions(self, city: str, truck: str) -> list[datetime]:
        """In the order of time."""

    def truck(self, city: str, truck: str) -> Truck: ...
    def rejected(self, where: str) -> list[tuple[str, bytes]]:
        """Reason and payload of those whose topic begins so, sorted."""


class MemoryStoreSide:
    kind: Kind = "memory"

    def __init__(self) -> None:
        self.server = MemoryStore()

    def write(self, records: Sequence[Record], clock: Clock) -> None:
        Batch(records, clock, MEMORY_HANDLERS).store(self.server)

    def readings(self, city: str, container: str) -> list[StoredReading]:
        rows = sorted(self.server.tables.readings.items())
        return [StoredReading(at, r.fill_ratio) for (*device, at), r in rows if device == [city, container]]

    def state(self, city: str, container: str) -> State:
        latest = find_latest(self.server, city, container)
        assert latest is not None
        count = len(self.readings(city, container))
        return State(latest.fill_ratio, latest.happened_at, count, belief_of(self.server, city, container))

    def positions(self, city: str, truck: str) -> list[datetime]:
        return sorted(at for *device, at in self.server.tables.positions if device == [city, truck])

    def truck(self, city: str, truck: str) -> Truck:
        latest = self.server.tables.trucks[city, truck]
        return Truck(latest.happened_at, latest.lon)

    def rejected(self, where: str) -> list[tuple[str, bytes]]:
        rows = self.server.tables.rejected.values()
        return sorted((r.reason, r.payload) for r in rows if r.mqtt_topic.startswith(where))


class NetworkStore:
    def __init__(self, stack: Stack, database_url: str) -> None:
        self.kind: Kind = stack.kind
        self.server = stack.server("postgres")
        self._url = database_url

    def write(self, records: Sequence[Record], clock: Clock) -> None:
        connection = connect(self._url, name="contract")
        try:
            Batch(records, clock).store(connection)
        finally:
            connection.close()

    def readings(self, city: str, container: str) -> list[StoredReading]:
        sql = (
            "SELECT happened_at, fill_ratio FROM reading"
            " WHERE city_id = %(city)s AND container_id = %(device)s ORDER BY happened_at"
        )
        return [StoredReading(*row) for row in self._query(sql, {"city": city, "device": container})]

    def state(self, city: str, container: str) -> State:
        ((fill_ratio, fill_at, readings, news_from),) = self._query(
            "SELECT fill_ratio, fill_at, readings, least(news_from, folding_from) FROM container_state"
            " WHERE city_id = %(city)s AND container_id = %(device)s",
            {"city": city, "device": container},
        )
        with connect(self._url, name="contract") as connection:
            behind = Behind(city, container, news_from, None)
            (brought,) = bring_up(connection, [behind], find_horizon(connection))
        return State(fill_ratio, fill_at, readings, brought.reached.belief)

    def positions(self, city: str, truck: str) -> list[datetime]:
        sql = "SELECT happened_at FROM position WHERE city_id = %(city)s AND truck_id = %(device)s ORDER BY 1"
        return [at for (at,) in self._query(sql, {"city": city, "device": truck})]

    def truck(self, city: str, truck: str) -> Truck:
        sql = "SELECT happened_at, lon FROM truck_state WHERE city_id = %(city)s AND truck_id = %(device)s"
        ((at, lon),) = self._query(sql, {"city": city, "device": truck})
        return Truck(at, lon)

    def rejected(self, where: str) -> list[tuple[str, bytes]]:
        sql = "SELECT reason, payload FROM rejected WHERE starts_with(mqtt_topic, %(where)s)"
        return sorted((reason, bytes(payload)) for reason, payload in self._query(sql, {"where": where}))

    def _query(self, sql: str, values: Mapping[str, str]) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url) as connection:
            return connection.execute(sql, values).fetchall()
