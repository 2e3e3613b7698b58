"""The ledger as a process: whenever a day's events have changed, its line is computed anew and published."""

import logging
import time
from collections.abc import Callable
from functools import partial

from services.city.store import find_registry
from services.clock import Clock, clock_from
from services.contracts import topics
from services.errors import StoreAway, StreamAway
from services.ledger.savings import savings_of_day
from services.ledger.store import CityDay, list_changed_days, load_day_events
from services.operations.meters import LedgerMeter
from services.operations.service import running_service
from services.roads.osm.city_roads import roads_of as roads_of_city
from services.roads.roads import RoadsOf, estimated_roads
from services.settings import settings
from services.store.connection import Connection, store_errors
from services.store.link import StoreLink
from services.stream.kafka import EventProducer, when_there

log = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0
"""A day under way changes with every confirmation; this is how far its line may lag."""


def main() -> None:
    """Run until asked to stop; wait for whatever is away."""
    config, meter = settings(), LedgerMeter()
    with running_service(config, "ledger", meter) as service:
        stopping, clock = service.stopping, clock_from(config.clock)
        producer = when_there(partial(EventProducer, config.kafka, name="ledger"), stopping=stopping)
        if producer is None:
            return
        store = StoreLink(config.database_url.get_secret_value(), name="ledger", stopping=stopping)
        roads_of = partial(roads_of_city, data_folder=config.data_folder)
        books = Books(producer, clock, meter, stopping, roads_of)
        while not stopping.wait(LOOK_EVERY_S):
            store.run(books.bring_up_to_date, what="the ledger")
        producer.close()
        store.close()


class Books:
    """Computes the line of every day whose events have changed. Keeps nothing: what is published tells what is done."""

    def __init__(
        self,
        producer: EventProducer,
        clock: Clock,
        meter: LedgerMeter,
        stopping: Callable[[], bool],
        roads_of: RoadsOf = estimated_roads,
    ) -> None:
        self._producer = producer
        self._roads_of = roads_of
        self._clock = clock
        self._meter = meter
        self._stopping = stopping

    def bring_up_to_date(self, connection: Connection) -> None:
        """Every changed day, or those before the one at which we are told to stop.

        Raises:
            StoreAway, StreamAway: the days published before stay; the others are found again.
        """
        began_s = time.monotonic()
        try:
            with store_errors(), connection.transaction():
                changed = list_changed_days(connection)
            for city_day in changed:
                if self._stopping():
                    return
                self._compute(connection, city_day)
        except (StoreAway, StreamAway):
            self._meter.store_waits += 1
            raise
        self._meter.looked(time.monotonic() - began_s)

    def _compute(self, connection: Connection, city_day: CityDay) -> None:
        now = self._clock.now()  # before reading: what comes meanwhile is newer than the line and computed next time
        with store_errors(), connection.transaction():
            registry = find_registry(connection, city_day.city_id)
            if registry is None:
                return
            events = load_day_events(connection, registry.city, city_day.day)
        on_streets = events.plan is not None and events.plan.roads == "osm"
        roads = self._roads_of(registry) if on_streets else estimated_roads(registry)
        if events.plan is not None and events.plan.roads != roads.source:
            log.warning(
                "%s %s: planned on streets that are not here: nothing is compared", registry.city.id, city_day.day
            )
        line = savings_of_day(registry, city_day.day, events, now=now, roads=roads)
        self._producer.publish(topics.LEDGER, topics.key(line.city, line.day.isoformat()), line)
        self._meter.lines += 1
        log.info(
            *("%s %s: %.0f L, saved %s L", line.city, line.day, line.driven.fuel_l, line.fuel_saved_l),
            extra={"trace": line.trace_id},
        )


if __name__ == "__main__":
    main()
