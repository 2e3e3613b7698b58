"""What one more truck or hour would save, in the plan's message: only where there is time to find out."""

from dataclasses import replace

import pytest

import routing
from services.contracts.planning import PlanMade, WhatIf
from services.planning import estimates
from services.planning.estimates import with_estimates
from tests.support.web_seed import make_plan
from tests.unit.routing.line_town import TRUCK, bin_at, make_town

SHORT = {"time_limit_s": 60, "what_if": ()}


@pytest.fixture
def town() -> routing.Problem:
    """Two bins of a truckload each, time for one; the second is worth 100."""
    stops = [bin_at(2, demand_kg=900.0), bin_at(3, demand_kg=900.0, required=False, prize=100.0)]
    return make_town([0, 0, 2, 2], stops, [replace(TRUCK, shift=(0, 1200))])


@pytest.fixture
def solution(town: routing.Problem) -> routing.Solution:
    return routing.solve(town, routing.MaxIterations(50), 1)


@pytest.fixture
def plan() -> PlanMade:
    return make_plan().model_copy(update=SHORT)


def test_hour_and_truck_say_what_they_save(
    town: routing.Problem, solution: routing.Solution, plan: PlanMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either lets the second bin be served for 14.60, which spares its prize of 100; the search finds it at once."""
    monkeypatch.setattr(estimates, "SEARCH_SHARE", 0.002)  # 0.12 s a search
    told = with_estimates(plan, town, solution).what_if
    common = {"saved": 85.4, "spread": 0, "newly_served": 0, "search_s": pytest.approx(0.12)}
    assert [row.model_dump() for row in told] == [
        {"change": "longer_shifts", "extra_s": 3600, "like_truck": None, **common},
        {"change": "one_more_truck", "extra_s": None, "like_truck": "T1", **common},
    ]
    assert all(row.is_told_apart for row in told)


@pytest.mark.parametrize("case", ["short", "large", "nothing driven"])
def test_other_days_go_without(
    case: str, town: routing.Problem, solution: routing.Solution, plan: PlanMade, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No search at all for a quick plan, a huge day or an empty one."""
    if case == "short":
        plan = plan.model_copy(update={"time_limit_s": 59.9})
    elif case == "large":
        monkeypatch.setattr(estimates, "MOST_STOPS", 1)
    else:
        solution = replace(solution, routes=())
    assert with_estimates(plan, town, solution) is plan


def test_saving_within_the_noise_is_not_told_apart() -> None:
    """900 saved where two searches of the same day differ by 1,300 is nothing."""
    row = WhatIf(change="longer_shifts", extra_s=3600, saved=900, spread=1_300, newly_served=0, search_s=3)
    assert not row.is_told_apart
    assert row.model_copy(update={"spread": 800}).is_told_apart
