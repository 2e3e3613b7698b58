"""What of a long list stands open: named by the address of the page, or asked for by the script that opens it."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.web.figures.days import today_in
from services.web.operator import store
from services.web.operator.change_views import read_changes
from services.web.operator.circuit_stops import read_circuit_stops
from services.web.operator.list_parts import ListParts
from services.web.operator.plans import get_plan
from services.web.rendering.pages import get_page
from services.web.rendering.problems import NotFound
from services.web.requests.deps import WithDeps, WithStore
from services.web.requests.guards import OperatorSession, SessionCity

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Opened:
    circuit: int | None
    container: str | None
    """Whose circuit is open."""
    has_ladder: bool


def opened_of(
    circuit: Annotated[int | None, Query()] = None,
    bac: Annotated[str | None, Query(max_length=64)] = None,
    frise: Annotated[bool, Query()] = False,
) -> Opened:
    return Opened(circuit, bac, frise)


WithOpened = Annotated[Opened, Depends(opened_of)]


@router.get("/operateur/arrets")
def circuit_stops(
    request: Request,
    _session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    plan: UUID,
    circuit: int,
) -> Response:
    """One circuit's stops as the list shows them, for the script that opens it."""
    made = get_plan(connection, city, plan)
    line = read_circuit_stops(connection, city, made, circuit)
    if line is None:
        raise NotFound
    sent = store.find_dispatch(connection, city.id, made.fleet, made.day)
    changes = read_changes(connection, city, made, sent["plan_id"] if sent else None)
    is_over = made.day < today_in(city, deps.clock.now())
    page = get_page(request)
    parts = ListParts(page.parts, page.texts_for(request).language, city.timezone, is_over, made, changes)
    return page.render(
        request, "operator/opened.html", city=city, plan=made, changes=changes, parts_kept=parts, line=line,
        is_over=is_over,
    )  # fmt: skip
