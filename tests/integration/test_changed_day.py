"""A plan changed by hand on real servers: every service a process of its own, from the change to the crew's phone."""

from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.stack.stack import Stack
from services.contracts.planning import PlanMade
from tests.support.example_town import FLEET_OF_TRUCK, example_town
from tests.support.hand_town import order_of
from tests.support.live_town import LiveTown, eventually, live_town

pytestmark = pytest.mark.parametrize("fresh_stack", ["embedded", "real"], indirect=True)

DAY = date(2026, 3, 3)
COMPACTOR, TIPPER = FLEET_OF_TRUCK


def finished(office: httpx.Client, order: dict[str, Any]) -> PlanMade:
    """Order, and wait until the plan that answers it is stored."""
    ordered = office.post("/api/v1/plan", json=order)
    assert ordered.status_code == 202, ordered.text
    progress: dict[str, Any] = {}

    def is_finished() -> bool:
        progress.update(office.get(f"/api/v1/planning/{ordered.json()['request_id']}").json())
        assert progress["state"] != "failed", progress
        return bool(progress["state"] == "finished")

    eventually(is_finished, f"not planned: {progress}")
    eventually(lambda: office.get(f"/api/v1/plans/{progress['plan_id']}").status_code == 200, "it is not stored")
    return read(office, progress["plan_id"])


def read(office: httpx.Client, plan_id: object) -> PlanMade:
    return PlanMade.model_validate(office.get(f"/api/v1/plans/{plan_id}").json())


def change(office: httpx.Client, plan: PlanMade, kind: str, **what: object) -> PlanMade:
    answer = office.post(f"/api/v1/plans/{plan.plan_id}/changes", json={"kind": kind, **what})
    assert answer.status_code == 202, answer.text
    return read(office, answer.json()["plan_id"])


def test_plan_is_made_changed_solved_around_and_sent(fresh_stack: Stack, tmp_path: Path) -> None:
    """Planned at five; a stop moved, its circuit locked, the rest solved anew, taken back, made again and sent."""
    with live_town(fresh_stack, example_town(), tmp_path, ("writer", "planner", "web")) as town:
        _drive_the_morning(town)


def _drive_the_morning(town: LiveTown) -> None:
    office = town.office
    plan = finished(office, {"day": DAY.isoformat(), "time_limit_s": 2})
    moved = order_of(plan, COMPACTOR)[2]
    changed = change(office, plan, "place", container=moved, truck=COMPACTOR, last=True)
    assert order_of(changed, COMPACTOR)[-1] == moved
    locked = change(office, changed, "lock", truck=COMPACTOR)
    around = finished(office, {"around": str(locked.plan_id)})
    assert around.change is not None
    assert (around.change.kind, around.change.changed_by) == ("solve", "awa")
    assert order_of(around, COMPACTOR) == order_of(changed, COMPACTOR)
    assert around.solve_s <= 10
    back = change(office, around, "undo")
    assert back.circuits == locked.circuits
    again = change(office, back, "redo")
    assert again.circuits == around.circuits
    history = office.get(f"/api/v1/plans/{plan.plan_id}/changes").json()
    kinds = [row["change"]["kind"] for row in history["changes"]]
    assert kinds == ["place", "lock", "solve", "undo", "redo"]
    assert office.post("/api/v1/dispatches", json={"plan_id": str(again.plan_id)}).status_code == 202

    def shown() -> str | None:
        found = town.phones[COMPACTOR].find_circuit(DAY)
        return None if found is None else found["plan_id"]

    eventually(lambda: shown() == str(again.plan_id), "the phone has another plan")
    refused = office.post("/api/v1/plan", json={"around": str(locked.plan_id)})
    assert refused.status_code == 202  # ordered, and refused by the planner: it was changed since
    run = refused.json()["request_id"]
    eventually(lambda: office.get(f"/api/v1/planning/{run}").json()["state"] == "failed", "an old plan was solved anew")
    assert "changed_meanwhile" in office.get(f"/api/v1/planning/{run}").json()["detail"]
