"""What was promised to a sender: each claim must be found in the store afterwards, once."""

import threading
from collections.abc import Hashable, Iterable
from typing import Literal, NamedTuple

Table = Literal["reading", "position", "rejected", "confirmation", "order", "dispatch"]


class Claim(NamedTuple):
    """A message by the key under which the store must hold it.

    | table | key |
    | --- | --- |
    | reading | container, happened_at |
    | position | truck, happened_at |
    | rejected | MQTT topic or place in Kafka, the bytes kept, reason |
    | confirmation | its id |
    | order | its request's id; it must have ended |
    | dispatch | its id |
    """

    table: Table
    key: Hashable


class Claims:
    """The acknowledged ones, from several threads. Twice the same is one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._claims: set[Claim] = set()

    def add(self, claims: Iterable[Claim]) -> None:
        with self._lock:
            self._claims.update(claims)

    def of(self, table: Table) -> set[Hashable]:
        with self._lock:
            return {claim.key for claim in self._claims if claim.table == table}

    def __len__(self) -> int:
        with self._lock:
            return len(self._claims)
