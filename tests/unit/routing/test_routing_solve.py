"""What the solver decides in towns small enough to decide by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import (
    AnyOf,
    Break,
    DisposalSite,
    FirstFeasible,
    MaxIterations,
    NoImprovement,
    Problem,
    ProblemError,
    Reason,
    Solution,
    VisitKind,
    check,
    solve,
)
from routing.validation import find_faults
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

QUICK = MaxIterations(200)
LANDFILL = DisposalSite("L", 1, 600, ((0, 86_400),))


def reasons(plan: Solution) -> dict[str, str]:
    return {row.id: row.reason for row in plan.unserved}


def three_bins() -> Problem:
    """Depot at km 0, landfill at km 5, bins of 400 kg at km 1, 2 and 3, one truck of 1000 kg."""
    return make_town([0, 5, 1, 2, 3], [bin_at(2), bin_at(3), bin_at(4)])


def test_full_truck_visits_landfill_before_next_bin() -> None:
    """Protects the load: the third bin of 400 kg does not fit on a truck of 1000 kg."""
    problem = three_bins()
    plan = solve(problem, QUICK)
    assert plan.is_feasible()
    assert plan.routes[0].trips == 2
    assert max(load.kg for load in plan.routes[0].loads(problem)) == 800


def test_price_of_a_round_is_fuel_and_crew() -> None:
    """Protects the objective: kilometres, litres and hours worked out by hand."""
    # Best: out to one bin or two, landfill, back to the others, landfill, home: 5 km out, back to km 1 or 2 ... The
    # landfill is passed twice. Trip 1 takes the bins at 1 and 2 (5 km to the landfill), trip 2 goes back to km 3
    # and returns (4 km), then home (5 km): 14 km. Driving 1400 s, bins 3 x 60 s, landfill 2 x 600 s: 2780 s.
    # Money: 14 l at 1, 2780 s at 0.01: 14 + 27.8 = 41.8. Trip 1 without the bin at km 3 is the cheapest split.
    plan = solve(three_bins(), QUICK)
    assert plan.distance_m == 14_000
    assert plan.duty_s == 2780
    assert plan.cost == pytest.approx(41.8)


def test_optional_bin_is_left_when_its_prize_does_not_pay_the_detour() -> None:
    """Protects the trade-off: a bin 3 km off the way costs 6 l and 6 min 60 s, that is 6 + 6.6 in money."""
    far = bin_at(3, required=False, prize=12.5)
    assert reasons(solve(make_town([0, 5, 1, 8], [bin_at(2), far]), QUICK)) == {"B3": Reason.PRIZE_BELOW_COST}
    assert reasons(solve(make_town([0, 5, 1, 8], [bin_at(2), replace(far, prize=12.7)]), QUICK)) == {}


def test_truck_waits_for_the_second_opening_of_the_landfill() -> None:
    """Protects openings: unloading must start inside one of them, never between."""
    # The bin at km 1 may be served from 900 s on; the landfill 4 km on is reached at 1360, and opens again at 5000.
    site = DisposalSite("L", 1, 600, ((0, 1000), (5000, 6000)))
    problem = make_town([0, 5, 1], [bin_at(2, windows=((900, 2000),))], sites=[site])
    plan = solve(problem, QUICK)
    assert plan.is_feasible()
    unloading = next(visit for visit in plan.routes[0].visits if visit.kind is VisitKind.DISPOSAL)
    assert unloading.start_s == 5000


def test_bin_with_two_windows_is_served_in_either_but_not_between() -> None:
    """Protects markets emptied before opening and after closing."""
    problem = make_town([0, 5, 1], [bin_at(2, windows=((0, 50), (7000, 8000)))])
    plan = solve(problem, QUICK)
    assert plan.is_feasible()
    assert plan.routes[0].visits[1].start_s >= 7000


def test_crew_on_a_long_day_gets_its_break() -> None:
    """Protects the crew: on duty when the window closes means a whole rest inside it."""
    # The round takes 2780 s. Leaving as the window closes, at 1500, would end it at 4280: after the shift.
    truck = replace(TRUCK, shift=(0, 4200), rest=Break(600, (1000, 1500)))
    problem = make_town([0, 5, 1, 2, 3], three_bins().stops, [truck])
    plan = solve(problem, QUICK)
    assert plan.is_feasible()
    assert plan.duty_s == 2780 + 600
    assert sum(visit.kind is VisitKind.BREAK for visit in plan.routes[0].visits) == 1


def test_day_limits_hold_over_all_trips() -> None:
    """Protects day limits: two bins of 400 kg fill a limit of 800 kg although the truck unloads in between."""
    truck = replace(TRUCK, day_limit_kg=800.0)
    stops = [bin_at(number, required=False, prize=50.0) for number in (2, 3, 4)]
    plan = solve(make_town([0, 5, 1, 2, 3], stops, [truck]), QUICK)
    assert plan.is_feasible()
    assert list(reasons(plan).values()) == [Reason.NO_CAPACITY]


@pytest.mark.parametrize("limit", [{"max_stops": 2}, {"max_trips": 1}])
def test_stops_and_trips_of_a_duty_are_limited(limit: dict[str, int]) -> None:
    """Protects max_stops and max_trips: either lets this truck take only two of three bins."""
    truck = replace(TRUCK, **limit)  # type: ignore[arg-type]
    stops = [bin_at(number, required=False, prize=50.0) for number in (2, 3, 4)]
    plan = solve(make_town([0, 5, 1, 2, 3], stops, [truck]), QUICK)
    assert plan.is_feasible()
    assert len(plan.routes[0].stop_ids) == 2


def test_streams_go_to_the_truck_and_the_site_that_take_them() -> None:
    """Protects sorting: glass is neither collected by the residual truck nor unloaded at its landfill."""
    glass_truck = replace(TRUCK, id="T2", streams=frozenset({"glass", "residual"}))
    sites = [
        replace(LANDFILL, streams=frozenset({"residual"})),
        DisposalSite("G", 0, 300, ((0, 86_400),), frozenset({"glass"})),
    ]
    stops = [bin_at(2), bin_at(3, stream="glass")]
    plan = solve(make_town([0, 5, 1, 2], stops, [TRUCK, glass_truck], sites), QUICK)
    assert plan.is_feasible()
    (glass_route,) = [route for route in plan.routes if "B3" in route.stop_ids]
    assert glass_route.vehicle == "T2"
    assert "G" in {visit.id for visit in glass_route.visits}


def test_bin_reserved_for_one_vehicle_is_served_by_it() -> None:
    """Protects allowed vehicles: the dearer truck comes when it alone may."""
    dear = replace(TRUCK, id="T2", fixed_cost=1000.0)
    plan = solve(make_town([0, 5, 1], [bin_at(2, vehicles=frozenset({"T2"}))], [TRUCK, dear]), QUICK)
    assert [route.vehicle for route in plan.routes] == ["T2"]


def test_every_impossible_stop_is_left_out_with_its_true_reason() -> None:
    """Protects honesty: what cannot be done is said, not raised."""
    closed = [replace(LANDFILL, open=())]
    one = [bin_at(2)]
    assert reasons(solve(make_town([0, 5, 1], one, sites=closed), QUICK)) == {"B2": Reason.DISPOSAL_CLOSED}
    assert reasons(solve(make_town([0, 5, 1], one, []), QUICK)) == {"B2": Reason.NO_CAPACITY}
    heavy = [bin_at(2, demand_kg=1001.0)]
    assert reasons(solve(make_town([0, 5, 1], heavy), QUICK)) == {"B2": Reason.NO_CAPACITY}
    glass = [bin_at(2, stream="glass")]
    assert reasons(solve(make_town([0, 5, 1], glass), QUICK)) == {"B2": Reason.NO_VEHICLE_ALLOWED}
    early = [bin_at(2, windows=((0, 99),))]  # 100 s from the depot
    assert reasons(solve(make_town([0, 5, 1], early), QUICK)) == {"B2": Reason.WINDOW_UNREACHABLE}
    shut = [replace(LANDFILL, open=((0, 500),))]  # reached at 100 + 60 + 400 = 560 s
    assert reasons(solve(make_town([0, 5, 1], one, sites=shut), QUICK)) == {"B2": Reason.DISPOSAL_CLOSED}


def test_required_stops_beyond_the_fleet_are_reported_as_no_capacity() -> None:
    """Protects the proof: one trip of 1000 kg cannot take three bins of 400 kg, however long one searches."""
    plan = solve(make_town([0, 5, 1, 2, 3], three_bins().stops, [replace(TRUCK, max_trips=1)]), QUICK)
    assert not plan.is_feasible()
    assert set(reasons(plan).values()) == {Reason.NO_CAPACITY}


def test_day_without_stops_is_an_empty_plan() -> None:
    """Protects quiet days: nothing to do costs nothing and breaks no rule."""
    plan = solve(make_town([0, 5], []), QUICK)
    assert plan.is_feasible()
    assert (plan.routes, plan.unserved, plan.cost) == ((), (), 0.0)


def test_same_seed_gives_the_same_plan() -> None:
    """Protects replay: counted iterations, same seed, same plan."""
    stops = [bin_at(number, required=number % 3 == 0, prize=8.0 + number) for number in range(2, 22)]
    problem = make_town(
        [0, 5, *(number / 3 for number in range(20))], stops, [replace(TRUCK, id=f"T{k}") for k in range(3)]
    )
    first, second = (solve(problem, MaxIterations(400), seed=5) for _ in range(2))
    assert first.routes == second.routes
    assert first.cost == second.cost


def test_improvements_are_told_and_the_last_is_never_better_than_the_result() -> None:
    """Protects anytime use: plans told on the way are checked plans too."""
    told: list[Solution] = []
    plan = solve(three_bins(), QUICK, on_improved=told.append)
    assert told
    assert all(row.cost >= plan.cost for row in told)


def test_stop_criteria_can_be_combined() -> None:
    """Protects the small callables: the first one to be done ends the search."""
    stop = AnyOf(FirstFeasible(MaxIterations(10**9)), NoImprovement(50))
    assert solve(three_bins(), stop).is_feasible()


def test_contradictory_problem_is_refused_with_all_its_faults() -> None:
    """Protects the desk at 05:00: one message names everything that must be corrected."""
    wrong = make_town(
        [0, 5, 1],
        [bin_at(2, windows=((900, 100),)), bin_at(2, location=9)],
        [replace(TRUCK, capacity_kg=0.0, end_depot="X")],
    )
    with pytest.raises(ProblemError) as caught:
        solve(wrong, QUICK)
    text = str(caught.value)
    for expected in ("stops[B2].windows", "stops[1].id", "stops[B2].location", "capacity_kg", "end_depot: found 'X'"):
        assert expected in text
    assert len(caught.value.faults) == len(list(find_faults(wrong)))


def test_check_finds_an_overloaded_truck_and_a_route_that_ends_loaded() -> None:
    """Protects the judge: a plan tampered with is not waved through."""
    problem = three_bins()
    plan = solve(problem, QUICK)
    route = plan.routes[0]
    without = tuple(visit for visit in route.visits if visit.kind is not VisitKind.DISPOSAL)
    verdict = check(problem, replace(plan, routes=(replace(route, visits=without),)))
    assert any("overloaded" in text for text in verdict.violations)
    assert any("ends loaded" in text for text in verdict.violations)
