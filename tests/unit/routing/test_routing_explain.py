"""Explanations are worked out by hand on a line, and compared with the checked plan on whatever one draws."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings

from routing import (
    Break,
    DisposalSite,
    FuelModel,
    MaxIterations,
    PlanError,
    Problem,
    Reason,
    Route,
    Solution,
    Stop,
    Unserved,
    check,
    solve,
)
from routing.explain import (
    Bill,
    Explanation,
    explain,
    explanation_document,
    route_without,
)
from routing.explain.left_out import Host
from routing.explain.untimed import Town, UntimedRoute, may_serve
from routing.timed_route import Place
from tests.unit.routing.line_town import TRUCK, bin_at, make_town
from tests.unit.routing.test_routing_properties import problems

CENT = 0.01


def thirsty(problem: Problem) -> Problem:
    """Let lifting and idling burn fuel too."""
    fuel = FuelModel(drive_l_per_km=0.5, per_stop_l=0.3, idle_l_per_h=4.0)
    return replace(problem, vehicles=tuple(replace(vehicle, fuel=fuel) for vehicle in problem.vehicles))


def line_plan(problem: Problem, *ids: str, vehicle: int = 0) -> Solution:
    """Drive one vehicle past these stops and sites, at the best timing; the other stops are left out."""
    town = Town(problem)
    parked = town.parked(problem.vehicles[vehicle])
    places: tuple[Place, ...] = (*problem.stops, *problem.disposal_sites)
    rows = {place.id: place for place in places}
    route = parked.with_places([parked.places[0], *(rows[name] for name in ids), parked.places[-1]]).drive()
    assert route is not None
    missing = [Unserved(stop.id, Reason.PRIZE_BELOW_COST) for stop in problem.stops if stop.id not in ids]
    plan = Solution(problem.name, (route,), tuple(missing))
    return replace(plan, cost=check(problem, plan).cost)


def swap_route(plan: Solution, old: Route, new: Route | None, left_out: str) -> Solution:
    routes = tuple(new if route is old else route for route in plan.routes)
    unserved = (*plan.unserved, Unserved(left_out, Reason.TIME_LIMIT))
    return replace(plan, routes=tuple(route for route in routes if route is not None), unserved=unserved)


def faults(problem: Problem, plan: Solution) -> list[str]:
    """Rules broken, required stops left out apart."""
    return [text for text in check(problem, plan).violations if not text.endswith(": required, left out")]


def test_far_bin_costs_the_way_there_and_back() -> None:
    """Protects the formula: without the bin at 5 km, the truck spares 2 x 3 km beyond the bin at 2 km."""
    # 6 km: 6 l = 6.00; 600 s driving and 60 s service at 0.01 = 6.60.
    town = make_town([0, 0, 2, 5], [bin_at(2), bin_at(3)])
    far = explain(town, line_plan(town, "B2", "B3", "L")).stops[1]
    assert far.id == "B3"
    assert far.marginal is not None
    assert far.marginal.cost == pytest.approx(12.6)
    assert (far.marginal.distance_m, far.marginal.duty_s, far.prize) == (6000, 660, None)


def test_last_bin_of_a_trip_takes_its_unloading_with_it() -> None:
    """Protects trips: alone on its trip, the bin costs the second way out, its service and the unloading."""
    # 2 x 2 km: 4 l = 4.00; 400 s driving, 60 s service, 600 s unloading at 0.01 = 10.60.
    town = make_town([0, 0, 2], [bin_at(2), bin_at(2, id="C", demand_kg=900.0)])
    cost = explain(town, line_plan(town, "B2", "L", "C", "L")).stops[1]
    assert cost.marginal is not None
    assert cost.marginal.cost == pytest.approx(14.6)
    assert cost.marginal.duty_s == 1060


def test_only_bin_costs_the_whole_circuit_and_optional_one_earns_its_prize() -> None:
    """Protects the parked case: without its only bin the truck stays, fixed cost included."""
    # 4 km: 4.00; 400 + 60 + 600 s at 0.01 = 10.60; fixed 20.
    town = make_town([0, 0, 2], [bin_at(2, required=False, prize=50.0)], [replace(TRUCK, fixed_cost=20.0)])
    plan = line_plan(town, "B2", "L")
    cost = explain(town, plan).stops[0]
    assert cost.marginal is not None
    assert cost.marginal.cost == pytest.approx(34.6)
    assert cost.gain == pytest.approx(15.4)
    assert route_without(town, plan.routes[0], "B2") is None


def test_bin_left_out_says_what_it_would_cost_at_least() -> None:
    """Protects insertion: the bin at 3 km joins the trip to 2 km for 2 km more and its service."""
    # 2 km: 2.00; 200 + 60 s at 0.01 = 2.60.
    town = make_town([0, 0, 2, 3], [bin_at(2), bin_at(3, required=False, prize=4.0)])
    [row] = explain(town, line_plan(town, "B2", "L")).left_out
    assert row.extra is not None
    assert row.extra.cost == pytest.approx(4.6)
    assert (row.id, row.vehicle, row.prize, row.reason) == ("B3", "T1", 4.0, Reason.PRIZE_BELOW_COST)


def test_bin_no_trip_holds_is_priced_with_a_trip_of_its_own() -> None:
    """Protects insertion beyond full trips: 700 kg do not join 400 kg in 1,000, a second trip takes them."""
    # 2 x 3 km: 6.00; 600 + 60 + 600 s at 0.01 = 12.60.
    town = make_town([0, 0, 2, 3], [bin_at(2), bin_at(3, demand_kg=700.0, required=False)])
    [row] = explain(town, line_plan(town, "B2", "L")).left_out
    assert row.extra is not None
    assert row.extra.cost == pytest.approx(18.6)


def binding(explanation: Explanation) -> tuple[str, float, str]:
    limit = explanation.circuits[0].binding
    return limit.name, limit.left, limit.words()


def test_short_shift_binds_by_time() -> None:
    """Protects the words: 1,060 s of duty in a shift of 1,200 s leave 140 s, that is 2 whole minutes."""
    town = make_town([0, 0, 2], [bin_at(2)], [replace(TRUCK, shift=(0, 1200))])
    explanation = explain(town, line_plan(town, "B2", "L"))
    assert binding(explanation) == ("time", 140, "time: 2 min more work fit, of a shift of 0.3 h")
    circuit = explanation.circuits[0]
    assert (circuit.delay_s, circuit.closes_first) == (140, "shift")


def test_full_truck_binds_by_load_and_by_trips_when_none_is_left() -> None:
    """Protects load and trips: 980 of 1,000 kg; with one trip allowed it is the trips that are used up."""
    stops = [bin_at(2, demand_kg=980.0)]
    free, once = make_town([0, 0, 2], stops), make_town([0, 0, 2], stops, [replace(TRUCK, max_trips=1)])
    assert binding(explain(free, line_plan(free, "B2", "L"))) == (
        "load_kg", 20.0, "load: trips 98% full by weight, 20 kg left"
    )  # fmt: skip
    assert binding(explain(once, line_plan(once, "B2", "L"))) == (
        "trips", 0, "trips: 1 of 1 made, 98% of their load used"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "name", "left"),
    [({"max_stops": 1}, "stops", 0), ({"day_limit_kg": 410.0}, "day_kg", 10), ({"day_limit_l": 405.0}, "day_l", 5)],
)
def test_limits_of_the_day_bind(changes: dict[str, float], name: str, left: float) -> None:
    """Protects the daily limits: one stop of one allowed, 400 of 410 kg, 400 of 405 l."""
    town = make_town([0, 0, 2], [bin_at(2)], [replace(TRUCK, **changes)])  # type: ignore[arg-type]
    assert binding(explain(town, line_plan(town, "B2", "L")))[:2] == (name, left)


def test_nearest_closing_is_named() -> None:
    """Protects the delay forgiven: served at 200 s, the bin's window closes at 230 s, long before the shift ends."""
    town = make_town([0, 0, 2], [bin_at(2, windows=((0, 230),))])
    circuit = explain(town, line_plan(town, "B2", "L")).circuits[0]
    assert (circuit.delay_s, circuit.closes_first) == (30, "B2")
    assert circuit.binding.name != "time"  # after the bin there is the whole shift


def test_work_that_would_call_for_a_break_is_not_counted_as_room() -> None:
    """Protects the break rule: home at 1,060 s, before the window closes at 1,500 s; 440 s fit without a break."""
    town = make_town([0, 0, 2], [bin_at(2)], [replace(TRUCK, rest=Break(900, (500, 1500)))])
    limits = explain(town, line_plan(town, "B2", "L")).circuits[0].limits
    assert next(limit.left for limit in limits if limit.name == "time") == 440


def test_plan_of_another_problem_is_refused() -> None:
    """Protects against mixed-up files: the stop that the problem lacks is named."""
    town, other = make_town([0, 0, 2], [bin_at(2)]), make_town([0, 0, 2], [bin_at(2, id="X")])
    with pytest.raises(PlanError, match="T1: no stop X in problem line"):
        explain(town, line_plan(other, "X", "L"))


def test_stop_of_another_route_is_refused() -> None:
    """Protects the caller of `route_without`: a stop the route does not serve has no marginal cost there."""
    town = make_town([0, 0, 2], [bin_at(2)])
    with pytest.raises(PlanError, match="T1 does not serve B9"):
        route_without(town, line_plan(town, "B2", "L").routes[0], "B9")


def test_explaining_needs_no_compiler() -> None:
    """Protects the web: a page that explains plans does not load numba's 70 MB."""
    code = "import sys, routing.explain; sys.exit(any(name in sys.modules for name in ('numba', 'ortools')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@settings(max_examples=60, deadline=None)
@given(problems().map(thirsty))
def test_leaving_a_stop_out_changes_the_checked_plan_by_its_marginal_cost(problem: Problem) -> None:
    """Protects exactness: `check` finds the plan without the stop valid, and cheaper by just that, its prize apart."""
    plan = solve(problem, MaxIterations(60))
    told = {row.id: row for row in explain(problem, plan).stops}
    now = check(problem, plan).cost
    served = [(route, stop_id) for route in plan.routes for stop_id in route.stop_ids]
    assert told.keys() == {stop_id for _, stop_id in served}
    for route, stop_id in served:
        row = told[stop_id]
        if row.marginal is None:
            with pytest.raises(PlanError, match="cannot be driven in time"):
                route_without(problem, route, stop_id)
            continue
        without = swap_route(plan, route, route_without(problem, route, stop_id), stop_id)
        assert faults(problem, without) == []
        assert now - check(problem, without).cost == pytest.approx(row.marginal.cost - (row.prize or 0), abs=CENT)


@settings(max_examples=60, deadline=None)
@given(problems().map(thirsty))
def test_bills_of_circuits_add_up_to_the_checked_plan(problem: Problem) -> None:
    """Protects the prices: circuits and prizes left lying make up the judge's cost, kilometres and fuel."""
    plan = solve(problem, MaxIterations(60))
    told, verdict = explain(problem, plan), check(problem, plan)
    prizes = sum(row.prize or 0 for row in told.left_out)
    assert sum(circuit.bill.cost for circuit in told.circuits) + prizes == pytest.approx(verdict.cost, abs=CENT)
    assert sum(circuit.bill.distance_m for circuit in told.circuits) == verdict.distance_m
    assert sum(circuit.bill.duty_s for circuit in told.circuits) == verdict.duty_s
    assert all(limit.left >= -1e-6 for circuit in told.circuits for limit in circuit.limits)
    assert all(circuit.delay_s >= 0 for circuit in told.circuits)
    json.dumps(explanation_document(told), allow_nan=False)


@settings(max_examples=60, deadline=None)
@given(problems(most_stops=6).map(thirsty))
def test_cheapest_insertion_is_as_cheap_as_trying_every_place(problem: Problem) -> None:
    """Protects the bounds: no place they pass over is cheaper, and a place found keeps every rule of the check."""
    plan = solve(problem, MaxIterations(20))
    plan = replace(plan, routes=plan.routes[:1])  # so that stops are left out that would fit
    told = explain(problem, plan)
    for row in told.left_out:
        costs = [bill.cost for bill in every_insertion(problem, plan, row.id)]
        if row.extra is None:
            assert costs == []
        else:
            assert row.extra.cost == pytest.approx(min(costs), abs=1e-6)


def every_insertion(problem: Problem, plan: Solution, stop_id: str) -> Iterator[Bill]:
    """Extra bills of all places, by brute force; what `check` would refuse is left out."""
    stop = next(stop for stop in problem.stops if stop.id == stop_id)
    for host in hosts(problem, plan):
        if not may_serve(host.untimed.vehicle, stop):
            continue
        for at in range(1, len(host.untimed.places)):
            new_trip = not isinstance(host.untimed.places[at - 1], Stop)
            ways: list[list[Place]] = [[stop]]
            ways += [[stop, site] for site in problem.disposal_sites if new_trip]
            for places in ways:
                longer = insert(host.untimed, at, places)
                route = longer.drive() if isinstance(longer.places[-2], DisposalSite) else None
                if route is None or faults(problem, alone(problem, route)):
                    continue
                yield longer.bill(route.duty_s) - host.now


def insert(untimed: UntimedRoute, at: int, places: list[Place]) -> UntimedRoute:
    return untimed.with_places([*untimed.places[:at], *places, *untimed.places[at:]])


def hosts(problem: Problem, plan: Solution) -> list[Host]:
    town, used = Town(problem), {route.vehicle: route for route in plan.routes}
    return [
        Host(untimed := town.untimed_of(used[v.id]), untimed.bill(used[v.id].duty_s))
        if v.id in used
        else Host(town.parked(v), Bill())
        for v in problem.vehicles
    ]


def alone(problem: Problem, route: Route) -> Solution:
    missing = tuple(Unserved(s.id, Reason.TIME_LIMIT) for s in problem.stops if s.id not in route.stop_ids)
    return Solution(problem.name, (route,), missing)
