"""More required bins than the trucks can serve: as few as possible are left, and of those the ones of least prize."""

from dataclasses import replace

import pytest

from routing import MaxIterations, Problem, Solution, solve
from tests.unit.routing.brute_force import best_worth, worth_of
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

TWO_ONLY = replace(TRUCK, max_stops=2)


def served(problem: Problem, iterations: int = 100) -> set[str]:
    return {stop for route in solve(problem, MaxIterations(iterations)).routes for stop in route.stop_ids}


def test_without_prizes_the_bins_on_the_way_are_served() -> None:
    """At 1, 2 and 9 km, with room for two: the way to the third is the longest."""
    assert served(make_town([0, 0, 1, 2, 9], [bin_at(2), bin_at(3), bin_at(4)], [TWO_ONLY])) == {"B2", "B3"}


@pytest.mark.parametrize(("prize", "is_served"), [(27.0, False), (29.0, True)])
def test_a_required_bin_that_is_dear_to_leave_is_worth_the_way(prize: float, is_served: bool) -> None:
    """7 km farther, there and back: 14.00 of fuel and 1400 s at 0.01 are 28.00."""
    names = served(make_town([0, 0, 1, 2, 9], [bin_at(2), bin_at(3), bin_at(4, prize=prize)], [TWO_ONLY]))
    assert (len(names), "B4" in names) == (2, is_served)


def test_no_prize_makes_up_for_a_second_required_bin() -> None:
    """One trip of 1,000 kg: the bin that fills it alone is worth a million, and the two of 400 kg are still two."""
    heavy = bin_at(4, demand_kg=1000.0, prize=1e6)
    town = make_town([0, 0, 1, 2, 1], [bin_at(2), bin_at(3), heavy], [replace(TRUCK, max_trips=1)])
    assert served(town) == {"B2", "B3"}


def test_among_many_the_dear_ones_are_served() -> None:
    """Twenty required bins side by side, room for ten; every second one is dear to leave. Too many to try all."""
    stops = [bin_at(2 + n, demand_kg=10.0, prize=30.0 * (n % 2)) for n in range(20)]
    town = make_town([0, 0, *(3 + n / 50 for n in range(20))], stops, [replace(TRUCK, max_stops=10)])
    assert served(town, 1000) == {stop.id for stop in stops if stop.prize}


def test_the_plan_is_priced_without_what_promises_are_worth() -> None:
    """A plan that breaks a promise says so; its cost is that of its routes, as the problem's interface has it."""
    town = make_town([0, 0, 1, 9], [bin_at(2), bin_at(3, prize=500.0)], [replace(TRUCK, max_stops=1)])
    plan: Solution = solve(town, MaxIterations(50))
    assert [row.id for row in plan.unserved] == ["B2"]
    assert worth_of(town, plan) == pytest.approx(best_worth(town))
    # To 9 km and back: 18.00 of fuel; 1800 s driven, 60 s served, 600 s unloaded at 0.01.
    assert plan.cost == pytest.approx(18.0 + 24.6)
