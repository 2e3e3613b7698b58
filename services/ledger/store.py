"""What the ledger reads of a day: the plan in force, the crews' words, the tracks, the emptyings."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import NamedTuple

from services.city.registry import City
from services.contracts.planning import PlanMade
from services.ledger.driven import Confirmed, Fix
from services.ledger.savings import DayEvents
from services.store.connection import Connection
from services.store.queries import load_queries
from services.times import instant_of

SQL = load_queries(__name__)


class CityDay(NamedTuple):
    city_id: str
    day: date


def list_changed_days(connection: Connection) -> list[CityDay]:
    """The days whose line is missing or older than their events."""
    return [CityDay(row["city_id"], row["day"]) for row in connection.execute(SQL["list_changed_days"])]


def load_day_events(connection: Connection, city: City, day: date) -> DayEvents:
    """All that the store holds of one local day."""
    zone = city.zone_info
    from_at, until = instant_of(day, 0, zone), instant_of(day + timedelta(days=1), 0, zone)
    period_from = instant_of(day - timedelta(days=city.service.period_days - 1), 0, zone)
    row = connection.execute(SQL["find_plan_in_force"], {"city": city.id, "day": day}).fetchone()
    plan = PlanMade.model_validate(row["document"]) if row else None
    return DayEvents(
        plan=plan,
        confirmed=_confirmed(connection, city.id, from_at, until),
        tracks=_tracks(connection, city.id, from_at, until),
        emptyings=_emptyings(connection, city.id, period_from, until),
    )


def _confirmed(connection: Connection, city: str, from_at: datetime, until: datetime) -> list[Confirmed]:
    rows = connection.execute(SQL["list_confirmations"], {"city": city, "from": from_at, "until": until})
    return [Confirmed(**row) for row in rows]


def _tracks(connection: Connection, city: str, from_at: datetime, until: datetime) -> dict[str, list[Fix]]:
    tracks: dict[str, list[Fix]] = defaultdict(list)
    for row in connection.execute(SQL["list_fixes"], {"city": city, "from": from_at, "until": until}):
        tracks[row["truck_id"]].append(Fix(row["happened_at"], row["lon"], row["lat"]))
    return tracks


def _emptyings(connection: Connection, city: str, from_at: datetime, until: datetime) -> dict[str, int]:
    rows = connection.execute(SQL["count_emptyings"], {"city": city, "from": from_at, "until": until})
    return {row["container_id"]: row["times"] for row in rows}
