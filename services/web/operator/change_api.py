"""Changes of a plan, for programs and for the page's scripts."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from services.contracts.changes import BrokenName, ChangeKind, PlanChange
from services.contracts.fields import Id
from services.errors import ChangeRefused
from services.web.operator.change_views import find_offers
from services.web.operator.changing import Wish, make_change, refused_change
from services.web.operator.history import Step, read_history
from services.web.operator.plans import get_plan
from services.web.rendering.problems import WrongInput
from services.web.requests.deps import WithDeps, WithStore, WithTransaction
from services.web.requests.guards import CsrfHeader, OperatorSession, SessionCity

router = APIRouter(tags=["operator"])


class ChangeWish(BaseModel):
    """As the contract `PlanChange`, of the plan in the address; who and when are the server's to say."""

    change_id: UUID = Field(default_factory=uuid4, description="sent twice, it is made once")
    kind: ChangeKind
    container: Id | None = None
    truck: Id | None = None
    before: Id | None = None
    last: bool = False
    for_truck: Id | None = None
    site: Id | None = None
    until: AwareDatetime | None = None
    reason: Annotated[str, Field(max_length=200)] | None = None
    sure: UUID | None = Field(default=None, description="the plan another made meanwhile, from a 409: go on top of it")


class Changed(BaseModel):
    plan_id: UUID = Field(description="of the plan that came of the change")


class BrokenNow(BaseModel):
    rule: BrokenName
    over: float
    place: str | None


class Place(BaseModel):
    """One truck's: what the whole day then costs more; below zero, less."""

    truck: str
    circuit: int | None = Field(description="null: it stays at the depot as the plan is")
    is_its_own: bool
    before: str | None = Field(description="the container it would come before; null: the last")
    extra_fuel_l: float
    extra_duty_s: float
    extra_distance_m: float
    extra_cost: float = Field(description="in the plan's currency")
    broken: list[BrokenNow]
    falls_out: str | None = Field(description="a container whose place it could take, so that nothing breaks")


class ChangeMade(BaseModel):
    plan_id: UUID
    change: PlanChange


class ChangeHistory(BaseModel):
    root: UUID
    head: UUID = Field(description="the plan to change next")
    undoable: UUID | None
    redoable: UUID | None
    changes: list[ChangeMade]


@router.get("/plans/{plan_id}/places")
def list_places(
    plan_id: UUID,
    container: Id,
    _session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    connection: WithStore,
) -> list[Place]:
    """Where to put a container: its price on each truck at its best place there, what breaks nothing first."""
    plan = get_plan(connection, city, plan_id)
    try:
        offers = find_offers(deps, connection, plan, container, deps.clock.now())
    except ChangeRefused as refused:
        raise refused_change(refused) from refused
    return [
        Place(
            truck=offer.truck,
            circuit=offer.circuit,
            is_its_own=offer.is_its_own,
            before=offer.place.before,
            extra_fuel_l=round(offer.extra.fuel_l, 2),
            extra_duty_s=offer.extra.duty_s,
            extra_distance_m=offer.extra.distance_m,
            extra_cost=round(offer.extra.cost, 2),
            broken=[BrokenNow(rule=row.rule, over=round(row.over, 1), place=row.place) for row in offer.place.broken],
            falls_out=offer.place.falls_out,
        )
        for offer in offers
    ]


@router.post("/plans/{plan_id}/changes", status_code=202, dependencies=[CsrfHeader])
def change_plan(
    plan_id: UUID,
    wish: ChangeWish,
    session: OperatorSession,
    city: SessionCity,
    deps: WithDeps,
    transaction: WithTransaction,
) -> Changed:
    """Change a plan by hand. 202 once Kafka has it; 409 with what another changed in the same circuits meanwhile."""
    if wish.kind == "solve":
        raise WrongInput(errors=[{"where": ["body", "kind"], "message": "solve: POST /plan with `around` orders it"}])
    what = wish.model_dump(exclude={"change_id", "kind", "sure"}, exclude_none=True)
    asked = Wish(plan_id, wish.change_id, wish.kind, what, wish.sure)
    return Changed(plan_id=make_change(deps, transaction, city, session, asked))


@router.get("/plans/{plan_id}/changes")
def list_changes(plan_id: UUID, _session: OperatorSession, city: SessionCity, connection: WithStore) -> ChangeHistory:
    """Every change of the plan's chain, with author and instant, in order."""
    get_plan(connection, city, plan_id)
    history = read_history(connection, city.id, plan_id)
    return ChangeHistory(
        root=history.root_id,
        head=history.head_id,
        undoable=_id(history.undoable),
        redoable=_id(history.redoable),
        changes=[ChangeMade(plan_id=step.plan_id, change=step.change) for step in history.steps],
    )


def _id(step: Step | None) -> UUID | None:
    return step.change.change_id if step else None
