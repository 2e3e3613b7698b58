"""The small map of the page: the streets around those that are closed, and the one that is being closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.store.connection import Connection
from services.web.figures import store as shared
from services.web.ground.closed_streets import Points, SaidStreet
from services.web.rendering.geo import DRAWN_KINDS, base_paths, frame_around, positions_of

WIDTH, HEIGHT = 560.0, 420.0
AROUND = 0.002
"""Degrees shown around what is drawn: some 200 m."""
STREETS_BELOW = 0.06
"""Degrees: a frame that is narrower shows side streets too."""


@dataclass(frozen=True)
class DrawnStreet:
    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True)
class StreetMap:
    base: list[tuple[str, str]]
    zones: list[str]
    closed: list[DrawnStreet]
    draft: str
    """Path of the line that is being closed; empty without one."""
    width: float = WIDTH
    height: float = HEIGHT


def draw_streets(
    connection: Connection, city: str, basemap: dict[str, Any] | None, closed: Sequence[SaidStreet], draft: Points
) -> StreetMap:
    """Around the draft where there is one, else around all that is closed, else the whole city."""
    zones = shared.list_zones(connection, city)
    shown = [draft] if draft else [street.line for street in closed]
    corners = [(p[0] + east, p[1] + north) for line in shown for p in line for east, north in _AROUND]
    whole = [corner for zone in zones for corner in positions_of(zone["geometry"])]
    frame = frame_around(corners or whole, WIDTH, HEIGHT)
    is_near = frame.width / frame.x_per_degree < STREETS_BELOW
    drawn = []
    for street in closed:
        line = {"type": "LineString", "coordinates": street.line}
        here, there = (frame.point(*street.line[(len(street.line) - 1 + end) // 2]) for end in (0, 1))
        middle = (here[0] + there[0]) / 2, (here[1] + there[1]) / 2
        drawn.append(DrawnStreet(street.name, frame.path(line), *middle))
    return StreetMap(
        base_paths(basemap, frame, (*DRAWN_KINDS, "street") if is_near else DRAWN_KINDS),
        [frame.path(zone["geometry"]) for zone in zones if frame.shows(zone["geometry"])],
        drawn,
        frame.path({"type": "LineString", "coordinates": draft}) if draft else "",
    )


_AROUND = ((-AROUND, -AROUND), (AROUND, AROUND))
