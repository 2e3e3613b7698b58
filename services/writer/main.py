"""The writer as a process: poll, store, commit, in that order, for ever."""

import logging
import os
from functools import partial

from services.adapters.clock import clock_from
from services.adapters.kafka import EventConsumer, when_there
from services.adapters.timescale.link import StoreLink
from services.contracts.topics import STORED
from services.errors import StreamAway
from services.service import Stopping, start_logging
from services.settings import settings
from services.writer.batch import store_batch

log = logging.getLogger(__name__)

POLL_S = 0.2
SMALL_BATCH = 1000
GATHER_S = 0.05
"""After a small batch, let the next one gather: each costs a transaction and a commit of offsets whatever its size."""


def main() -> None:
    """Run until asked to stop; wait for whatever is away. The offset moves only after the store has committed."""
    config = settings()
    start_logging(config.log_level)
    stopping, clock = Stopping(), clock_from(config.clock)
    subscribe = partial(
        EventConsumer, config.kafka, group="writer", subscribed=STORED, member=os.environ.get("TOURNEE_MEMBER")
    )
    consumer = when_there(subscribe, stopping=stopping)
    if consumer is None:
        return
    store = StoreLink(config.database_url.get_secret_value(), name="writer", stopping=stopping)
    log.info("takes events of %s", ", ".join(STORED))
    while not stopping():
        try:
            records = consumer.poll(POLL_S)
            work = partial(store_batch, records=records, clock=clock)
            if records and store.run(work, what=f"a batch of {len(records)}"):
                consumer.commit()
            if len(records) < SMALL_BATCH:
                stopping.wait(GATHER_S)
        except StreamAway as away:
            log.warning("waiting for Kafka: %s", away)
            stopping.wait(1)
    consumer.close()
    store.close()


if __name__ == "__main__":
    main()
