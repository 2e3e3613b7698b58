"""What others pay for the routing package without solving."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from routing import AnyOf, MaxRuntime, Solution, WhenAsked, check, solve
from routing.bench.made import made_problem


def test_reading_plans_needs_neither_compiler_nor_solver() -> None:
    """Protects the memory and the start of the web and the ledger, which read plans and never search."""
    code = "import sys, routing; print(*sorted({'numba', 'ortools', 'pyvrp', 'llvmlite'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.slow
def test_plans_told_on_the_way_are_whole_and_disturb_nothing() -> None:
    """Protects the search from its own reporting: both are at work at once, and every plan told keeps every rule."""
    told: list[Solution] = []
    problem = made_problem(150, seed=5)
    plan = solve(problem, MaxRuntime(4.0), seed=1, on_improved=told.append)
    assert len(told) > 1
    assert [violation for passing in [*told, plan] for violation in check(problem, passing).violations] == []
    assert plan.cost <= told[-1].cost + 0.01


@pytest.mark.slow
def test_telling_plans_leaves_the_time_to_the_search() -> None:
    """Protects large cities, where pricing and checking a passing plan takes a core 0.3 s."""
    told: list[float] = []

    def slow(plan: Solution) -> None:
        told.append(plan.cost)
        time.sleep(0.2)

    solve(made_problem(150, seed=5), MaxRuntime(3.0), seed=1, on_improved=slow)
    assert len(told) == 1, "the next is due after 4 s"


@pytest.mark.slow
@pytest.mark.parametrize("stops", [300, 2000])
def test_search_that_somebody_ends_is_over_at_once_with_its_best(stops: int) -> None:
    """An hour's search, ended at its first plan: within seconds it is whole, and no dearer than what was told."""
    problem, told, ended_at_s = made_problem(stops, seed=5), list[Solution](), list[float]()

    def heard(plan: Solution) -> None:
        told.append(plan)
        ended_at_s.append(time.monotonic())

    plan = solve(problem, AnyOf(MaxRuntime(3600), WhenAsked(lambda: bool(told))), seed=1, on_improved=heard)
    # Unloading, what is left out and why are found out once more: a second at 2,000 stops on a quiet machine.
    assert time.monotonic() - ended_at_s[0] < 10
    assert check(problem, plan).violations == []
    assert plan.cost <= told[-1].cost + 0.01
