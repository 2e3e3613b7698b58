"""A plan of a thousand stops, changed by hand and solved anew around that: seconds from the press to the plan.

    python -m tests.benchmarks.solve_around --circuits 10 --stops 100 --times 3

The services are processes of their own on real servers. The plan is swept together without a search; two more of its
circuits are locked each time. Ends with one line of JSON.
"""

import argparse
import json
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra.stack.start import start_stack
from services.contracts.planning import PlanMade
from services.store.connection import connect
from services.writer.day import store_plans
from tests.support.large_town import DAY, MORNING, large_town, swept_plan
from tests.support.live_town import LiveTown, live_town

LOOK_EVERY_S = 0.05
LONGEST_S = 60.0


def main() -> None:
    """Plan, lock, solve anew, tell."""
    parser = argparse.ArgumentParser(prog="solve_around", description=__doc__)
    parser.add_argument("--circuits", type=int, default=10)
    parser.add_argument("--stops", type=int, default=100)
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    registry = large_town(3 * asked.circuits * asked.stops, asked.circuits + 2)
    plan = swept_plan(registry, asked.circuits, asked.stops)
    with TemporaryDirectory() as folder, start_stack("real") as stack:
        begins = MORNING - timedelta(minutes=30)
        with live_town(stack, registry, Path(folder), ("writer", "planner", "web"), begins) as town:
            with connect(stack.database_url, name="seed") as connection:
                store_plans(connection, [plan])
            took, parent = [], str(plan.plan_id)
            for number in range(asked.times):
                took_s, parent = anew(town, plan, parent, number)
                took.append(took_s)
    told: dict[str, object] = {"circuits": asked.circuits, "stops": plan.totals.stops, "press_to_plan_s": took}
    print(json.dumps(told | {"longest_s": max(took)}))


def anew(town: LiveTown, plan: PlanMade, parent: str, number: int) -> tuple[float, str]:
    """Seconds of one, and the plan it made of `parent`. Other circuits are locked each time: no two are alike."""
    for circuit in plan.circuits[2 * number : 2 * number + 2]:
        lock = {"kind": "lock", "truck": circuit.truck}
        locked = town.office.post(f"/api/v1/plans/{parent}/changes", json=lock)
        if locked.is_error:
            raise SystemExit(locked.text)
        parent = locked.json()["plan_id"]
    began_s = time.monotonic()
    order = {"day": DAY.isoformat(), "around": parent}
    ordered = town.office.post("/api/v1/plan", json=order)
    ordered.raise_for_status()
    progress: dict[str, Any] = {}
    while progress.get("state") != "finished" or not is_stored(town, progress["plan_id"]):
        if time.monotonic() - began_s > LONGEST_S or progress.get("state") == "failed":
            raise SystemExit(f"no plan: {progress}")
        time.sleep(LOOK_EVERY_S)
        progress = town.office.get(f"/api/v1/planning/{ordered.json()['request_id']}").json()
    took_s = round(time.monotonic() - began_s, 2)
    made = PlanMade.model_validate(town.office.get(f"/api/v1/plans/{progress['plan_id']}").json())
    print(
        f"{took_s} s: {made.totals.stops} stops, {made.totals.fuel_l:.0f} L in place of {plan.totals.fuel_l:.0f} L",
        flush=True,
    )
    return took_s, progress["plan_id"]


def is_stored(town: LiveTown, plan_id: str) -> bool:
    return town.office.get(f"/api/v1/plans/{plan_id}").status_code == 200


if __name__ == "__main__":
    main()
