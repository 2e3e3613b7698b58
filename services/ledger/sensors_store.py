"""What the life without sensors is made of, out of the store: days as they went, evidence, versions. Reads only."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial

from services.city.fleets import part_of
from services.city.registry import Registry
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import PlanMade
from services.contracts.streets import ClosedStreet
from services.fill.evidence import Evidence
from services.fill.store import load_beliefs
from services.fill.tallies import DAYS_KEPT
from services.ledger.books import find_book, list_lines
from services.ledger.driven import driven_trucks
from services.ledger.driving import Scale
from services.ledger.fuel import FuelBook
from services.ledger.known import Known
from services.ledger.remembered import Memory
from services.ledger.sensors import (
    LONGEST_BEFORE_DAYS,
    Compared,
    NotTold,
    SavedBySensors,
    SensorDay,
    saved_by_sensors,
)
from services.ledger.store import CityDay, FleetHeld, load_day
from services.ledger.without_sensors import LivedDay
from services.planning.closed_streets import lines_avoided
from services.planning.lacking import find_lacking
from services.planning.problem import fuel_models
from services.roads.roads import Roads, RoadsOf, estimated_roads
from services.store.connection import Connection, snapshot
from services.store.queries import load_queries
from services.store.rows import rows_as_tuples
from services.times import instant_of

SQL = load_queries(__name__)

LATE_DAYS = 1
"""Whole days after a period in which what was said of it may still come. What comes later does not count: so whoever
asks again is told the same."""

type Tell = Callable[[str, float], None]
"""A step by name, and the share of it that is done."""


def sensors_of_period(
    connection: Connection, registry: Registry, first: date, last: date, *, now: datetime, roads_of: RoadsOf, tell: Tell
) -> SavedBySensors:
    """What sensors saved between two days, both included: from stored events and versions alone.

    Args:
        connection: to a migrated database.
        registry: the city as it is, of which its name and calendar are asked.
        first: that is told.
        last: that is told.
        now: aware.
        roads_of: the roads of a registry.
        tell: how far it is.

    Raises:
        NotTold: says why nothing can be told.
        UnknownInstant: readings of the period are dropped.
    """
    city, zone = registry.city.id, registry.city.zone_info
    known_at = instant_of(last + timedelta(days=1 + LATE_DAYS), 0, zone)
    if now < known_at:
        raise NotTold(f"what is said of {last} may come until {known_at:%Y-%m-%d %H:%M} UTC: ask then, or for less")
    with snapshot(connection):
        row = connection.execute(SQL["find_first_day"], {"city": city}).fetchone()
        earliest = row["day"] if row else None
        if earliest is None or earliest > last:
            raise NotTold(f"the ledger of {city} has no line up to {last}: there is no day to tell of")
        begun = max(earliest, first - timedelta(days=LONGEST_BEFORE_DAYS))
        lines = list_lines(connection, city, begun, last)
    reader = _Reader(connection, city, first, now, roads_of)
    days = list(reader.days(lines, partial(tell, "Days as they went")))
    with snapshot(connection):
        values = {
            "city": city, "since": instant_of(begun - timedelta(days=DAYS_KEPT), 0, zone),
            "until": instant_of(last + timedelta(days=1), 0, zone), "known_at": known_at,
        }  # fmt: skip
        account = _account(connection, values)
        beliefs = load_beliefs(connection, city, known_at)
    count = (last - begun).days + 1

    def lives(day: date) -> None:
        tell("The life without sensors", ((day - begun).days + 1) / count)

    return saved_by_sensors(days, beliefs, reader.rates(), account, first=first, last=last, tell=lives)


class _Reader:
    """Days of a city, and the rates that their plans reckoned with."""

    def __init__(self, connection: Connection, city: str, first: date, now: datetime, roads_of: RoadsOf) -> None:
        self._connection, self._city, self._first, self._now, self._roads_of = connection, city, first, now, roads_of
        self._memory = Memory()
        self._per_day: dict[str, list[float]] = defaultdict(list)

    def rates(self) -> dict[str, float]:
        """By container, the mean of what the plans of the days that were read expected a day."""
        return {container: sum(rates) / len(rates) for container, rates in self._per_day.items()}

    def days(self, lines: Iterable[SavingsComputed], tell: Callable[[float], None]) -> Iterator[SensorDay]:
        """In the order of days. A fleet whose plan is not there any more is left out."""
        of_day: dict[date, dict[str, SavingsComputed]] = defaultdict(dict)
        for line in lines:
            of_day[line.day][line.fleet] = line
        for number, (day, of_fleet) in enumerate(sorted(of_day.items()), start=1):
            with snapshot(self._connection):
                held = load_day(
                    self._connection, CityDay(self._city, day), self._now, self._memory.registry_of, with_tracks=False
                )
                for fleet in held.fleets if held else ():
                    plan = fleet.events.opening_plan
                    if fleet.fleet in of_fleet and plan is not None and fleet.registries:
                        yield self._day(day, fleet, plan, of_fleet[fleet.fleet])
            tell(number / len(of_day))

    def _day(self, day: date, fleet: FleetHeld, plan: PlanMade, line: SavingsComputed) -> SensorDay:
        events, registry = fleet.events, fleet.registries[0]
        known = Known(fleet.registries, events.plans)
        driven = driven_trucks(events.sent, events.confirmed, lambda *_: None, known)
        for forecast in plan.forecasts:
            self._per_day[forecast.container].append(forecast.fill_per_day)
        asked: dict[str, bool] = defaultdict(bool)
        for forecast in (forecast for one in events.plans for forecast in one.forecasts if forecast.due):
            asked[forecast.container] |= forecast.required
        nobody = plan.coverage is None
        lived = LivedDay(
            fleet=fleet.fleet,
            day=day,
            registry=part_of(registry, fleet.fleet),
            as_of=plan.as_of,
            due=dict(asked),
            emptied=frozenset(container for d in driven for container in d.emptied),
            lacking={} if nobody else find_lacking(self._connection, registry, day, plan.as_of).people,
            roads=partial(_roads, registry, plan.roads, plan.closed_streets, self._roads_of),
        )
        if day < self._first or line.by_cause is None or line.baseline is None:
            return SensorDay(lived, None)
        return SensorDay(lived, self._compared(fleet, line))

    def _compared(self, fleet: FleetHeld, line: SavingsComputed) -> Compared | None:
        if line.by_cause is None or line.baseline is None:
            return None
        registry = fleet.registries[0]
        book = FuelBook() if line.calibration is None else find_book(self._connection, self._city, line.calibration)
        models = fuel_models(part_of(registry, fleet.fleet))
        return Compared(
            fuel={truck: book.of(truck, model) for truck, model in models.items()},
            scale=Scale(line.road_factor),
            baseline_l=line.baseline.fuel_l,
            by_cause=line.by_cause,
        )


def _roads(registry: Registry, source: str, streets: tuple[ClosedStreet, ...], roads_of: RoadsOf) -> Roads:
    """Those of a plan. It is not kept for them: its forecasts are many.

    Raises:
        NotTold: it was made on streets that are not here.
    """
    roads = roads_of(registry) if source == "osm" else estimated_roads(registry)
    if roads.source != source:
        raise NotTold(f"plans of {registry.city.id} were made on streets that are not here: tournee roads build")
    return roads.closing(lines_avoided(streets))


def _account(connection: Connection, values: dict[str, object]) -> dict[str, list[Evidence]]:
    account: dict[str, list[Evidence]] = defaultdict(list)
    with connection.cursor(row_factory=rows_as_tuples, binary=True) as cursor:
        for container, *piece in cursor.execute(SQL["list_account"], values):
            account[container].append(Evidence(*piece))
    return dict(account)
