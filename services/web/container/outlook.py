"""What is to come of one container, and what it is believed by: the city's model, asked for this one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.city.registry import City
from services.fill.belief import Belief, hours_of, instant_of_h, start
from services.fill.health import Health, health_of
from services.fill.outlook import Ahead, Known, Outlook, is_told_by_sensor, some_of
from services.fill.store import load_beliefs
from services.fill.tallies import visits_of
from services.store.connection import Connection
from services.web.container import store
from services.web.figures.days import today_in
from services.web.requests.deps import Deps

STEP = timedelta(hours=3)
AHEAD = timedelta(days=5)
"""As far as a band still tells something: beyond, most containers are full with any chance."""


@dataclass(frozen=True)
class Believed:
    """Of a container, as of now."""

    belief: Belief
    health: Health | None
    """Of its sensor; None where it has never had one that spoke."""
    by_sensor: bool
    """Whether the forecast goes by its sensor; else by emptyings and by containers alike."""

    @property
    def cycle_at(self) -> datetime | None:
        """When it was last empty, confirmed or seen by the fall of its level."""
        return None if self.belief.cycle_h is None else instant_of_h(self.belief.cycle_h)

    @property
    def visits(self) -> int:
        """Emptyings that it remembers."""
        return len(visits_of(self.belief.visits))

    @property
    def fault_since(self) -> datetime | None:
        since_h = self.health.since_h if self.health else None
        return None if since_h is None else instant_of_h(since_h)

    def falls(self, since: datetime) -> list[tuple[datetime, float | None]]:
        """Emptyings that it knows of since then, with the level before: also those that nobody confirmed."""
        found = ((instant_of_h(hour), fill) for hour, fill in visits_of(self.belief.visits))
        return [row for row in found if row[0] > since]


@dataclass(frozen=True)
class Forecast:
    """From now on, if nobody empties it."""

    rows: Sequence[Ahead]
    """The first is of now."""
    fill_per_day: float
    full_at: float
    """From which level on it counts as full in this city."""

    @property
    def now(self) -> Ahead:
        return self.rows[0]

    @property
    def is_sure(self) -> bool:
        """Whether the level now is known to a tenth of the volume."""
        return self.now.high - self.now.low <= 0.1

    def full(self, share: str = "median") -> datetime | None:
        """When that quantile reaches the level that counts as full; None: not within these days."""
        return next((row.at for row in self.rows if getattr(row, share) >= self.full_at), None)

    @property
    def days(self) -> list[Ahead]:
        """One row a day, for the table beside the chart."""
        return [row for row in self.rows[1:] if (row.at - self.now.at) % timedelta(days=1) == timedelta(0)]


def read_belief(connection: Connection, city: City, container: str, now: datetime) -> Believed:
    belief = load_beliefs(connection, city.id, now, [container]).get(container, start())
    return Believed(belief, health_of(belief, hours_of(now)), is_told_by_sensor(belief, now))


def find_forecast(
    deps: Deps, connection: Connection, city: City, container: str, believed: Believed, now: datetime
) -> Forecast | None:
    """None where nobody has learned the city's model today: that takes seconds, and is no part of a page."""
    outlook = deps.outlooks.find(city.id, today_in(city, now))
    if outlook is None:
        return None
    known = store.list_known(connection, city.id, container, alone=True)[0]
    return _forecast(outlook, known, believed, city, now)


def learn_forecast(deps: Deps, city: City, container: str, believed: Believed, now: datetime) -> Forecast:
    """By the model, which is learned now if need be. Outside of the request's transaction: call `end` before."""

    def learn() -> Outlook:
        with deps.looking() as connection:
            every = store.list_known(connection, city.id, container, alone=False)
            some = some_of(every)
            beliefs = load_beliefs(connection, city.id, now, [one.container for one in some])
        unknown_for = timedelta(days=city.planning.max_days_between_emptyings)
        return Outlook(some, beliefs, now, unknown_for, city.special_days)

    outlook = deps.outlooks.of(city.id, today_in(city, now), learn)
    with deps.looking() as connection:
        known = store.list_known(connection, city.id, container, alone=True)[0]
    return _forecast(outlook, known, believed, city, now)


def _forecast(outlook: Outlook, known: Known, believed: Believed, city: City, now: datetime) -> Forecast:
    instants = [now + STEP * n for n in range(AHEAD // STEP + 1)]
    rows = outlook.ahead(known, believed.belief, now, instants)
    rate = outlook.fill_per_day(known, believed.belief, now)
    return Forecast(rows, rate, city.planning.full_at_fill_ratio)
