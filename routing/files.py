"""Problem and plan files (`tournee/problem/1`, `tournee/plan/1`): JSON, matrices inline or in an .npz beside it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from routing.errors import FileError, PlanError
from routing.matrix_files import read_npz
from routing.parse import parse_problem
from routing.problem import Matrix, Problem, Vehicle
from routing.solution import Reason, Route, Solution, Unserved, Visit, VisitKind
from routing.validation import validate

PROBLEM_SCHEMA = "tournee/problem/1"
PLAN_SCHEMA = "tournee/plan/1"
LARGEST_FILE_BYTES = 1 << 30  # inline matrices of 5,000 places take about 400 MB of JSON; more belongs into .npz


def read_problem(path: Path) -> Problem:
    """Read and validate a problem. Raises `FileError` when unreadable, `ProblemError` with all faults when wrong."""
    data = _read_json(path, PROBLEM_SCHEMA)
    return validate(parse_problem(data, lambda name, size: read_npz(path.parent, name, size)))


def write_problem(problem: Problem, path: Path, npz: bool = True) -> None:
    """Write a problem; with `npz` the matrices go into `<stem>-<profile>.npz` beside it, otherwise inline."""
    data = {
        "schema": PROBLEM_SCHEMA,
        "name": problem.name,
        "prices": asdict(problem.prices),
        "locations": [asdict(place) for place in problem.locations],
        "matrices": {
            profile: _write_npz(matrix, path.with_name(f"{path.name.split('.')[0]}-{profile}.npz"))
            if npz
            else {"distance_m": matrix.distance_m.tolist(), "duration_s": matrix.duration_s.tolist()}
            for profile, matrix in problem.matrices.items()
        },
        "depots": [asdict(depot) for depot in problem.depots],
        "disposal_sites": [asdict(site) | {"streams": sorted(site.streams)} for site in problem.disposal_sites],
        "vehicles": [_vehicle_row(vehicle) for vehicle in problem.vehicles],
        "stops": [
            asdict(stop) | {"vehicles": None if stop.vehicles is None else sorted(stop.vehicles)}
            for stop in problem.stops
        ],
    }
    path.write_text(json.dumps(data), encoding="utf-8")


def write_plan(solution: Solution, path: Path) -> None:
    """Write a plan; `violations` are not written, since whoever reads the plan should judge it himself."""
    path.write_text(json.dumps(plan_document(solution)), encoding="utf-8")


def plan_document(solution: Solution) -> dict[str, Any]:
    """Return the plan as the JSON object of `tournee/plan/1`."""
    data = asdict(solution)
    del data["violations"]
    return {"schema": PLAN_SCHEMA, **data}


def read_plan(path: Path) -> Solution:
    """Read a plan as it stands: `routing.check.check` judges and prices it."""
    data = _read_json(path, PLAN_SCHEMA)
    try:
        return Solution(
            problem=str(data["problem"]),
            routes=tuple(_route(row) for row in data["routes"]),
            unserved=tuple(Unserved(str(row["id"]), Reason(row["reason"])) for row in data["unserved"]),
            cost=float(data.get("cost") or 0),
            fuel_l=float(data.get("fuel_l") or 0),
            distance_m=int(data.get("distance_m") or 0),
            duty_s=int(data.get("duty_s") or 0),
            seed=int(data.get("seed") or 0),
            elapsed_s=float(data.get("elapsed_s") or 0),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise PlanError(f"{path}: not a plan of {PLAN_SCHEMA}: {error!r}; see the interface's plan table") from error


def _route(row: dict[str, Any]) -> Route:
    visits = tuple(
        Visit(VisitKind(v["kind"]), str(v["id"]), int(v["arrive_s"]), int(v["start_s"]), int(v["leave_s"]))
        for v in row["visits"]
    )
    return Route(str(row["vehicle"]), visits)


def _read_json(path: Path, schema: str) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE_BYTES:
            raise FileError(f"{path}: {size} bytes, at most {LARGEST_FILE_BYTES}; put the matrices into .npz files")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: not JSON in UTF-8 ({error}); expected a {schema} object") from error
    if not isinstance(data, dict) or data.get("schema") != schema:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise FileError(f"{path}: schema is {found!r}, expected {schema!r}")
    return data


def _write_npz(matrix: Matrix, path: Path) -> dict[str, str]:
    np.savez_compressed(path, distance_m=matrix.distance_m, duration_s=matrix.duration_s)
    return {"npz": path.name}


def _vehicle_row(vehicle: Vehicle) -> dict[str, Any]:
    row = asdict(vehicle) | {"streams": sorted(vehicle.streams)}
    row["break"] = row.pop("rest")
    return row
