"""How old fleets' plans and cities' readings are, for Prometheus: read now and then, counted on at each asking."""

from datetime import datetime

from services.clock import Clock
from services.planning.store import Freshness, list_freshness
from services.store.connection import Connection, store_errors
from services.times import instant_of, local_day, seconds_of_day


class CityAges:
    """What was read of the store last. While the store is away, the ages go on growing, as they should."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._read: tuple[Freshness, ...] = ()

    def look(self, connection: Connection) -> None:
        """Read anew.

        Raises:
            StoreAway: the store does not answer; what was read before stays.
        """
        with store_errors(), connection.transaction():
            self._read = tuple(list_freshness(connection, self._clock.now()))

    def plan_ages(self) -> dict[tuple[str, ...], float]:
        """By city and fleet, seconds since its newest plan was made; a fleet without any is left out."""
        now = self._clock.now()
        known = ((_labels(fresh), fresh.planned_at) for fresh in self._read)
        return {labels: (now - at).total_seconds() for labels, at in known if at is not None}

    def reading_ages(self) -> dict[str, float]:
        """By city, seconds since its newest reading; a city without any is left out."""
        now = self._clock.now()
        return {f.city.id: (now - f.read_at).total_seconds() for f in self._read if f.read_at is not None}

    def plan_overdue(self) -> dict[tuple[str, ...], float]:
        """By city and fleet, seconds since the hour by which today should have been planned; 0 where nobody waits."""
        now = self._clock.now()
        return {_labels(fresh): overdue_s(fresh, now) for fresh in self._read}


def _labels(fresh: Freshness) -> tuple[str, str]:
    return fresh.city.id, fresh.fleet


def overdue_s(fresh: Freshness, now: datetime) -> float:
    """How long the fleet has been waiting for today's plan."""
    zone = fresh.city.zone_info
    day = local_day(now, zone)
    if fresh.planned_day is not None and fresh.planned_day >= day:
        return 0.0
    plan_at = instant_of(day, seconds_of_day(fresh.city.planning.plan_at), zone)
    return max(0.0, (now - plan_at).total_seconds())
