"""VROOM's JSON read as our `Problem`. What VROOM can say and we cannot is refused or, where harmless, warned of.

After VROOM's docs/API.md. There is no disposal site in VROOM: a vehicle unloads where it ends, once. Its jobs have no
prize: all are required, and those that cannot be served are left out with a reason.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.errors import FileError, ProblemError
from routing.formats.drawing import refuse_too_many
from routing.formats.lines import LARGEST_FILE_BYTES, warn
from routing.parse import Row
from routing.problem import (
    Break,
    Depot,
    DisposalSite,
    FuelModel,
    IntMatrix,
    Location,
    Matrix,
    Prices,
    Problem,
    Stop,
    Vehicle,
    Window,
)

type Floats = NDArray[np.float64]

ENDLESS_S = 2_000_000_000
ENOUGH = 1e9
"""In place of a capacity that is not told."""
STREAM = "any"
VROOM_PER_HOUR = 3600.0
"""Its default: a second of driving costs 1."""
DETOUR, SPEED_MS = 1.4, 30 / 3.6
"""Of roads, where the file has no matrix: VROOM would ask a server of routes."""
EARTH_M = 6_371_000.0

REFUSED: dict[str, dict[str, str]] = {
    "problem": {"shipments": "no shipments: a container is picked up, and unloaded where the vehicle ends"},
    "jobs": {"setup_per_type": "one service for all vehicles", "service_per_type": "one service for all vehicles"},
    "vehicles": {
        "max_travel_time": "max_distance, or a time_window: we count all of the duty",
        "steps": "no steps: the order is ours to find",
    },
}
"""Fields that change what is asked so much that an answer without them would be another problem's."""


def is_vroom(head: str) -> bool:
    """Whether a JSON file's beginning is VROOM's: it has no schema, ours has."""
    return "tournee/problem" not in head and any(f'"{key}"' in head for key in ("jobs", "vehicles", "shipments"))


def read_vroom(path: Path, vehicles: int | None = None) -> Problem:
    """Read a VROOM problem; at most `vehicles` of its vehicles are kept.

    Warns (`FileWarning`) of what is read otherwise than VROOM means it. Raises `FileError` where it is no JSON object,
    `ProblemError` with every fault.
    """
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise FileError(f"{path}: larger than {LARGEST_FILE_BYTES >> 20} MB; expected a VROOM problem")
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}); check the path and its permissions") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path}: is no JSON ({error}); expected a VROOM problem") from error
    return vroom_problem(data, path.name.partition(".")[0], vehicles)


def vroom_problem(data: Any, name: str, vehicles: int | None = None) -> Problem:
    """Build the problem from VROOM's object. Raises as `read_vroom`."""
    reader = _Reader(Row("", data, []), name)
    problem = reader.problem(vehicles)
    if reader.top.faults:
        raise ProblemError(reader.top.faults)
    if any(row.data.get("service") or row.data.get("setup") for row in reader.jobs):
        warn(f"{name}: VROOM pays for driving alone; here service, setup and waiting are hours of the crew too")
    if any(row.data.get("priority") for row in reader.jobs):
        warn(f"{name}: priorities are not weighed: every job is required")
    return problem


@dataclass
class _Places:
    """Locations in the order in which they are first named, and VROOM's index of each in its matrices."""

    found: dict[tuple[float, float, int | None], int]

    def add(self, row: Row, name: str) -> int | None:
        """The place of a field `location` or `start`, with its index; None where the row has none."""
        index = row.maybe(f"{name}_index", row.whole)
        told = row.data.get(name)
        if told is None and index is None:
            return None
        lon, lat = 0.0, 0.0
        if told is not None:
            if isinstance(told, list) and len(told) == 2 and all(isinstance(v, int | float) for v in told):
                lon, lat = float(told[0]), float(told[1])
            else:
                row.note(name, told, "[lon, lat]")
        return self.found.setdefault((lon, lat, index), len(self.found))


class _Reader:
    def __init__(self, top: Row, name: str) -> None:
        self.top = top
        self.name = name
        self.jobs = top.rows("jobs") if "jobs" in top.data else []
        self.places = _Places({})

    def problem(self, most: int | None) -> Problem:
        self._refuse(self.top, "problem")
        rows = self.top.rows("vehicles")[:most]
        for row in self.jobs:
            self._refuse(row, "jobs")
        for row in rows:
            self._refuse(row, "vehicles")
        ends = [self._ends(row) for row in rows]
        is_open = [end is None for _, end in ends]
        if any(is_open) and not all(is_open):
            self.top.note("vehicles", "some without an end", "an end of every vehicle, or of none")
        stops = self._stops(rows)
        nowhere = len(self.places.found)  # a place that is at no distance from any: where an open route begins or ends
        used = {place if place is not None else nowhere for pair in ends for place in pair}
        depots = {place: Depot(f"depot-{place}", place) for place in sorted(used)}
        unloading = sorted({end if end is not None else nowhere for _, end in ends})
        return Problem(
            name=self.name,
            prices=Prices(fuel_per_l=1.0, crew_per_h=self._per_hour(rows), currency="units"),
            locations=self._locations(),
            matrices=self._matrices(rows),
            depots=tuple(depots.values()),
            disposal_sites=tuple(DisposalSite(f"end-{place}", place, 0, ((0, ENDLESS_S),)) for place in unloading),
            vehicles=tuple(
                self._vehicle(row, *(depots[nowhere if place is None else place].id for place in pair))
                for row, pair in zip(rows, ends, strict=True)
            ),
            stops=stops,
        )

    def _refuse(self, row: Row, where: str) -> None:
        for field, expected in REFUSED[where].items():
            if row.data.get(field):
                row.note(field, row.data[field], expected)

    def _ends(self, row: Row) -> tuple[int | None, int | None]:
        start, end = self.places.add(row, "start"), self.places.add(row, "end")
        if start is None and end is None:
            row.note("start", None, "a start or an end")
        return start, end

    def _stops(self, rows: list[Row]) -> tuple[Stop, ...]:
        skills = {_id(row): frozenset(_numbers(row, "skills")) for row in rows}
        told = {bool(row.data.get(field)) and field for row in self.jobs for field in ("delivery", "pickup")} - {False}
        if len(told) > 1:
            self.top.note(
                "jobs", "delivery and pickup", "one of the two: what is loaded at the start is not kept apart"
            )
        stops = []
        for row in self.jobs:
            amounts = _numbers(row, "pickup") or _numbers(row, "delivery") or _numbers(row, "amount")
            if len(amounts) > 2:
                row.note("pickup", amounts, "at most two amounts: kg and litres")
            needs = frozenset(_numbers(row, "skills"))
            place = self.places.add(row, "location")
            if place is None:
                row.note("location", None, "[lon, lat], or a location_index")
            stops.append(
                Stop(
                    id=_id(row),
                    location=place or 0,
                    demand_kg=amounts[0] if amounts else 0.0,
                    demand_l=amounts[1] if len(amounts) > 1 else 0.0,
                    service_s=int(row.number("service", 0) + row.number("setup", 0)),
                    stream=STREAM,
                    windows=_windows(row),
                    vehicles=frozenset(v for v, has in skills.items() if needs <= has) if needs else None,
                )
            )
        return tuple(stops)

    def _vehicle(self, row: Row, start: str, end: str) -> Vehicle:
        costs = row.row("costs") if "costs" in row.data else Row(row.where, {}, row.faults)
        capacity = [*_numbers(row, "capacity"), ENOUGH, ENOUGH] if "capacity" in row.data else [ENOUGH, ENOUGH]
        shift = (0, ENDLESS_S)
        if row.data.get("time_window") is not None:
            shift = row.window("time_window")
        return Vehicle(
            id=_id(row),
            profile=_profile(row),
            start_depot=start,
            end_depot=end,
            shift=shift,
            capacity_kg=capacity[0],
            capacity_l=capacity[1],
            streams=frozenset({STREAM}),
            fuel=FuelModel(drive_l_per_km=costs.number("per_km", 0)),
            max_trips=1,
            rest=self._rest(row),
            fixed_cost=costs.number("fixed", 0),
            max_stops=row.maybe("max_tasks", row.whole_limit),
            max_distance_m=row.maybe("max_distance", row.whole_limit),
        )

    def _rest(self, row: Row) -> Break | None:
        rests = row.rows("breaks") if row.data.get("breaks") else []
        if not rests:
            return None
        windows = _windows(rests[0])
        if len(rests) > 1 or len(windows) != 1 or rests[0].data.get("max_load"):
            row.note("breaks", row.data["breaks"], "one break with one time window, and no max_load")
            return None
        return Break(int(rests[0].number("service", 0)), windows[0])

    def _per_hour(self, rows: list[Row]) -> float:
        told = {row.data.get("costs", {}).get("per_hour", VROOM_PER_HOUR) for row in rows if _has_costs(row)}
        told |= {VROOM_PER_HOUR for row in rows if not _has_costs(row)}
        if len(told) > 1:
            self.top.note("vehicles.costs.per_hour", sorted(map(str, told)), "the same of every vehicle")
        value = next(iter(told), VROOM_PER_HOUR)
        return float(value) if isinstance(value, int | float) and value >= 0 else VROOM_PER_HOUR

    def _locations(self) -> tuple[Location, ...]:
        return (*(Location(lon, lat) for lon, lat, _ in self.places.found), Location(*self._middle()))

    def _middle(self) -> tuple[float, float]:
        places = [(lon, lat) for lon, lat, _ in self.places.found]
        return places[0] if places else (0.0, 0.0)

    def _matrices(self, rows: list[Row]) -> dict[str, Matrix]:
        """By our profile: VROOM's, at the vehicle's speed; with the place that is nowhere as the last."""
        refuse_too_many(self.name, len(self.places.found) + 1)
        told = self.top.row("matrices") if "matrices" in self.top.data else None
        if told is None:
            told_so = f"distances are {DETOUR:g} times the straight line, at {SPEED_MS * 3.6:.0f} km/h"
            warn(f"{self.name}: no matrices: {told_so}")
        made: dict[str, Matrix] = {}
        for row in rows:
            if _profile(row) not in made:
                factor = row.number("speed_factor", 1) or 1.0
                plain = self._estimated() if told is None else self._given(told, row.data.get("profile", "car"))
                made[_profile(row)] = _with_nowhere(plain[0], plain[1] / max(factor, 0.01))
        return made

    def _given(self, told: Row, profile: Any) -> tuple[Floats, Floats]:
        matrix = told.row(str(profile))
        if "costs" in matrix.data:
            matrix.note("costs", "a matrix", "durations and distances alone: costs come of them")
        durations = _array(matrix, "durations")
        distances = _array(matrix, "distances") if "distances" in matrix.data else np.zeros_like(durations)
        index = [place if own is None else own for place, (_, _, own) in enumerate(self.places.found)]
        size = min(len(durations), len(distances))
        if any(at >= size or at < 0 for at in index):
            told.note(str(profile), f"{size} rows", f"a row for each place, up to index {max(index, default=0)}")
            return np.zeros((len(index), len(index))), np.zeros((len(index), len(index)))
        return distances[np.ix_(index, index)], durations[np.ix_(index, index)]

    def _estimated(self) -> tuple[Floats, Floats]:
        degrees = np.array([(lon, lat) for lon, lat, _ in self.places.found], dtype=np.float64).reshape(-1, 2)
        lon, lat = np.radians(degrees).T
        half = np.sin((lat[:, None] - lat) / 2) ** 2
        half = half + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
        metres = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1))) * DETOUR
        return metres, metres / SPEED_MS


def _with_nowhere(distances: Floats, durations: Floats) -> Matrix:
    return Matrix(_padded(distances), _padded(durations))


def _padded(values: Floats) -> IntMatrix:
    return np.pad(np.clip(np.rint(values), 0, np.iinfo(np.int32).max).astype(np.int32), (0, 1))


def _array(row: Row, name: str) -> Floats:
    try:
        values = np.array(row.data.get(name), dtype=np.float64)
    except (TypeError, ValueError):
        values = np.zeros(0)
    is_square = values.ndim == 2 and values.shape[0] == values.shape[1]
    if not is_square or not np.isfinite(values).all() or values.min(initial=0) < 0:
        row.note(name, "no square of numbers", "a square matrix of whole numbers, 0 or more")
        return np.zeros((0, 0))
    return values


def _windows(row: Row) -> tuple[Window, ...]:
    return row.windows("time_windows") if row.data.get("time_windows") else ()


def _profile(row: Row) -> str:
    factor = row.data.get("speed_factor", 1)
    plain = str(row.data.get("profile", "car"))
    return plain if factor == 1 else f"{plain}@{factor}"


def _id(row: Row) -> str:
    return str(row.data.get("id", row.where))


def _numbers(row: Row, name: str) -> list[float]:
    value = row.data.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
        row.note(name, value, "a list of numbers")
        return []
    return [float(v) for v in value]


def _has_costs(row: Row) -> bool:
    costs = row.data.get("costs")
    return isinstance(costs, dict) and "per_hour" in costs
