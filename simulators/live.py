"""The world paced against the wall clock: for a demo that stays open."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.events import Confirmation, Event
from simulators.mqtt import Publisher
from simulators.trucks.driver import Driver
from simulators.trucks.phone import DriverClient, Outbox, OutOfReach, PhoneError
from simulators.world import World

logger = logging.getLogger(__name__)

TICK_S = 0.25
POLL_S = 3.0
"""Wall seconds between two looks for a circuit."""


@dataclass
class SimulatedNow:
    """`start` when made, `speed` times as fast as the wall clock since."""

    start: datetime
    speed: float
    wall_s: Callable[[], float] = time.time
    _begun_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._begun_s = self.wall_s()

    def __call__(self) -> datetime:
        return self.start + timedelta(seconds=(self.wall_s() - self._begun_s) * self.speed)


class TruckAtWork:
    """One truck's phone and driver: takes over a new circuit, also while on the road."""

    def __init__(self, world: World, client: DriverClient) -> None:
        self._world = world
        self._client = client
        self.outbox = Outbox(client)
        self._driver: Driver | None = None
        self._events: Iterator[Event] = iter(())
        self._pending: Event | None = None

    def look_for_circuit(self, now: datetime) -> None:
        """Fetch today's circuit; a plan not seen before replaces what is being driven."""
        day = now.astimezone(self._world.city.timezone).date()
        try:
            circuit = self._client.find_circuit(day)
        except OutOfReach as error:
            logger.info("no circuit for now: %s", error)
            return
        except PhoneError as error:
            logger.error("this truck gets no circuit: %s", error)  # noqa: TRY400 - the web's answer says it all
            return
        if circuit is None or (self._driver is not None and circuit["plan_id"] == self._driver.plan_id):
            return
        driver = self._world.driver(circuit)
        same_day = self._driver is not None and self._driver.circuit["day"] == circuit["day"]
        if self._driver is not None and same_day:
            begins = now if self._pending is None else max(now, self._pending.happened_at)
            driver.take_over(self._driver, begins.timestamp())
        else:
            driver.at_s = max(driver.at_s, now.timestamp())
        logger.info("%s drives plan %s", driver.truck_id, driver.plan_id)
        self._driver = driver
        self._events = driver.events()
        # What the old plan's crew was about to report is not lost; the new plan begins after it.
        if self._pending is None or not same_day:
            self._pending = next(self._events, None)

    def report(self) -> None:
        """Send what the outbox holds. A refusal concerns this truck; the rest of the city lives on."""
        try:
            self.outbox.flush()
        except PhoneError as error:
            logger.error("%d confirmations set aside: %s", self.outbox.set_aside(), error)  # noqa: TRY400

    def events_until(self, now: datetime) -> Iterator[Event]:
        """What has happened since the last call."""
        while self._pending is not None and self._pending.happened_at <= now:
            yield self._pending
            self._pending = next(self._events, None)


def run_live(
    world: World,
    publisher: Publisher,
    clients: list[DriverClient],
    now: Callable[[], datetime],
    stop: Callable[[], bool],
    since: datetime | None = None,
    sleep: Callable[[float], None] = time.sleep,
    wall_s: Callable[[], float] = time.monotonic,
) -> None:
    """Let the city live until `stop()`: readings, trucks on the circuits that the web sends them, confirmations.

    `now` is the simulated instant, from the same clock as the product's (see `SimulatedNow`); `since` is where the
    readings go on, `now()` where it is not given. The clock may stand still or jump ahead, not back.
    """
    trucks = [TruckAtWork(world, client) for client in clients]
    before = since or now()
    looked_s = -POLL_S
    while not stop():
        present = now()
        if wall_s() - looked_s >= POLL_S:
            for truck in trucks:
                truck.look_for_circuit(present)
            looked_s = wall_s()
        for truck in trucks:
            for event in truck.events_until(present):
                if isinstance(event, Confirmation):
                    truck.outbox.put(event)
                else:
                    publisher.publish(event)
            truck.report()
        if present > before:
            for reading in world.readings(before, present):
                publisher.publish(reading)
            before = present
        sleep(TICK_S)
    publisher.wait()
