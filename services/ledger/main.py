"""The ledger as a process: whenever a day's events have changed, its line is computed anew and published."""

import logging
from functools import partial

from services.adapters.clock import Clock, clock_from
from services.adapters.kafka import EventProducer, when_there
from services.adapters.timescale.connection import Connection, store_errors
from services.adapters.timescale.ledger import CityDay, list_changed_days, load_day_events
from services.adapters.timescale.link import StoreLink
from services.adapters.timescale.registry import find_registry
from services.contracts import topics
from services.domain.savings import savings_of_day
from services.service import Stopping, start_logging
from services.settings import settings

log = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0
"""A day under way changes with every confirmation; this is how far its line may lag."""


def main() -> None:
    """Run until asked to stop; wait for whatever is away."""
    config = settings()
    start_logging(config.log_level)
    stopping, clock = Stopping(), clock_from(config.clock)
    producer = when_there(partial(EventProducer, config.kafka, name="ledger"), stopping=stopping)
    if producer is None:
        return
    store = StoreLink(config.database_url.get_secret_value(), name="ledger", stopping=stopping)
    while not stopping.wait(LOOK_EVERY_S):
        store.run(partial(bring_up_to_date, producer=producer, clock=clock), what="the ledger")
    producer.close()
    store.close()


def bring_up_to_date(connection: Connection, producer: EventProducer, clock: Clock) -> None:
    """Compute the line of every day whose events have changed."""
    with store_errors(), connection.transaction():
        changed = list_changed_days(connection)
    for city_day in changed:
        _compute(connection, city_day, producer, clock)


def _compute(connection: Connection, city_day: CityDay, producer: EventProducer, clock: Clock) -> None:
    now = clock.now()  # before reading: what comes meanwhile is newer than the line and computed next time
    with store_errors(), connection.transaction():
        registry = find_registry(connection, city_day.city_id)
        if registry is None:
            return
        events = load_day_events(connection, registry.city, city_day.day)
    line = savings_of_day(registry, city_day.day, events, now=now)
    producer.publish(topics.LEDGER, topics.key(line.city, line.day.isoformat()), line)
    log.info("%s %s: %.0f L, saved %s L", line.city, line.day, line.driven.fuel_l, line.fuel_saved_l)


if __name__ == "__main__":
    main()
