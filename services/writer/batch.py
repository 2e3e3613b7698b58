"""One batch: records to messages, messages to rows, all in one transaction."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from services.adapters.clock import Clock
from services.adapters.kafka import Record
from services.adapters.timescale.connection import Connection, store_errors
from services.contracts import topics
from services.contracts.fields import Message
from services.contracts.telemetry import MessageRejected
from services.errors import StoreRefused
from services.writer.handlers import HANDLERS

log = logging.getLogger(__name__)


def store_batch(connection: Connection, records: Sequence[Record], clock: Clock) -> None:
    """Put a batch into the store, or nothing of it.

    A record whose content the store refuses (say, a text with a NUL) is found by halving, goes to `rejected`, and the
    others are stored: one bad message must not stop a city.

    Raises:
        StoreAway: the store went away; the batch may be stored again, whole.
    """
    try:
        _store(connection, _by_topic(records, clock))
    except StoreRefused as refused:
        if len(records) > 1:
            middle = len(records) // 2
            store_batch(connection, records[:middle], clock)
            store_batch(connection, records[middle:], clock)
            return
        log.warning("record %s goes to rejected: %s", _place(records[0]), refused)
        _store(connection, {topics.REJECTED: [_unreadable(records[0], refused, clock)]})


def _store(connection: Connection, messages: Mapping[str, Sequence[Message]]) -> None:
    with store_errors(), connection.transaction():
        for topic, handler in HANDLERS.items():
            if batch := messages.get(topic):
                handler.store(connection, batch)


def _by_topic(records: Sequence[Record], clock: Clock) -> defaultdict[str, list[Message]]:
    messages: defaultdict[str, list[Message]] = defaultdict(list)
    for record in records:
        try:
            messages[record.topic].append(HANDLERS[record.topic].contract.model_validate_json(record.value))
        except ValidationError as error:
            log.warning("unreadable record %s goes to rejected", _place(record))
            messages[topics.REJECTED].append(_unreadable(record, error, clock))
    return messages


def _place(record: Record) -> str:
    return f"kafka:{record.topic}/{record.partition}/{record.offset}"


def _unreadable(record: Record, error: Exception, clock: Clock) -> MessageRejected:
    """A record that is not what its topic holds must not stop the rest; its place in Kafka is its id."""
    place = _place(record)
    return MessageRejected.model_construct(
        id=uuid5(NAMESPACE_URL, place),
        reason="unreadable_record",
        detail=str(error).replace("\0", "")[:1000],
        mqtt_topic=place,
        payload=record.value,
        received_at=clock.now(),
    )
