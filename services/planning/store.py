"""What planning asks of the store about itself: whether a day is ordered, and how fresh each fleet's plan is."""

from datetime import date, datetime
from typing import NamedTuple

from services.city.registry import City
from services.contracts.planning import PlanDay
from services.store.connection import Connection
from services.store.queries import load_queries

SQL = load_queries(__name__)


class Freshness(NamedTuple):
    """A fleet's plan and its city's readings. None where there never were any."""

    city: City
    fleet: str
    planned_at: datetime | None
    planned_day: date | None
    """The latest day that has a plan, up to the city's today."""
    read_at: datetime | None


def list_freshness(connection: Connection, now: datetime) -> list[Freshness]:
    """Every fleet's, by city, in the caller's transaction. Reads one row a container: some 10 ms at 50,000."""
    return [
        Freshness(City.model_validate(row.pop("document")), **row)
        for row in connection.execute(SQL["list_freshness"], {"now": now})
    ]


def is_day_ordered(connection: Connection, order: PlanDay) -> bool:
    """Whether the fleet's day has been ordered already, by this order or another."""
    keys = {"city": order.city, "fleet": order.fleet, "day": order.day, "request_id": order.request_id}
    row = connection.execute(SQL["is_day_ordered"], keys).fetchone()
    return bool(row and row["ordered"])
