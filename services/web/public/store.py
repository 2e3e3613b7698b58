"""What the public page alone reads of the store: the ledger."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from services.contracts.coverage import CoverageComputed
from services.contracts.ledger import SavingsComputed
from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.figures.city_days import CityDay, city_days
from services.web.figures.kept_months import MonthStamp

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


def list_whole_lines(connection: Connection, city: str, first: date, last: date) -> list[SavingsComputed]:
    """Lines of days that are over for all fleets that were sent, both ends included."""
    return _lines(connection.execute(SQL["list_whole_days"], {"city": city, "first": first, "last": last}))


def list_month_stamps(connection: Connection, city: str, days_ahead: int) -> list[MonthStamp]:
    """Each month of the ledger and what its figures are made of, oldest first.

    With the days after it that decide what of its last days counts.
    """
    rows = connection.execute(SQL["list_month_stamps"], {"city": city, "ahead": days_ahead})
    return [MonthStamp(**row) for row in rows]


def find_latest_city_day(connection: Connection, city: str) -> CityDay | None:
    row = connection.execute(SQL["find_latest_whole_day"], {"city": city}).fetchone()
    days = list_city_days(connection, city, row["day"], row["day"]) if row and row["day"] else []
    return days[-1] if days else None


def list_rows(connection: Connection, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of one of the open data's queries."""
    return connection.execute(SQL[query], values).fetchall()


def find_changed(connection: Connection, query: str, values: Mapping[str, Any]) -> datetime | None:
    """When the rows of an open data set changed last; None where there never was one."""
    row = connection.execute(SQL[query], values).fetchone()
    return row["at"] if row else None


def list_coverage(connection: Connection, values: Mapping[str, Any]) -> list[CoverageComputed]:
    """The latest of each day, oldest first."""
    return [
        CoverageComputed.model_validate(row["document"]) for row in connection.execute(SQL["list_coverage"], values)
    ]


def _lines(rows: Iterable[dict[str, Any]]) -> list[SavingsComputed]:
    return [SavingsComputed.model_validate(row["document"]) for row in rows]
