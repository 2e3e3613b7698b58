"""What several faces read of the store: plain queries, contract objects out. What one face alone reads is its own."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any, TypedDict, cast
from uuid import UUID

from services.city.registry import City
from services.contracts.planning import PlanMade
from services.store.connection import Connection
from services.store.many import many_at_once
from services.store.queries import load_queries

SQL = load_queries(__name__)


class ZoneRow(TypedDict):
    zone_id: str
    name: str
    population: int
    geometry: dict[str, Any]


class ContainerNameRow(TypedDict):
    container_id: str
    name: str
    zone_name: str


class DispatchRow(TypedDict):
    plan_id: UUID
    dispatch_id: UUID
    dispatched_by: str
    dispatched_at: datetime


class ConfirmationRow(TypedDict):
    truck_id: str
    kind: str
    place: str
    outcome: str
    reason: str | None
    happened_at: datetime


def list_cities(connection: Connection) -> list[City]:
    return [City.model_validate(row["document"]) for row in connection.execute(SQL["list_cities"])]


def find_city(connection: Connection, city: str) -> City | None:
    row = connection.execute(SQL["find_city"], {"city": city}).fetchone()
    return City.model_validate(row["document"]) if row else None


def find_basemap(connection: Connection, city: str) -> dict[str, Any] | None:
    row = connection.execute(SQL["find_basemap"], {"city": city}).fetchone()
    return row["basemap"] if row else None


def list_zones(connection: Connection, city: str) -> list[ZoneRow]:
    return rows_of(ZoneRow, connection.execute(SQL["list_zones"], {"city": city}))


def find_container_names(connection: Connection, city: str, ids: Collection[str]) -> dict[str, ContainerNameRow]:
    """Of these containers, by id; one that is not in service, or is no container, is not in it."""
    cursor = connection.execute(SQL["find_container_names"], {"city": city, "ids": list(ids)})
    return {row["container_id"]: row for row in rows_of(ContainerNameRow, cursor)}


def list_entries(connection: Connection, city: str, kind: str) -> list[dict[str, Any]]:
    """Rows of the registry that are only read whole: `truck_class`, `container_kind`, `depot`, `disposal_site`."""
    return [row["document"] for row in connection.execute(SQL["list_entries"], {"city": city, "kind": kind})]


def list_sites(connection: Connection, city: str) -> list[tuple[str, dict[str, Any]]]:
    """Depots and disposal sites with their kind."""
    kinds = ("depot", "disposal_site")
    return [(kind, document) for kind in kinds for document in list_entries(connection, city, kind)]


def find_dispatch(connection: Connection, city: str, day: date) -> DispatchRow | None:
    """The dispatch in force on a day: the latest."""
    return row_of(DispatchRow, connection.execute(SQL["find_dispatch"], {"city": city, "day": day}).fetchone())


def find_plan_text(connection: Connection, city: str, plan: UUID) -> str | None:
    """The plan as the planner said it, whole, as JSON."""
    row = connection.execute(SQL["find_plan_text"], {"city": city, "plan": plan}).fetchone()
    return row["document"] if row else None


@many_at_once()
def find_plan(connection: Connection, city: str, plan: UUID) -> PlanMade | None:
    text = find_plan_text(connection, city, plan)  # straight into the plan, not by way of dicts
    return PlanMade.model_validate_json(text) if text else None


def list_confirmations(connection: Connection, city: str, plan: UUID) -> list[ConfirmationRow]:
    """In the order in which they happened."""
    return rows_of(ConfirmationRow, connection.execute(SQL["list_confirmations"], {"city": city, "plan": plan}))


def rows_of[Row](_kind: type[Row], cursor: Iterable[dict[str, Any]]) -> list[Row]:
    """The rows as their kind: the query names its columns."""
    return cast("list[Row]", list(cursor))


def row_of[Row](_kind: type[Row], row: dict[str, Any] | None) -> Row | None:
    return cast("Row | None", row)
