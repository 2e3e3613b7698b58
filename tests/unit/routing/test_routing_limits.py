"""What a duty can run out of: each row of the table is kept, judged, explained, written down and taken along."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import (
    Break,
    DisposalSite,
    FuelModel,
    MaxIterations,
    Problem,
    ProblemError,
    Reason,
    Solution,
    SolverOptions,
    Vehicle,
    check,
    read_problem,
    solve,
    write_problem,
)
from routing.bench.answer import NoFairModel, is_plain_cvrp, refuse_what_no_peer_models
from routing.bench.made import made_problem
from routing.engine.arrays import make_arrays
from routing.explain import explain
from routing.limits import AMOUNTS, LIMITS, Limit
from routing.replan import Changes, replan
from routing.search import team
from routing.search.chain import Chain
from routing.search.ortools_model import Effort
from routing.search.ortools_model import resolve as resolve_by_ortools
from routing.search.partner import can_help
from routing.search.pyvrp_model import resolve as resolve_by_pyvrp
from routing.search.watch import Watch
from routing.under_way import Crew, crew_of
from tests.unit.routing.brute_force import best_worth, worth_of
from tests.unit.routing.line_town import TRUCK, bin_at, make_town
from tests.unit.routing.test_routing_explain import every_insertion, line_plan, thirsty
from tests.unit.routing.test_routing_properties import SEARCHED, problems

QUICK = MaxIterations(200)
NOT_LIMITS = {"id", "profile", "start_depot", "end_depot", "streams", "fuel", "rest", "fixed_cost"}

# Three bins of 400 kg and 400 l at km 1, 2 and 3, the landfill at km 5. Two of them in one trip are 10 km and 1,720 s
# (1,000 s of driving, 120 s at the bins, 600 s of unloading); the third does not fit on a truck of 1,000 kg, and a
# second trip drives at least 4 km more. Each of these leaves room for two bins, and for nothing else.
TWO_BINS: dict[str, dict[str, Any]] = {
    "trips": {"max_trips": 1},
    "load_kg": {"capacity_kg": 800.0, "max_trips": 1},
    "load_l": {"capacity_l": 800.0, "max_trips": 1},
    "day_kg": {"day_limit_kg": 800.0},
    "day_l": {"day_limit_l": 800.0},
    "stops": {"max_stops": 2},
    "distance": {"max_distance_m": 10_000},
    "duty": {"max_duty_s": 1720},
    "time": {"shift": (0, 1720)},
}
EACH = pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
EACH_AMOUNT = pytest.mark.parametrize("limit", AMOUNTS, ids=lambda limit: limit.name)


def truck_of(limit: Limit) -> Vehicle:
    return replace(TRUCK, **TWO_BINS[limit.name])


def three_bins(*vehicles: Vehicle, **changes: object) -> Problem:
    return make_town([0, 5, 1, 2, 3], [bin_at(number, **changes) for number in (2, 3, 4)], vehicles)


def reasons(plan: Solution) -> dict[str, str]:
    return {row.id: row.reason for row in plan.unserved}


def test_table_has_every_limit_of_a_vehicle() -> None:
    """Protects the one declaration: each field of `Vehicle` that limits a duty is a row, and has a case here."""
    assert {limit.field for limit in LIMITS} == {field.name for field in fields(Vehicle)} - NOT_LIMITS
    assert {limit.name for limit in LIMITS} == TWO_BINS.keys()


@EACH
def test_limit_lets_a_truck_take_two_of_three_bins(limit: Limit) -> None:
    """Protects the search: what a limit just allows is served, the third bin is left out with the limit's reason."""
    plan = solve(three_bins(truck_of(limit), required=False, prize=50.0), QUICK)
    assert plan.is_feasible()
    assert [len(route.stop_ids) for route in plan.routes] == [2]
    assert list(reasons(plan).values()) == [limit.reason]


@EACH
def test_judge_finds_a_broken_limit(limit: Limit) -> None:
    """Protects the judge, who reads no table: the plan of a truck without the limit is refused for one with it."""
    plan = solve(three_bins(TRUCK), QUICK)
    assert len(plan.routes[0].stop_ids) == 3
    assert [] == check(three_bins(TRUCK), plan).violations != check(three_bins(truck_of(limit)), plan).violations


@EACH
def test_limit_that_is_used_up_binds_the_circuit(limit: Limit) -> None:
    """Protects the explanation: two bins leave nothing of the limit, and the third is told that it fits nowhere."""
    problem = three_bins(truck_of(limit))
    told = explain(problem, line_plan(problem, "B2", "B3", "L"))
    [use] = [use for use in told.circuits[0].limits if use.name == limit.name]
    assert (use.left, use.left_ratio) == (0, told.circuits[0].binding.left_ratio)
    assert use.words().startswith(use.name.split("_", maxsplit=1)[0])
    assert [row.extra for row in told.left_out] == [None]


@EACH_AMOUNT
def test_limit_is_written_read_and_refused_where_it_makes_no_sense(limit: Limit, tmp_path: Path) -> None:
    """Protects problem files: an amount comes back as it was, a wrong one is named."""
    write_problem(three_bins(truck_of(limit)), tmp_path / "town.json")
    assert read_problem(tmp_path / "town.json").vehicles == (truck_of(limit),)
    wrong = replace(TRUCK, **{limit.field: -1})  # type: ignore[arg-type]
    write_problem(three_bins(wrong), tmp_path / "wrong.json")
    with pytest.raises(ProblemError, match=rf"vehicles\[T1\]\.{limit.field}: found -1"):
        read_problem(tmp_path / "wrong.json")


@EACH_AMOUNT
def test_crew_under_way_has_what_is_left_of_its_limits(limit: Limit) -> None:
    """Protects running days: with its two bins on board or unloaded, a crew has room for none more."""
    problem = three_bins(truck_of(limit))
    plan = line_plan(problem, "B2", "B3", "L")
    # At the bins at 100 and 260 s, at the landfill from 620 to 1,220 s, home at 1,720 s.
    for now_s, carries in ((300, 1), (1000, 0)):
        crew = crew_of(problem, plan.routes[0], now_s, frozenset())
        assert crew is not None
        assert len(crew.load()) == carries
        day = replan(problem, plan, now_s, Changes(), QUICK)
        assert day.routes == plan.routes
        assert day.violations == ("B4: required, left out",)


def left_of(problem: Problem, plan: Solution, now_s: int, **changes: Any) -> Vehicle:
    crew = crew_of(problem, plan.routes[0], now_s, **{"closed_sites": frozenset(), **changes})
    assert isinstance(crew, Crew)
    left = crew.remaining(problem)
    assert left is not None
    return left


def test_distance_of_a_running_day_is_what_was_not_driven_yet() -> None:
    """Protects what a crew may still drive: the way to the visit it drives to counts as driven."""
    problem = three_bins(replace(TRUCK, max_distance_m=15_000))
    plan = line_plan(problem, "B2", "B3", "L")
    assert left_of(problem, plan, 50).max_distance_m == 14_000  # on its way to km 1
    assert left_of(problem, plan, 300).max_distance_m == 13_000  # at km 2
    assert left_of(problem, plan, 1000).max_distance_m == 10_000  # unloading at km 5


def test_distance_driven_towards_a_closed_site_is_gone() -> None:
    """Protects what a crew may still drive after turning round: 80 s from km 2 are 0.8 km, there and back."""
    problem = three_bins(replace(TRUCK, max_distance_m=15_000))
    plan = line_plan(problem, "B2", "B3", "L")
    assert left_of(problem, plan, 400, closed_sites=frozenset({"L"})).max_distance_m == 15_000 - 2000 - 1600


def test_duty_of_a_running_day_is_what_has_not_passed_yet() -> None:
    """Protects what a crew may still work: the time until it is free counts, its break and its waiting with it."""
    problem = three_bins(replace(TRUCK, max_duty_s=3000))
    plan = line_plan(problem, "B2", "B3", "L")
    assert left_of(problem, plan, 50).max_duty_s == 2840  # free at km 1 at 160 s
    assert left_of(problem, plan, 1000).max_duty_s == 1780  # free at km 5 at 1,220 s
    # Out at 80 s, at km 3 until 500 s, resting until 1,100 s, free at km 5 at 1,900 s: 1,820 s have passed.
    rested = three_bins(replace(TRUCK, max_duty_s=3000, shift=(0, 2400), rest=Break(600, (500, 1000))))
    assert left_of(rested, line_plan(rested, "B3", "B4", "L"), 1200).max_duty_s == 1180


@pytest.mark.parametrize(("most_s", "crew"), [(6360, "T1"), (6359, None)])
def test_duty_goes_on_while_a_crew_waits_for_a_window(most_s: int, crew: str | None) -> None:
    """Protects the whole day's duty: unloaded at 1,220 s, the crew could set out later, but its day has long begun."""
    # The new bin at km 3 opens at 5,000 s: 60 s there, 200 s to the landfill, 600 s, 500 s home: back at 6,360 s.
    problem = three_bins(replace(TRUCK, max_duty_s=most_s))
    plan = line_plan(problem, "B2", "B3", "L")
    late = bin_at(4, id="late", windows=((5000, 5000),))
    problem = replace(problem, stops=problem.stops[:2])
    day = replan(problem, plan, 1000, Changes(new_stops=(late,)), QUICK)
    assert {stop: route.vehicle for route in day.routes for stop in route.stop_ids}.get("late") == crew
    assert [text for text in day.violations if text != "late: required, left out"] == []


@pytest.mark.parametrize(("duty_s", "served"), [(2320, 2), (2319, 1)])
def test_break_counts_as_duty(duty_s: int, served: int) -> None:
    """Protects the duty: two bins take 1,720 s, and 600 s of break, which the shift does not let the crew evade."""
    truck = replace(TRUCK, shift=(0, 2400), rest=Break(600, (500, 1000)), max_duty_s=duty_s)
    plan = solve(three_bins(truck, required=False, prize=50.0), QUICK)
    assert plan.is_feasible()
    assert len(plan.routes[0].stop_ids) == served


@pytest.mark.parametrize(("duty_s", "served"), [(1720, 2), (1719, 1)])
def test_crew_that_leaves_late_does_not_wait_on_duty(duty_s: int, served: int) -> None:
    """Protects the shortest duty: a bin that opens at 5,000 s is no reason for a long one, only for a late one."""
    stops = [bin_at(2, windows=((5000, 6000),)), bin_at(3, required=False, prize=50.0)]
    plan = solve(make_town([0, 5, 1, 2], stops, [replace(TRUCK, max_duty_s=duty_s)]), QUICK)
    assert plan.is_feasible()
    assert len(plan.routes[0].stop_ids) == served
    assert plan.routes[0].visits[0].leave_s >= 4800


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(("field", "least"), [("max_distance_m", 16_000), ("max_duty_s", 2260)])
def test_stop_farther_than_any_truck_may_go_is_told_so(required: bool, field: str, least: int) -> None:
    """Protects honesty: a bin at km 8 takes 16 km, and 1,600 + 60 + 600 s, whether it is required or not."""
    far = bin_at(2, required=required, prize=90.0)
    short, long = (make_town([0, 5, 8], [far], [replace(TRUCK, **{field: most})]) for most in (least - 1, least))
    assert reasons(solve(short, QUICK)) == {"B2": Reason.CIRCUIT_TOO_LONG}
    assert reasons(solve(long, QUICK)) == {}


def test_required_stop_that_only_the_distance_keeps_out_is_told_so() -> None:
    """Protects honesty: no longer search would find what 10 km do not allow; a bin too heavy is still too heavy."""
    short = three_bins(replace(TRUCK, max_distance_m=10_000))
    assert list(reasons(solve(short, QUICK)).values()) == [Reason.CIRCUIT_TOO_LONG]
    heavy = replace(short, stops=(*short.stops[:2], bin_at(4, demand_kg=1001.0)))
    assert reasons(solve(heavy, QUICK)) == {"B4": Reason.NO_CAPACITY}


def test_stop_left_out_is_priced_where_the_distance_allows() -> None:
    """Protects the cheapest place: the near truck has driven its kilometres, so the other one must come for 10 km."""
    # 10 km: 10.00; 1,000 s of driving, 60 s and 600 s at 0.01: 16.60. With the first truck it would be 12.6 l and s.
    near, other = replace(TRUCK, max_distance_m=10_000), replace(TRUCK, id="T2")
    [row] = explain(town := three_bins(near, other), line_plan(town, "B2", "B3", "L")).left_out
    assert row.extra is not None
    assert (row.vehicle, row.extra.distance_m, row.extra.cost) == ("T2", 10_000, pytest.approx(26.6))


@pytest.mark.parametrize(
    ("changes", "left", "words"),
    [
        ({"max_distance_m": 10_400}, 400, "distance: 0.4 of 10.4 km left"),
        ({"max_duty_s": 1800}, 80, "duty: 1 min of 0.5 h left"),
    ],
)
def test_lengths_are_told_in_kilometres_and_hours(changes: dict[str, Any], left: int, words: str) -> None:
    """Protects the words for whoever reads `tournee explain`."""
    problem = three_bins(replace(TRUCK, **changes))
    binding = explain(problem, line_plan(problem, "B2", "B3", "L")).circuits[0].binding
    assert (binding.left, binding.words()) == (left, words)


# Bins at km 1 to 4, the landfill at km 6: all by one truck in two trips are 18 km and 1,800 + 240 + 1,200 = 3,240 s, a
# truck for each two 12 km and 1,200 + 120 + 600 = 1,920 s each.
# Nodes: bins 0 to 3, landfill 4, depot 5.
ALL_BY_ONE, BY_TWO = [[5, 0, 1, 4, 2, 3, 4, 5], [5, 5]], [[5, 0, 1, 4, 5], [5, 2, 3, 4, 5]]
FAR = (0, 6, 1, 2, 3, 4)
IDLING = FuelModel(1.0, idle_l_per_h=36.0)  # 600 s of unloading burn 6 l, as much as 6 km


def two_trucks(**changes: Any) -> Chain:
    trucks = [replace(TRUCK, id=name, fuel=IDLING, **changes) for name in ("T1", "T2")]
    return Chain(make_arrays(make_town(FAR, [bin_at(n) for n in (2, 3, 4, 5)], trucks)), Watch(QUICK), 1)


def used_by(chain: Chain, found: list[list[int]]) -> int:
    """How many trucks are in use; each of them must keep our rules."""
    sequences = [nodes for nodes in found if len(nodes) > 2]
    assert all(chain.drive(truck, nodes) for truck, nodes in enumerate(sequences))
    assert {node for nodes in sequences for node in nodes if node < 4} == {0, 1, 2, 3}
    return len(sequences)


LIMITED = pytest.mark.parametrize(
    ("changes", "trucks"),
    [
        ({}, 1),
        ({"max_distance_m": 18_000}, 1),
        ({"max_distance_m": 17_999}, 2),
        ({"max_distance_m": 12_000}, 2),
        ({"max_duty_s": 3240}, 1),
        ({"max_duty_s": 3239}, 2),
        ({"max_duty_s": 1920}, 2),
    ],
)


@LIMITED
def test_ortools_knows_the_limit(changes: dict[str, int], trucks: int) -> None:
    """Protects the model: one truck takes the other's bins over for 6 km less, where it may drive so far."""
    chain = two_trucks(**changes)
    found = resolve_by_ortools(chain.arrays, [0, 1], BY_TWO, range(4), Effort(5.0, 60))
    assert used_by(chain, found or BY_TWO) == trucks


@LIMITED
def test_pyvrp_knows_the_limit(changes: dict[str, int], trucks: int) -> None:
    """Protects the model: a truck that may not drive so far gives two bins away; what it idles counts as no metre."""
    chain, turns = two_trucks(**changes), iter(range(500))
    assert can_help(chain)
    found = resolve_by_pyvrp(chain.arrays, [0, 1], ALL_BY_ONE, range(4), lambda: next(turns, None) is None, 1)
    assert used_by(chain, found) == trucks


def test_truck_that_stays_parked_may_be_far_from_its_other_depot() -> None:
    """Protects the OR-Tools model: 6 km from depot to depot break no limit of 5 km where nobody drives them."""
    town = make_town(
        FAR,
        [bin_at(n) for n in (2, 3)],
        [replace(TRUCK, max_distance_m=22_000), replace(TRUCK, id="T2", end_depot="E", max_distance_m=5000)],
    )
    town = replace(town, depots=(town.depots[0], replace(town.depots[0], id="E", location=1)))
    chain = Chain(make_arrays(town), Watch(QUICK), 1)
    # Nodes: bins 0 and 1, landfill 2, depots 3 and 4. From km 2 to 6, back to 1, to 6 and home: 22 km, better 12.
    found = resolve_by_ortools(chain.arrays, [0, 1], [[3, 1, 2, 0, 2, 3], [3, 4]], range(2), Effort(5.0, 60))
    assert found is not None
    assert found[1] == [3, 4]
    assert chain.drive(0, found[0])
    assert int(chain.plan.routes[0]["metres"]) == 12_000


def test_no_peer_is_measured_on_a_rule_it_does_not_know() -> None:
    """Protects the benchmark: plans that cannot be valid would measure our model of the peer, not the peer."""
    problem = three_bins(replace(TRUCK, max_distance_m=10_000))
    with pytest.raises(NoFairModel, match="limits on how long a circuit is"):
        refuse_what_no_peer_models(problem)
    at_gate = replace(
        make_town([0, 0, 1], [bin_at(2, demand_kg=0.0)], [replace(TRUCK, max_trips=1)]),
        disposal_sites=(DisposalSite("L", 0, 0, ((0, 86_400),)),),
    )
    free = replace(at_gate, prices=replace(at_gate.prices, crew_per_h=0.0))
    limited = replace(free, vehicles=(replace(free.vehicles[0], max_distance_m=10_000),))
    assert is_plain_cvrp(free)
    assert not is_plain_cvrp(limited)


@pytest.mark.slow
def test_districts_keep_the_distance_of_their_trucks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects large cities: a district's trucks have the limits they have in the whole."""
    monkeypatch.setattr(team, "SMALL", 100)
    monkeypatch.setattr(team, "DISTRICT", 100)
    city = made_problem(400, 101)
    free = solve(city, MaxIterations(8000))
    longest = max(
        explain(city, free, with_left_out=False).circuits, key=lambda row: row.bill.distance_m
    ).bill.distance_m
    limit_m = int(0.8 * longest)
    short = replace(city, vehicles=tuple(replace(vehicle, max_distance_m=limit_m) for vehicle in city.vehicles))
    plan = solve(short, MaxIterations(8000))
    assert [text for text in plan.violations if not text.endswith("required, left out")] == []
    assert 0.9 * limit_m < max(row.bill.distance_m for row in explain(short, plan, with_left_out=False).circuits)


@st.composite
def short_days(draw: st.DrawFn, most_stops: int = 8) -> Problem:
    """Towns of `problems` whose vehicles may drive and work for less than they would."""
    problem = draw(problems(most_stops=most_stops))
    metres, seconds = st.sampled_from([None, 9000, 14_000, 20_000]), st.sampled_from([None, 2500, 4000])
    vehicles = (replace(v, max_distance_m=draw(metres), max_duty_s=draw(seconds)) for v in problem.vehicles)
    return replace(problem, vehicles=tuple(vehicles))


@settings(max_examples=80, deadline=None)
@given(short_days())
def test_every_plan_keeps_every_limit_but_what_is_impossible(problem: Problem) -> None:
    """Protects feasibility: the judge finds nothing wrong except required stops that are left out with a reason."""
    plan = solve(problem, MaxIterations(60))
    assert [text for text in plan.violations if not text.endswith(": required, left out")] == []


@SEARCHED
@settings(max_examples=50, deadline=None, derandomize=True)
@given(problem=short_days(most_stops=4))
def test_tiny_problem_is_solved_as_cheaply_as_trying_everything(problem: Problem, options: SolverOptions) -> None:
    """Protects optimality under limits: up to four stops, one vehicle, every order and every unloading tried."""
    problem = replace(problem, vehicles=problem.vehicles[:1])
    known = {vehicle.id for vehicle in problem.vehicles}
    stops = tuple(
        replace(s, vehicles=s.vehicles if s.vehicles and s.vehicles <= known else None) for s in problem.stops
    )
    problem = replace(problem, stops=stops)
    missing, money = worth_of(problem, solve(problem, MaxIterations(5000), options=options))
    fewest, least = best_worth(problem)
    assert missing == fewest
    assert money <= least + 0.01


@settings(max_examples=60, deadline=None)
@given(short_days(most_stops=6).map(thirsty))
def test_cheapest_insertion_is_as_cheap_as_trying_every_place(problem: Problem) -> None:
    """Protects the explanation under limits: a place found keeps every rule of the check, and none is cheaper."""
    plan = solve(problem, MaxIterations(20))
    plan = replace(plan, routes=plan.routes[:1])  # so that stops are left out that would fit
    for row in explain(problem, plan).left_out:
        costs = [bill.cost for bill in every_insertion(problem, plan, row.id)]
        assert (row.extra is None) == (not costs)
        assert row.extra is None or row.extra.cost == pytest.approx(min(costs), abs=1e-6)
