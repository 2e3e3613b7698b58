"""What the ledger reads: days whose line is not up to date; a day's plans, words, tracks, emptyings and last line."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from services.city.registry import City, Registry
from services.city.store import find_registry
from services.city.versions import find_registry_version, find_version
from services.contracts.fields import ONLY_FLEET
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import PlanMade
from services.errors import TourneeError
from services.ledger.driven import Confirmed, SentPlan
from services.ledger.savings import ARITHMETIC, DayEvents, KeptMeasures
from services.roads.store import tracks_between
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


class CityDay(NamedTuple):
    city_id: str
    day: date


@dataclass(frozen=True)
class DayHeld:
    """All that the store holds of one day, as of one instant."""

    events: DayEvents
    registries: list[Registry]
    """First the one that the day is counted with."""
    registry_version: int | None
    previous: SavingsComputed | None
    marks: list[int]
    """What said that there are new events; to be taken away when the store has the line that counts them."""


class PlanOnItsWay(TourneeError):
    """A plan that was sent is not in the store yet: topics travel apart."""


def list_days_to_compute(connection: Connection, now: datetime) -> list[CityDay]:
    """The days whose line is missing or not up to date, the oldest first."""
    values = {"now": now, "recent_days": RECENT_DAYS, "under_way": UNDER_WAY, "arithmetic": ARITHMETIC}
    rows = connection.execute(SQL["list_days_to_compute"], {**values, "fleet": ONLY_FLEET})
    return [CityDay(row["city_id"], row["day"]) for row in rows]


def is_line_stored(connection: Connection, line: SavingsComputed) -> bool:
    """Whether it has come all the way."""
    return connection.execute(SQL["find_same_line"], line.model_dump(include=LINE_KEY)).fetchone() is not None


def load_day(connection: Connection, city_day: CityDay, now: datetime) -> DayHeld | None:
    """All of one local day, in the caller's snapshot; None for a city that is not loaded.

    Raises:
        PlanOnItsWay: without it the day would be counted wrong.
    """
    row = connection.execute(SQL["find_city"], {"city": city_day.city_id}).fetchone()
    if row is None:
        return None
    city = City.model_validate(row["document"])
    from_at, until = (instant_of(city_day.day + timedelta(days=n), 0, city.zone_info) for n in (0, 1))
    key = {"city": city.id, "day": city_day.day, "from": from_at, "until": until}
    unstored = connection.execute(SQL["find_unstored_plan"], key).fetchone()
    if unstored is not None:
        raise PlanOnItsWay(f"plan {unstored['plan_id']} was sent and has not come")
    events = _load_events(connection, city, key)
    line = connection.execute(SQL["find_line"], {**key, "fleet": ONLY_FLEET}).fetchone()
    previous = SavingsComputed.model_validate(line["document"]) if line else None
    marks = connection.execute(SQL["list_marks"], {**key, "now": now}).fetchall()
    asked = [mark["registry_version"] for mark in marks if mark["registry_version"] is not None]
    version = asked[-1] if asked else _version(connection, city_day.city_id, events, previous)
    version, registries = _registries(connection, city_day.city_id, events, version)
    return DayHeld(
        events=events._replace(kept=_kept(events, previous)),
        registries=registries,
        registry_version=version,
        previous=previous,
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


def _load_events(connection: Connection, city: City, key: dict[str, Any]) -> DayEvents:
    period_from = instant_of(key["day"] - timedelta(days=city.service.period_days - 1), 0, city.zone_info)
    followed = [SentPlan(_plan(row), None) for row in connection.execute(SQL["list_followed_plans"], key)]
    sent = [SentPlan(_plan(row), row["sent_at"]) for row in connection.execute(SQL["list_sent_plans"], key)]
    emptyings = connection.execute(SQL["count_emptyings"], {**key, "from": period_from})
    return DayEvents(
        sent=[*followed, *sent],
        confirmed=[Confirmed(**row) for row in connection.execute(SQL["list_confirmations"], key)],
        tracks=dict(tracks_between(connection, city.id, key["from"], key["until"])),
        emptyings={row["container_id"]: row["times"] for row in emptyings},
    )


def _kept(events: DayEvents, previous: SavingsComputed | None) -> KeptMeasures | None:
    """What the last line measured, where it counts more positions than there are: they were dropped for their age."""
    if previous is None or events.positions.fixes >= previous.fixes:
        return None
    measured = {row.truck: row.distance_m for row in previous.measured}
    return KeptMeasures(measured, previous.fixes, previous.latest_fix_at)


def _plan(row: dict[str, Any]) -> PlanMade:
    return PlanMade.model_validate(row["document"])


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
    connection: Connection, city: str, events: DayEvents, version: int | None
) -> tuple[int | None, list[Registry]]:
    """The registry of this version, then those of the day's plans, where what is gone since is found.

    Of a plan that names none it is the first version: what was there when they began to be kept.
    """
    if version is None:
        registry = find_registry(connection, city)
        return None, [registry] if registry else []
    others = {plan.registry_version or FIRST_VERSION for plan in events.plans} - {version}
    found = (find_registry_version(connection, city, number) for number in [version, *sorted(others, reverse=True)])
    return version, [registry for registry in found if registry is not None]
