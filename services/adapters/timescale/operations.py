"""How fresh the store is: the newest plan and the newest reading of each city."""

from datetime import date, datetime
from typing import NamedTuple

from services.adapters.timescale.connection import Connection
from services.adapters.timescale.queries import load_queries
from services.city.registry import City

SQL = load_queries(__name__)


class Freshness(NamedTuple):
    """None where a city never had any."""

    city: City
    planned_at: datetime | None
    planned_day: date | None
    """The latest day that has a plan, up to the city's today."""
    read_at: datetime | None


def list_freshness(connection: Connection, now: datetime) -> list[Freshness]:
    """Every city's, in the caller's transaction. Reads one row a container: some 10 ms at 50,000."""
    return [
        Freshness(City.model_validate(row["document"]), row["planned_at"], row["planned_day"], row["read_at"])
        for row in connection.execute(SQL["list_freshness"], {"now": now})
    ]
