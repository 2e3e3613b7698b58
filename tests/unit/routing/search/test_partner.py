"""PyVRP as a partner of the search: its model says what our rules say, and it is silent where it cannot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from routing import Break, DisposalSite, FuelModel, MaxIterations, Prices, Problem, SolverOptions, Stop, check, solve
from routing.bench.made import made_problem
from routing.engine.arrays import make_arrays
from routing.search.chain import Chain
from routing.search.partner import can_help, search_on
from routing.search.pyvrp_model import MOST_PENALTY, _Model, _Penalties
from routing.search.watch import Watch
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

BINS = tuple(bin_at(number) for number in (2, 3, 4, 5))
SITE = DisposalSite("L", 1, 600, ((0, 86_400),))
ALONE = SolverOptions(frozenset({"ortools", "own-moves", "enumeration"}))


def chain_for(problem: Problem, iterations: int = 4000) -> Chain:
    """A chain that holds a greedy plan, bad enough to be searched on."""
    chain = Chain(make_arrays(problem), Watch(MaxIterations(iterations)), seed=1)
    chain.serve_greedily()
    chain.write_down(chain.best)
    return chain


def town(**truck: object) -> Problem:
    vehicles = [replace(TRUCK, id=f"T{number}", **truck) for number in range(2)]  # type: ignore[arg-type]
    return make_town([0, 6, 1, 2, 3, 4], BINS, vehicles)


def with_stops(problem: Problem, change: Callable[[Stop], Stop]) -> Problem:
    return replace(problem, stops=tuple(change(stop) for stop in problem.stops))


@pytest.mark.parametrize(("stops", "seed"), [(30, 3), (60, 4), (80, 8)])
def test_model_prices_a_plan_as_we_do(stops: int, seed: int) -> None:
    """Protects the model: PyVRP's cost of our plan is our own, but for rounding and the fuel of serving stops."""
    problem = made_problem(stops, seed)
    alike = replace(problem, vehicles=tuple(replace(v, fuel=problem.vehicles[0].fuel) for v in problem.vehicles))
    chain = chain_for(alike)
    arrays, trucks = chain.arrays, list(range(len(chain.arrays.trucks)))
    model = _Model(arrays, trucks, chain.worthy.tolist())
    parked = [[int(row["start"]), int(row["end"])] for row in arrays.trucks]
    start = model._as_solution([chain.nodes_of(truck) or parked[truck] for truck in trucks])
    served = [stop for truck in chain.used() for stop in chain.stops_of(truck)]
    fuel = (arrays.serve[0, served] - arrays.crew_per_s * arrays.nodes["service_s"][served]).sum()
    told = (start.distance_cost() + start.duration_cost() + start.fixed_vehicle_cost()) / model.scale + fuel
    ours = float(chain.plan.routes["cost"][:-1].sum())
    assert start.is_complete() or chain.missing(required=True)
    assert not start.has_excess_load()
    # Unit costs are rounded to a thousandth of money: a part in some hundreds of what a metre costs, and idle metres.
    assert told == pytest.approx(ours, rel=2e-3)


def test_a_bad_plan_gets_cheaper_and_stays_valid() -> None:
    """Protects the way there and back: a plan of PyVRP is evaluated by our rules, and kept for being cheaper."""
    chain = chain_for(made_problem(60, 4), 10_000)
    before = float(chain.best.cost[0])
    assert can_help(chain)
    search_on(chain, 1.0)
    assert float(chain.best.cost[0]) < 0.99 * before


def test_same_seed_gives_the_same_plan_with_pyvrp_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Protects replay where PyVRP improves the plan; and the plan keeps every rule of the judge."""
    gains: list[float] = []

    def watched(chain: Chain, until: float) -> None:
        before = float(chain.best.cost[0])
        search_on(chain, until)
        gains.append(before - float(chain.best.cost[0]))

    monkeypatch.setattr("routing.search.team.search_on", watched)
    problem = made_problem(300, 102)
    first, second = (solve(problem, MaxIterations(4000), seed=5, options=ALONE) for _ in range(2))
    assert first.routes == second.routes
    assert list(check(problem, first).violations) == []
    assert len(gains) == 2
    assert gains[0] == gains[1] > 0


TWO_STREAMS = (replace(SITE, streams=frozenset({"residual"})), DisposalSite("G", 0, 60, ((0, 86_400),)))


@pytest.mark.parametrize(
    "problem",
    [
        town(rest=Break(600, (1000, 5000))),
        town(day_limit_kg=1599.0),
        town(max_stops=2),
        with_stops(town(), lambda stop: replace(stop, windows=((0, 900), (2000, 2900)))),
        with_stops(replace(town(streams=frozenset({"residual", "glass"})), disposal_sites=TWO_STREAMS),
                   lambda stop: replace(stop, stream="glass" if stop.id == "B3" else "residual")),
        with_stops(town(), lambda stop: replace(stop, vehicles=frozenset({"T0"}))),
        replace(town(), disposal_sites=(SITE, DisposalSite("G", 0, 60, ((0, 86_400),), frozenset({"glass"})))),
        replace(town(), disposal_sites=(replace(SITE, open=()),)),
        replace(town(), vehicles=()),
        replace(town(), stops=()),
        town(fixed_cost=1e15),
        with_stops(town(), lambda stop: replace(stop, demand_kg=5000)),
        with_stops(town(capacity_kg=1e300), lambda stop: replace(stop, demand_kg=1e200)),
    ],
    ids=["break", "day limit", "most stops", "two windows", "mixed streams", "reserved", "a site refuses",
         "no site", "no truck", "no stop", "huge money", "too heavy", "huge load"],
)  # fmt: skip
def test_what_pyvrp_cannot_say_is_left_to_us(problem: Problem) -> None:
    """Protects honesty: a rule it does not know, and numbers it cannot count, keep PyVRP out; solving goes on."""
    assert not can_help(chain_for(problem))
    solve(problem, MaxIterations(300), options=ALONE)


FREE = FuelModel(0.0)
LINE = [0.0, 2.0, *(1 + number / 20 for number in range(110))]
MANY = tuple(bin_at(number) for number in range(2, 112))
TWO_KINDS = [replace(TRUCK, fixed_cost=5.0), replace(TRUCK, id="T2", capacity_kg=2500, fuel=FuelModel(1.5))]


@pytest.mark.parametrize(
    "problem",
    [
        town(fuel=FREE),
        town(fuel=FuelModel(0.0, idle_l_per_h=3.0)),
        replace(town(), prices=Prices(0.0, 0.0)),
        replace(town(), prices=Prices(1.0, 0.0)),
        replace(town(), prices=Prices(1e12, 1e12)),
        replace(town(), prices=Prices(1e-12, 1e-12)),
        with_stops(town(), lambda stop: replace(stop, demand_kg=0)),
        with_stops(town(), lambda stop: replace(stop, demand_kg=0, demand_l=0)),
        town(fixed_cost=1e7),
        town(shift=(0, 10**15)),
        with_stops(town(), lambda stop: replace(stop, windows=((100, 10**15),))),
        with_stops(town(), lambda stop: replace(stop, required=False, prize=0.1 if stop.id == "B3" else 9.0)),
        with_stops(town(), lambda stop: replace(stop, demand_kg=5000 if stop.id == "B3" else 400)),
        with_stops(town(shift=(0, 2500)), lambda stop: stop),
        make_town([0, 6, 1, 2, 3, 4], BINS, TWO_KINDS),
        replace(town(), disposal_sites=(replace(SITE, open=((0, 900), (1500, 2500), (4000, 9000))),)),
        make_town(LINE, MANY, [replace(TRUCK, capacity_kg=400, shift=(0, 10**6))]),
    ],
    ids=["no fuel", "idling only", "all free", "crew free", "huge prices", "tiny prices", "no kg", "no load",
         "dear trucks", "endless shift", "endless window", "low prize", "one too heavy", "too short a day", "two kinds",
         "three openings", "110 trips"],
)  # fmt: skip
def test_odd_problems_are_searched_on(problem: Problem) -> None:
    """Protects the search from its partner: PyVRP is at work, nothing fails or warns, and the plan is no dearer."""
    chain = chain_for(problem)
    before = float(chain.best.cost[0])
    assert can_help(chain)
    search_on(chain, 1.0)
    assert float(chain.best.cost[0]) <= before
    plan = solve(problem, MaxIterations(300), options=ALONE)
    assert [said for said in check(problem, plan).violations if not said.endswith("required, left out")] == []


def test_penalties_stay_at_their_bound_in_silence() -> None:
    """Protects tight problems: pyvrp warns at the bound, and a plan that stays infeasible must not reach that."""
    chain = chain_for(town(capacity_kg=1600))
    model = _Model(chain.arrays, [0, 1], [0, 1, 2, 3])
    late = model._as_solution([[5, 0, 1, 2, 3, 4, 5], [5, 5]])
    heavy = _Model(make_arrays(town(capacity_kg=500)), [0, 1], [0, 1, 2, 3])
    overloaded = heavy._as_solution([[5, 0, 1, 2, 3, 4, 5], [5, 5]])
    penalties = _Penalties(heavy.data)
    assert late.is_feasible()
    assert overloaded.has_excess_load()
    for _ in range(5000):
        penalties.register(overloaded)
    assert max(np.ravel(penalties.penalties()[0])) == MOST_PENALTY


def test_search_without_pyvrp_does_not_load_it() -> None:
    """Protects who switches it off, or measures: the package is imported only where it takes part."""
    code = (
        "import sys; from routing import MaxIterations, SolverOptions, solve;"
        "from routing.bench.made import made_problem;"
        "solve(made_problem(10, 1), MaxIterations(50), options=SolverOptions(frozenset({'pyvrp', 'ortools'})));"
        "print(sorted(name for name in sys.modules if name.split('.')[0] == 'pyvrp'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
