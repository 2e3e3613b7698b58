"""Compact and balanced: terms of the search that the judge counts in its own way, and that cost nothing at zero."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import Familiarity, MaxIterations, Preferences, RoutingError, Solution, check, replan, solve
from routing.bench.made import made_problem
from routing.check import shares_apart
from routing.engine.arrays import make_arrays
from routing.replan import Changes
from routing.search.chain import Chain
from routing.search.finish import finish
from routing.search.watch import Watch
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

QUICK = MaxIterations(400)


@pytest.mark.parametrize("seed", range(4))
def test_price_of_zero_is_the_search_of_before_to_the_letter(seed: int) -> None:
    """A slider at its left end: the same routes, the same hours, the same cost."""
    problem = made_problem(40, seed=seed)
    known = Familiarity({problem.stops[0].id: frozenset({problem.vehicles[0].id})}, 0.0)
    wishes = (None, Preferences(0, 0, 3600, known))
    before, at_zero = (solve(problem, QUICK, seed=1, preferences=wish) for wish in wishes)
    assert replace(at_zero, elapsed_s=0) == replace(before, elapsed_s=0)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("compact", "balanced", "strange"), [(300, 0, 0), (0, 2000, 0), (0, 0, 400), (700.5, 900.25, 150)]
)
def test_search_minimises_what_the_judge_counts(seed: int, compact: float, balanced: float, strange: float) -> None:
    """They share no code: the search counts company that rides along, the judge neighbours that do not.

    Two stops of three are known: to the truck that comes by the stop's number, and to one that this fleet has not.
    """
    problem = made_problem(60, seed=seed)
    trucks = [vehicle.id for vehicle in problem.vehicles]
    known = {s.id: frozenset({trucks[n % len(trucks)], "sold"}) for n, s in enumerate(problem.stops) if n % 3}
    wish = Preferences(compact, balanced, 9000, Familiarity(known, strange))
    chain = Chain(make_arrays(problem, None, wish), Watch(QUICK), seed=1)
    for _ in range(2):  # as inserted, and after some ruins
        chain.serve_greedily()
        chain.go_to(chain.new_note())
        plan = finish(problem, chain, chain.new_note(), 1, 0.0)
        missing, money = chain.worth()
        assert sum("required, left out" in row for row in plan.violations) == missing
        assert money / chain.arrays.unit == pytest.approx(plan.cost + check(problem, plan, wish).preferred, abs=0.02)
        chain.keep_if_better(chain.new_note())
        chain.refine(1.0, 0.3, 0.01, (0.0, 1.0))


@pytest.mark.slow
def test_districts_of_a_large_plan_count_the_same() -> None:
    """Above 1,600 stops worth serving the plan is cut: what lies outside a district is apart there as in the whole."""
    problem, wish = made_problem(3000, seed=3), Preferences(compact=400)
    plan = solve(problem, MaxIterations(3000), seed=1, preferences=wish)
    assert plan.violations == ()
    without = solve(problem, MaxIterations(3000), seed=1)
    assert check(problem, plan, wish).apart < check(problem, without, wish).apart


def test_strange_stops_are_counted_as_the_words_say() -> None:
    """T1 serves B2 and B3, of which T2 knows B3; B4 is left out though T1 knows it; nobody knows B5."""
    stops = [bin_at(2), bin_at(3), bin_at(4, required=False, prize=1.0), bin_at(5, required=False, prize=1.0)]
    town = make_town([0, 0.5, 1, 2, 30, 30], stops, [TRUCK, replace(TRUCK, id="T2")])
    plan = solve(replace(town, vehicles=(TRUCK,)), QUICK, seed=1)
    assert ([*plan.routes[0].stop_ids], len(plan.routes), len(plan.unserved)) == (["B2", "B3"], 1, 2)
    first, second = frozenset({TRUCK.id}), frozenset({"T2"})
    known = {"B2": first, "B3": second, "B4": first, "gone": first}
    verdict = check(town, plan, Preferences(familiar=Familiarity(known, 40.0)))
    assert (verdict.strange, verdict.preferred) == (2, 80.0)
    assert verdict.cost == check(town, plan).cost, "preferences are no part of what a plan costs"


@pytest.mark.parametrize(("price", "crews"), [(15.0, {"T1": 4}), (25.0, {"T1": 2, "T2": 2})])
def test_crew_is_sent_to_its_quarter_where_that_is_worth_a_truck(price: float, crews: dict[str, int]) -> None:
    """Four bins at 10 km, two loads, two of them T2's: to have them served by T1 costs twice the price, T2 costs 40."""
    trucks = [replace(TRUCK, fixed_cost=40.0), replace(TRUCK, id="T2", fixed_cost=40.0)]
    town = make_town([0, 0, 10, 10, 10, 10], [bin_at(n) for n in (2, 3, 4, 5)], trucks)
    first, second = frozenset({"T1"}), frozenset({"T2"})
    known = {"B2": first, "B3": second, "B4": first, "B5": second}
    wish = Preferences(familiar=Familiarity(known, price))
    plan = solve(town, QUICK, seed=1, preferences=wish)
    assert {route.vehicle: len(route.stop_ids) for route in plan.routes} == crews
    assert check(town, plan, wish).strange == (2 if len(crews) == 1 else 0)


def test_company_is_counted_as_the_words_say() -> None:
    """Four bins at 1, 2, 3 and 9 km; B2 and B3 by one truck, B4 by another, B5 by none.

    Each has the three others for company. B2: B3 rides along, two of three are apart. B3 alike. B4: all. B5: left out.
    """
    stops = [bin_at(2), bin_at(3), bin_at(4), bin_at(5, required=False, prize=1.0)]
    town = make_town([0, 0.5, 1, 2, 3, 9], stops, [TRUCK, replace(TRUCK, id="T2")])
    first = solve(replace(town, stops=tuple(stops[:2])), QUICK, seed=1)
    second = solve(replace(town, stops=(stops[2],), vehicles=town.vehicles[1:]), QUICK, seed=1)
    plan = Solution("line", (*first.routes, *second.routes))
    assert shares_apart(town, plan) == pytest.approx({"B2": 2 / 3, "B3": 2 / 3, "B4": 1.0, "B5": 1.0})
    even_s = second.routes[0].duty_s
    verdict = check(town, plan, Preferences(30, 36, even_s))
    assert verdict.long_s == max(0, first.routes[0].duty_s - even_s)
    assert verdict.preferred == pytest.approx(30 * (2 / 3 + 2 / 3 + 2) + 36 * verdict.long_s / 3600)
    assert verdict.cost == check(town, plan).cost, "preferences are no part of what a plan costs"


def test_compact_brings_neighbours_together() -> None:
    problem = made_problem(120, seed=7)
    wish = Preferences(compact=600)
    without, compact = (solve(problem, MaxIterations(4000), seed=1, preferences=one) for one in (None, wish))
    assert check(problem, compact, wish).apart < check(problem, without, wish).apart
    assert compact.violations == ()


def test_balanced_gives_the_second_truck_half_of_the_work() -> None:
    """Four bins at 10 km, two loads: one truck is cheapest, since the other costs 40 before it moves."""
    trucks = [replace(TRUCK, fixed_cost=40.0), replace(TRUCK, id="T2", fixed_cost=40.0)]
    town = make_town([0, 0, 10, 10, 10, 10], [bin_at(n) for n in (2, 3, 4, 5)], trucks)
    alone = solve(town, QUICK, seed=1)
    assert len(alone.routes) == 1
    # Two trips of 2,000 s driving and 600 s unloading, with four lifts of 60 s: half of it each.
    assert alone.routes[0].duty_s == 5440
    alike = solve(town, QUICK, seed=1, preferences=Preferences(balanced=360.0, even_duty_s=2720))
    assert [route.duty_s for route in alike.routes] == [2720, 2720]


def test_nobody_is_left_out_for_a_slider() -> None:
    """An optional bin far from all others, whose crew is gone, is served however dear being alone or strange is."""
    stops = [bin_at(2), bin_at(3), bin_at(4, required=False, prize=60.0)]
    town = make_town([0, 0.5, 1, 1.2, 9], stops)
    for price in (0.0, 10_000.0):
        elsewhere = Familiarity({"B4": frozenset({"sold"})}, price)
        for wish in (Preferences(compact=price), Preferences(familiar=elsewhere)):
            assert [row.id for row in solve(town, QUICK, seed=1, preferences=wish).unserved] == []


def test_planning_anew_asks_the_same_of_a_day_that_has_not_begun() -> None:
    problem = made_problem(60, seed=2)
    wish = Preferences(compact=800)
    plan = solve(problem, QUICK, seed=1)
    again = replan(problem, plan, 0, Changes(), QUICK, 1, None, wish)
    told = [one.cost + check(problem, one, wish).preferred for one in (plan, again)]
    assert told[1] <= told[0]


@pytest.mark.parametrize("price", [-1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["compact", "balanced"])
def test_price_that_is_none_is_refused(name: str, price: float) -> None:
    with pytest.raises(RoutingError, match=name):
        Preferences(**{name: price})
