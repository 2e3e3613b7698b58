"""What was due and left has its price, and leaving a zone out never pays."""

from datetime import UTC, date, datetime
from functools import partial

import pytest

import routing
from services.city.registry import Registry
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import ContainerForecast, PlanMade
from services.ledger.day_events import DayEvents
from services.ledger.driven import Confirmed, SentPlan
from services.ledger.driving import Scale
from services.ledger.frozen import baseline_of_folder
from services.ledger.fuel import FuelBook
from services.ledger.period import savings_of
from services.ledger.savings import savings_of_day
from services.ledger.served import Accepted
from services.ledger.undone import undone_l
from services.planning.plan_day import plan_day
from services.planning.problem import circuits_of, problem_of_day
from services.roads.roads import EstimatedRoads
from tests.support.example_town import example_town
from tests.support.orders import day_order

DAY = date(2026, 3, 3)
SENT_AT = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def town() -> Registry:
    return example_town()


def due(container: str, **changes: object) -> ContainerForecast:
    usual: dict[str, object] = {
        "container": container, "fill_ratio": 0.9, "fill_per_day": 0.45, "evidence": "prior", "due": "full",
        "required": True, "demand_kg": 240.0, "demand_l": 990.0,
    }  # fmt: skip
    return ContainerForecast(**(usual | changes))  # type: ignore[arg-type]


def price(town: Registry, forecasts: list[ContainerForecast], emptied: set[str], **changes: object) -> dict[str, float]:
    usual: dict[str, object] = {"fuel": FuelBook(), "scale": Scale(), "roads": EstimatedRoads(town.city.roads)}
    return undone_l(town, forecasts, emptied, DAY, **(usual | changes))  # type: ignore[arg-type]


def test_only_what_was_due_and_left_is_priced(town: Registry) -> None:
    """Emptied, or not due: nothing was left undone. Two of Doutou's are dearer than one."""
    assert price(town, [due("HOU-010")], {"HOU-010"}) == {}
    assert price(town, [due("HOU-010", due=None, required=False)], set()) == {}
    one, two = price(town, [due("HOU-010")], set()), price(town, [due("HOU-010"), due("HOU-011")], set())
    assert set(one) == set(two) == {"doutou"}
    assert two["doutou"] > one["doutou"]


def test_the_price_is_that_of_the_thirstiest_truck_alone(town: Registry) -> None:
    """The compactor's 0.82 L/km, 0.1 L a stop, 3 L/h: depot, HOU-010, landfill, depot; 90 s there and 900 s at it."""
    problem_l = price(town, [due("HOU-010")], set())["doutou"]
    tipper = tuple(
        truck.model_copy(update={"in_service": truck.id == "RB-2210", "streams": ("residual",)})
        for truck in town.trucks
    )  # to the landfill too: with its other stream it would go to the sorting centre
    alone_l = price(town.model_copy(update={"trucks": tipper}), [due("HOU-010")], set())["doutou"]
    # The same way: 0.82/0.35 of its kilometres, twice its hours.
    idle_h = (90 + 900) / 3600
    km = (problem_l - 0.1 - 3 * idle_h) / 0.82
    assert alone_l == pytest.approx(0.35 * km + 0.02 + 1.5 * idle_h, abs=0.05)
    assert price(town, [due("HOU-010")], set(), scale=Scale(2.0, 1.0))["doutou"] == pytest.approx(
        problem_l + 0.82 * km, abs=0.05
    )


def test_without_a_truck_nothing_could_have_been_done(town: Registry) -> None:
    parked = tuple(truck.model_copy(update={"in_service": False}) for truck in town.trucks)
    assert price(town.model_copy(update={"trucks": parked}), [due("HOU-010")], set()) == {}


@pytest.fixture(scope="module")
def plan(town: Registry) -> PlanMade:
    made = plan_day(day_order(town.city.id, DAY, SENT_AT), town, {}, now=lambda: SENT_AT)
    assert made.circuits
    return made


def counted(town: Registry, plan: PlanMade, left_out: str | None) -> SavingsComputed:
    """The day's line, all driven as planned but for one zone that is in no circuit any more."""
    zones = {container.id: container.zone for container in town.containers}
    problem = problem_of_day(town, plan.forecasts, DAY, name="day")
    lists = {c.truck: [v.place or "" for v in c.stops if zones[v.place or ""] != left_out] for c in plan.circuits}
    routes = tuple(routing.replay_fixed_circuit(problem, truck, stops).route for truck, stops in lists.items() if stops)
    driven = plan.model_copy(
        update={"circuits": circuits_of(routing.Solution(problem.name, routes), problem, DAY, town)}
    )
    words = [
        Confirmed(circuit.truck, visit.kind, visit.place or "", "done", visit.leave_at, plan.plan_id)
        for circuit in driven.circuits
        for visit in circuit.visits
        if visit.kind in {"stop", "disposal"}
    ]
    emptied = {word.place: 2 for word in words if word.kind == "stop"}
    accepted = Accepted(1, date(2026, 1, 5), baseline_of_folder(town, 1))
    events = DayEvents([SentPlan(driven, SENT_AT)], words, {}, emptied, None, accepted)
    return savings_of_day([town], DAY, events, now=NOW)


@pytest.mark.parametrize("zone", ["centre", "se", "doutou"])
def test_leaving_a_zone_out_never_raises_what_is_counted(town: Registry, plan: PlanMade, zone: str) -> None:
    """On a Tuesday, when the fixed circuits come to Sè alone: centre and Doutou cost the baseline nothing that day."""
    honest, cheat = counted(town, plan, None), counted(town, plan, zone)
    of_zone = next(row for row in cheat.zones if row.zone == zone)
    assert of_zone.fell == "people_served"
    said = partial(savings_of, period_days=town.city.service.period_days)
    fair, foul = said([honest]), said([cheat])
    assert fair is not None
    assert foul is not None
    assert cheat.driven.fuel_l < honest.driven.fuel_l
    assert foul.fuel_l.value <= fair.fuel_l.value + 0.01


def test_a_withheld_zone_costs_at_least_its_price(town: Registry, plan: PlanMade) -> None:
    cheat = counted(town, plan, "doutou")
    left = [f for f in plan.forecasts if f.due is not None]
    emptied = {place for circuit in plan.circuits for place in [v.place for v in circuit.stops]}
    zones = {container.id: container.zone for container in town.containers}
    undone = {place for place in emptied if place and zones[place] == "doutou"}
    least_l = price(town, [f for f in left if f.container in undone], set())["doutou"]
    of_zone = next(row for row in cheat.zones if row.zone == "doutou")
    assert of_zone.fuel_withheld_l >= least_l - 0.01
