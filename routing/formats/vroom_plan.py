"""A plan as VROOM's JSON, of any problem. Unloading has no step in VROOM: a trip's end shows as a load of nothing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from routing.problem import Problem
from routing.solution import Route, Solution, Visit, VisitKind

type Places = Mapping[tuple[VisitKind, str], int]
"""The index of a place, by what it is and its id."""

CODE_OK = 0


def write_vroom(problem: Problem, solution: Solution, path: Path) -> None:
    """Write the plan as VROOM would answer; disposal between trips becomes a step of type `job` with the site's id."""
    path.write_text(json.dumps(vroom_answer(problem, solution), indent=1) + "\n", encoding="utf-8")


def vroom_answer(problem: Problem, solution: Solution) -> dict[str, Any]:
    """The plan as VROOM's object; costs are ours, in the money of the problem."""
    places = _places(problem)
    routes = [_route(problem, route, places) for route in solution.routes]
    total = {key: sum(route[key] for route in routes) for key in ("service", "duration", "waiting_time", "distance")}
    return {
        "code": CODE_OK,
        "summary": {
            "cost": round(solution.cost),
            "routes": len(routes),
            "unassigned": len(solution.unserved),
            "setup": 0,
            "priority": 0,
            "violations": [],
            "pickup": [sum(route["pickup"][at] for route in routes) for at in (0, 1)],
            "delivery": [0, 0],
            **total,
        },
        "unassigned": [
            {
                "id": _number(left.id),
                "type": "job",
                "location": _lon_lat(problem, places[VisitKind.STOP, left.id]),
                "reason": str(left.reason),
            }
            for left in solution.unserved
        ],
        "routes": routes,
    }


def _route(problem: Problem, route: Route, places: Places) -> dict[str, Any]:
    vehicle = next(each for each in problem.vehicles if each.id == route.vehicle)
    matrix = problem.matrices[vehicle.profile]
    visits, loads = _without_last_unloading(route), route.loads(problem)
    steps: list[dict[str, Any]] = []
    duration_s = distance_m = 0
    here = places[VisitKind.DEPOT, vehicle.start_depot]
    for visit in visits:
        there = here if visit.kind is VisitKind.BREAK else places[visit.kind, visit.id]
        distance_m += int(matrix.distance_m[here, there])
        if steps:
            duration_s += visit.arrive_s - (steps[-1]["arrival"] + steps[-1]["waiting_time"] + steps[-1]["service"])
        load = loads[route.visits.index(visit)]
        steps.append(_step(problem, visit, visits, there) | {
            "duration": duration_s, "distance": distance_m, "load": [math.ceil(load.kg), math.ceil(load.l)],
        })  # fmt: skip
        here = there
    demands = {stop.id: stop for stop in problem.stops}
    served = [demands[stop] for stop in route.stop_ids]
    return {
        "vehicle": _number(route.vehicle),
        "steps": steps,
        "service": sum(step["service"] for step in steps),
        "waiting_time": sum(step["waiting_time"] for step in steps),
        "duration": duration_s,
        "distance": distance_m,
        "setup": 0,
        "priority": 0,
        "violations": [],
        "pickup": [math.ceil(sum(stop.demand_kg for stop in served)), math.ceil(sum(stop.demand_l for stop in served))],
        "delivery": [0, 0],
    }


def _step(problem: Problem, visit: Visit, visits: list[Visit], place: int) -> dict[str, Any]:
    kind = {VisitKind.BREAK: "break"}.get(visit.kind, "job")
    if visit.kind is VisitKind.DEPOT:
        kind = "start" if visit is visits[0] else "end"
    step: dict[str, Any] = {
        "type": kind,
        "arrival": visit.arrive_s,
        "setup": 0,
        "service": visit.leave_s - visit.start_s,
        "waiting_time": visit.start_s - visit.arrive_s,
        "violations": [],
        "location": _lon_lat(problem, place),
    }
    return step | {"id": _number(visit.id)} if kind == "job" else step


def _without_last_unloading(route: Route) -> list[Visit]:
    """VROOM's vehicles unload where they end: a last unloading of no time is that."""
    visits = list(route.visits)
    if len(visits) > 1 and visits[-2].kind is VisitKind.DISPOSAL and visits[-2].leave_s == visits[-1].arrive_s:
        del visits[-2]
    return visits


def _places(problem: Problem) -> Places:
    """Where each row of a problem stands; ids of different kinds may be alike."""
    kinds = (
        (VisitKind.STOP, problem.stops),
        (VisitKind.DISPOSAL, problem.disposal_sites),
        (VisitKind.DEPOT, problem.depots),
    )
    return {(kind, row.id): row.location for kind, rows in kinds for row in rows}


def _lon_lat(problem: Problem, place: int) -> list[float]:
    return [problem.locations[place].lon, problem.locations[place].lat]


def _number(text: str) -> int | str:
    """VROOM's ids are whole numbers; ours are texts."""
    return int(text) if text.isdecimal() and text.isascii() else text
