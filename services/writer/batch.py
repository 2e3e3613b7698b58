"""One batch: records to messages, messages to rows; the same batch again changes nothing."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

from services.clock import Clock
from services.contracts import topics
from services.contracts.fields import Message
from services.contracts.telemetry import MessageRejected
from services.errors import StoreAway
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
        self.aside = 0
        """Messages whose handler took them and let them change nothing."""
        for record in records:
            self._read(record)

    def __len__(self) -> int:
        return len(self._records)

    def store(self, connection: Store) -> None:
        """Put the batch into the store, each topic whole or not at all.

        A record that cannot be stored, be it that the store refuses it (a text with a NUL) or that it breaks our own
        code, is found by halving, goes to `rejected`, and the others are stored: one bad message stops nobody.

        Raises:
            StoreAway: the store went away; store the batch again, whole.
        """
        self.aside = 0
        try:
            self._put(connection, self.messages)
        except StoreAway:
            raise
        except Exception as refused:  # noqa: BLE001 - whatever it is, it is told under its record's place
            self.rejected = 0
            if len(self._records) > 1:
                self._store_halves(connection)
                return
            self.rejected, self.aside = 1, 0
            self._put(connection, {topics.REJECTED: [self._set_aside(self._records[0], refused)]})

    def _put(self, connection: Store, messages: Mapping[str, Sequence[Message]]) -> None:
        """A transaction a topic: readings and confirmations lock containers in an order of their own each."""
        for topic, handler in self._handlers.items():
            if batch := messages.get(topic):
                with store_errors(), connection.transaction():
                    self.aside += handler.store(connection, batch) or 0

    def _store_halves(self, connection: Store) -> None:
        """Topics that were stored before the refusal are stored again, which changes nothing."""
        self.aside = 0
        middle = len(self._records) // 2
        for records in (self._records[:middle], self._records[middle:]):
            half = Batch(records, self._clock, self._handlers)
            half.store(connection)
            self.rejected += half.rejected
            self.aside += half.aside

    def _read(self, record: Record) -> None:
        """A record that is not what its topic holds must not stop the rest."""
        try:
            self.messages[record.topic].append(self._handlers[record.topic].contract.model_validate_json(record.value))
        except Exception as error:  # noqa: BLE001 - a validator that breaks is no better than one that refuses
            self.rejected += 1
            self.messages[topics.REJECTED].append(self._set_aside(record, error))

    def _set_aside(self, record: Record, why: Exception) -> MessageRejected:
        """Its place in Kafka is its id."""
        place = place_of(record)
        log.warning("a record goes to rejected: %s", type(why).__name__, extra={"trace": place})
        return MessageRejected.model_construct(
            id=uuid5(NAMESPACE_URL, place),
            reason="unreadable_record",
            detail=_storable(str(why))[:1000],
            mqtt_topic=place,
            payload=record.value,
            received_at=self._clock.now(),
        )


def _storable(text: str) -> str:
    """Without what PostgreSQL cannot hold: NULs, and halves of a character."""
    return text.replace("\0", "").encode(errors="replace").decode()


def place_of(record: Record) -> str:
    """Where a record lies in Kafka."""
    return f"kafka:{record.topic}/{record.partition}/{record.offset}"
