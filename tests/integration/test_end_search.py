"""A search ended by hand, on real servers, the planner a process of its own: its plan is there at once and says so."""

import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infra.stack.stack import Stack
from services.contracts.planning import PlanMade
from tests.support.example_town import example_town
from tests.support.live_town import LiveTown, eventually, live_town

pytestmark = pytest.mark.parametrize("fresh_stack", ["embedded", "real"], indirect=True)

DAY = date(2026, 3, 3)


@pytest.fixture(scope="module")
def town(fresh_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveTown]:
    folder: Path = tmp_path_factory.mktemp("town")
    with live_town(fresh_stack, example_town(), folder, ("writer", "planner", "web")) as live:
        yield live


def progress_of(town: LiveTown, request_id: str) -> dict[str, Any]:
    return dict(town.office.get(f"/api/v1/planning/{request_id}").json())


def test_operator_who_has_seen_enough_has_the_best_plan_at_once(town: LiveTown) -> None:
    """An hour's search. Another order, which waits behind it, is ended before it begins."""
    eventually(lambda: town.office.get("/api/v1/state", params={"day": DAY}).json()["plan"], "no morning")
    wanted = {"day": DAY.isoformat(), "time_limit_s": 3600}
    first, second = (
        town.office.post("/api/v1/plan", json=wanted | {"seed": seed}).json()["request_id"] for seed in (1, 2)
    )
    eventually(lambda: progress_of(town, first)["state"] == "improved", "no plan was found")
    assert town.office.post(f"/api/v1/planning/{second}/end").status_code == 202
    pressed_s = time.monotonic()
    assert town.office.post(f"/api/v1/planning/{first}/end").status_code == 202
    eventually(lambda: progress_of(town, first)["state"] == "finished", "the search went on")
    assert time.monotonic() - pressed_s < 20  # less than two on a quiet machine; far from an hour on any
    told = progress_of(town, first)
    assert told["ended_by"] == "awa"
    eventually(lambda: town.office.get(f"/api/v1/plans/{told['plan_id']}").status_code == 200, "it is not stored")
    plan = PlanMade.model_validate(town.office.get(f"/api/v1/plans/{told['plan_id']}").json())
    assert (plan.ended_by, plan.status) == ("awa", "planned")
    assert plan.circuits
    eventually(lambda: progress_of(town, second)["state"] == "failed", "the other was searched for")
    assert progress_of(town, second)["ended_by"] == "awa"
