"""The planner as a process: orders from Kafka and from each city's morning."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from pydantic import ValidationError

from services.clock import clock_from
from services.contracts.planning import PlanDay
from services.contracts.topics import DISTRICT_PLANS, ORDERS, SEARCH_ENDS
from services.errors import StoreAway, StreamAway
from services.operations.consuming import Aside, consume
from services.operations.logs import about
from services.operations.meters import PlannerMeter
from services.operations.service import Service, running_service
from services.planning.counted import Counted
from services.planning.district_queue import KafkaDistrictQueue
from services.planning.ended import EndedSearches, listen
from services.planning.freshness import CityAges
from services.planning.planner import Planner, Publishes
from services.planning.sharing import Sharing, SharingRules
from services.planning.store import is_settled
from services.planning.waiting import MOST_OF_A_CITY, Waited, Waiting
from services.roads.osm.city_roads import roads_of as roads_of_city
from services.settings import Settings, settings
from services.store.connection import Connection
from services.store.link import StoreLink
from services.stream.kafka import EventConsumer, EventProducer, Record, when_there

log = logging.getLogger(__name__)

MORNINGS_EVERY_S = 20.0
LEAVE_S = 2.0
"""The thread that hears of ended searches has to leave its group."""
BEYOND_LIMIT_S = 600.0
"""What an order may take beyond its time limit: reading the city, the last step of the search, publishing."""


def main() -> None:
    """Run until asked to stop; wait for whatever is away. An order counts as done when its plan is in Kafka.

    Told to stop amid an order, it leaves at once: nothing of the order is settled, and the next start carries it out.
    """
    config, meter = settings(), PlannerMeter()
    with running_service(config, "planner", meter, group="planner") as service:
        stopping, clock = service.stopping, clock_from(config.clock)
        producer = when_there(partial(EventProducer, config.kafka_at, name="planner"), stopping=stopping)
        subscribe = partial(EventConsumer, config.kafka_at, group="planner", subscribed=[ORDERS], member=config.member)
        consumer = when_there(subscribe, stopping=stopping)
        if producer is None or consumer is None:
            return
        roads_of = partial(roads_of_city, data_folder=config.data_folder)
        ended, no_more = EndedSearches(), threading.Event()
        hearing = listen(partial(_hear_ends, config), ended, no_more)
        planner = Planner(Counted(producer, meter), clock, roads_of, _sharing(config, producer, meter), ended)
        orders = Orders(planner, CityAges(clock), config, service, meter, consumer.commit)
        log.info("takes orders")
        consume(service, consumer, orders)
        no_more.set()
        hearing.join(LEAVE_S)
        if not service.is_left_working:
            producer.close()


def _hear_ends(config: Settings) -> EventConsumer:
    """Each planner hears every end, under a group of its own: nobody knows which of them has the order."""
    group, wanted = f"search-ends-{config.member}", [SEARCH_ENDS]
    return EventConsumer(config.kafka_at, group=group, subscribed=wanted, member=config.member)


def _sharing(config: Settings, producer: Publishes, meter: PlannerMeter) -> Sharing:
    """Each planner hears every answer, under a group of its own."""
    group = f"district-plans-{config.member}"
    subscribe = partial(EventConsumer, config.kafka_at, group=group, subscribed=[DISTRICT_PLANS], member=config.member)
    rules = SharingRules(config.plan_by_district_above, config.plan_district_stops, config.plan_rounds)
    return Sharing(KafkaDistrictQueue(producer, config.kafka_at, subscribe), rules, meter.districts)


class Orders:
    """Carries orders out, by city in turn, without ever holding up the end; orders the mornings between them.

    All that have come wait here, and Kafka hears of them once none waits any more. Whoever starts after a fall has them
    all again, and passes over those that the store knows to be settled.
    """

    def __init__(
        self,
        planner: Planner,
        ages: CityAges,
        config: Settings,
        service: Service,
        meter: PlannerMeter,
        commit: Callable[[], None],
    ) -> None:
        self._planner = planner
        self._ages = ages
        self._service = service
        self._meter = meter
        self._aside = Aside(service, "an order", left="the next start carries it out")
        self._store = StoreLink(config.database_url.get_secret_value(), name="planner", stopping=OrderStop(service))
        self._looked_s = -MORNINGS_EVERY_S
        self._waiting = Waiting()
        self._commit = commit
        meter.plan_ages, meter.reading_ages, meter.plan_overdue = ages.plan_ages, ages.reading_ages, ages.plan_overdue

    def take(self, records: Sequence[Record]) -> bool:
        for record in records:
            self._let_wait(record)
        return len(self._waiting) == 0 or self._carry_out_next()

    def _let_wait(self, record: Record) -> None:
        try:
            order = PlanDay.model_validate_json(record.value)
        except ValidationError as error:
            log.warning("an unreadable order is left aside: %s", error)
            return
        if not self._waiting.add(order):
            self._planner.refuse(order, f"{MOST_OF_A_CITY} orders of this city wait already; order again later")

    def _carry_out_next(self) -> bool:
        """One of those that wait; True once none is left."""
        waited = self._waiting.take_next(time.monotonic())
        is_done = self._aside.do(lambda: self._carry_out(waited))
        return is_done and len(self._waiting) == 0

    def committed(self, records: Sequence[Record]) -> None:
        """What became of each order stands in the planner's own messages."""

    def between(self, taken: int) -> None:  # noqa: ARG002 - mornings come by the clock
        """Order the mornings that have come, now and then."""
        if self._aside.is_working:
            return
        if len(self._waiting) and not self._service.stopping.is_asked() and self._carry_out_next():
            self._tell_settled()
        if self._aside.is_working or time.monotonic() - self._looked_s < MORNINGS_EVERY_S:
            return
        self._looked_s = time.monotonic()
        self._store.run(self._counting_waits(self._planner.order_mornings), what="the morning")
        self._store.run(self._counting_waits(self._ages.look), what="the ages of plans")

    def _tell_settled(self) -> None:
        try:
            self._commit()
        except StreamAway as away:
            log.warning("waiting for Kafka: %s", away)  # the next poll says it again, before it asks for more

    def _carry_out(self, waited: Waited) -> bool:
        """One order and its twins; False only when told to stop before it was carried out."""
        order = waited.order

        def work(connection: Connection) -> None:
            began_s = time.monotonic()
            self._service.probe.turned(next_within_s=order.time_limit_s + BEYOND_LIMIT_S)
            # Of each by itself: after a fall one that was settled comes again, and may have found twins meanwhile.
            open_orders = [each for each in (order, *waited.twins) if not is_settled(connection, each)]
            if not open_orders:
                return
            self._planner.carry_out(connection, open_orders[0], open_orders[1:])
            took_s = time.monotonic() - began_s
            self._waiting.spend(order.city, took_s, time.monotonic())
            self._meter.plan_seconds.observe(took_s)

        with about(order.trace_id):
            return self._store.run(self._counting_waits(work), what=f"order {order.request_id}")

    def _counting_waits(self, work: Callable[[Connection], None]) -> Callable[[Connection], None]:
        def counting(connection: Connection) -> None:
            try:
                work(connection)
            except (StoreAway, StreamAway):
                self._meter.store_waits += 1
                raise

        return counting


class OrderStop:
    """Asks whether to stop for the order's thread: while the main one waits for it, its asking is the sign of life."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self) -> bool:
        return self.wait(0)

    def wait(self, timeout_s: float) -> bool:
        self._service.probe.turned()
        return self._service.stopping.is_asked(timeout_s)


if __name__ == "__main__":
    main()
