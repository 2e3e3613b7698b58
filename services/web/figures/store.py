"""What several faces read of the store: plain queries, contract objects out. What one face alone reads is its own."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, NamedTuple, TypedDict, cast
from uuid import UUID

from services.city.registry import City, Truck
from services.contracts.planning import Circuit
from services.roads.roads import RoadSource
from services.store.connection import Connection
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


def list_cities(connection: Connection) -> list[City]:
    return [City.model_validate(row["document"]) for row in connection.execute(SQL["list_cities"])]


def find_city(connection: Connection, city: str) -> City | None:
    row = connection.execute(SQL["find_city"], {"city": city}).fetchone()
    return City.model_validate(row["document"]) if row else None


def find_basemap(connection: Connection, city: str) -> dict[str, Any] | None:
    row = connection.execute(SQL["find_basemap"], {"city": city}).fetchone()
    return row["basemap"] if row else None


def find_lines_avoided(connection: Connection, city: str, plan_id: UUID) -> list[list[tuple[float, float]]]:
    """Lines of the closed streets that a plan goes round."""
    rows = connection.execute(SQL["list_lines_avoided"], {"city": city, "plan": plan_id})
    return [[(lon, lat) for lon, lat in row["line"]] for row in rows]


def list_zones(connection: Connection, city: str) -> list[ZoneRow]:
    return rows_of(ZoneRow, connection.execute(SQL["list_zones"], {"city": city}))


def find_container_names(connection: Connection, city: str, ids: Collection[str]) -> dict[str, ContainerNameRow]:
    """Of these containers, by id; one that is not in service, or is no container, is not in it."""
    cursor = connection.execute(SQL["find_container_names"], {"city": city, "ids": list(ids)})
    return {row["container_id"]: row for row in rows_of(ContainerNameRow, cursor)}


def list_trucks(connection: Connection, city: str, fleet: str | None = None) -> list[Truck]:
    """A fleet's; all of the city where none is named."""
    rows = connection.execute(SQL["list_trucks"], {"city": city, "fleet": fleet})
    return [Truck.model_validate(row["document"]) for row in rows]


def list_entries(connection: Connection, city: str, kind: str) -> list[dict[str, Any]]:
    """Rows of the registry that are only read whole: `truck_class`, `container_kind`, `depot`, `disposal_site`."""
    return [row["document"] for row in connection.execute(SQL["list_entries"], {"city": city, "kind": kind})]


def list_sites(connection: Connection, city: str) -> list[tuple[str, dict[str, Any]]]:
    """Depots and disposal sites with their kind."""
    kinds = ("depot", "disposal_site")
    return [(kind, document) for kind in kinds for document in list_entries(connection, city, kind)]


class PlannedCircuit(NamedTuple):
    """One circuit of a plan, and what of the plan it hangs on."""

    plan_id: UUID
    day: date
    roads: RoadSource
    circuit: Circuit


def find_fleet_of_plan(connection: Connection, city: str, plan: UUID) -> str | None:
    row = connection.execute(SQL["find_fleet_of_plan"], {"city": city, "plan": plan}).fetchone()
    return row["fleet_id"] if row else None


def find_circuit(connection: Connection, city: str, plan: UUID, number: int) -> PlannedCircuit | None:
    """One circuit out of a plan; the rest of the plan, megabytes in a large city, stays in the store."""
    row = connection.execute(SQL["find_circuit"], {"city": city, "plan": plan, "number": number}).fetchone()
    if row is None or row["circuit"] is None:
        return None
    return PlannedCircuit(plan, row["day"], row["roads"], Circuit.model_validate_json(row["circuit"]))


def rows_of[Row](_kind: type[Row], cursor: Iterable[dict[str, Any]]) -> list[Row]:
    """The rows as their kind: the query names its columns."""
    return cast("list[Row]", list(cursor))


def row_of[Row](_kind: type[Row], row: dict[str, Any] | None) -> Row | None:
    return cast("Row | None", row)
