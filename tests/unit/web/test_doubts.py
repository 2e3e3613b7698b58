"""What an operator should look at before sending, worst first."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.city.registry import City
from services.contracts.planning import ContainerForecast
from services.contracts.streets import ClosedStreet
from services.planning.plan_day import plan_day
from services.web.ground.closed_streets import SaidStreet
from services.web.operator.doubts import might_overflow, overdue, pins_not_kept, unsure
from services.web.operator.store import ContainerRow
from services.web.operator.street_doubts import doubtful_streets
from tests.support.example_town import example_town
from tests.support.orders import day_order
from tests.support.web_seed import DAY, city_document, make_plan

CITY = City.model_validate(city_document())
NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)  # in Porto-Novo
PLAN = make_plan()
SERVED = PLAN.circuits[0].stops[0].place or ""


def row(container: str, emptied_days_ago: float | None = None) -> ContainerRow:
    emptied = None if emptied_days_ago is None else NOON - timedelta(days=emptied_days_ago)
    return ContainerRow(container, f"Rue {container}", 2.4, 6.3, "bac", "z", "Zone", "main", 1100.0, True, 0.5, NOON,
                        emptied)  # fmt: skip


def forecast(container: str, low: float, level: float, high: float, due: Any = None) -> ContainerForecast:
    return ContainerForecast(
        container=container, fill_ratio=level, fill_low=low, fill_high=high, fill_per_day=0.3, evidence="readings",
        demand_kg=1, demand_l=1, due=due,
    )  # fmt: skip


def test_broken_promises_are_those_in_no_circuit_the_longest_first() -> None:
    """Promised every three days: five and four days are late, three are not, and one that is served is not left."""
    rows = [row("x4", 4), row("x5", 5), row("x3", 3), row("never"), row(SERVED, 9)]
    found = overdue(CITY, rows, PLAN)
    assert [doubt.container for doubt in found] == ["x5", "x4"]
    assert found[0].values == {"days": 5.0, "promise": 3.0}
    assert PLAN.day == DAY


def test_container_that_is_full_in_one_case_of_ten_and_in_no_circuit_may_overflow() -> None:
    plan = PLAN.model_copy(
        update={
            "forecasts": (forecast("calm", 0.1, 0.2, 0.4), forecast("maybe", 0.3, 0.6, 1.02),
                          forecast("worse", 0.3, 0.7, 1.2), forecast("due", 0.9, 1.0, 1.1, "full"))
        }
    )  # fmt: skip
    rows = [row(name) for name in ("calm", "maybe", "worse", "due")]
    assert [doubt.container for doubt in might_overflow(rows, plan)] == ["worse", "maybe"]


def test_due_and_unsure_is_a_wide_margin_around_full_in_a_circuit() -> None:
    """The plan sends a truck for what may be half empty; a narrow margin, or a promise to keep, is no doubt."""
    other = PLAN.circuits[0].stops[1].place or ""
    third = PLAN.circuits[1].stops[0].place or ""
    plan = PLAN.model_copy(
        update={
            "forecasts": (forecast(SERVED, 0.3, 0.81, 1.1, "full"), forecast(other, 0.75, 0.85, 0.95, "full"),
                          forecast(third, 0.2, 0.5, 1.0, "too_long_since_emptied"))
        }
    )  # fmt: skip
    (found,) = unsure(CITY, [row(SERVED), row(other), row(third)], plan)
    assert (found.container, found.circuit, found.values["low"]) == (SERVED, 1, 0.3)


def test_pin_that_its_truck_could_not_take_is_said() -> None:
    """Solved anew around it, the container is in no circuit: it must not be forgotten."""
    left = PLAN.unserved[0].model_copy(update={"reason": "no_capacity"})
    by_hand = PLAN.by_hand.model_copy(update={"pins": {left.container: "C-02", SERVED: "C-01"}})
    plan = PLAN.model_copy(update={"unserved": (left,), "by_hand": by_hand})
    (found,) = pins_not_kept([row(left.container), row(SERVED)], plan)
    assert (found.container, found.values) == (left.container, {"truck": "C-02", "reason": "no_capacity"})


def test_closed_streets_that_a_plan_does_not_know_or_cannot_avoid_are_told() -> None:
    """One closed since, one opened since, one without effect; and the due container that stands in one."""
    made = plan_day(day_order("houeyogbe", DAY, NOON), example_town(), {}, now=lambda: NOON)
    asked = next(f.container for f in made.forecasts if f.due)
    there = ContainerRow(asked, "Marché", 2.4, 6.3, "bac", "z", "Zone", "main", 1100.0, True, 0.5, NOON, None)
    line = ((2.3999, 6.3001), (2.4001, 6.3001))
    opened = ClosedStreet(street=UUID(int=1), name="Rue Haute", line=line, avoided=True)
    far = ClosedStreet(street=UUID(int=2), name="Rue Basse", line=((2.5, 6.3), (2.501, 6.3)), avoided=False)
    plan = made.model_copy(update={"closed_streets": (opened, far)})
    later = NOON + timedelta(hours=1)
    still, since = (
        SaidStreet(UUID(int=n), True, name, line, "Travaux", None, "awa", at, "awa", at)
        for n, name, at in ((2, "Rue Basse", NOON - timedelta(hours=1)), (3, "Rue Neuve", later))
    )
    assert list(doubtful_streets(plan, [still, since], [there])) == [
        ("street_since", "Rue Neuve", None),
        ("street_opened", "Rue Haute", None),
        ("street_no_effect", "Rue Basse", None),
        ("street_beside", "Rue Haute", there),
    ]
    assert list(doubtful_streets(made, [], [there])) == []
