"""The writer as a process: poll, store, commit, in that order, for ever."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from services.clock import clock_from
from services.contracts.telemetry import ReadingReceived
from services.contracts.topics import POSITIONS, READINGS, REJECTED, STORED
from services.contracts.trace import is_followed, trace_of_value
from services.errors import StoreAway, StreamAway
from services.operations.meters import WriterMeter
from services.operations.service import Service, running_service
from services.settings import Settings, settings
from services.store.connection import Connection
from services.store.link import StoreLink
from services.stream.kafka import EventConsumer, Record, when_there
from services.writer.batch import Batch
from services.writer.upkeep import start_upkeep

log = logging.getLogger(__name__)

POLL_S = 0.2
SMALL_BATCH = 1000
GATHER_S = 0.05
"""After a small batch, let the next one gather: each costs a transaction and a commit of offsets whatever its size."""
DELAY_ONE_IN = 10
"""Of the readings whose delay is measured: the quantiles are the same, at a tenth of the cost."""


def main() -> None:
    """Run until asked to stop; wait for whatever is away. The offset moves only after the store has committed."""
    config, meter = settings(), WriterMeter()
    with running_service(config, "writer", meter, group="writer") as service:
        subscribe = partial(EventConsumer, config.kafka, group="writer", subscribed=STORED, member=config.member)
        consumer = when_there(subscribe, stopping=service.stopping)
        if consumer is None:
            return
        upkeep = start_upkeep(config, service.stopping)
        log.info("takes events of %s", ", ".join(STORED))
        _write(config, service, consumer, meter)
        consumer.close()
        upkeep.join()


def _write(config: Settings, service: Service, consumer: EventConsumer, meter: WriterMeter) -> None:
    stopping, clock = service.stopping, clock_from(config.clock)
    store = StoreLink(config.database_url.get_secret_value(), name="writer", stopping=stopping)
    while not stopping():
        try:
            records = consumer.poll(POLL_S)
            if records:
                batch, began_s = Batch(records, clock), time.monotonic()
                if store.run(partial(_store, batch=batch, meter=meter), what=f"a batch of {len(records)}"):
                    consumer.commit()
                    meter.committed(len(records), time.monotonic() - began_s)
                    _note(batch, records, meter, clock.now())
            if len(records) < SMALL_BATCH:
                stopping.wait(GATHER_S)
        except StreamAway as away:
            log.warning("waiting for Kafka: %s", away)
            stopping.wait(1)
    store.close()


def _store(connection: Connection, batch: Batch, meter: WriterMeter) -> None:
    try:
        batch.store(connection)
    except StoreAway:
        meter.store_waits += 1
        raise


def _note(batch: Batch, records: Sequence[Record], meter: WriterMeter, now: datetime) -> None:
    """What a committed batch adds to the counts and, for the messages that are followed, to the log."""
    for topic, messages in batch.messages.items():
        meter.stored[topic] += len(messages)
    if batch.rejected:
        meter.rejected["unreadable_record"] += batch.rejected
    received = (m.received_at for m in batch.messages[READINGS][::DELAY_ONE_IN] if isinstance(m, ReadingReceived))
    now_s = now.timestamp()
    meter.delay_seconds.observe_all(now_s - at.timestamp() for at in received)
    for record in records:
        if is_followed(record.value) and record.topic in FOLLOWED:
            log.info("stored %s", record.topic, extra={"trace": _trace(record)})


FOLLOWED = frozenset({READINGS, POSITIONS, REJECTED})


def _trace(record: Record) -> str:
    try:
        return trace_of_value(record.value)
    except (ValueError, KeyError):  # unreadable: it went to `rejected` under its place
        return f"kafka:{record.topic}/{record.partition}/{record.offset}"


if __name__ == "__main__":
    main()
