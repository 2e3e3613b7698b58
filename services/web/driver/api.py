"""What the phone's page and the simulated trucks call."""

from datetime import date
from typing import Any

from fastapi import APIRouter, Body, Response

from services.contracts.confirmations import ConfirmVisit
from services.web.days import today_in
from services.web.deps import WithDeps, WithStore
from services.web.driver.circuit import find_driver_circuit
from services.web.driver.confirm import MOST_AT_ONCE, parse_confirmations, record_confirmations
from services.web.driver.schemas import Accepted, DriverCircuit
from services.web.session.guards import CsrfHeader, DriverSession, SessionCity

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
    session: DriverSession, city: SessionCity, deps: WithDeps, connection: WithStore, day: date | None = None
) -> Any:
    """The truck's circuit of the day (today where none is named), with what was already confirmed."""
    shown = day or today_in(city, deps.clock.now())
    circuit = find_driver_circuit(connection, city, session.truck or "", shown)
    return circuit if circuit is not None else Response(status_code=204)


@router.post("/confirmations", status_code=202, dependencies=[CsrfHeader], openapi_extra=OUTBOX_SCHEMA)
def post_confirmations(session: DriverSession, deps: WithDeps, entries: list[Any] = Body()) -> Accepted:  # noqa: B008
    """Take the phone's outbox, at most 500. 202 once Kafka has confirmed every one; sending again is harmless."""
    return Accepted(accepted=record_confirmations(deps, session, parse_confirmations(entries)))
