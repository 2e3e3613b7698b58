"""Plans as they are published, before the independent judge."""

import json
from datetime import datetime, time
from pathlib import Path
from typing import Any

import routing
from routing.files import write_problem
from services.city.registry import Registry
from services.contracts.planning import PlanMade, Visit
from services.planning.problem import problem_of_day
from services.roads.roads import Roads
from tests.support.judge import judge_files


def judge_made(plan: PlanMade, registry: Registry, roads: Roads, folder: Path) -> dict[str, Any]:
    """The judge's verdict on a plan as it is published, replayed against the day's problem."""
    due = [forecast for forecast in plan.forecasts if forecast.due]
    problem = problem_of_day(registry, due, plan.day, name=str(plan.day), roads=roads)
    write_problem(problem, folder / "problem.json")
    (folder / "plan.json").write_text(json.dumps(_document(plan, registry, problem)))
    return judge_files(folder / "problem.json", folder / "plan.json")


def _document(plan: PlanMade, registry: Registry, problem: routing.Problem) -> dict[str, Any]:
    midnight = datetime.combine(plan.day, time(), registry.city.zone_info)
    asked = {stop.id for stop in problem.stops}
    return {
        "schema": "tournee/plan/1",
        "cost": plan.cost,
        "routes": [
            {"vehicle": circuit.truck, "visits": [_visit(visit, midnight) for visit in circuit.visits]}
            for circuit in plan.circuits
        ],
        "unserved": [{"id": u.container, "reason": u.reason} for u in plan.unserved if u.container in asked],
    }


def _visit(visit: Visit, midnight: datetime) -> dict[str, Any]:
    """Instants as seconds after the city's midnight; of a day on which the hour does not change."""
    times = (("arrive_s", visit.arrive_at), ("start_s", visit.start_at), ("leave_s", visit.leave_at))
    return {"kind": visit.kind, "id": visit.place} | {name: (at - midnight).total_seconds() for name, at in times}
