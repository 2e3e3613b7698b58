"""One batch: records to messages, messages to rows; the same batch again changes nothing."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from services.clock import Clock
from services.contracts import topics
from services.contracts.fields import Message
from services.contracts.telemetry import MessageRejected
from services.errors import StoreRefused
from services.store.connection import store_errors
from services.stream.kafka import Record
from services.writer.handlers import HANDLERS, Handlers

log = logging.getLogger(__name__)


class Store(Protocol):
    """A connection to the store, or its in-memory twin."""

    def transaction(self) -> AbstractContextManager[object]: ...


class Batch:
    """Records read once, and stored again from the beginning when the store goes away meanwhile: keys are unique."""

    def __init__(self, records: Sequence[Record], clock: Clock, handlers: Handlers = HANDLERS) -> None:
        self._handlers = handlers
        self._records = records
        self._clock = clock
        self.messages: defaultdict[str, list[Message]] = defaultdict(list)
        """By topic; an unreadable record is a `MessageRejected`."""
        self.rejected = 0
        for record in records:
            self._read(record)

    def __len__(self) -> int:
        return len(self._records)

    def store(self, connection: Store) -> None:
        """Put the batch into the store, each topic whole or not at all.

        A record whose content the store refuses (say, a text with a NUL) is found by halving, goes to `rejected`, and
        the others are stored: one bad message must not stop a city.

        Raises:
            StoreAway: the store went away; store the batch again, whole.
        """
        try:
            self._put(connection, self.messages)
        except StoreRefused as refused:
            self.rejected = 0
            if len(self._records) > 1:
                self._store_halves(connection)
                return
            self.rejected = 1
            self._put(connection, {topics.REJECTED: [self._set_aside(self._records[0], refused)]})

    def _put(self, connection: Store, messages: Mapping[str, Sequence[Message]]) -> None:
        """A transaction a topic: readings and confirmations lock containers in an order of their own each."""
        for topic, handler in self._handlers.items():
            if batch := messages.get(topic):
                with store_errors(), connection.transaction():
                    handler.store(connection, batch)

    def _store_halves(self, connection: Store) -> None:
        middle = len(self._records) // 2
        for records in (self._records[:middle], self._records[middle:]):
            half = Batch(records, self._clock, self._handlers)
            half.store(connection)
            self.rejected += half.rejected

    def _read(self, record: Record) -> None:
        """A record that is not what its topic holds must not stop the rest."""
        try:
            self.messages[record.topic].append(self._handlers[record.topic].contract.model_validate_json(record.value))
        except ValidationError as error:
            self.rejected += 1
            self.messages[topics.REJECTED].append(self._set_aside(record, error))

    def _set_aside(self, record: Record, why: Exception) -> MessageRejected:
        """Its place in Kafka is its id."""
        place = place_of(record)
        log.warning("a record goes to rejected: %s", type(why).__name__, extra={"trace": place})
        return MessageRejected.model_construct(
            id=uuid5(NAMESPACE_URL, place),
            reason="unreadable_record",
            detail=str(why).replace("\0", "")[:1000],
            mqtt_topic=place,
            payload=record.value,
            received_at=self._clock.now(),
        )


def place_of(record: Record) -> str:
    """Where a record lies in Kafka."""
    return f"kafka:{record.topic}/{record.partition}/{record.offset}"
