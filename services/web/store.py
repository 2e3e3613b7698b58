"""What the pages read of the store: plain queries, contract objects out."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple, TypedDict, cast
from uuid import UUID

from services.city.registry import City, Truck
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import PlanMade, PlanningProgressed
from services.store.connection import Connection
from services.store.many import many_at_once
from services.store.queries import load_queries
from services.store.rows import rows_as

SQL = load_queries(__name__)


class ZoneRow(TypedDict):
    zone_id: str
    name: str
    population: int
    geometry: dict[str, Any]


class ContainerRow(NamedTuple):
    """A container with the latest known of it. A tuple, in the order of the query: a large city has 50,000 of them."""

    container_id: str
    name: str
    lon: float
    lat: float
    kind_id: str
    zone_id: str
    zone_name: str
    capacity_l: float
    sensor: bool
    fill_ratio: float | None
    fill_at: datetime | None
    last_emptied_at: datetime | None


class ContainerNameRow(TypedDict):
    container_id: str
    name: str
    zone_name: str


class PositionRow(TypedDict):
    truck_id: str
    happened_at: datetime
    lon: float
    lat: float
    speed_kmh: float | None
    heading_deg: float | None


class PlanRow(TypedDict):
    plan_id: UUID
    day: date
    made_at: datetime
    status: str
    circuits: int
    stops: int
    distance_m: float
    fuel_l: float


class CircuitRow(TypedDict):
    number: int
    truck_id: str
    distance_m: float
    fuel_l: float
    duty_s: float
    stops: int


class DispatchRow(TypedDict):
    plan_id: UUID
    dispatch_id: UUID
    dispatched_by: str
    dispatched_at: datetime


class ProgressRow(TypedDict):
    truck_id: str
    done: int
    skipped: int
    last_at: datetime


class ConfirmationRow(TypedDict):
    truck_id: str
    kind: str
    place: str
    outcome: str
    reason: str | None
    happened_at: datetime


class RejectedRow(TypedDict):
    reason: str
    messages: int
    last_at: datetime


def list_cities(connection: Connection) -> list[City]:
    return [City.model_validate(row["document"]) for row in connection.execute(SQL["list_cities"])]


def find_city(connection: Connection, city: str) -> City | None:
    row = connection.execute(SQL["find_city"], {"city": city}).fetchone()
    return City.model_validate(row["document"]) if row else None


def find_basemap(connection: Connection, city: str) -> dict[str, Any] | None:
    row = connection.execute(SQL["find_basemap"], {"city": city}).fetchone()
    return row["basemap"] if row else None


def list_zones(connection: Connection, city: str) -> list[ZoneRow]:
    return _rows(ZoneRow, connection.execute(SQL["list_zones"], {"city": city}))


@many_at_once()
def list_containers(connection: Connection, city: str) -> list[ContainerRow]:
    # Binary, straight into rows and not by way of dicts, fetched at once: a third less time for a large city.
    with connection.cursor(row_factory=rows_as(ContainerRow), binary=True) as cursor:
        return cursor.execute(SQL["list_containers"], {"city": city}).fetchall()


def find_container_names(connection: Connection, city: str, ids: Collection[str]) -> dict[str, ContainerNameRow]:
    """Of these containers, by id; one that is not in service, or is no container, is not in it."""
    cursor = connection.execute(SQL["find_container_names"], {"city": city, "ids": list(ids)})
    return {row["container_id"]: row for row in _rows(ContainerNameRow, cursor)}


def list_trucks(connection: Connection, city: str) -> list[Truck]:
    return [Truck.model_validate(row["document"]) for row in connection.execute(SQL["list_trucks"], {"city": city})]


def list_entries(connection: Connection, city: str, kind: str) -> list[dict[str, Any]]:
    """Rows of the registry that are only read whole: `truck_class`, `container_kind`, `depot`, `disposal_site`."""
    return [row["document"] for row in connection.execute(SQL["list_entries"], {"city": city, "kind": kind})]


def list_sites(connection: Connection, city: str) -> list[tuple[str, dict[str, Any]]]:
    """Depots and disposal sites with their kind."""
    kinds = ("depot", "disposal_site")
    return [(kind, document) for kind in kinds for document in list_entries(connection, city, kind)]


def list_truck_positions(connection: Connection, city: str) -> list[PositionRow]:
    return _rows(PositionRow, connection.execute(SQL["list_truck_positions"], {"city": city}))


def list_trucks_with_driver(connection: Connection, city: str) -> set[str]:
    """Trucks that somebody can open on a phone."""
    return {row["truck_id"] for row in connection.execute(SQL["list_trucks_with_driver"], {"city": city})}


def find_run(connection: Connection, city: str, request: UUID) -> PlanningProgressed | None:
    row = connection.execute(SQL["find_run"], {"city": city, "request": request}).fetchone()
    return PlanningProgressed.model_validate(row["document"]) if row else None


def find_latest_run(connection: Connection, city: str, day: date) -> PlanningProgressed | None:
    row = connection.execute(SQL["find_latest_run"], {"city": city, "day": day}).fetchone()
    return PlanningProgressed.model_validate(row["document"]) if row else None


def find_latest_plan(connection: Connection, city: str, day: date) -> PlanRow | None:
    return _row(PlanRow, connection.execute(SQL["find_latest_plan"], {"city": city, "day": day}).fetchone())


def find_plan_text(connection: Connection, city: str, plan: UUID) -> str | None:
    """The plan as the planner said it, whole, as JSON."""
    row = connection.execute(SQL["find_plan_text"], {"city": city, "plan": plan}).fetchone()
    return row["document"] if row else None


@many_at_once()
def find_plan(connection: Connection, city: str, plan: UUID) -> PlanMade | None:
    text = find_plan_text(connection, city, plan)  # straight into the plan, not by way of dicts
    return PlanMade.model_validate_json(text) if text else None


def list_plan_circuits(connection: Connection, city: str, plan: UUID) -> list[CircuitRow]:
    return _rows(CircuitRow, connection.execute(SQL["list_plan_circuits"], {"city": city, "plan": plan}))


def find_dispatch(connection: Connection, city: str, day: date) -> DispatchRow | None:
    """The dispatch in force on a day: the latest."""
    return _row(DispatchRow, connection.execute(SQL["find_dispatch"], {"city": city, "day": day}).fetchone())


def list_progress(connection: Connection, city: str, plan: UUID) -> list[ProgressRow]:
    return _rows(ProgressRow, connection.execute(SQL["list_progress"], {"city": city, "plan": plan}))


def list_confirmations(connection: Connection, city: str, plan: UUID) -> list[ConfirmationRow]:
    """In the order in which they happened."""
    return _rows(ConfirmationRow, connection.execute(SQL["list_confirmations"], {"city": city, "plan": plan}))


def count_silent(connection: Connection, city: str, since: datetime) -> int:
    """Sensors that have not been heard since."""
    row = connection.execute(SQL["count_silent"], {"city": city, "since": since}).fetchone()
    return int(row["silent"]) if row else 0


def list_rejected(connection: Connection, city: str, since: datetime) -> list[RejectedRow]:
    return _rows(RejectedRow, connection.execute(SQL["list_rejected"], {"city": city, "since": since}))


def list_savings_months(connection: Connection, city: str) -> list[date]:
    """First days of the months that the ledger knows, oldest first."""
    return [row["month"] for row in connection.execute(SQL["list_savings_months"], {"city": city})]


def list_savings(
    connection: Connection, city: str, first: date | None = None, last: date | None = None
) -> list[SavingsComputed]:
    """The ledger's days, oldest first, both ends included."""
    rows = connection.execute(SQL["list_savings"], {"city": city, "first": first, "last": last})
    return [SavingsComputed.model_validate(row["document"]) for row in rows]


def find_latest_savings(connection: Connection, city: str) -> SavingsComputed | None:
    row = connection.execute(SQL["find_latest_savings"], {"city": city}).fetchone()
    return SavingsComputed.model_validate(row["document"]) if row else None


def _rows[Row](_kind: type[Row], cursor: Iterable[dict[str, Any]]) -> list[Row]:
    """The rows as their kind: the query names its columns."""
    return cast("list[Row]", list(cursor))


def _row[Row](_kind: type[Row], row: dict[str, Any] | None) -> Row | None:
    return cast("Row | None", row)
