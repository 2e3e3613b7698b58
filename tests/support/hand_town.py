"""The example town with a second compactor, and a day planned without any search: circuits put together by hand."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from services.city.registry import Registry
from services.contracts.changes import PlanChange
from services.contracts.planning import PlanMade, Totals, Unserved
from services.fill.due import forecasts_of_day
from services.planning.by_hand import changed_plan
from services.planning.plan_ground import Ground, ground_of
from tests.support.example_town import example_town

DAY = date(2026, 3, 3)  # a Tuesday
EVENING = datetime(2026, 3, 2, 18, tzinfo=UTC)
FIRST, SECOND, TIPPER = "RB-1021", "RB-1022", "RB-2210"


def hand_town() -> Registry:
    """Two compactors and the tipper."""
    town = example_town()
    twin = next(truck for truck in town.trucks if truck.id == FIRST).model_copy(update={"id": SECOND})
    return town.model_copy(update={"trucks": (*town.trucks, twin)})


def empty_plan(town: Registry, name: str = "hand") -> PlanMade:
    """Every container due by the rules, none in a circuit yet."""
    forecasts = forecasts_of_day(town, {}, DAY)
    return PlanMade(
        plan_id=uuid5(NAMESPACE_URL, name), request_id=UUID(int=1), city=town.city.id, day=DAY, as_of=EVENING,
        made_at=EVENING, seed=1, time_limit_s=1, solve_s=1, status="planned", roads="estimated", cost=0,
        currency=town.city.currency, totals=Totals(), baseline=None, circuits=(),
        unserved=tuple(Unserved(container=f.container, reason="not_found", due=f.due) for f in forecasts),
        forecasts=forecasts,
    )  # fmt: skip


def change_of(parent: PlanMade, kind: str, number: int = 0, **what: object) -> PlanChange:
    """Awa's, in the evening before."""
    fields = {"parent": parent.plan_id, "kind": kind, "changed_by": "awa", "changed_at": EVENING}
    named = uuid5(parent.plan_id, f"{kind} {number} {sorted(what.items())}")
    return PlanChange.model_validate({"change_id": named, **fields, **what})


def hand_plan(town: Registry, circuits: dict[str, Sequence[str]], name: str = "hand") -> PlanMade:
    """A plan of the planner's with these circuits: each container as the last, in trips as they are needed."""
    plan = empty_plan(town, name)
    ground = ground_of(plan, (), town)
    for truck, containers in circuits.items():
        for container in containers:
            plan = changed_plan(plan, change_of(plan, "place", container=container, truck=truck, last=True), ground)
    circuits_made = tuple(plan.circuits)
    return empty_plan(town, name).model_copy(
        update={
            "circuits": circuits_made, "totals": plan.totals, "cost": plan.cost, "explained": "served",
            "unserved": plan.unserved,
        }
    )  # fmt: skip


def ground_with(plan: PlanMade, town: Registry, added: Iterable[str] = ()) -> Ground:
    return ground_of(plan, added, town)


def order_of(plan: PlanMade, truck: str) -> list[str]:
    """The containers of a truck's circuit, in their order; none where it stays at home."""
    return [stop.place or "" for circuit in plan.circuits if circuit.truck == truck for stop in circuit.stops]
