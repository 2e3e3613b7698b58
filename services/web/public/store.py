"""What the public page alone reads of the store: the ledger."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from services.contracts.ledger import SavingsComputed
from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.city_days import CityDay, city_days

SQL = load_queries(__name__)


def list_savings_months(connection: Connection, city: str) -> list[date]:
    """First days of the months that the ledger knows, oldest first."""
    return [row["month"] for row in connection.execute(SQL["list_savings_months"], {"city": city})]


def list_savings(
    connection: Connection, city: str, first: date | None = None, last: date | None = None, fleet: str | None = None
) -> list[SavingsComputed]:
    """The line that counts of each day that is over and each fleet, or of one, oldest first, both ends included."""
    values = {"city": city, "first": first, "last": last, "fleet": fleet}
    return _lines(connection.execute(SQL["list_savings"], values))


def list_city_days(
    connection: Connection, city: str, first: date | None = None, last: date | None = None
) -> list[CityDay]:
    """Each day that is over for all fleets that were sent, oldest first, both ends included."""
    rows = connection.execute(SQL["list_whole_days"], {"city": city, "first": first, "last": last})
    return city_days(_lines(rows))


def find_latest_city_day(connection: Connection, city: str) -> CityDay | None:
    row = connection.execute(SQL["find_latest_whole_day"], {"city": city}).fetchone()
    days = list_city_days(connection, city, row["day"], row["day"]) if row and row["day"] else []
    return days[-1] if days else None


def _lines(rows: Iterable[dict[str, Any]]) -> list[SavingsComputed]:
    return [SavingsComputed.model_validate(row["document"]) for row in rows]
