"""The planner as a process: orders from Kafka and from each city's morning."""

import logging
import os
import time
from functools import partial

from pydantic import ValidationError

from services.adapters.clock import clock_from
from services.adapters.kafka import EventConsumer, EventProducer, Record, when_there
from services.adapters.timescale.link import StoreLink
from services.contracts.planning import PlanDay
from services.contracts.topics import ORDERS
from services.errors import StreamAway
from services.planner.planner import Planner
from services.service import Stopping, start_logging
from services.settings import settings

log = logging.getLogger(__name__)

POLL_S = 0.2
MORNINGS_EVERY_S = 20.0


def main() -> None:
    """Run until asked to stop; wait for whatever is away. An order counts as done when its plan is in Kafka."""
    config = settings()
    start_logging(config.log_level)
    stopping = Stopping()
    producer = when_there(partial(EventProducer, config.kafka, name="planner"), stopping=stopping)
    subscribe = partial(
        EventConsumer, config.kafka, group="planner", subscribed=[ORDERS], member=os.environ.get("TOURNEE_MEMBER")
    )
    consumer = when_there(subscribe, stopping=stopping)
    if producer is None or consumer is None:
        return
    planner = Planner(producer, clock_from(config.clock))
    store = StoreLink(config.database_url.get_secret_value(), name="planner", stopping=stopping)
    mornings_s = -MORNINGS_EVERY_S
    log.info("takes orders")
    while not stopping():
        try:
            records = consumer.poll(POLL_S)
            if records and all(_carry_out(record, planner, store) for record in records):
                consumer.commit()
        except StreamAway as away:
            log.warning("waiting for Kafka: %s", away)
            stopping.wait(1)
        if time.monotonic() - mornings_s > MORNINGS_EVERY_S:
            mornings_s = time.monotonic()
            store.run(planner.order_mornings, what="the morning")
    consumer.close()
    producer.close()
    store.close()


def _carry_out(record: Record, planner: Planner, store: StoreLink) -> bool:
    """One order; False only when told to stop before it was carried out."""
    try:
        order = PlanDay.model_validate_json(record.value)
    except ValidationError as error:
        log.warning("an unreadable order is left aside: %s", error)
        return True
    return store.run(partial(planner.carry_out, order=order), what=f"order {order.request_id}")


if __name__ == "__main__":
    main()
