"""Whatever the money: a required stop is served before anything is saved, and small sums count beside large ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing import FirstFeasible, MaxIterations, Prices, Problem, Progress, Reason, solve
from routing.engine.arrays import make_arrays
from routing.engine.money import exact_prizes, unit_of
from routing.search.ortools_model import Effort, resolve
from routing.search.worth import WORST, Worth
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

SOME = MaxIterations(3000)


def two_bins(**truck: object) -> Problem:
    """Depot at km 0, landfill at km 5, bins at km 1 and 2: both by one truck cost 10 + 0.01 x (1000 + 120 + 600)."""
    return make_town([0, 5, 1, 2], [bin_at(2), bin_at(3)], [replace(TRUCK, **truck)])  # type: ignore[arg-type]


@pytest.mark.parametrize("fixed", [0.0, 9e8, 1e9, 3e9, 1e12, 1e15])
def test_required_bins_are_served_however_dear_the_truck(fixed: float) -> None:
    """Protects the promise: no price of a truck makes leaving a required bin the better plan."""
    plan = solve(two_bins(fixed_cost=fixed), SOME)
    assert plan.violations == ()
    assert plan.cost == pytest.approx(fixed + 27.2, abs=max(0.001, fixed * 1e-15))


def test_second_truck_is_bought_for_one_bin() -> None:
    """Protects against thrift: each truck holds one bin and costs more than a billion."""
    trucks = [replace(TRUCK, id=name, capacity_kg=400, max_trips=1, fixed_cost=1.5e9) for name in "AB"]
    plan = solve(replace(two_bins(), vehicles=tuple(trucks)), SOME)
    assert plan.violations == ()
    assert len(plan.routes) == 2


@pytest.mark.parametrize("prices", [Prices(30_000, 1e7), Prices(3e13, 1e16), Prices(1e-9, 1e-9)])
@pytest.mark.parametrize(("share", "served"), [(1.01, True), (0.99, False)])
def test_currency_of_any_unit_plans_alike(prices: Prices, share: float, served: bool) -> None:
    """Protects money of any unit: a detour of 6 km, 600 s and 60 s of service is weighed to a percent."""
    detour = 6 * prices.fuel_per_l + 660 * prices.crew_per_h / 3600
    far = bin_at(4, required=False, prize=share * detour, demand_kg=0)
    plan = solve(replace(make_town([0, 5, 1, 2, 8], [bin_at(2), bin_at(3), far]), prices=prices), SOME)
    assert plan.violations == ()
    assert ("B4" not in {row.id for row in plan.unserved}) is served


@pytest.mark.parametrize("prize", [5e9, 1e12, 1e16, 1e200])
def test_required_bin_comes_before_any_prize(prize: float) -> None:
    """Protects the order: one place on the truck, a required bin and one worth a fortune."""
    stops = [bin_at(2), bin_at(3, required=False, prize=prize)]
    plan = solve(make_town([0, 5, 1, 2], stops, [replace(TRUCK, capacity_kg=400, max_trips=1)]), SOME)
    assert plan.violations == ()
    assert {row.id: row.reason for row in plan.unserved} == {"B3": Reason.NO_CAPACITY}


@pytest.mark.parametrize("prize", [1e9, 1e12, 1e16, 1e200])
def test_larger_of_two_fortunes_is_served_and_small_change_counts(prize: float) -> None:
    """Protects digits: of two huge prizes the larger, and beside it a bin that pays by 0.1 and none that costs 0.1.

    B5 lies 3 km behind B3: 6 l and 6 min 60 s, that is 12.6, for 12.7; B6 there would get 12.5.
    """
    for small, left in ((12.7, {"B4"}), (12.5, {"B4", "B5"})):
        stops = [
            bin_at(2, demand_kg=0),
            bin_at(3, required=False, prize=3 * prize, demand_kg=600),
            bin_at(4, required=False, prize=prize, demand_kg=600),
            bin_at(5, required=False, prize=small, demand_kg=0),
        ]
        plan = solve(make_town([0, 5, 1, 2, 3, 8], stops, [replace(TRUCK, max_trips=1)]), SOME)
        assert {row.id for row in plan.unserved} == left


def test_bin_dearer_than_its_large_prize_says_so() -> None:
    """Protects the reason: with 150 million for it and a truck of 200 million there is room, it does not pay."""
    town = make_town([0, 5, 1], [bin_at(2, required=False, prize=1.5e8)], [replace(TRUCK, fixed_cost=2e8)])
    plan = solve(town, SOME)
    assert [row.reason for row in plan.unserved] == [Reason.PRIZE_BELOW_COST]


@pytest.mark.parametrize("fixed", [0.0, 3e9, 1e15])
def test_ortools_never_drops_a_required_bin_to_save_a_truck(fixed: float) -> None:
    """Protects the model of a part: what it returns serves both bins, whatever the truck costs."""
    arrays = make_arrays(two_bins(fixed_cost=fixed))
    # Nodes: bins 0 and 1, landfill 2, depot 3; the second bin is on no route yet.
    (seq,) = resolve(arrays, [0], [[3, 0, 2, 3]], range(2), Effort(1.0, 30)) or [[]]
    assert {0, 1} < set(seq)


def test_worth_puts_served_bins_first() -> None:
    """Protects every comparison: fewer left out, then less money by more than rounding."""
    assert Worth(0, 1e300).beats(Worth(1, 0.0))
    assert Worth(1, 5.0).beats(Worth(1, 5.1))
    assert not Worth(1, 5.0).beats(Worth(1, 5.0 + 1e-9))
    assert Worth(7, 1e9).beats(WORST)
    assert Worth(2, 7.0).minus(Worth(1, 3.0)).plus(Worth(0, 1.0)) == Worth(1, 5.0)


def test_unit_is_a_power_of_two_and_one_where_money_is_usual() -> None:
    """Protects usual plans from any change, and all digits of the others."""
    assert unit_of(np.array([26.6, 178_000.0])) == 1.0
    assert unit_of(np.array([np.inf])) == 1.0
    for duty in (1e-12, 1e-3, 3e9, 1e15, 1e300):
        unit = unit_of(np.array([duty]))
        assert np.frexp(unit)[0] == 0.5
        assert 0.1 <= duty * unit <= 1e8


def test_prizes_sum_without_loss() -> None:
    """Protects the books: stops left out and taken in again a hundred thousand times, and not a digit is off."""
    rng = np.random.default_rng(1)
    given = rng.uniform(0, 5000, 200)
    prizes = exact_prizes(given, rest=1e6)
    assert prizes == pytest.approx(given, abs=1e-9)
    lost, out = 0.0, np.zeros(200, bool)
    for number in rng.integers(0, 200, 100_000):
        lost += -prizes[number] if out[number] else prizes[number]
        out[number] = not out[number]
    for number in np.flatnonzero(out):
        lost -= prizes[number]
    assert lost == 0.0


def test_huge_prizes_come_together_in_their_order() -> None:
    """Protects ranks: each still exceeds all below it, huge ones keep their ratios, small ones stay as they are."""
    prizes = exact_prizes(np.array([12.5, 3e16, 1e16, 1e16, 7.0]), rest=40_000.0)
    assert prizes[[0, 4]].tolist() == [12.5, 7.0]
    assert prizes[2] == prizes[3] > 40_000 + 12.5 + 7
    assert prizes[1] == pytest.approx(3 * prizes[2])


def test_stop_criterion_is_told_money_and_what_is_missing() -> None:
    """Protects the small callables: cost in the problem's money, whatever unit the search counts in."""
    told: list[Progress] = []

    class Listening(FirstFeasible):
        def __call__(self, progress: Progress) -> float:
            told.append(progress)
            return self.otherwise(progress)

    plan = solve(two_bins(fixed_cost=1e12), Listening(MaxIterations(300)))
    assert told[-1].cost == pytest.approx(plan.cost)
    assert (told[-1].missing, told[-1].feasible) == (0, True)
