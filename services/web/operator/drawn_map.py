"""The map as a drawing, for the first paint, for browsers without WebGL and for pages without JavaScript."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.city.registry import City
from services.contracts.planning import Circuit
from services.store.connection import Connection
from services.store.many import many_at_once
from services.web.figures import store as shared
from services.web.ground.circuit_lines import CircuitLine
from services.web.operator.fill import FillState, fill_state
from services.web.operator.panel import Panel
from services.web.rendering.geo import Frame, base_paths, frame_around, positions_of

WIDTH, HEIGHT = 900.0, 800.0  # about a pixel a unit
MOST_DOTS = 1500
MOST_POINTS = 6_000
"""Of all circuits: some 20 kB as they travel. Where they have more they are drawn on a coarser grid."""
GRIDS = (1, 2, 4, 8)  # units
STATES: tuple[FillState, ...] = ("low", "silent", "soon", "due", "overflow")
"""The last is drawn over the others."""


@dataclass(frozen=True)
class Line:
    path: str
    hue: int
    number: int
    x: float
    y: float


@dataclass(frozen=True)
class DrawnMap:
    width: float
    height: float
    base: list[tuple[str, str]]
    """Kind and path."""
    zones: list[str]
    lines: list[Line]
    dots: list[tuple[FillState, str]]
    """A path through all containers of a state: it is not drawn, each of its points bears the state's sign."""


@many_at_once()
def draw_map(
    connection: Connection,
    city: City,
    panel: Panel,
    basemap: dict[str, Any] | None,
    lines: Mapping[int, CircuitLine],
) -> DrawnMap:
    zones = shared.list_zones(connection, city.id)
    positions = [p for zone in zones for p in positions_of(zone["geometry"])]
    frame = frame_around(positions + [(c.lon, c.lat) for c in panel.containers], WIDTH, HEIGHT)
    return DrawnMap(
        WIDTH,
        HEIGHT,
        base_paths(basemap, frame),
        [frame.path(zone["geometry"]) for zone in zones],
        _lines(panel, frame, lines),
        _dots(city, panel, frame),
    )


def _lines(panel: Panel, frame: Frame, drawn: Mapping[int, CircuitLine]) -> list[Line]:
    listed = [(line, start) for line in panel.circuits if (start := _start(line.circuit))]
    ways = [np.array(drawn[line.circuit.number].way.line, dtype=np.float64).reshape(-1, 2) for line, _ in listed]
    lines = []
    for (line, start), path in zip(listed, paths_of([_on_sheet(frame, way) for way in ways]), strict=True):
        x, y = frame.point(*start)
        lines.append(Line(path, line.hue, line.circuit.number, x, y))
    return lines


def _start(circuit: Circuit) -> tuple[float, float] | None:
    """Where its first stop is: longitude and latitude."""
    first = next(iter(circuit.stops), None)
    return (first.lon, first.lat) if first and first.lon is not None and first.lat is not None else None


def _on_sheet(frame: Frame, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    return (lonlat - (frame.west, frame.north)) * (frame.x_per_degree, -frame.y_per_degree)


def paths_of(lines: list[NDArray[np.float64]]) -> list[str]:
    """The `d` of each line, (n, 2) in units of the sheet: in whole units, and as coarse as their number asks for."""
    snapped: list[NDArray[np.int64]] = []
    for grid in GRIDS:
        snapped = [_snapped(line, grid) for line in lines]
        if sum(map(len, snapped)) <= MOST_POINTS:
            break
    return [step_path(line.tolist()) for line in snapped]


def _snapped(line: NDArray[np.float64], grid: int) -> NDArray[np.int64]:
    """On a grid, without points that change neither place nor direction."""
    corners = np.round(line / grid).astype(np.int64) * grid
    moves = np.append(True, np.any(np.diff(corners, axis=0) != 0, axis=1))
    points: NDArray[np.int64] = corners[moves]
    if len(points) < 3:
        return points
    steps = np.diff(points, axis=0)
    before, after = steps[:-1], steps[1:]
    turns = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    comes_back = (before * after).sum(axis=1) < 0
    kept = np.concatenate([[True], turns | comes_back, [True]])
    turning: NDArray[np.int64] = points[kept]
    return turning


def step_path(points: Iterable[tuple[int, int]]) -> str:
    """The `d` of an SVG path that tells each point by its step from the last; a lone one has no length."""
    known = list(points)
    if not known:
        return ""
    steps = (f"{x - u} {y - v}" for (u, v), (x, y) in pairwise(known))
    return f"M{known[0][0]} {known[0][1]}" + ("l" + " ".join(steps) if len(known) > 1 else "h0")


def _dots(city: City, panel: Panel, frame: Frame) -> list[tuple[FillState, str]]:
    forecasts = {f.container: f for f in panel.plan.forecasts} if panel.plan else {}
    as_of = panel.plan.as_of if panel.plan else None
    full_at = city.planning.full_at_fill_ratio
    dots: dict[FillState, list[tuple[int, int]]] = defaultdict(list)
    for row in panel.containers[:MOST_DOTS]:
        x, y = frame.point(row.lon, row.lat)
        state = fill_state(row, forecasts.get(row.container_id), as_of, full_at, panel.day.now)
        dots[state].append((round(x), round(y)))
    return [(state, step_path(sorted(dots[state]))) for state in STATES if state in dots]
