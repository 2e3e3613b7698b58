"""The writer as a process: poll, store, commit, in that order, for ever."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from services.clock import clock_from
from services.contracts.devices import KINDS, trace_of_value
from services.contracts.telemetry import ReadingReceived
from services.contracts.topics import READINGS, REJECTED, STORED
from services.contracts.trace import is_followed
from services.errors import StoreAway
from services.operations.consuming import consume
from services.operations.meters import WriterMeter
from services.operations.service import Service, running_service
from services.settings import Settings, settings
from services.store.connection import Connection
from services.store.link import StoreLink
from services.stream.kafka import EventConsumer, Record, when_there
from services.writer.batch import Batch
from services.writer.upkeep import start_upkeep

log = logging.getLogger(__name__)

SMALL_BATCH = 1000
GATHER_S = 0.05
"""After a small batch, let the next one gather: each costs a transaction and a commit of offsets whatever its size."""
DELAY_ONE_IN = 10
"""Of the readings whose delay is measured: the quantiles are the same, at a tenth of the cost."""


def main() -> None:
    """Run until asked to stop; wait for whatever is away. The offset moves only after the store has committed."""
    config, meter = settings(), WriterMeter()
    with running_service(config, "writer", meter, group="writer") as service:
        subscribe = partial(EventConsumer, config.kafka_at, group="writer", subscribed=STORED, member=config.member)
        consumer = when_there(subscribe, stopping=service.stopping)
        if consumer is None:
            return
        upkeep = start_upkeep(config, service.stopping)
        log.info("takes events of %s", ", ".join(STORED))
        writer = Writer(config, service, meter)
        consume(service, consumer, writer)
        writer.close()
        for thread in upkeep:
            thread.join()


class Writer:
    """Puts batches into the store."""

    def __init__(self, config: Settings, service: Service, meter: WriterMeter) -> None:
        self._stopping = service.stopping
        self._clock = clock_from(config.clock)
        self._meter = meter
        self._store = StoreLink(config.database_url.get_secret_value(), name="writer", stopping=service.stopping)
        self._batch = Batch((), self._clock)
        self._began_s = 0.0

    def take(self, records: Sequence[Record]) -> bool:
        self._began_s = time.monotonic()
        self._batch = Batch(records, self._clock)
        return self._store.run(self._put, what=f"a batch of {len(records)}")

    def committed(self, records: Sequence[Record]) -> None:
        self._meter.committed(len(records), time.monotonic() - self._began_s)
        _note(self._batch, records, self._meter, self._clock.now())

    def between(self, taken: int) -> None:
        if taken < SMALL_BATCH:
            self._stopping.wait(GATHER_S)

    def close(self) -> None:
        self._store.close()

    def _put(self, connection: Connection) -> None:
        try:
            self._batch.store(connection)
        except StoreAway:
            self._meter.store_waits += 1
            raise


def _note(batch: Batch, records: Sequence[Record], meter: WriterMeter, now: datetime) -> None:
    """What a committed batch adds to the counts and, for the messages that are followed, to the log."""
    for topic, messages in batch.messages.items():
        meter.stored[topic] += len(messages)
    if batch.rejected:
        meter.rejected["unreadable_record"] += batch.rejected
    meter.aside += batch.aside
    received = (m.received_at for m in batch.messages[READINGS][::DELAY_ONE_IN] if isinstance(m, ReadingReceived))
    now_s = now.timestamp()
    meter.delay_seconds.observe_all(now_s - at.timestamp() for at in received)
    for record in records:
        if is_followed(record.value) and record.topic in FOLLOWED:
            log.info("stored %s", record.topic, extra={"trace": _trace(record)})


FOLLOWED = frozenset({REJECTED, *(kind.topic for kind in KINDS.values())})


def _trace(record: Record) -> str:
    try:
        return trace_of_value(record.value)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Unreadable: it went to `rejected` under its place.
        return f"kafka:{record.topic}/{record.partition}/{record.offset}"


if __name__ == "__main__":
    main()
