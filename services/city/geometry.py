"""Plane geometry on a city's scale: metres around a point, polygons, hulls. Positions are (n, 2) float64 [lon, lat].

Good to a per mille within 100 km. A city across the 180th meridian is not foreseen.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Points = NDArray[np.float64]

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
M_PER_DEGREE = EARTH_RADIUS_M * np.pi / 180


def great_circle_m(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Metres between two points on the globe (haversine), in degrees WGS 84."""
    south, north = radians(lat_a), radians(lat_b)
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(radians(lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(half))


CELLS_AT_ONCE = 1_000_000
MIDDLE_CELL_DEGREES = 1
"""No city is wider, so that one and its neighbours hold it whole."""


def to_metres(positions: Points, origin: Points) -> Points:
    """Metres east and north of `origin` (a [lon, lat])."""
    return (positions - origin) * _scale(origin)


def to_degrees(metres: Points, origin: Points) -> Points:
    """The inverse of `to_metres`."""
    return metres / _scale(origin) + origin


def distances_m(positions: Points, origin: Points) -> NDArray[np.float64]:
    """(n,) straight-line metres from `origin`."""
    metres = to_metres(positions, origin)
    return np.hypot(metres[:, 0], metres[:, 1])


def middle_of(positions: Points) -> Points:
    """The [lon, lat] where most of the positions are: the median of those in the fullest cell and around it.

    A median of all would lie between two cities where half of a list has lost its minus signs.
    """
    cells = np.floor(positions / MIDDLE_CELL_DEGREES).astype(np.int64)
    _, first, counts = np.unique(cells, axis=0, return_index=True, return_counts=True)
    fullest = cells[first[counts == counts.max()].min()]
    around = (np.abs(cells - fullest) <= 1).all(axis=1)
    return np.asarray(np.median(positions[around], axis=0), dtype=np.float64)


def inside(positions: Points, geometry: dict[str, Any]) -> NDArray[np.bool_]:
    """(n,) true where a position is in a GeoJSON Polygon or MultiPolygon, holes left out."""
    found = np.zeros(len(positions), dtype=bool)
    for rings in _polygons(geometry):
        edges = np.concatenate([_edges(ring) for ring in rings])
        for part in _parts(len(positions), len(edges)):
            found[part] |= _crossings(positions[part], edges) % 2 == 1
    return found


def metres_outside(positions: Points, geometry: dict[str, Any]) -> NDArray[np.float64]:
    """(n,) metres to a GeoJSON Polygon or MultiPolygon, 0 within it."""
    outside = ~inside(positions, geometry)
    result = np.zeros(len(positions))
    if not outside.any():
        return result
    origin = np.median(positions, axis=0)
    edges = np.concatenate([_edges(ring) for rings in _polygons(geometry) for ring in rings])
    starts, ends = to_metres(edges[:, 0], origin), to_metres(edges[:, 1], origin)
    points = to_metres(positions[outside], origin)
    nearest = [_to_segments(points[part], starts, ends) for part in _parts(len(points), len(edges))]
    result[outside] = np.concatenate(nearest)
    return result


def hull_around(positions: Points, margin_m: float) -> list[list[float]]:
    """A closed ring of [lon, lat]: the convex hull of the positions with a margin, rounded to about 0.1 m.

    Works for a single position too: each counts as a circle of 16 corners.
    """
    origin = np.median(positions, axis=0)
    turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    circle = margin_m * np.column_stack([np.cos(turns), np.sin(turns)])
    metres = (to_metres(positions, origin)[:, None, :] + circle).reshape(-1, 2)
    corners = to_degrees(np.array(_convex_hull([(float(x), float(y)) for x, y in metres])), origin)
    ring = [[round(float(lon), 6), round(float(lat), 6)] for lon, lat in corners]
    return [*ring, ring[0]]


def _scale(origin: Points) -> Points:
    # At the poles a degree of longitude has no length; a thousandth keeps the inverse finite.
    shrink = max(float(np.cos(np.radians(origin[1]))), 1e-3)
    return np.array([M_PER_DEGREE * shrink, M_PER_DEGREE])


def _polygons(geometry: dict[str, Any]) -> list[Any]:
    coordinates = geometry["coordinates"]
    return [coordinates] if geometry["type"] == "Polygon" else list(coordinates)


def _edges(ring: Iterable[Any]) -> Points:
    """(m, 2, 2): each edge's two ends."""
    return np.array([[a[:2], b[:2]] for a, b in pairwise(ring)], dtype=np.float64)


def _parts(points: int, edges: int) -> Iterator[slice]:
    """Slices of the points whose product with the edges fits in memory."""
    step = max(1, CELLS_AT_ONCE // max(1, edges))
    return (slice(start, start + step) for start in range(0, points, step))


def _crossings(positions: Points, edges: Points) -> NDArray[np.int64]:
    """(n,) how many edges a ray to the east of each position crosses."""
    lon, lat = positions[:, :1], positions[:, 1:]
    (lon_a, lat_a), (lon_b, lat_b) = edges[:, 0].T, edges[:, 1].T
    spans = (lat_a > lat) != (lat_b > lat)
    rise = np.where(lat_b == lat_a, 1.0, lat_b - lat_a)
    cuts = lon < lon_a + (lat - lat_a) * (lon_b - lon_a) / rise
    return np.asarray(np.count_nonzero(spans & cuts, axis=1), dtype=np.int64)


def _to_segments(points: Points, starts: Points, ends: Points) -> NDArray[np.float64]:
    """(n,) metres from each point to the nearest segment."""
    along = ends - starts
    length2 = np.maximum((along**2).sum(axis=1), 1e-12)
    to_point = points[:, None, :] - starts
    share = np.clip((to_point * along).sum(axis=2) / length2, 0, 1)
    gap = to_point - share[:, :, None] * along
    return np.asarray(np.sqrt((gap**2).sum(axis=2)).min(axis=1), dtype=np.float64)


def _convex_hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Andrew's monotone chain: corners counter-clockwise, without repeating the first."""
    ordered = sorted(set(points))

    def chain(sequence: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
        corners: list[tuple[float, float]] = []
        for point in sequence:
            while len(corners) >= 2 and _turn(corners[-2], corners[-1], point) <= 0:
                corners.pop()
            corners.append(point)
        return corners[:-1]

    return chain(ordered) + chain(reversed(ordered))


def _turn(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    """Positive if a, b, c turn left."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
