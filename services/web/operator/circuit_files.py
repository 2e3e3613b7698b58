"""One circuit as a file for other programs: a navigator's GPX, or GeoJSON with each leg's manoeuvres."""

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.city.registry import City
from services.contracts.planning import Circuit
from services.roads.ways import geojson_of, gpx_of
from services.store.connection import Connection
from services.web.figures import store as shared
from services.web.ground.circuit_lines import CircuitLine
from services.web.rendering.features import geojson_answer
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.requests.deps import WithDeps, WithStore
from services.web.requests.fleets import check_plan_seen
from services.web.requests.guards import OfficeSession, SessionCity

router = APIRouter(prefix="/plans/{plan_id}/circuits", tags=["downloads"])


class Asked(NamedTuple):
    """The circuit that an address names."""

    day: date
    circuit: Circuit
    line: CircuitLine


def get_asked(
    _session: OfficeSession, city: SessionCity, deps: WithDeps, connection: WithStore, plan_id: UUID, number: int
) -> Asked:
    """Raises: NotFound."""
    check_plan_seen(connection, city, plan_id)
    found = shared.find_circuit(connection, city.id, plan_id, number)
    if found is None:
        raise NotFound
    lines = deps.lines.of_circuits(connection, city, plan_id, found.roads, [found.circuit])
    return Asked(found.day, found.circuit, lines[number])


WithAsked = Annotated[Asked, Depends(get_asked)]


@router.get("/{number}.geojson")
def get_circuit_geojson(request: Request, asked: WithAsked) -> Response:
    """One line a leg with its manoeuvres in the reader's language, and one point a visit."""
    language = get_page(request).texts_for(request).language
    collection = geojson_of(asked.circuit, asked.line.way, source=asked.line.source, language=language)
    return geojson_answer(request, collection)


@router.get("/{number}.gpx")
def get_circuit_gpx(request: Request, asked: WithAsked, city: SessionCity, connection: WithStore) -> Response:
    """The visits as a route with their times, the line as a track. Straight legs are told in its name."""
    day, circuit, line = asked
    texts = get_page(request).texts_for(request)
    title = f"{city.name} {day}, {texts('console.circuit', number=circuit.number)}, {circuit.truck}"
    if line.source == "estimated":
        title = f"{title} ({texts('console.straight')})"
    gpx = gpx_of(circuit, line.way, name=title, names=_names(connection, city, circuit), language=texts.language)
    name = _file_name(city, day, circuit, line)
    headers = {"Content-Disposition": f'attachment; filename="{name}.gpx"', "Cache-Control": "no-cache"}
    return Response(gpx, media_type="application/gpx+xml", headers=headers)


def _names(connection: Connection, city: City, circuit: Circuit) -> dict[str, str]:
    stops = [visit.place for visit in circuit.stops if visit.place]
    containers = shared.find_container_names(connection, city.id, stops)
    sites = shared.list_sites(connection, city.id)
    return {place: row["name"] for place, row in containers.items()} | {site["id"]: site["name"] for _, site in sites}


def _file_name(city: City, day: date, circuit: Circuit, line: CircuitLine) -> str:
    straight = "-straight" if line.source == "estimated" else ""
    return f"{city.id}-{day}-{circuit.number}{straight}"
