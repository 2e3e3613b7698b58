"""Starting from a plan: what of it is kept, what a known stop is worth, and the rest of a running day."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import (
    DisposalSite,
    Matrix,
    MaxIterations,
    MaxRuntime,
    PlanError,
    Prices,
    Problem,
    Reason,
    RoutingError,
    Solution,
    Stop,
    VisitKind,
    check,
    solve,
)
from routing.bench.made import Rules, made_problem
from routing.options import Familiarity
from routing.replan import Changes, replan
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

ONE = MaxIterations(1)
QUICK = MaxIterations(300)
SOME = MaxIterations(2000)
NOON_ISH_S = 29_000  # 08:03: the trucks of a made city are in the middle of their first or second trip
LANDFILL = DisposalSite("L", 1, 600, ((0, 86_400),))


def two_trucks() -> Problem:
    """Depot at km 0, landfill at km 5, bins of 400 kg at km 1, 2, 3 and 4, two trucks of 1000 kg."""
    return make_town([0, 5, 1, 2, 3, 4], [bin_at(n) for n in (2, 3, 4, 5)], [TRUCK, replace(TRUCK, id="T2")])


def served_by(plan: Solution) -> dict[str, str]:
    return {stop: route.vehicle for route in plan.routes for stop in route.stop_ids}


@pytest.fixture(scope="module")
def city() -> Problem:
    return made_problem(200, 3, Rules.FULL)


@pytest.fixture(scope="module")
def dispatched(city: Problem) -> Solution:
    plan = solve(city, MaxIterations(3000), seed=1)
    assert plan.is_feasible()
    return plan


def test_plan_to_start_from_is_never_made_worse(city: Problem, dispatched: Solution) -> None:
    """Protects the dispatched plan: without time to search, the same plan comes back."""
    again = solve(city, ONE, seed=9, start=dispatched)
    assert again.cost <= dispatched.cost
    assert len(set(served_by(again).items()) ^ set(served_by(dispatched).items())) <= 4


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.3, 2.5])
def test_start_is_searched_on_by_the_clock(city: Problem, dispatched: Solution, seconds: float) -> None:
    """Protects both ways on, in a hurry and not: 200 stops give time to grow from two seconds up."""
    told: list[Solution] = []
    plan = solve(city, MaxRuntime(seconds), on_improved=told.append, start=dispatched)
    assert plan.is_feasible()
    assert plan.cost <= told[0].cost <= dispatched.cost


def test_yesterdays_plan_is_taken_over_as_far_as_it_holds(city: Problem, dispatched: Solution) -> None:
    """Protects yesterday's plan as a start: stops and trucks that are gone, and new stops, do no harm."""
    first = dispatched.routes[0]
    gone = set(first.stop_ids[::3])
    today = replace(
        city,
        stops=(*(stop for stop in city.stops if stop.id not in gone), replace(city.stops[0], id="new", required=True)),
        vehicles=tuple(vehicle for vehicle in city.vehicles if vehicle.id != dispatched.routes[-1].vehicle),
    )
    plan = solve(today, ONE, start=dispatched)
    kept = [stop for stop in first.stop_ids if stop not in gone and served_by(plan).get(stop) == first.vehicle]
    assert not [text for text in plan.violations if "required" not in text]
    assert "new" in served_by(plan)
    assert len(kept) > 0.9 * (len(first.stop_ids) - len(gone))


def test_start_is_unloaded_elsewhere_when_its_site_has_closed() -> None:
    """Protects the closed landfill: the order of the bins stays, the other site takes the waste."""
    problem = two_trucks()
    start = solve(problem, QUICK)
    sites = (replace(LANDFILL, open=()), DisposalSite("M", 0, 600, ((0, 86_400),)))
    plan = solve(replace(problem, disposal_sites=sites), ONE, start=start)
    assert plan.is_feasible()
    assert {visit.id for route in plan.routes for visit in route.visits if visit.kind is VisitKind.DISPOSAL} == {"M"}


def test_start_too_long_for_the_shift_is_shortened() -> None:
    """Protects the shorter day: what falls out of one circuit is served by the other truck."""
    # A shift of 2300 s holds one trip of two bins: 10 km at 100 s, 120 s of service, 600 s unloading: 1720 s. A second
    # trip takes 2 x 1 km at least, 60 s and 600 s more: 2580 s.
    problem = make_town([0, 5, 1, 2, 3, 4], [bin_at(n) for n in (2, 3, 4, 5)], [TRUCK])
    start = solve(problem, QUICK)
    assert len(start.routes) == 1
    short = [replace(TRUCK, id=name, shift=(0, 2300)) for name in ("T1", "T2")]
    plan = solve(replace(problem, vehicles=tuple(short)), QUICK, start=start)
    assert plan.is_feasible()
    assert sorted(len(route.stop_ids) for route in plan.routes) == [2, 2]


def test_same_seed_gives_the_same_plan_from_a_start(city: Problem, dispatched: Solution) -> None:
    """Protects replay: with a start and a price of familiarity too, counted iterations give the same plan."""
    knows = Familiarity.of(dispatched, 400.0)
    less = replace(city, stops=city.stops[10:])
    first, second = (solve(less, SOME, seed=4, start=dispatched, familiarity=knows) for _ in range(2))
    assert first.routes == second.routes


@pytest.mark.parametrize(("price", "crews"), [(100.0, {"T1", "T2"}), (1.0, {"T2"})])
def test_known_bin_changes_hands_only_when_that_saves_more_than_its_price(price: float, crews: set[str]) -> None:
    """Protects stability: a truck's round costs about 26, so a price of 100 keeps the crews, one of 1 does not."""
    # Bins at km 1 and km 2, both fit one truck. A round of its own to the landfill at km 5: 10 km at 1, 1000 s + 660 s
    # at 0.01 = 26.6. T1 knows B2, T2 knows B3: one price of 1 is less, one of 100 more. T1 is dearer, so T2 remains.
    trucks = [replace(TRUCK, fixed_cost=2.0), replace(TRUCK, id="T2")]
    problem = make_town([0, 5, 1, 2], [bin_at(2), bin_at(3)], trucks)
    first, second = frozenset({"T1"}), frozenset({"T2"})
    knows = Familiarity({"B2": first, "B3": second, "gone": first}, price)
    plan = solve(problem, SOME, familiarity=knows)
    assert {route.vehicle for route in plan.routes} == crews
    assert plan.cost == pytest.approx(check(problem, plan).cost, abs=0.001)
    assert knows.money(plan) == price * len(knows.taken_away(plan)) == (0.0 if len(crews) == 2 else price)


def test_price_of_familiarity_is_an_amount_of_money() -> None:
    """Protects the search from a price that would reward taking stops away."""
    with pytest.raises(RoutingError, match="-1"):
        Familiarity({}, -1.0)


def busiest(plan: Solution) -> str:
    """The vehicle with most visits ahead."""
    return max(plan.routes, key=lambda route: sum(v.arrive_s > NOON_ISH_S for v in route.visits)).vehicle


def begun(plan: Solution, vehicle: str) -> list[object]:
    (route,) = (route for route in plan.routes if route.vehicle == vehicle)
    return [visit for visit in route.visits if visit.leave_s <= NOON_ISH_S]


def test_broken_down_truck_serves_nothing_more_and_the_others_take_over(city: Problem, dispatched: Solution) -> None:
    """Protects the running day: what is done stays done, the rest is served by others, every rule is kept."""
    broken = busiest(dispatched)
    day = replan(city, dispatched, NOON_ISH_S, Changes(broken_down=frozenset({broken})), SOME)
    assert day.violations == ()
    for route in dispatched.routes:
        done = begun(dispatched, route.vehicle)
        (now,) = (row.visits for row in day.routes if row.vehicle == route.vehicle)
        assert list(now[: len(done)]) == done
        assert route.vehicle != broken or len(now) == len(done)
    required = {stop.id for stop in city.stops if stop.required}
    assert required <= set(served_by(day))


def test_new_stops_join_and_locked_circuits_stay_whole(city: Problem, dispatched: Solution) -> None:
    """Protects what the crews were told: a locked circuit is not touched although new stops lie beside it."""
    locked = busiest(dispatched)
    free = [stop for stop in city.stops if stop.id not in served_by(dispatched)][:5]
    new = tuple(replace(stop, id=f"new {stop.id}", required=True, prize=0.0, windows=()) for stop in free)
    day = replan(city, dispatched, NOON_ISH_S, Changes(new_stops=new, locked=frozenset({locked})), SOME)
    assert day.violations == ()
    assert {stop.id for stop in new} <= set(served_by(day))
    assert [r for r in day.routes if r.vehicle == locked] == [r for r in dispatched.routes if r.vehicle == locked]


def test_loaded_truck_turns_round_to_the_site_that_is_open() -> None:
    """Protects the closed site: the truck on its way to it unloads its load elsewhere, the rest of its day follows."""
    # Out at 0: km 1 (100 s + 60 s), km 2 (260 s + 60 s = 320 s), then 300 s to the landfill at km 5. At 400 s it has
    # driven 80 s from km 2 and turns round: free there at 480 s, 200 s later it is at the site at km 0.
    sites = (LANDFILL, DisposalSite("M", 0, 600, ((0, 86_400),)))
    problem = make_town([0, 5, 1, 2], [bin_at(2), bin_at(3)], [TRUCK], sites=sites)
    planned = solve(replace(problem, disposal_sites=sites[:1]), QUICK)
    plan = replace(planned, problem=problem.name)
    order = [visit.id for visit in plan.routes[0].visits]
    assert order == ["D", "B2", "B3", "L", "D"]
    day = replan(problem, plan, 400, Changes(closed_sites=frozenset({"L"})), QUICK)
    assert day.violations == ()
    assert [visit.id for visit in day.routes[0].visits] == ["D", "B2", "B3", "M", "D"]
    assert day.routes[0].visits[3].arrive_s == 680


def test_truck_broken_down_with_the_only_crew_says_what_is_left() -> None:
    """Protects honesty: a required bin nobody can serve any more is reported, with the reason."""
    problem = make_town([0, 5, 1, 2], [bin_at(2), bin_at(3)], [TRUCK])
    plan = solve(problem, QUICK)
    day = replan(problem, plan, 200, Changes(broken_down=frozenset({"T1"})), QUICK)
    assert served_by(day) == {"B2": "T1"}
    assert [row.id for row in day.unserved] == ["B3"]
    assert day.violations == ("B3: required, left out",)


def test_change_that_names_an_unknown_truck_is_refused(city: Problem, dispatched: Solution) -> None:
    """Protects the desk: a mistyped id is an error, not a change that silently does nothing."""
    with pytest.raises(PlanError, match="T999"):
        replan(city, dispatched, NOON_ISH_S, Changes(broken_down=frozenset({"T999"})), ONE)


def test_added_stop_must_not_repeat_an_id(city: Problem, dispatched: Solution) -> None:
    """Protects the books of the day: a new stop is a stop of its own."""
    new: tuple[Stop, ...] = (city.stops[0],)
    with pytest.raises(RoutingError, match="an id used once"):
        replan(city, dispatched, NOON_ISH_S, Changes(new_stops=new), ONE)


def town_of_waiting() -> Problem:
    """One road of 5 km, 1,000 s each; two trucks of 300; four bins with hours, of which B alone may serve the third."""
    trucks = [replace(TRUCK, id=name, shift=(0, 40_000), max_trips=3, fixed_cost=300.0) for name in ("A", "B")]
    hours = {2: (1000, 1000), 3: (9000, 9500), 4: (3000, 3100), 5: (12_000, 13_000)}
    stops = [bin_at(place, service_s=100, windows=(hours[place],)) for place in hours]
    stops[2] = replace(stops[2], vehicles=frozenset({"B"}))
    town = make_town([0, 5, 1, 2, 3, 4], stops, trucks, [DisposalSite("S0", 0, 900, ((0, 40_000),))])
    roads = town.matrices["truck"]
    slow = Matrix(roads.distance_m, 10 * roads.duration_s)
    return replace(town, prices=Prices(1.0, 3600.0), matrices={"truck": slow})


@pytest.mark.parametrize("now_s", [0, 1050, 5000, 8000, 20_000])
def test_day_without_a_change_keeps_its_plan(now_s: int) -> None:
    """Protects the crews, and the money: from 5,000 s on B, empty and on duty, could take A's bins.

    As planned: A 7,500 to 17,000, B 0 to 7,100: 16,600 s at 1, 14 km at 1 and 2 x 300: 17,214. With B alone: 0 to
    17,000, 14 km, and 300: 17,314, for it is paid while it waits.
    """
    problem = town_of_waiting()
    plan = solve(problem, SOME)
    assert plan.cost == pytest.approx(17_214)
    day = replan(problem, plan, now_s, Changes(), SOME)
    assert day.routes == plan.routes
    assert (day.cost, day.violations) == (plan.cost, ())


def test_optional_new_bin_that_does_not_pay_leaves_the_plan_as_it_was() -> None:
    """Protects the reasons: what joins and is left out says why, and nothing else moves."""
    problem = town_of_waiting()
    plan = solve(problem, SOME)
    new = replace(problem.stops[0], id="new", windows=(), required=False, prize=1.0)
    day = replan(problem, plan, 5000, Changes(new_stops=(new,)), SOME)
    assert day.routes == plan.routes
    assert [(row.id, row.reason) for row in day.unserved] == [("new", Reason.PRIZE_BELOW_COST)]
