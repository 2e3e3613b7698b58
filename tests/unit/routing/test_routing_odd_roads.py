"""Roads as other programs write them: a place may cost something to itself, since two bins there lie apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing import Matrix, MaxIterations, Problem, solve
from routing.bench.answer import NoFairModel, Task
from routing.bench.peers.pyvrp_peer import solve as solve_with_pyvrp
from routing.replan import Changes, replan
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

SOME = MaxIterations(3000)  # enough for PyVRP and OR-Tools to take part


def block_of_bins() -> Problem:
    """Depot and landfill at km 0, two bins at km 1, 50 m and 5 s apart; the depot's yard is 7 m and 1 s across."""
    stops = [bin_at(1, id="B1"), bin_at(1, id="B2")]
    town = make_town([0, 1], stops, [TRUCK])
    (site,) = town.disposal_sites
    own = np.diag([7, 50]).astype(np.int32), np.diag([1, 5]).astype(np.int32)
    roads = town.matrices["truck"]
    return replace(
        town,
        matrices={"truck": Matrix(roads.distance_m + own[0], roads.duration_s + own[1])},
        disposal_sites=(replace(site, location=0),),
    )


def test_cost_from_a_place_to_itself_is_paid() -> None:
    """Protects the price: out 1,000 m, 50 m to the other bin, back 1,000 m, 7 m through the yard.

    Seconds: 100 + 60 + 5 + 60 + 100 + 600 + 1 = 926. Money: 2.057 + 9.26.
    """
    plan = solve(block_of_bins(), SOME)
    assert plan.violations == ()
    assert plan.distance_m == 2057
    assert plan.cost == pytest.approx(11.317)


def test_crew_under_way_stands_where_it_is() -> None:
    """Protects the running day: between two bins of one place the second costs its 5 s, what is on board nothing."""
    problem = block_of_bins()
    plan = solve(problem, SOME)
    first = plan.routes[0].visits[1]
    day = replan(problem, plan, first.start_s + 1, Changes(), SOME)
    assert day.violations == ()
    assert (day.cost, day.routes) == (plan.cost, plan.routes)


def test_broken_down_truck_stays_where_it_is() -> None:
    """Protects the verdict on a truck that stands: it does not pay for the way to where it is."""
    problem = block_of_bins()
    plan = solve(problem, SOME)
    first = plan.routes[0].visits[1]
    day = replan(problem, plan, first.leave_s, Changes(broken_down=frozenset({"T1"})), SOME)
    (left,) = {stop.id for stop in problem.stops} - {first.id}
    assert day.violations == (f"{left}: required, left out",)
    assert day.distance_m == 1000
    assert day.routes[0].visits == plan.routes[0].visits[:2]


def test_peer_that_cannot_say_it_is_told_so() -> None:
    """Protects the benchmark: PyVRP wants zeros there, so it does not take part."""
    with pytest.raises(NoFairModel, match="a cost from a place to itself"):
        solve_with_pyvrp(Task(block_of_bins(), 0.1, 1))
