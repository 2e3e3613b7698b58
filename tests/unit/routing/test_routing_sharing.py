"""One plan cut into districts and put together again: nothing lost, nothing twice, never dearer."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from routing import (
    MaxIterations,
    Problem,
    ProblemError,
    Reason,
    Route,
    Solution,
    SolverOptions,
    Stop,
    Unserved,
    Visit,
    VisitKind,
    check,
    solve,
)
from routing.bench.made import Rules, made_problem
from routing.sharing import District, merge, problem_document, problem_from, split
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

MOST = 60
BRIEF, LONGER = MaxIterations(200), MaxIterations(2500)


@pytest.fixture(scope="module")
def city() -> Problem:
    """All rules: streams, windows, breaks, several kinds of trucks; short rounds, so that there are many."""
    made = made_problem(240, 5, Rules.FULL)
    crews = [replace(vehicle, id=f"{vehicle.id}{turn}", max_stops=18) for vehicle in made.vehicles for turn in "abcd"]
    stops = [replace(stop, prize=50 * stop.prize, vehicles=_crews_of(stop)) for stop in made.stops]
    return replace(made, vehicles=tuple(crews), stops=tuple(stops))


def _crews_of(stop: Stop) -> frozenset[str] | None:
    return None if stop.vehicles is None else frozenset(f"{each}{turn}" for each in stop.vehicles for turn in "abcd")


@pytest.fixture(scope="module")
def plan(city: Problem) -> Solution:
    """A hasty plan, so that districts can be better."""
    return solve(city, MaxIterations(1), seed=1, options=SolverOptions(frozenset({"ortools", "own-moves"})))


@pytest.fixture(scope="module")
def districts(city: Problem, plan: Solution) -> list[District]:
    return split(city, plan, MOST, seed=3)


@pytest.fixture(scope="module")
def answers(districts: list[District]) -> list[Solution]:
    """Every district searched, as workers would."""
    return [solve(district.problem, LONGER, seed=7, start=district.start) for district in districts]


@pytest.mark.parametrize("seed", range(8))
def test_districts_hold_every_stop_vehicle_and_circuit_once(city: Problem, plan: Solution, seed: int) -> None:
    """Protects completeness, whatever the lines: what is in no district would be planned by nobody."""
    districts = split(city, plan, MOST, seed)
    assert len(districts) > 2
    assert sorted(s.id for p in districts for s in p.problem.stops) == sorted(s.id for s in city.stops)
    assert sorted(v.id for p in districts for v in p.problem.vehicles) == sorted(v.id for v in city.vehicles)
    assert sorted(r.vehicle for p in districts for r in p.start.routes) == sorted(r.vehicle for r in plan.routes)
    assert sorted(u.id for p in districts for u in p.start.unserved) == sorted(u.id for u in plan.unserved)


def test_each_start_is_a_plan_of_its_district_at_the_same_price(plan: Solution, districts: list[District]) -> None:
    """Protects the smaller matrices: on wrong rows the circuits would be late, or cost something else."""
    verdicts = [check(district.problem, district.start) for district in districts]
    assert not [text for verdict in verdicts for text in verdict.violations if "required" not in text]
    assert sum(verdict.cost for verdict in verdicts) == pytest.approx(plan.cost, abs=0.01)
    assert sum(verdict.distance_m for verdict in verdicts) == plan.distance_m


def test_lines_change_with_the_seed_and_with_nothing_else(
    city: Problem, plan: Solution, districts: list[District]
) -> None:
    """Protects replay, and the rounds: a second one along the same lines would find little."""
    same, other = split(city, plan, MOST, 3), split(city, plan, MOST, 4)
    assert [p.problem.stops for p in same] == [p.problem.stops for p in districts]
    assert {frozenset(s.id for s in p.problem.stops) for p in other} != {
        frozenset(s.id for s in p.problem.stops) for p in districts
    }


def test_districts_are_neighbourhoods(city: Problem, plan: Solution, districts: list[District]) -> None:
    """Protects the sense of it: the routes of a district lie closer together than all routes do."""
    centres = {route.vehicle: _centre(city, route) for route in plan.routes}
    spread = np.std(list(centres.values()), axis=0).sum()
    inside = [np.std([centres[r.vehicle] for r in district.start.routes], axis=0).sum() for district in districts]
    assert np.mean(inside) < 0.8 * spread


def _centre(city: Problem, route: Route) -> np.ndarray:
    at = {stop.id: city.locations[stop.location] for stop in city.stops}
    return np.mean([(at[stop].lon, at[stop].lat) for stop in route.stop_ids], axis=0)


def test_stops_left_out_count_for_the_size_of_a_district(city: Problem, plan: Solution) -> None:
    """Protects the message's size on a day on which the first plan leaves most stops out."""
    short = [Route(r.vehicle, tuple(v for v in r.visits if v.id not in r.stop_ids[1:])) for r in plan.routes]
    kept = {stop for route in short for stop in route.stop_ids}
    unserved = tuple(Unserved(s.id, Reason.TIME_LIMIT) for s in city.stops if s.id not in kept)
    districts = split(city, replace(plan, routes=tuple(short), unserved=unserved), MOST, seed=1)
    assert len(districts) > 2
    # A route is not cut, so one with much left out round it may be a district above the limit by itself.
    assert all(len(district.problem.stops) <= MOST or len(district.start.routes) == 1 for district in districts)


def test_plan_without_circuits_is_one_district(city: Problem) -> None:
    """Protects the day on which the first search found nothing."""
    nothing = Solution(city.name, unserved=tuple(Unserved(s.id, Reason.TIME_LIMIT) for s in city.stops))
    (district,) = split(city, nothing, MOST, 1)
    assert len(district.problem.stops) == len(city.stops)
    assert len(district.problem.vehicles) == len(city.vehicles)


def test_better_answers_are_put_together(
    city: Problem, plan: Solution, districts: list[District], answers: list[Solution]
) -> None:
    """Protects the purpose: a valid whole, dearer by nothing, cheaper by what the districts have saved."""
    merged = merge(city, plan, districts, answers)
    assert merged.taken
    assert not [text for text in merged.solution.violations if "required" not in text]
    assert merged.solution.cost < plan.cost
    assert merged.solution.cost == pytest.approx(check(city, merged.solution).cost, abs=0.001)
    told = {stop for route in merged.solution.routes for stop in route.stop_ids}
    assert told | {row.id for row in merged.solution.unserved} == {stop.id for stop in city.stops}


@pytest.mark.parametrize("seed", range(12))
def test_whichever_districts_answer_the_whole_is_valid_and_never_dearer(
    city: Problem, plan: Solution, districts: list[District], answers: list[Solution], seed: int
) -> None:
    """Protects the plan from every mixture of silence, damage and good answers."""
    rng = Random(seed)
    mixed = [rng.choice([None, answer, _damaged(answer, rng)]) for answer in answers]
    merged = merge(city, plan, districts, mixed)
    assert not [text for text in merged.solution.violations if "required" not in text]
    assert merged.solution.cost <= plan.cost + 0.001
    assert set(merged.taken) | set(merged.refused) == {n for n, answer in enumerate(mixed) if answer is not None}
    silent = [district for district, answer in zip(districts, mixed, strict=True) if answer is None]
    assert {r for district in silent for r in district.start.routes} <= set(merged.solution.routes)


def _damaged(answer: Solution, rng: Random) -> Solution:
    """One of the ways in which an answer may be wrong."""
    first = answer.routes[0]
    stops = [visit for visit in first.visits if visit.kind is VisitKind.STOP]
    stranger = replace(stops[0], id="nobody")
    return rng.choice(
        [
            replace(answer, routes=answer.routes[1:]),
            replace(answer, routes=(*answer.routes, first)),
            replace(answer, routes=(replace(first, vehicle="nobody"), *answer.routes[1:])),
            replace(answer, routes=(Route(first.vehicle, (*first.visits[:-1], stranger)), *answer.routes[1:])),
            replace(answer, routes=(Route(first.vehicle, (*stops, *first.visits)), *answer.routes[1:])),
            replace(answer, routes=(), unserved=()),
        ]
    )


def two_bins() -> tuple[Problem, Solution, list[District]]:
    """Depot at km 0, landfill at km 5, bins at km 1 and 2, two trucks; T1 does both bins."""
    problem = make_town([0, 5, 1, 2], [bin_at(2), bin_at(3)], [TRUCK, replace(TRUCK, id="T2")])
    plan = solve(problem, BRIEF, seed=1)
    assert [route.vehicle for route in plan.routes] in (["T1"], ["T2"])
    return problem, plan, split(problem, plan, 10, 1)


def halts(vehicle: str, *names: str) -> Route:
    """An answer's route: an order of visits, without times."""
    kinds = {"B": VisitKind.STOP, "L": VisitKind.DISPOSAL}
    return Route(vehicle, tuple(Visit(kinds[name[0]], name, 0, 0, 0) for name in names))


def test_answer_needs_no_times_since_they_are_made_here() -> None:
    """Protects against machines with other roads: only the order of their visits counts."""
    problem, plan, districts = two_bins()
    # Both bins on the way to the landfill: 10 km at 1 and 1000 s + 720 s at 0.01 = 27.2, the best there is. The other
    # way round costs 2 x 1 km more, so an answer with the best order improves on a start that has the other.
    dear = replace(plan, routes=(halts("T1", "B3", "B2", "L"),))
    (district,) = districts
    timed = merge(problem, plan, [District(district.problem, Solution(problem.name))], [dear]).solution
    assert timed.cost == pytest.approx(12 + 19.2)
    (again,) = split(problem, timed, 10, 1)
    merged = merge(problem, timed, [again], [replace(plan, routes=(halts("T2", "B2", "B3", "L"),))])
    assert merged.solution.cost == pytest.approx(27.2)
    assert merged.solution.is_feasible()


@pytest.mark.parametrize(
    ("routes", "unserved", "why"),
    [
        ((halts("T1", "B3", "B2", "L"),), (), "no better: 31, was 27"),
        ((halts("T1", "B2", "L"),), (Unserved("B3", Reason.TIME_LIMIT),), "1 required stops left out"),
        ((halts("T1", "B2", "L"),), (), "B3: left out without a reason"),
        ((halts("T1", "B2", "B3"),), (), "ends loaded"),
        ((halts("T9", "B2", "B3", "L"),), (), "vehicle T9 is not of this district"),
        ((halts("T1", "B2", "B9", "L"),), (), "visits B9, not of this district"),
        ((halts("T1", "B2", "B3", "L"), halts("T1", "B2", "L")), (), "used by 2 routes"),
        ((halts("T1", *["L"] * 40, "B2", "B3", "L"),), (), "cannot drive its circuit in time"),
    ],
)
def test_refused_answer_leaves_the_circuits_as_they_were(
    routes: tuple[Route, ...], unserved: tuple[Unserved, ...], why: str
) -> None:
    """Protects the plan in hand, and tells the technician what was wrong with an answer."""
    problem, plan, districts = two_bins()
    merged = merge(problem, plan, districts, [Solution(problem.name, routes, unserved)])
    assert merged.taken == ()
    assert why in merged.refused[0]
    assert merged.solution.routes == plan.routes
    assert merged.solution.cost == plan.cost


def test_reasons_are_kept_where_nothing_changed() -> None:
    """Protects the truth of reasons: a district knows less than the whole about why a stop is left out."""
    # The bin at km 4 is on the way to the landfill; its service of 60 s at 0.01 costs more than its prize.
    problem = make_town([0, 5, 1, 4], [bin_at(2), bin_at(3, required=False, prize=0.1)])
    plan = replace(solve(problem, BRIEF, seed=1), unserved=(Unserved("B3", Reason.WINDOW_UNREACHABLE),))
    districts = split(problem, plan, 10, 1)
    start = District(districts[0].problem, replace(districts[0].start, routes=()))
    answer = replace(plan, unserved=(Unserved("B3", Reason.NO_CAPACITY),))
    merged = merge(problem, plan, [start], [answer])
    assert merged.solution.unserved == (Unserved("B3", Reason.WINDOW_UNREACHABLE),)


def test_problem_travels_without_its_matrices(districts: list[District]) -> None:
    """Protects the message: what comes out at the other end is the same problem, but for the roads."""
    for district in districts:
        back = problem_from(problem_document(district.problem))
        assert back.matrices == {}
        for name in ("name", "prices", "locations", "depots", "disposal_sites", "vehicles", "stops"):
            assert getattr(back, name) == getattr(district.problem, name)
    with pytest.raises(ProblemError, match="stops"):
        problem_from({**problem_document(districts[0].problem), "stops": None})
