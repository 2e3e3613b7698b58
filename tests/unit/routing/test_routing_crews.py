"""Circuits exchanged between alike trucks: crews come where they are known, at the same cost to the letter."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import Familiarity, Problem, Route, Solution, check, with_own_crews
from routing.check import with_verdict
from routing.timed_route import timed_route
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

T1, T2, T3 = (frozenset({name}) for name in ("T1", "T2", "T3"))


def town(**third: object) -> Problem:
    """Bins B2 to B5 at 1, 2, 8 and 9 km, a landfill at 5 km, three trucks of which the third may differ."""
    trucks = [replace(TRUCK, id="T1"), replace(TRUCK, id="T2"), replace(TRUCK, id="T3", **third)]
    return make_town([0, 5, 1, 2, 8, 9], [bin_at(n) for n in (2, 3, 4, 5)], trucks)


def driven(problem: Problem, circuits: dict[str, str]) -> Solution:
    """By truck, the bins of its circuit: `{"T1": "B2 B3"}`."""
    places = {place.id: place for place in (*problem.stops, *problem.disposal_sites)}
    site, vehicles = problem.disposal_sites[0].id, {vehicle.id: vehicle for vehicle in problem.vehicles}
    home = problem.depots[0]
    routes: list[Route] = []
    for truck, bins in circuits.items():
        route = timed_route(problem, vehicles[truck], [home, *(places[p] for p in [*bins.split(), site]), home])
        assert route is not None
        routes.append(route)
    plan = Solution(problem.name, tuple(routes))
    return with_verdict(plan, check(problem, plan))


def bins_by_truck(plan: Solution) -> dict[str, str]:
    return {route.vehicle: " ".join(route.stop_ids) for route in plan.routes}


@pytest.fixture
def plan() -> Solution:
    return driven(town(), {"T1": "B2 B3", "T2": "B4 B5"})


def test_circuits_go_to_the_crews_that_know_most_of_them(plan: Solution) -> None:
    knows = Familiarity({"B2": T2, "B3": T2, "B4": T1, "B5": T2}, 0.0)
    own = with_own_crews(town(), plan, knows)
    # Before: B2, B3 and B4 are strange. Exchanged: B5 alone.
    assert bins_by_truck(own) == {"T1": "B4 B5", "T2": "B2 B3"}
    assert (len(knows.taken_away(plan)), knows.taken_away(own)) == (3, ("B5",))
    again = check(town(), own)
    assert (own.cost, own.violations) == (plan.cost, ()) == (round(again.cost, 3), tuple(again.violations))


def test_truck_at_home_takes_the_circuit_its_crew_knows(plan: Solution) -> None:
    own = with_own_crews(town(), plan, Familiarity({"B4": T3, "B5": T3}, 0.0))
    assert bins_by_truck(own) == {"T1": "B2 B3", "T3": "B4 B5"}


def test_nothing_changes_where_nothing_is_gained(plan: Solution) -> None:
    """Everybody knows everything, or nobody anything: no crew is sent elsewhere for it."""
    every = dict.fromkeys(("B2", "B3", "B4", "B5"), T1 | T2 | T3)
    for known in (every, {}, {"B2": frozenset({"sold"})}):
        assert with_own_crews(town(), plan, Familiarity(known, 0.0)) == plan


@pytest.mark.parametrize("third", [{"capacity_kg": 9_000.0}, {"fixed_cost": 1.0}, {"shift": (0, 30_000)}])
def test_trucks_that_differ_keep_their_circuits(third: dict[str, object]) -> None:
    problem = town(**third)
    plan = driven(problem, {"T1": "B2 B3", "T3": "B4 B5"})
    own = with_own_crews(problem, plan, Familiarity({"B2": T3, "B3": T3, "B4": T1, "B5": T1}, 0.0))
    assert bins_by_truck(own) == bins_by_truck(plan)


def test_stop_that_not_every_truck_may_serve_keeps_its_circuit() -> None:
    """B4 lets T2 and T3 come: T1 knows it, and yet only those two exchange."""
    problem = town()
    stops = tuple(replace(s, vehicles=T2 | T3) if s.id == "B4" else s for s in problem.stops)
    problem = replace(problem, stops=stops)
    plan = driven(problem, {"T1": "B2 B3", "T2": "B4 B5"})
    own = with_own_crews(problem, plan, Familiarity({"B2": T2, "B3": T2, "B4": T1, "B5": T3}, 0.0))
    assert bins_by_truck(own) == {"T1": "B2 B3", "T3": "B4 B5"}
    assert check(problem, own).violations == []
