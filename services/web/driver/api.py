"""What the phone's page and the simulated trucks call."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Body, Request, Response

from services.city.registry import City
from services.contracts.confirmations import ConfirmVisit
from services.contracts.fields import Day
from services.store.connection import Connection
from services.web.driver.circuit import SentCircuit, find_sent_circuit, read_driver_circuit
from services.web.driver.confirm import MOST_AT_ONCE, parse_confirmations, record_confirmations
from services.web.driver.near import streets_near
from services.web.driver.schemas import Accepted, DriverCircuit, DriverState, DriverStreets
from services.web.entry.tokens import Session
from services.web.figures import store
from services.web.figures.days import today_in
from services.web.rendering.etags import headers_for, is_known, unchanged, with_etag
from services.web.rendering.pages import get_page
from services.web.requests.deps import Deps, WithDeps, WithStore, WithTransaction
from services.web.requests.guards import CsrfHeader, DriverSession, SessionCity

router = APIRouter(prefix="/driver", tags=["driver"])

NOTHING_SENT: dict[int | str, dict[str, Any]] = {204: {"description": "nothing sent to this truck"}}
OUTBOX_SCHEMA = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {"type": "array", "maxItems": MOST_AT_ONCE, "items": ConfirmVisit.model_json_schema()}
            }
        }
    }
}


@router.get("/state", response_model=DriverState)
def get_state(
    request: Request,
    session: DriverSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    day: Day | None = None,
) -> Response:
    """Which circuit to drive, and what is confirmed: a kilobyte, with an ETag. The circuit itself is asked for once."""
    found = _find(request, session, city, deps, connection, day)
    state = found.state() if found else DriverState(plan_id=None, version=None, confirmed={})
    return with_etag(request, state.model_dump_json().encode(), "application/json")


@router.get("/circuit", response_model=DriverCircuit, responses=NOTHING_SENT)
def get_circuit(
    request: Request,
    response: Response,
    session: DriverSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    day: Day | None = None,
) -> Any:
    """The truck's circuit of the day (today where none is named), with what was already confirmed, and an ETag."""
    found = _find(request, session, city, deps, connection, day)
    if found is not None and is_known(request, found.etag):
        return unchanged(found.etag)
    circuit = _read(request, city, deps, connection, found)
    if found is None or circuit is None:
        return Response(status_code=204)
    response.headers.update(headers_for(found.etag))
    return circuit


@router.get("/streets", response_model=DriverStreets, responses=NOTHING_SENT)
def get_streets(
    request: Request,
    session: DriverSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    day: Day | None = None,
) -> Any:
    """Streets and water around the truck's circuit of the day, for the phone to draw and keep."""
    circuit = _read(request, city, deps, connection, _find(request, session, city, deps, connection, day))
    if circuit is None:
        return Response(status_code=204)
    streets = deps.basemaps.streets(city.id) or store.find_basemap(connection, city.id)
    return streets_near(streets, (point for leg in circuit.legs for point in leg.line))


def _find(
    request: Request, session: Session, city: City, deps: Deps, connection: Connection, day: date | None
) -> SentCircuit | None:
    language = get_page(request).texts_for(request).language
    shown = day or today_in(city, deps.clock.now())
    return find_sent_circuit(connection, city, session.truck or "", shown, lines=deps.lines, language=language)


def _read(
    request: Request, city: City, deps: Deps, connection: Connection, found: SentCircuit | None
) -> DriverCircuit | None:
    language = get_page(request).texts_for(request).language
    return read_driver_circuit(connection, city, found, lines=deps.lines, language=language) if found else None


@router.post("/confirmations", status_code=202, dependencies=[CsrfHeader], openapi_extra=OUTBOX_SCHEMA)
def post_confirmations(
    session: DriverSession,
    deps: WithDeps,
    transaction: WithTransaction,
    entries: list[Any] = Body(),  # noqa: B008
) -> Accepted:
    """Take the phone's outbox, at most 500. 202 once Kafka has confirmed every one; sending again is harmless."""
    return Accepted(accepted=record_confirmations(deps, transaction, session, parse_confirmations(entries)))
