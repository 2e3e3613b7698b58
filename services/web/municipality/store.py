"""What the municipality's pages alone read of the store."""

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from services.contracts.ledger import SavingsComputed
from services.store.connection import Connection
from services.store.queries import load_queries
from services.web.figures.store import rows_of

SQL = load_queries(__name__)


class PlannedRow(TypedDict):
    """The plan of a fleet's day: the one in force, or of a day to come the newest."""

    day: date
    fleet_id: str
    plan_id: UUID
    circuits: int
    stops: int
    distance_m: float
    fuel_l: float
    dispatched_at: datetime | None
    """None where nothing is sent yet."""


class CircuitRow(TypedDict):
    fleet_id: str
    number: int
    truck_id: str
    distance_m: float
    """Planned; so is `fuel_l`."""
    fuel_l: float
    stops: int
    done: int
    skipped: int


class SkippedRow(TypedDict):
    container_id: str
    name: str
    zone_name: str
    truck_id: str
    reason: str | None
    happened_at: datetime


def list_months(connection: Connection, city: str, today: date) -> list[date]:
    """First days of the months that there is something to show of, oldest first."""
    return [row["month"] for row in connection.execute(SQL["list_months"], {"city": city, "today": today})]


def list_planned(connection: Connection, city: str, first: date, last: date, today: date) -> list[PlannedRow]:
    """By day and fleet, both ends included. A past day that was never sent is not among them."""
    asked = {"city": city, "first": first, "last": last, "today": today}
    return rows_of(PlannedRow, connection.execute(SQL["list_planned"], asked))


def list_lines(connection: Connection, city: str, first: date, last: date) -> list[SavingsComputed]:
    """The ledger's, of days that are over or not, by day and fleet, both ends included."""
    rows = connection.execute(SQL["list_lines"], {"city": city, "first": first, "last": last})
    return [SavingsComputed.model_validate(row["document"]) for row in rows]


def count_trips(connection: Connection, city: str, since: datetime, until: datetime) -> dict[str, int]:
    """Trips that ended at each disposal site, by the crews' word."""
    rows = connection.execute(SQL["count_trips"], {"city": city, "since": since, "until": until})
    return {row["place"]: row["trips"] for row in rows}


def list_circuits(connection: Connection, city: str, day: date) -> list[CircuitRow]:
    """Of the plans in force of a day, by fleet and number."""
    return rows_of(CircuitRow, connection.execute(SQL["list_circuits"], {"city": city, "day": day}))


def list_skipped(connection: Connection, city: str, day: date) -> list[SkippedRow]:
    """In the order in which it happened."""
    return rows_of(SkippedRow, connection.execute(SQL["list_skipped"], {"city": city, "day": day}))


def count_left_out(connection: Connection, city: str, day: date) -> int:
    """Containers that were due and that no circuit takes."""
    row = connection.execute(SQL["count_left_out"], {"city": city, "day": day}).fetchone()
    return int(row["left_out"]) if row else 0
