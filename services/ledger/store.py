"""What the ledger reads: days whose line is not up to date; a day's plans, words, tracks, emptyings and last line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.city.fleets import FleetRules
from services.city.registry import City, Registry
from services.city.store import find_registry
from services.city.versions import find_registry_version, find_version
from services.contracts.ledger import EventKind, SavingsComputed
from services.contracts.planning import PlanMade
from services.ledger.books import find_accepted, find_book, find_logged
from services.ledger.day_events import DayEvents, KeptMeasures
from services.ledger.driven import Confirmed, SentPlan
from services.ledger.fuel import FuelBook
from services.ledger.measured import Track
from services.ledger.savings import ARITHMETIC
from services.ledger.served import Accepted
from services.ledger.tonnes import WeighedLoad
from services.roads.store import tracks_between
from services.roads.tracks import TrackFix
from services.store.connection import Connection
from services.store.queries import load_queries
from services.store.rows import JsonDocument
from services.times import instant_of

SQL = load_queries(__name__)

RECENT_DAYS = 10
"""Days whose lines are looked after by themselves. Of an older day only marked events make another line."""
UNDER_WAY = timedelta(minutes=10)
"""Between two lines of a day under way: it has some fifty, which stay for ever."""
FIRST_VERSION = 1
LINE_KEY = {"city", "fleet", "day", "computation_id"}

type FindRegistry = Callable[[Connection, str, int], Registry | None]
"""The registry of a version. Whoever looks at many days may remember what it has read: a version never changes."""


class CityDay(NamedTuple):
    city_id: str
    day: date


@dataclass(frozen=True)
class FleetHeld:
    """What the store holds of the day of one fleet that was sent."""

    fleet: str
    unstored_plan_id: UUID | None
    """A plan that was sent and has not come: topics travel apart. Without it the day would be counted wrong."""
    events: DayEvents
    registries: list[Registry]
    """First the one that the day is counted with."""
    registry_version: int | None
    previous: SavingsComputed | None


@dataclass(frozen=True)
class DayHeld:
    """All that the store holds of one day, as of one instant."""

    fleets: list[FleetHeld]
    marks: list[int]
    """What said that there are new events; to be taken away when the store has the lines that count them."""


def list_days_to_compute(connection: Connection, now: datetime) -> list[CityDay]:
    """The days whose line is missing or not up to date, the oldest first."""
    values = {"now": now, "recent_days": RECENT_DAYS, "under_way": UNDER_WAY, "arithmetic": ARITHMETIC}
    rows = connection.execute(SQL["list_days_to_compute"], values)
    return [CityDay(row["city_id"], row["day"]) for row in rows]


def is_line_stored(connection: Connection, line: SavingsComputed) -> bool:
    """Whether it has come all the way."""
    return connection.execute(SQL["find_same_line"], line.model_dump(include=LINE_KEY)).fetchone() is not None


def load_day(
    connection: Connection,
    city_day: CityDay,
    now: datetime,
    registry_of: FindRegistry = find_registry_version,
    *,
    with_tracks: bool = True,
) -> DayHeld | None:
    """All of one local day, in the caller's snapshot; None for a city that is not loaded.

    Positions are most of it: whoever asks for what was emptied and not how far it was does `with_tracks=False`.
    """
    row = connection.execute(SQL["find_city"], {"city": city_day.city_id}).fetchone()
    if row is None:
        return None
    city = City.model_validate(row["document"])
    of_city = _load_city_events(connection, city, city_day.day, with_tracks=with_tracks)
    marks = connection.execute(SQL["list_marks"], {**of_city.key, "now": now}).fetchall()
    asked = [mark["registry_version"] for mark in marks if mark["registry_version"] is not None]
    return DayHeld(
        fleets=[
            _load_fleet(
                connection,
                sent["fleet_id"],
                sent["unstored_plan_id"],
                of_city,
                asked[-1] if asked else None,
                registry_of,
            )
            for sent in connection.execute(SQL["list_sent_fleets"], of_city.key).fetchall()
        ],
        marks=[mark["touched_id"] for mark in marks],
    )


def ask_recount(
    connection: Connection, city: str, first: date, last: date, version: int, *, who: str, now: datetime
) -> int:
    """Ask for a further line of each day of a period that has one, by this registry version; how many there are.

    Who asked stands in the audit.
    """
    values = {"city": city, "first": first, "last": last, "version": version}
    days = connection.execute(SQL["ask_recount"], values).rowcount
    if days:
        detail = {"from": first.isoformat(), "until": last.isoformat(), "registry_version": version, "days": days}
        audit = {"city": city, "happened_at": now, "who": who, "detail": JsonDocument(detail)}
        connection.execute(SQL["audit_recount"], audit)
    return days


def drop_marks(connection: Connection, marks: list[int]) -> None:
    """These events are counted: they may be dropped when they are old enough."""
    connection.execute(SQL["drop_marks"], {"marks": marks})


@dataclass(frozen=True)
class _CityEvents:
    """What is read once for all fleets of a day."""

    key: dict[str, Any]
    """City, day, and the instants between which it lies."""
    tracks: dict[str, list[TrackFix]]
    emptyings: dict[str, int]
    weighed: list[WeighedLoad]
    accepted: Accepted | None
    book: FuelBook
    logged: dict[date, tuple[EventKind, ...]]


def _load_city_events(connection: Connection, city: City, day: date, *, with_tracks: bool) -> _CityEvents:
    from_at, until = (instant_of(day + timedelta(days=n), 0, city.zone_info) for n in (0, 1))
    key = {"city": city.id, "day": day, "from": from_at, "until": until}
    period_from = instant_of(day - timedelta(days=city.service.period_days - 1), 0, city.zone_info)
    emptyings = connection.execute(SQL["count_emptyings"], {**key, "from": period_from})
    return _CityEvents(
        key=key,
        tracks=dict(tracks_between(connection, city.id, from_at, until)) if with_tracks else {},
        emptyings={row["container_id"]: row["times"] for row in emptyings},
        weighed=[WeighedLoad(**row) for row in connection.execute(SQL["list_weighed"], key)],
        accepted=find_accepted(connection, city.id, day),
        book=find_book(connection, city.id),
        logged=find_logged(connection, city.id, day),
    )


def _load_fleet(
    connection: Connection,
    fleet: str,
    unstored_plan_id: UUID | None,
    of_city: _CityEvents,
    asked_version: int | None,
    registry_of: FindRegistry,
) -> FleetHeld:
    key = {**of_city.key, "fleet": fleet}
    events = _load_events(connection, key, of_city)
    line = connection.execute(SQL["find_line"], key).fetchone()
    previous = SavingsComputed.model_validate(line["document"]) if line else None
    version = _version(connection, key["city"], events, previous) if asked_version is None else asked_version
    version, registries = _registries(connection, key["city"], fleet, events, version, registry_of)
    return FleetHeld(
        fleet=fleet,
        unstored_plan_id=unstored_plan_id,
        events=events._replace(kept=_kept(events, previous)),
        registries=registries,
        registry_version=version,
        previous=previous,
    )


def _load_events(connection: Connection, key: dict[str, Any], of_city: _CityEvents) -> DayEvents:
    """Of the city's tracks, those of trucks that the fleet's plans or words speak of."""
    followed = [SentPlan(_plan(row), None) for row in connection.execute(SQL["list_followed_plans"], key)]
    sent = [SentPlan(_plan(row), row["sent_at"]) for row in connection.execute(SQL["list_sent_plans"], key)]
    confirmed = [Confirmed(**row) for row in connection.execute(SQL["list_confirmations"], key)]
    trucks = {circuit.truck for row in (*followed, *sent) for circuit in row.plan.circuits}
    trucks |= {word.truck for word in confirmed}
    return DayEvents(
        sent=[*followed, *sent],
        confirmed=confirmed,
        tracks={truck: track for truck, track in of_city.tracks.items() if truck in trucks},
        emptyings=of_city.emptyings,
        accepted=of_city.accepted,
        book=of_city.book,
        logged=of_city.logged,
        weighed=of_city.weighed,
    )


def _kept(events: DayEvents, previous: SavingsComputed | None) -> KeptMeasures | None:
    """What the last line measured, where it counts more positions than there are: they were dropped for their age."""
    if previous is None or events.positions.fixes >= previous.fixes:
        return None
    measured = {row.truck: Track(row.distance_m, row.haul_m, row.duty_s) for row in previous.measured}
    return KeptMeasures(measured, previous.fixes, previous.latest_fix_at)


def _plan(row: dict[str, Any]) -> PlanMade:
    return PlanMade.model_validate_json(row["document"])


def _version(connection: Connection, city: str, events: DayEvents, previous: SavingsComputed | None) -> int | None:
    """The registry that the day began with, unless somebody has asked for a later one and its last line says so.

    A plan from before versions were kept names none: it is counted with the city of today.
    """
    opening = events.opening_plan
    version = opening.registry_version if opening else None
    if version is None:
        version = find_version(connection, city)
    known = [number for number in (version, previous.registry_version if previous else None) if number is not None]
    return max(known, default=None)


def _registries(
    connection: Connection, city: str, fleet: str, events: DayEvents, version: int | None, registry_of: FindRegistry
) -> tuple[int | None, list[Registry]]:
    """The registry of this version, then those of the day's plans, where what is gone since is found.

    Of a plan that names none it is the first version: what was there when they began to be kept. A city that was parted
    into fleets since has not the day's any more: then it is counted with the latest of these that had it.
    """
    if version is None:
        registry = find_registry(connection, city)
        return None, [registry] if registry else []
    others = {plan.registry_version or FIRST_VERSION for plan in events.plans} - {version}
    numbers = [version, *sorted(others, reverse=True)]
    found = [(n, registry) for n in numbers if (registry := registry_of(connection, city, n))]
    found.sort(key=lambda row: fleet not in FleetRules(row[1].fleets).ids)  # stable: those that have it come first
    return found[0][0], [registry for _, registry in found]
