"""A problem without its matrices as a JSON object, for whoever has the roads himself: they would be megabytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from routing.errors import Fault
from routing.files import PROBLEM_SCHEMA
from routing.parse import parse_problem
from routing.problem import Matrix, Problem, Stop, Vehicle


def problem_document(problem: Problem) -> dict[str, Any]:
    """Return `tournee/problem/1` with empty `matrices`, in the types that JSON has."""
    document: dict[str, Any] = json.loads(json.dumps(_rows(problem)))
    return document


def _rows(problem: Problem) -> dict[str, Any]:
    return {
        "schema": PROBLEM_SCHEMA,
        "name": problem.name,
        "prices": asdict(problem.prices),
        "locations": [asdict(place) for place in problem.locations],
        "matrices": {},
        "depots": [asdict(depot) for depot in problem.depots],
        "disposal_sites": [asdict(site) | {"streams": sorted(site.streams)} for site in problem.disposal_sites],
        "vehicles": [_vehicle_row(vehicle) for vehicle in problem.vehicles],
        "stops": [_stop_row(stop) for stop in problem.stops],
    }


def problem_from(document: Mapping[str, Any]) -> Problem:
    """Return the problem, still without matrices: add them with `dataclasses.replace`, then `validate`.

    Raises `ProblemError` with every fault of form.
    """
    problem = parse_problem({**document, "matrices": {}}, _no_npz)
    return replace(problem, matrices={})


def _no_npz(name: str, _size: int) -> Matrix | Fault:
    return Fault("matrices", name, "none: whoever reads this makes them")


def _stop_row(stop: Stop) -> dict[str, Any]:
    return asdict(stop) | {"vehicles": None if stop.vehicles is None else sorted(stop.vehicles)}


def _vehicle_row(vehicle: Vehicle) -> dict[str, Any]:
    row = asdict(vehicle) | {"streams": sorted(vehicle.streams)}
    row["break"] = row.pop("rest")
    return row
