"""One circuit as a file for other programs: a navigator's GPX, or GeoJSON with each leg's manoeuvres."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.adapters.timescale import pages as store
from services.adapters.timescale.connection import Connection
from services.city.registry import City
from services.contracts.planning import Circuit, PlanMade
from services.domain.ways import geojson_of, gpx_of
from services.web.deps import WithDeps, WithStore
from services.web.downloads.features import geojson_answer
from services.web.maps.lines import CircuitLine
from services.web.pages import get_page
from services.web.problems import NotFound
from services.web.session.guards import OfficeSession, SessionCity

router = APIRouter(prefix="/plans/{plan_id}/circuits", tags=["downloads"])


@router.get("/{number}.geojson")
def get_circuit_geojson(
    request: Request,
    plan_id: UUID,
    number: int,
    _session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
) -> Response:
    """One line a leg with its manoeuvres in the reader's language, and one point a visit."""
    plan, circuit = _circuit(connection, city, plan_id, number)
    line = deps.lines.of_plan(connection, city, plan)[number]
    language = get_page(request).texts_for(request).language
    return geojson_answer(request, geojson_of(circuit, line.way, source=line.source, language=language))


@router.get("/{number}.gpx")
def get_circuit_gpx(
    request: Request,
    plan_id: UUID,
    number: int,
    _session: OfficeSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
) -> Response:
    """The visits as a route with their times, the line as a track. Straight legs are told in its name."""
    plan, circuit = _circuit(connection, city, plan_id, number)
    line = deps.lines.of_plan(connection, city, plan)[number]
    texts = get_page(request).texts_for(request)
    title = f"{city.name} {plan.day}, {texts('console.circuit', number=number)}, {circuit.truck}"
    if line.source == "estimated":
        title = f"{title} ({texts('console.straight')})"
    gpx = gpx_of(circuit, line.way, name=title, names=_names(connection, city), language=texts.language)
    name = _file_name(city, plan, circuit, line)
    headers = {"Content-Disposition": f'attachment; filename="{name}.gpx"', "Cache-Control": "no-cache"}
    return Response(gpx, media_type="application/gpx+xml", headers=headers)


def _circuit(connection: Connection, city: City, plan_id: UUID, number: int) -> tuple[PlanMade, Circuit]:
    plan = store.find_plan(connection, city.id, plan_id)
    circuit = next((c for c in plan.circuits if c.number == number), None) if plan else None
    if plan is None or circuit is None:
        raise NotFound
    return plan, circuit


def _names(connection: Connection, city: City) -> dict[str, str]:
    containers = {row["container_id"]: row["name"] for row in store.list_containers(connection, city.id)}
    return containers | {site["id"]: site["name"] for _, site in store.list_sites(connection, city.id)}


def _file_name(city: City, plan: PlanMade, circuit: Circuit, line: CircuitLine) -> str:
    straight = "-straight" if line.source == "estimated" else ""
    return f"{city.id}-{plan.day}-{circuit.number}{straight}"
