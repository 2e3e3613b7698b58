"""What the phone's page and the simulated trucks call."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Body, Request, Response

from services.city.registry import City
from services.contracts.confirmations import ConfirmVisit
from services.store.connection import Connection
from services.web import store
from services.web.days import today_in
from services.web.deps import Deps, WithDeps, WithStore
from services.web.driver.circuit import find_driver_circuit
from services.web.driver.confirm import MOST_AT_ONCE, parse_confirmations, record_confirmations
from services.web.driver.near import streets_near
from services.web.driver.schemas import Accepted, DriverCircuit, DriverStreets
from services.web.guards import CsrfHeader, DriverSession, SessionCity
from services.web.pages import get_page
from services.web.tokens import Session

router = APIRouter(prefix="/driver", tags=["driver"])

OUTBOX_SCHEMA = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {"type": "array", "maxItems": MOST_AT_ONCE, "items": ConfirmVisit.model_json_schema()}
            }
        }
    }
}


@router.get("/circuit", response_model=DriverCircuit, responses={204: {"description": "nothing sent to this truck"}})
def get_circuit(
    request: Request,
    session: DriverSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    day: date | None = None,
) -> Any:
    """The truck's circuit of the day (today where none is named), with what was already confirmed."""
    shown = day or today_in(city, deps.clock.now())
    circuit = _circuit(request, session, city, deps, connection, shown)
    return circuit if circuit is not None else Response(status_code=204)


@router.get("/streets", response_model=DriverStreets, responses={204: {"description": "nothing sent to this truck"}})
def get_streets(
    request: Request,
    session: DriverSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    day: date | None = None,
) -> Any:
    """Streets and water around the truck's circuit of the day, for the phone to draw and keep."""
    circuit = _circuit(request, session, city, deps, connection, day or today_in(city, deps.clock.now()))
    if circuit is None:
        return Response(status_code=204)
    streets = deps.basemaps.streets(city.id) or store.find_basemap(connection, city.id)
    return streets_near(streets, (point for leg in circuit.legs for point in leg.line))


def _circuit(
    request: Request, session: Session, city: City, deps: Deps, connection: Connection, day: date
) -> DriverCircuit | None:
    language = get_page(request).texts_for(request).language
    return find_driver_circuit(connection, city, session.truck or "", day, lines=deps.lines, language=language)


@router.post("/confirmations", status_code=202, dependencies=[CsrfHeader], openapi_extra=OUTBOX_SCHEMA)
def post_confirmations(session: DriverSession, deps: WithDeps, entries: list[Any] = Body()) -> Accepted:  # noqa: B008
    """Take the phone's outbox, at most 500. 202 once Kafka has confirmed every one; sending again is harmless."""
    return Accepted(accepted=record_confirmations(deps, session, parse_confirmations(entries)))
