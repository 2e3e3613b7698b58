"""Where everything can be tried, no plan is better: towns of two trucks beside what brute force finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing import MaxIterations, SolverOptions, solve
from tests.unit.routing.brute_force import best_worth, worth_of
from tests.unit.routing.two_trucks import two_truck_town

BRIEF = MaxIterations(1)


@pytest.mark.parametrize("seed", range(40))
def test_town_of_two_trucks_is_solved_to_the_end(seed: int) -> None:
    """Protects the smallest days, where a search that starts from one plan may never leave its valley."""
    town = two_truck_town(seed)
    assert worth_of(town, solve(town, BRIEF)) == pytest.approx(best_worth(town), abs=0.01)


@pytest.mark.slow
def test_hundreds_of_towns_are_solved_to_the_end() -> None:
    """Protects what is rare: rests, two openings, sites for one waste, trucks of two speeds, in all their mixtures."""
    differ = []
    for seed in range(1000, 1300):
        town = two_truck_town(seed, most_stops=5)
        found, best = worth_of(town, solve(town, BRIEF)), best_worth(town)
        if found != pytest.approx(best, abs=0.01):
            differ.append((seed, found, best))
    assert differ == []


def test_larger_towns_are_searched_as_ever() -> None:
    """Protects the switch: without the trial the search itself plans such a town, and never below the best there is."""
    town = two_truck_town(7)
    searched = solve(town, MaxIterations(2000), options=SolverOptions(without=frozenset({"enumeration"})))
    assert worth_of(town, searched) >= best_worth(town)
    assert replace(searched, seed=0).violations == solve(town, BRIEF).violations
