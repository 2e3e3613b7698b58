"""Finding a container by its number, its name (street or landmark) or its zone; a circuit by its truck."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.city.registry import City
from services.contracts.fields import Day
from services.contracts.planning import Circuit, PlanMade
from services.store.connection import Connection
from services.web.figures.days import today_in
from services.web.operator import store
from services.web.rendering.pages import get_page
from services.web.requests.deps import WithDeps, WithStore
from services.web.requests.fleets import choose_fleet
from services.web.requests.guards import OperatorSession, SessionCity

router = APIRouter(include_in_schema=False)

Search = Annotated[str, Query(max_length=80)]


@dataclass(frozen=True)
class Found:
    """What a search found, for the list and the map."""

    search: str
    circuits: Sequence[Circuit]
    """Of trucks whose name holds it."""
    containers: Sequence[store.FoundRow]
    circuit_of: dict[str | None, int]
    """Circuit's number by container, of those in the plan."""

    @property
    def total(self) -> int:
        return len(self.circuits) + (self.containers[0]["total"] if self.containers else 0)

    @property
    def shown(self) -> int:
        return len(self.circuits) + len(self.containers)


def read_found(connection: Connection, city: City, fleet: str, plan: PlanMade | None, search: str) -> Found | None:
    """None where nothing is searched for."""
    wanted = store.folded(search).strip()
    if not wanted:
        return None
    circuits = [circuit for circuit in plan.circuits if wanted in store.folded(circuit.truck)] if plan else []
    circuit_of = {stop.place: circuit.number for circuit in plan.circuits for stop in circuit.stops} if plan else {}
    return Found(search.strip(), circuits, store.find_containers_like(connection, city.id, fleet, search), circuit_of)


@router.get("/operateur/trouves")
def found_part(
    request: Request,
    _session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
    jour: Day,
    q: Search = "",
    flotte: str | None = None,
    plan: UUID | None = None,
) -> Response:
    """The part of the list that holds what was found, for the script that asks while somebody types."""
    choice = choose_fleet(connection, city, flotte or None)
    made = store.find_plan(connection, city.id, plan) if plan else None
    return get_page(request).render(
        request, "operator/found.html", city=city, found=read_found(connection, city, choice.chosen.id, made, q),
        plan=made, is_over=jour < today_in(city, deps.clock.now()),
    )  # fmt: skip
