"""Who takes part in a search of which size."""

from __future__ import annotations

import pytest

from routing import MaxIterations, SolverOptions, solve
from routing.bench.made import made_problem
from routing.search import team
from routing.search.chain import Chain


@pytest.mark.parametrize(
    ("stops", "without", "polished"),
    [
        pytest.param(60, frozenset(), True, id="few stops"),
        pytest.param(60, frozenset({"ortools"}), False, id="switched off"),
        pytest.param(1000, frozenset(), False, id="many stops"),
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
