"""Trucks that are not there: out of the plan like those that broke down, and nobody twice."""

from datetime import UTC, datetime
from uuid import uuid4

from services.contracts.planning import PlanDay
from services.planning.plan_day import plan_day
from services.planning.presence import without_absent
from tests.support.example_town import example_town

NOW = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)


def order(**changes: object) -> PlanDay:
    return PlanDay.model_validate(
        {
            "request_id": uuid4(), "city": "houeyogbe", "day": "2026-03-03", "as_of": NOW, "time_limit_s": 0.3,
            "ordered_by": "awa", "ordered_at": NOW,
        }
        | changes
    )  # fmt: skip


def test_absent_truck_gets_no_circuit_and_is_told_as_parked() -> None:
    """Both trucks have one, until one is not there."""
    town = example_town()
    whole = plan_day(order(), town, {}, now=lambda: NOW)
    assert {circuit.truck for circuit in whole.circuits} == {truck.id for truck in town.trucks}
    absent = town.trucks[0].id
    plan = plan_day(without_absent(order(), (absent,)), town, {}, now=lambda: NOW)
    assert absent not in {circuit.truck for circuit in plan.circuits}
    assert plan.by_hand.parked == (absent,)


def test_truck_that_broke_down_and_is_absent_is_out_once() -> None:
    given = order(broken_down=("T-1",))
    assert without_absent(given, ("T-1", "T-2")).broken_down == ("T-1", "T-2")
    assert without_absent(given, ("T-1",)) is given
