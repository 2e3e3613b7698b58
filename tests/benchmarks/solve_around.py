"""A plan of a thousand stops, two circuits of it locked, solved anew around them: seconds from the press to the plan.

    python -m tests.benchmarks.solve_around --stops 1000 --trucks 20 --times 3

The services are processes of their own on real servers. The plan is the planner's own, of containers nobody ever heard
of, so that all are due; two more of its circuits are locked each time. Simulated city. Ends with one line of JSON.
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
from services.stream.kafka import create_topics
from tests.support.large_town import DAY, MORNING, large_town
from tests.support.live_town import LiveTown, live_town

LOOK_EVERY_S = 0.05
LONGEST_S = 120.0
SEARCH_S = 30.0
"""Of which a search around something takes so much as leaves the operator with an answer in time."""


def main() -> None:
    """Plan, lock, solve anew, tell."""
    parser = argparse.ArgumentParser(prog="solve_around", description=__doc__)
    parser.add_argument("--stops", type=int, default=1_000)
    parser.add_argument("--trucks", type=int, default=20)
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args()
    registry = large_town(asked.stops, asked.trucks)
    with TemporaryDirectory() as folder, start_stack("real") as stack:
        create_topics(stack.kafka)
        begins = MORNING - timedelta(minutes=30)
        with live_town(stack, registry, Path(folder), ("writer", "planner", "web"), begins) as town:
            plan_s, plan = planned(town, {"day": DAY.isoformat(), "time_limit_s": SEARCH_S})
            print(f"{plan_s} s: the plan, {plan.totals.stops} stops of {len(plan.circuits)} trucks", flush=True)
            took, parent = [], plan
            for number in range(asked.times):
                took_s, parent = anew(town, plan, parent, number)
                took.append(took_s)
    print(json.dumps({"stops": plan.totals.stops, "press_to_plan_s": took, "longest_s": max(took)}))


def anew(town: LiveTown, plan: PlanMade, parent: PlanMade, number: int) -> tuple[float, PlanMade]:
    """Seconds of one, and the plan it made of `parent`. Other circuits are locked each time: no two are alike."""
    around = str(parent.plan_id)
    for circuit in plan.circuits[2 * number : 2 * number + 2]:
        lock = {"kind": "lock", "truck": circuit.truck}
        locked = town.office.post(f"/api/v1/plans/{around}/changes", json=lock)
        if locked.is_error:
            raise SystemExit(locked.text)
        around = locked.json()["plan_id"]
    took_s, made = planned(town, {"day": DAY.isoformat(), "around": around, "time_limit_s": SEARCH_S})
    print(f"{took_s} s: {made.totals.stops} stops, cost {made.cost} in place of {parent.cost}", flush=True)
    return took_s, made


def planned(town: LiveTown, order: dict[str, object]) -> tuple[float, PlanMade]:
    """From the press until the page can show it."""
    began_s = time.monotonic()
    ordered = town.office.post("/api/v1/plan", json=order)
    ordered.raise_for_status()
    progress: dict[str, Any] = {}
    while progress.get("state") != "finished" or not is_stored(town, progress["plan_id"]):
        if time.monotonic() - began_s > LONGEST_S or progress.get("state") == "failed":
            raise SystemExit(f"no plan: {progress}")
        time.sleep(LOOK_EVERY_S)
        progress = town.office.get(f"/api/v1/planning/{ordered.json()['request_id']}").json()
    took_s = round(time.monotonic() - began_s, 2)
    return took_s, PlanMade.model_validate(town.office.get(f"/api/v1/plans/{progress['plan_id']}").json())


def is_stored(town: LiveTown, plan_id: str) -> bool:
    return town.office.get(f"/api/v1/plans/{plan_id}").status_code == 200


if __name__ == "__main__":
    main()
