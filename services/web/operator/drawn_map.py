"""The map as a drawing, for the first paint, for browsers without WebGL and for pages without JavaScript."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.city.registry import City
from services.store.connection import Connection
from services.store.many import many_at_once
from services.web import store as shared
from services.web.circuit_lines import CircuitLine
from services.web.geo import Frame, base_paths, frame_around, positions_of
from services.web.operator.fill import FillState, fill_state
from services.web.operator.panel import Panel

WIDTH, HEIGHT = 900.0, 800.0
MOST_DOTS = 1500


@dataclass(frozen=True)
class Dot:
    x: float
    y: float
    state: FillState
    name: str


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
    dots: list[Dot]


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
        list(_lines(panel, frame, lines)),
        _dots(city, panel, frame),
    )


def _lines(panel: Panel, frame: Frame, drawn: Mapping[int, CircuitLine]) -> list[Line]:
    lines = []
    for line in panel.circuits:
        path = drawn[line.circuit.number].way.line
        first = next(iter(line.circuit.stops), None)
        if first is None or first.lon is None or first.lat is None:
            continue
        x, y = frame.point(first.lon, first.lat)
        shown = frame.path({"type": "LineString", "coordinates": path})
        lines.append(Line(shown, line.hue, line.circuit.number, x, y))
    return lines


def _dots(city: City, panel: Panel, frame: Frame) -> list[Dot]:
    forecasts = {f.container: f for f in panel.plan.forecasts} if panel.plan else {}
    as_of = panel.plan.as_of if panel.plan else None
    dots = []
    for row in panel.containers[:MOST_DOTS]:
        full_at = city.planning.full_at_fill_ratio
        state = fill_state(row, forecasts.get(row.container_id), as_of, full_at, panel.day.now)
        x, y = frame.point(row.lon, row.lat)
        dots.append(Dot(x, y, state, row.name))
    return dots
