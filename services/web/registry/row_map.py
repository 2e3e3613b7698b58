"""Where a row stands, with its street and its neighbours; a script takes a click on it for a new position."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.store.connection import Connection
from services.web.figures import store as shared
from services.web.registry import store
from services.web.registry.listing import SMALLEST
from services.web.registry.store import Box, Wish
from services.web.registry.subjects import Subject
from services.web.rendering.geo import Frame, base_paths, frame_around, positions_of

WIDTH, HEIGHT = 480.0, 380.0
AROUND = 0.006
"""Degrees shown around a place: some 600 m, the streets that a crew would ask for."""


@dataclass(frozen=True)
class RowMap:
    frame: Frame
    base: list[tuple[str, str]]
    outlines: list[str]
    neighbours: list[tuple[float, float, str]]
    at: tuple[float, float] | None
    """Where it stands on the sheet; None without a position."""
    width: float = WIDTH
    height: float = HEIGHT


def draw_row_map(
    connection: Connection,
    city: str,
    subject: Subject,
    row_id: str | None,
    cells: Mapping[str, str],
    basemap: dict[str, Any] | None,
) -> RowMap | None:
    """Of what has a place; None of anything else."""
    zones = shared.list_zones(connection, city)
    if subject.kind == "zone":
        own = next((zone for zone in zones if zone["zone_id"] == row_id), None)
        corners = list(positions_of(own["geometry"])) if own else []
        outlined = [own] if own else []
        position = None
    elif subject.is_placed:
        position = _position(cells)
        corners = [] if position is None else _around(position, AROUND)
        outlined = zones
    else:
        return None
    if not corners:
        corners = [corner for zone in zones for corner in positions_of(zone["geometry"])] or _around((0, 0), SMALLEST)
    frame = frame_around(corners, WIDTH, HEIGHT)
    return RowMap(
        frame=frame,
        base=base_paths(basemap, frame),
        outlines=[frame.path(zone["geometry"]) for zone in outlined if frame.shows(zone["geometry"])],
        neighbours=_neighbours(connection, city, subject, row_id, frame),
        at=None if position is None else frame.point(*position),
    )


def _neighbours(
    connection: Connection, city: str, subject: Subject, row_id: str | None, frame: Frame
) -> list[tuple[float, float, str]]:
    if subject.kind == "zone":
        return []
    east = frame.west + frame.width / frame.x_per_degree
    south = frame.north - frame.height / frame.y_per_degree
    box = Box(frame.west, south, east, frame.north)
    marks = store.list_marks(connection, city, Wish(subject.kind, box=box))
    return [
        (*frame.point(mark["lon"], mark["lat"]), mark["name"])
        for mark in marks
        if mark["rows"] == 1 and mark["id"] != row_id
    ]


def _position(cells: Mapping[str, str]) -> tuple[float, float] | None:
    """None while it is not typed, or typed wrongly."""
    try:
        lon, lat = (float(cells.get(name, "").replace(",", ".")) for name in ("lon", "lat"))
    except ValueError:
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 85 else None


def _around(position: tuple[float, float], degrees: float) -> list[tuple[float, float]]:
    lon, lat = position
    half = degrees / 2
    return [(lon - half, lat - half), (lon + half, lat + half)]
