"""Circuits as sent to a truck, so that what its crew says of their places counts."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from services.contracts.confirmations import VisitConfirmed
from services.contracts.planning import Circuit, PlanDispatched, PlanMade, Totals, Visit
from services.store.connection import Connection
from services.writer.day import store_confirmations, store_dispatches, store_plans

DAWN = time(5, tzinfo=UTC)


def circuit_of(
    city: str,
    truck: str,
    day: date,
    places: Sequence[str],
    plan_id: UUID | None = None,
    kind: Literal["stop", "disposal"] = "stop",
) -> PlanMade:
    """A plan with one circuit, which goes to these places; the same again for the same city, truck and day."""
    at = datetime.combine(day, DAWN)
    visits = tuple(
        Visit(
            kind=kind, place=place, lon=1.8, lat=6.5, arrive_at=at, start_at=at, leave_at=at, load_kg=0, load_l=0
        )
        for place in places
    )  # fmt: skip
    made = plan_id or uuid5(NAMESPACE_URL, f"{city} {truck} {day}")
    circuit = Circuit(number=1, truck=truck, distance_m=1, fuel_l=1, duty_s=1, trips=1, visits=visits)
    return PlanMade(
        plan_id=made, request_id=made, city=city, day=day, as_of=at, made_at=at, seed=1, time_limit_s=1, solve_s=1,
        status="planned", roads="estimated", cost=1, currency="XOF",
        totals=Totals(circuits=1, stops=len(places), trips=1), baseline=Totals(), circuits=(circuit,), unserved=(),
        forecasts=(),
    )  # fmt: skip


def send_circuit(connection: Connection, plan: PlanMade) -> PlanMade:
    """Planned and dispatched, as the writer stores it, in the caller's transaction."""
    store_plans(connection, [plan])
    store_dispatches(connection, [dispatch_of(plan)])
    return plan


def dispatch_of(plan: PlanMade) -> PlanDispatched:
    return PlanDispatched(
        dispatch_id=uuid5(plan.plan_id, "sent"), plan_id=plan.plan_id, city=plan.city, fleet=plan.fleet, day=plan.day,
        dispatched_by="awa", dispatched_at=plan.made_at,
    )  # fmt: skip


def confirm_sent(connection: Connection, said: Iterable[VisitConfirmed]) -> None:
    """What crews say of their circuits, each of which was sent before; in the caller's transaction."""
    confirmations = list(said)
    for visit in confirmations:
        day = visit.happened_at.astimezone(UTC).date()
        send_circuit(connection, circuit_of(visit.city, visit.truck, day, [visit.place], visit.plan_id, visit.kind))
    assert store_confirmations(connection, confirmations) == 0
