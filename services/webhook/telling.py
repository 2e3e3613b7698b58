"""From what is stored to what is told outside."""

from typing import TypedDict
from uuid import UUID

from services.contracts.confirmations import VisitConfirmed
from services.contracts.planning import PlanDispatched, PlanMade
from services.contracts.webhooks import CircuitSentData, OverflowingData, PlanMadeData, StopConfirmedData, Told


class CircuitRow(TypedDict):
    """A circuit as the store keeps it."""

    plan_id: UUID
    number: int
    truck: str
    stops: int
    distance_m: float
    fuel_l: float
    duty_s: float


class OverflowRow(TypedDict):
    """A container whose last reading says that it is full to the rim."""

    city: str
    container: str
    name: str
    lon: float
    lat: float
    fill_ratio: float
    happened_at: object


def of_plan(plan: PlanMade) -> Told:
    data = PlanMadeData(
        **plan.model_dump(include={"city", "plan_id", "fleet", "day", "status", "replaces", "made_at"}),
        **plan.totals.model_dump(include={"circuits", "stops", "distance_m", "fuel_l"}),
        left_out=sum(each.due is not None for each in plan.unserved),
        by_hand=plan.change is not None,
    )
    return Told(plan.city, "plan.made", str(plan.plan_id), plan.made_at, plan.made_at, data)


def of_dispatch(sent: PlanDispatched, circuit: CircuitRow) -> Told:
    data = CircuitSentData(
        **sent.model_dump(include={"city", "dispatch_id", "plan_id", "fleet", "day"}),
        **{name: value for name, value in circuit.items() if name != "plan_id"},
        sent_at=sent.dispatched_at,
    )
    fact = f"{sent.dispatch_id}/{circuit['number']}"
    return Told(sent.city, "circuit.sent", fact, sent.dispatched_at, sent.dispatched_at, data)


def of_confirmation(said: VisitConfirmed) -> Told | None:
    """None of a visit to a disposal site: `stop.confirmed` is of containers."""
    if said.kind != "stop":
        return None
    names = {"city", "plan_id", "fleet", "truck", "outcome", "reason", "fill_ratio_seen", "happened_at"}
    data = StopConfirmedData(**said.model_dump(include=names), confirmation_id=said.id, container=said.place)
    return Told(said.city, "stop.confirmed", str(said.id), said.happened_at, said.received_at, data)


def of_overflow(row: OverflowRow) -> Told:
    data = OverflowingData.model_validate(row)
    fact = f"{data.city}/{data.container}@{data.happened_at.isoformat()}"
    return Told(data.city, "container.overflowing", fact, data.happened_at, data.happened_at, data)
