"""From a problem's JSON object to `Problem`: every missing or mistyped field is collected, none is guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from routing.amounts import MOST, MOST_S, is_amount, is_beyond, is_whole
from routing.errors import Fault, ProblemError
from routing.limits import AMOUNTS, Limit, Over
from routing.matrix_faults import as_array, list_faults, shown
from routing.problem import (
    Break,
    Depot,
    DisposalSite,
    FuelModel,
    Location,
    Matrix,
    Prices,
    Problem,
    Stop,
    Vehicle,
    Window,
)

type NpzReader = Callable[[str, int], Matrix | Fault]

MOST_ROWS = 50_000  # of a kind; a matrix of so many places would take 20 GB already


class Row:
    """A JSON object being read: each getter notes a fault and goes on with a harmless value."""

    def __init__(self, where: str, data: Any, faults: list[Fault]) -> None:
        self.where, self.faults = where, faults
        self.data: dict[str, Any] = data if isinstance(data, dict) else {}
        if not isinstance(data, dict):
            self.note("", data, "an object")

    def note(self, name: str, value: Any, expected: str) -> None:
        where = f"{self.where}.{name}" if name and self.where else name or self.where or "problem"
        self.faults.append(Fault(where, shown(value), expected))

    def text(self, name: str) -> str:
        value = self.data.get(name)
        if not isinstance(value, str) or not value:
            self.note(name, value, "a text")
            return ""
        return value

    def number(self, name: str, default: float | None = None) -> float:
        value = self.data.get(name, default)
        if not is_amount(value, -MOST):
            self.note(name, value, f"a number, at most {MOST:g}" if is_beyond(value, MOST) else "a number")
            return 0.0
        return float(value)

    def whole(self, name: str) -> int:
        value = self.number(name)
        if value != int(value):
            self.note(name, value, "a whole number")
        return int(value)

    def limit(self, name: str) -> float:
        """Return what may not be exceeded; more than any day needs, however it is written, is no limit."""
        return MOST if is_beyond(self.data.get(name), MOST) else self.number(name)

    def whole_limit(self, name: str) -> int:
        return int(MOST) if is_beyond(self.data.get(name), MOST) else self.whole(name)

    def maybe[T](self, name: str, getter: Callable[[str], T]) -> T | None:
        return None if self.data.get(name) is None else getter(name)

    def flag(self, name: str) -> bool:
        value = self.data.get(name)
        if not isinstance(value, bool):
            self.note(name, value, "true or false")
        return bool(value)

    def texts(self, name: str) -> frozenset[str]:
        value = self.data.get(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.note(name, value, "a list of texts")
            return frozenset()
        return frozenset(value)

    def window(self, name: str) -> Window:
        windows = _windows_of([self.data.get(name)])
        if windows is None:
            self.note(name, self.data.get(name), "[from_s, to_s] in whole seconds")
            return (0, 0)
        return windows[0]

    def windows(self, name: str) -> tuple[Window, ...]:
        windows = _windows_of(self.data.get(name))
        if windows is None:
            self.note(name, self.data.get(name), "a list of [from_s, to_s] in whole seconds")
            return ()
        return windows

    def row(self, name: str) -> Row:
        return Row(f"{self.where}.{name}" if self.where else name, self.data.get(name), self.faults)

    def rows(self, name: str) -> list[Row]:
        value = self.data.get(name)
        if not isinstance(value, list) or len(value) > MOST_ROWS:
            self.note(name, value, f"a list of at most {MOST_ROWS} objects")
            return []
        return [Row(f"{name}[{_label(item, number)}]", item, self.faults) for number, item in enumerate(value)]


def parse_problem(data: dict[str, Any], read_npz: NpzReader) -> Problem:
    """Build the problem, or raise `ProblemError` with every fault of form. `validate` then judges its sense."""
    faults: list[Fault] = []
    top = Row("", data, faults)
    prices = top.row("prices")
    locations = tuple(Location(row.number("lon"), row.number("lat")) for row in top.rows("locations"))
    matrices = top.row("matrices")
    problem = Problem(
        name=top.text("name"),
        prices=Prices(prices.number("fuel_per_l"), prices.number("crew_per_h"), prices.text("currency")),
        locations=locations,
        matrices={
            profile: _matrix(Row(f"matrices[{profile}]", matrices.data[profile], faults), len(locations), read_npz)
            for profile in sorted(matrices.data)
        },
        depots=tuple(Depot(row.text("id"), row.whole("location")) for row in top.rows("depots")),
        disposal_sites=tuple(_site(row) for row in top.rows("disposal_sites")),
        vehicles=tuple(_vehicle(row) for row in top.rows("vehicles")),
        stops=tuple(_stop(row) for row in top.rows("stops")),
    )
    if faults:
        raise ProblemError(faults)
    return problem


def _matrix(row: Row, size: int, read_npz: NpzReader) -> Matrix:
    if "npz" in row.data:
        matrix = read_npz(row.text("npz"), size)
        if isinstance(matrix, Fault):
            row.faults.append(Fault(f"{row.where}.{matrix.where}", matrix.value, matrix.expected))
            return Matrix(np.zeros((0, 0), np.int32), np.zeros((0, 0), np.int32))
        return matrix
    arrays = []
    for name in ("distance_m", "duration_s"):
        values = row.data.get(name)
        array = as_array(values, size)
        if array is None:
            row.faults += list_faults(f"{row.where}.{name}", values, size)
            array = np.zeros((0, 0), np.int32)
        arrays.append(array)
    return Matrix(*arrays)


def _site(row: Row) -> DisposalSite:
    streams = row.maybe("streams", row.texts) or frozenset()
    return DisposalSite(row.text("id"), row.whole("location"), row.whole("service_s"), row.windows("open"), streams)


def _vehicle(row: Row) -> Vehicle:
    fuel = row.row("fuel")
    rest = row.row("break") if row.data.get("break") is not None else None
    return Vehicle(
        id=row.text("id"),
        profile=row.text("profile"),
        start_depot=row.text("start_depot"),
        end_depot=row.text("end_depot"),
        shift=row.window("shift"),
        streams=row.texts("streams"),
        fuel=FuelModel(fuel.number("drive_l_per_km"), fuel.number("per_stop_l", 0), fuel.number("idle_l_per_h", 0)),
        rest=None if rest is None else Break(rest.whole("duration_s"), rest.window("window")),
        fixed_cost=row.number("fixed_cost", 0),
        **{limit.field: _limit(row, limit) for limit in AMOUNTS},
    )


def _limit(row: Row, limit: Limit) -> Any:
    """Return its amount; only what holds over a trip must be given."""
    getter = row.whole_limit if limit.counts.whole else row.limit
    return getter(limit.field) if limit.over is Over.TRIP else row.maybe(limit.field, getter)


def _stop(row: Row) -> Stop:
    return Stop(
        id=row.text("id"),
        location=row.whole("location"),
        demand_kg=row.number("demand_kg"),
        demand_l=row.number("demand_l"),
        service_s=row.whole("service_s"),
        stream=row.text("stream"),
        windows=() if row.data.get("windows") is None else row.windows("windows"),
        required=row.flag("required"),
        prize=row.number("prize", 0),
        vehicles=row.maybe("vehicles", row.texts),
    )


def _windows_of(value: Any) -> tuple[Window, ...] | None:
    if not isinstance(value, list):
        return None
    windows: list[Window] = []
    for pair in value:
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not all(is_whole(end) or is_beyond(end, MOST_S) for end in pair)
        ):
            return None
        from_s, to_s = (MOST_S if is_beyond(end, MOST_S) else int(end) for end in pair)
        windows.append((from_s, to_s))
    return tuple(windows)


def _label(item: Any, number: int) -> str:
    return str(item["id"]) if isinstance(item, dict) and "id" in item else str(number)
