"""A saving split by cause: litre for litre, and each cause where it belongs."""

from datetime import UTC, date, datetime

import pytest

from services.city.registry import Registry
from services.contracts.ledger import SavedByCause, SavingsComputed
from services.contracts.planning import PlanMade
from services.ledger import causes
from services.ledger.day_events import DayEvents
from services.ledger.driven import Confirmed, SentPlan
from services.ledger.savings import savings_of_day
from services.planning import baseline
from services.planning.plan_day import plan_day
from services.web.figures.period import Period
from tests.support.example_town import example_town
from tests.support.orders import day_order
from tests.support.web_seed import savings_day

DAY = date(2026, 3, 3)
SENT_AT = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def town() -> Registry:
    return example_town()


@pytest.fixture(scope="module")
def plan(town: Registry) -> PlanMade:
    return plan_day(day_order(town.city.id, DAY, SENT_AT), town, {}, now=lambda: SENT_AT)


def line_of(town: Registry, plan: PlanMade) -> SavingsComputed:
    words = [
        Confirmed(circuit.truck, visit.kind, visit.place or "", "done", visit.leave_at, plan.plan_id)
        for circuit in plan.circuits
        for visit in circuit.visits
        if visit.kind in {"stop", "disposal"}
    ]
    return savings_of_day([town], DAY, DayEvents([SentPlan(plan, SENT_AT)], words, {}, {}), now=NOW)


def test_the_causes_are_the_saving(town: Registry, plan: PlanMade) -> None:
    """Baseline less driven, nothing over and nothing missing."""
    line = line_of(town, plan)
    assert line.by_cause is not None
    assert line.baseline is not None
    together = line.by_cause.choice_l + line.by_cause.routing_l
    assert together == pytest.approx(line.baseline.fuel_l - line.driven.fuel_l, abs=0.03)


def test_a_large_city_is_counted_in_parts_to_the_same_figures(
    town: Registry, plan: PlanMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A truck at a time, or all of them on one matrix: what one drives depends on no other's list."""
    monkeypatch.setattr(baseline, "TOGETHER", 1)
    parts = line_of(town, plan)
    monkeypatch.setattr(baseline, "TOGETHER", 100_000)
    assert parts == line_of(town, plan)


def test_a_container_that_its_truck_cannot_reach_goes_to_another(
    town: Registry, plan: PlanMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then all trucks are asked, and still the causes are the whole saving."""
    before, (far, *_) = line_of(town, plan), (stop.place for stop in plan.circuits[0].stops)
    fixed = next(row.truck for row in town.baseline if row.container == far)
    real = causes.reached_by
    monkeypatch.setattr(
        causes, "reached_by", lambda problem, truck: real(problem, truck) - ({far} if truck == fixed else set())
    )
    line = line_of(town, plan)
    assert line.by_cause is not None
    assert before.by_cause is not None
    assert line.by_cause != before.by_cause
    assert line.by_cause.choice_l + line.by_cause.routing_l == pytest.approx(
        before.by_cause.choice_l + before.by_cause.routing_l, abs=0.03
    )


def test_a_worse_way_is_the_routings_loss(town: Registry, plan: PlanMade) -> None:
    """The same containers over twice the road: the choice saved what it did, the routing less by the road."""
    circuits = tuple(c.model_copy(update={"distance_m": 2 * c.distance_m}) for c in plan.circuits)
    straight, crooked = line_of(town, plan), line_of(town, plan.model_copy(update={"circuits": circuits}))
    assert straight.by_cause is not None
    assert crooked.by_cause is not None
    assert crooked.by_cause.choice_l == pytest.approx(straight.by_cause.choice_l, abs=0.01)
    more_l = crooked.driven.fuel_l - straight.driven.fuel_l
    assert straight.by_cause.routing_l - crooked.by_cause.routing_l == pytest.approx(more_l, abs=0.03)


def test_a_container_on_no_fixed_circuit_stays_with_its_truck(town: Registry, plan: PlanMade) -> None:
    """One that is new is driven to on both sides of the routing, so that it is no saving of the choice's."""
    fewer = tuple(row for row in town.baseline if row.container != "HOU-007")
    line = line_of(town.model_copy(update={"baseline": fewer}), plan)
    assert line.by_cause is not None
    assert line.baseline is not None
    assert line.by_cause.choice_l + line.by_cause.routing_l == pytest.approx(
        line.baseline.fuel_l - line.driven.fuel_l, abs=0.03
    )


def test_a_month_tells_causes_only_where_every_day_does() -> None:
    """A line of an earlier arithmetic says none: the others' causes are not those of the month's saving."""
    days = [savings_day(date(2026, 11, n)) for n in (1, 2)]
    told = [day.model_copy(update={"by_cause": SavedByCause(choice_l=20, routing_l=-5)}) for day in days]
    assert Period(date(2026, 11, 1), told).by_cause == SavedByCause(choice_l=40, routing_l=-10)
    assert Period(date(2026, 11, 1), [told[0], days[1]]).by_cause is None
