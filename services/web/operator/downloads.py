"""Downloads for the office: containers, and circuits and stops of a plan, as tables and as GeoJSON."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic_core import to_json

from services.contracts.fields import Id
from services.contracts.planning import Circuit
from services.web.operator import store
from services.web.operator.features import circuits_geojson, containers_geojson, containers_in_columns
from services.web.operator.plans import get_plan
from services.web.rendering.etags import with_etag
from services.web.rendering.features import geojson_answer
from services.web.rendering.tables import csv_answer
from services.web.requests.deps import WithDeps, WithStore
from services.web.requests.fleets import file_stem
from services.web.requests.guards import OfficeSession, SessionCity

router = APIRouter(tags=["downloads"])

CONTAINER_COLUMNS = (
    "container", "name", "zone", "kind", "lon", "lat", "capacity_l", "sensor", "fill_ratio", "fill_at",
    "last_emptied_at", "fleet",
)  # fmt: skip
CIRCUIT_COLUMNS = (
    "number", "truck", "stops", "trips", "distance_m", "fuel_l", "duty_s", "leaves_at", "returns_at",
    "binding_limit", "binding_used_ratio", "slack_s", "closes", "closes_place", "fleet",
)  # fmt: skip
STOP_COLUMNS = (
    "number", "truck", "sequence", "kind", "place", "lon", "lat", "arrive_at", "start_at", "leave_at", "load_kg",
    "load_l", "marginal_cost", "currency", "fleet",
)  # fmt: skip


def _binding_cells(circuit: Circuit) -> dict[str, Any]:
    cells = circuit.binding.model_dump() if circuit.binding else {"limit": None, "used_ratio": None}
    return cells | {"binding_limit": cells["limit"], "binding_used_ratio": cells["used_ratio"]}


@router.get("/containers.geojson")
def get_containers_geojson(
    request: Request,
    _session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    plan: UUID | None = None,
    fleet: str | None = None,
    container: Id | None = None,
) -> Response:
    """Every container of the city, or of a fleet, with its fill state; with `plan`, as that plan forecasts it.

    `container`: this one alone.
    """
    made = get_plan(connection, city, plan) if plan else None
    containers = store.list_containers(connection, city.id, fleet)
    if container is not None:
        containers = [row for row in containers if row.container_id == container]
    return geojson_answer(request, containers_geojson(city, containers, made, deps.clock.now()))


@router.get("/map_containers")
def get_map_containers(
    request: Request,
    _session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    plan: UUID | None = None,
    fleet: str | None = None,
) -> Response:
    """What a map draws of every container, by columns: for cities of tens of thousands."""
    made = get_plan(connection, city, plan) if plan else None
    containers = store.list_containers(connection, city.id, fleet)
    columns = containers_in_columns(city, containers, made, deps.clock.now())
    return with_etag(request, to_json(columns), "application/json")


@router.get("/containers.csv")
def get_containers_csv(
    _session: OfficeSession, city: SessionCity, connection: WithStore, fleet: str | None = None
) -> Response:
    """Every container of the city, or of a fleet, with the latest known of it."""
    rows = (
        row._asdict() | {"container": row.container_id, "zone": row.zone_id, "kind": row.kind_id, "fleet": row.fleet_id}
        for row in store.list_containers(connection, city.id, fleet)
    )
    return csv_answer(f"{city.id}-containers", CONTAINER_COLUMNS, rows)


@router.get("/plans/{plan_id}/circuits.geojson")
def get_circuits_geojson(
    request: Request,
    plan_id: UUID,
    _session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
) -> Response:
    """One line a circuit, along its streets in driving order; straight where distances are estimated."""
    plan = get_plan(connection, city, plan_id)
    return geojson_answer(request, circuits_geojson(plan, deps.lines.of_plan(connection, city, plan)))


@router.get("/plans/{plan_id}/circuits.csv")
def get_circuits_csv(plan_id: UUID, _session: OfficeSession, city: SessionCity, connection: WithStore) -> Response:
    """The plan's circuits."""
    plan = get_plan(connection, city, plan_id)
    rows = [
        circuit.model_dump(exclude={"visits", "binding"})
        | _binding_cells(circuit)
        | {
            "fleet": plan.fleet,
            "stops": len(circuit.stops),
            "leaves_at": circuit.visits[0].leave_at if circuit.visits else None,
            "returns_at": circuit.visits[-1].arrive_at if circuit.visits else None,
        }
        for circuit in plan.circuits
    ]
    return csv_answer(f"{file_stem(city, plan)}-circuits", CIRCUIT_COLUMNS, rows)


@router.get("/plans/{plan_id}/stops.csv")
def get_stops_csv(plan_id: UUID, _session: OfficeSession, city: SessionCity, connection: WithStore) -> Response:
    """Every visit of the plan, in driving order."""
    plan = get_plan(connection, city, plan_id)
    rows: list[dict[str, Any]] = [
        visit.model_dump(exclude={"marginal_cost"})
        | {"number": circuit.number, "truck": circuit.truck, "sequence": sequence, "currency": plan.currency}
        | {"fleet": plan.fleet, "marginal_cost": visit.marginal_cost.cost if visit.marginal_cost else None}
        for circuit in plan.circuits
        for sequence, visit in enumerate(circuit.visits)
    ]
    return csv_answer(f"{file_stem(city, plan)}-stops", STOP_COLUMNS, rows)
