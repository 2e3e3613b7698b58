"""Coverage kept up to date: a line for each city's latest finished day, with what unserved zones would cost."""

import logging
import time
from collections.abc import Callable
from datetime import date, datetime

from services.clock import Clock
from services.contracts import topics
from services.contracts.coverage import CoverageComputed, NoCost, ServingCost
from services.errors import StoreAway, StreamAway
from services.ledger.coverage import Basis, Unserved, coverage_of, zones_covered
from services.ledger.coverage_store import CoverageDue, list_coverage_due, load_basis
from services.ledger.homes import Homes
from services.ledger.serving import serving_cost
from services.operations.meters import LedgerMeter
from services.roads.roads import Roads, RoadsOf
from services.store.connection import Connection, snapshot, store_errors
from services.stream.kafka import EventProducer

log = logging.getLogger(__name__)

LOOK_EVERY_S = 30.0
"""Coverage changes once a day: there is no haste."""


type Priced = Callable[[Basis, Unserved, date, Roads], ServingCost | NoCost]


def computed_coverage(
    basis: Basis,
    day: date,
    now: datetime,
    roads_of: RoadsOf,
    *,
    homes: Homes | None = None,
    priced: Priced = serving_cost,
) -> CoverageComputed:
    """All of a city's coverage at the end of a day.

    Whoever computes many days may remember where people live (`homes`) and what was `priced`.
    """
    zones, unserved = zones_covered(basis, homes)
    roads = roads_of(basis.registry)
    costs = {row.zone: priced(basis, row, day, roads) for row in unserved}
    return coverage_of(basis, zones, costs, day, now)


class CoverageKeeper:
    """Computes what is due and publishes it. Of what it has done it remembers what each city waited for."""

    def __init__(
        self, producer: EventProducer, clock: Clock, meter: LedgerMeter, stopping: Callable[[], bool], roads_of: RoadsOf
    ) -> None:
        self._producer, self._clock, self._meter = producer, clock, meter
        self._stopping, self._roads_of = stopping, roads_of
        self._done: dict[tuple[str, date], CoverageDue] = {}
        self._looked_s = -LOOK_EVERY_S

    def bring_up_to_date(self, connection: Connection) -> None:
        """Every city that is not; at most every half minute.

        Raises:
            StoreAway, StreamAway: what was published before stays; the rest is found again.
        """
        if time.monotonic() - self._looked_s < LOOK_EVERY_S:
            return
        with store_errors(), connection.transaction():
            due = list_coverage_due(connection, self._clock.now())
        for row in due:
            if self._stopping():
                return
            if self._done.get((row.city_id, row.day)) != row:
                self._compute_or_tell(connection, row)
        self._looked_s = time.monotonic()

    def _compute_or_tell(self, connection: Connection, due: CoverageDue) -> None:
        """A city that cannot be computed stops no other; it is tried again when something of it changes."""
        try:
            self._compute(connection, due)
        except (StoreAway, StreamAway):
            raise
        except Exception:
            log.exception("%s: coverage of %s not computed", due.city_id, due.day)
            self._meter.failed += 1
        self._done[due.city_id, due.day] = due

    def _compute(self, connection: Connection, due: CoverageDue) -> None:
        now = self._clock.now()
        with snapshot(connection):
            basis = load_basis(connection, due.city_id, due.day, now)
        if basis is None:
            return
        told = computed_coverage(basis, due.day, now, self._roads_of)
        self._producer.publish(topics.COVERAGE, due.city_id.encode(), told)
        people = f"{told.served_people:.0f} of {told.population:.0f} people"
        log.info("%s %s: coverage, %s", due.city_id, due.day, people, extra={"trace": told.trace_id})
