"""Who takes part in a search of which size."""

from __future__ import annotations

import pytest

from routing import MaxIterations, MaxRuntime, SolverOptions, solve
from routing.bench.made import made_problem
from routing.engine.plan import Note
from routing.search import shape, team
from routing.search.chain import Chain
from routing.stop import StopCriterion


@pytest.mark.parametrize(
    ("stops", "without", "polished"),
    [
        pytest.param(60, frozenset(), True, id="few stops"),
        pytest.param(60, frozenset({"ortools"}), False, id="switched off"),
        pytest.param(1000, frozenset(), False, id="many stops", marks=pytest.mark.slow),
    ],
)
def test_ortools_polishes_small_plans_only(
    stops: int, without: frozenset[str], polished: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects the time of large searches: from 1,000 stops on polishing gained nothing."""
    calls: list[float] = []

    def polish(chain: Chain, until: float) -> None:
        calls.append(until)
        assert chain.watch.share < until, "no time was left to polish in"

    monkeypatch.setattr(team, "polish", polish)
    plan = solve(made_problem(stops, 101), MaxIterations(8000), options=SolverOptions(without))
    assert not plan.violations
    assert bool(calls) is polished


@pytest.mark.slow
@pytest.mark.parametrize(("stop", "grown"), [(MaxIterations(60_000), True), (MaxRuntime(0.5), False)])
def test_districts_grow_a_plan_only_if_they_can_finish_it(
    stop: StopCriterion, grown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Protects short searches of large cities: half a plan is thrown away, and its time with it."""
    monkeypatch.setattr(team, "SMALL", 100)
    monkeypatch.setattr(team, "DISTRICT", 100)
    calls: list[Chain] = []

    def grow(chain: Chain, until: float) -> Note:
        calls.append(chain)
        return shape.grow(chain, until)

    monkeypatch.setattr(team, "grow", grow)
    plan = solve(made_problem(1000, 101), stop)
    assert not plan.violations
    assert bool(calls) is grown
