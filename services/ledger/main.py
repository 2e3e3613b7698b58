"""The ledger as a process: whenever a day's events have changed, a further line of it is computed and published."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Literal

from services.clock import Clock, clock_from
from services.contracts import topics
from services.contracts.fields import scope_name
from services.contracts.ledger import SavingsComputed
from services.errors import StoreAway, StreamAway
from services.ledger.compute import computed
from services.ledger.covering import CoverageKeeper
from services.ledger.lines import line_after
from services.ledger.store import (
    CityDay,
    FleetHeld,
    drop_marks,
    is_line_stored,
    list_days_to_compute,
    load_day,
)
from services.operations.meters import LedgerMeter
from services.operations.service import running_service
from services.roads.osm.city_roads import roads_of as roads_of_city
from services.roads.roads import RoadsOf, estimated_roads
from services.settings import settings
from services.store.connection import Connection, snapshot, store_errors
from services.store.link import StoreLink
from services.stream.kafka import EventProducer, when_there

log = logging.getLogger(__name__)

LOOK_EVERY_S = 3.0
PATIENCE_S = 30.0
"""A line that is not in the store by then is published again: the same line, so that it counts once."""
AGAIN_S = 60.0
"""After a day could not be computed, or a plan of it is still on its way."""


def main() -> None:
    """Run until asked to stop; wait for whatever is away."""
    config, meter = settings(), LedgerMeter()
    with running_service(config, "ledger", meter) as service:
        stopping, clock = service.stopping, clock_from(config.clock)
        producer = when_there(partial(EventProducer, config.kafka_at, name="ledger"), stopping=stopping)
        if producer is None:
            return
        store = StoreLink(config.database_url.get_secret_value(), name="ledger", stopping=stopping)
        roads_of = partial(roads_of_city, data_folder=config.data_folder)
        keeper = LedgerKeeper(producer, clock, meter, stopping, roads_of)
        coverage = CoverageKeeper(producer, clock, meter, stopping, roads_of)
        while not stopping.wait(LOOK_EVERY_S):
            store.run(keeper.bring_up_to_date, what="the ledger")
            store.run(coverage.bring_up_to_date, what="coverage")
        producer.close()
        store.close()


@dataclass(frozen=True)
class _Sent:
    """A day's lines on their way to the store, and what may be forgotten once they are there."""

    lines: list[SavingsComputed]
    marks: list[int]
    at_s: float


class LedgerKeeper:
    """Computes the lines of every day that has none of its latest events, one for each fleet that was sent.

    Of what it has published it remembers only what the store does not hold yet.
    """

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
        self._sent: dict[CityDay, _Sent] = {}
        self._failed_s: dict[CityDay, float] = {}

    def bring_up_to_date(self, connection: Connection) -> None:
        """Every day that is not, or those before the one at which we are told to stop.

        Raises:
            StoreAway, StreamAway: the days published before stay; the others are found again.
        """
        began_s = time.monotonic()
        try:
            self._settle(connection)
            with store_errors(), connection.transaction():
                days = list_days_to_compute(connection, self._clock.now())
            for city_day in days:
                if self._stopping():
                    return
                failed_before_s = time.monotonic() - self._failed_s.get(city_day, -math.inf)
                if city_day not in self._sent and failed_before_s >= AGAIN_S:
                    self._compute_or_tell(connection, city_day)
        except (StoreAway, StreamAway):
            self._meter.store_waits += 1
            raise
        self._meter.looked(time.monotonic() - began_s)

    def _settle(self, connection: Connection) -> None:
        """Of lines that the store holds now, the events lose their marks; one that it still does not is sent again."""
        for city_day, sent in list(self._sent.items()):
            with store_errors(), connection.transaction():
                is_stored = all(is_line_stored(connection, line) for line in sent.lines)
                if is_stored:
                    drop_marks(connection, sent.marks)
            if is_stored:
                del self._sent[city_day]
            elif time.monotonic() - sent.at_s >= PATIENCE_S:
                self._publish(city_day, sent.lines, sent.marks)

    def _compute_or_tell(self, connection: Connection, city_day: CityDay) -> None:
        """A day that cannot be computed stops no other. It keeps its marks, so that its events stay."""
        try:
            is_whole = self._compute(connection, city_day)
        except (StoreAway, StreamAway):
            raise
        except Exception:  # noqa: BLE001 - told with its trace; the other cities' days wait for nobody
            self._tell_failure(*city_day)
            is_whole = False
        if is_whole:
            self._failed_s.pop(city_day, None)
        else:
            self._failed_s[city_day] = time.monotonic()

    def _compute(self, connection: Connection, city_day: CityDay) -> bool:
        """Publish what is new of a day. False where a fleet has to wait for its line; the others have theirs."""
        now = self._clock.now()  # before reading: what comes meanwhile is newer than the line and computed next time
        with snapshot(connection):
            held = load_day(connection, city_day, now)
        if held is None:
            return True
        said = [self._computed_or_told(city_day, fleet, now) for fleet in held.fleets]
        is_whole = False not in said
        further = [line_after(fleet.previous, line) for fleet, line in zip(held.fleets, said, strict=True) if line]
        lines = [line for line in further if line is not None]
        marks = held.marks if is_whole else []  # whoever waits needs them still
        if lines:
            self._publish(city_day, lines, marks)
            self._meter.lines += len(lines)
        else:  # nothing to compare, or nothing new
            with store_errors(), connection.transaction():
                drop_marks(connection, marks)
        for line in lines:
            what = f"line {line.number} ({', '.join(line.reasons)})"
            scope = scope_name(line.city, line.fleet)
            log.info("%s %s: %s, %.0f L", scope, line.day, what, line.driven.fuel_l, extra={"trace": line.trace_id})
        return is_whole

    def _computed_or_told(
        self, city_day: CityDay, held: FleetHeld, now: datetime
    ) -> SavingsComputed | Literal[False] | None:
        """What a fleet's line has to say; None where nothing is in force, False where it has to wait."""
        scope = scope_name(city_day.city_id, held.fleet)
        if held.unstored_plan_id is not None:
            log.warning("%s %s waits: plan %s was sent and has not come", scope, city_day.day, held.unstored_plan_id)
            return False
        try:
            return computed(*city_day, held, now, self._roads_of) if held.events.plan_in_force else None
        except (StoreAway, StreamAway):
            raise
        except Exception:  # noqa: BLE001 - told with its trace; the other fleets have their lines
            self._tell_failure(scope, city_day.day)
            return False

    def _publish(self, city_day: CityDay, lines: list[SavingsComputed], marks: list[int]) -> None:
        for line in lines:
            self._producer.publish(topics.LEDGER, topics.key(line.city, f"{line.fleet}/{line.day}"), line)
        self._sent[city_day] = _Sent(lines, marks, time.monotonic())

    def _tell_failure(self, scope: str, day: date) -> None:
        log.exception("%s %s: not computed; tried again in %.0f s", scope, day, AGAIN_S)
        self._meter.failed += 1


if __name__ == "__main__":
    main()
