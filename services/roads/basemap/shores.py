"""Water that an extract only holds the shore of: sea from its coastline, lagoons and rivers cut off by its border.

OpenStreetMap has no polygon for the sea: land lies on the left of a `natural=coastline`, water on its right. Cutting
the map's frame along the shores gives faces; each face is then found to be wet or dry.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon, STRtree
from shapely.geometry.base import BaseGeometry

type Frame = tuple[float, float, float, float]
"""West, south, east, north in degrees."""
type Line = Sequence[tuple[float, float]]

ASIDE_DEG = 1e-6
"""How far beside a shore is looked: 0.1 m."""
SURE_SHARE = 0.9
"""Of a face's shore that says the same. Less: the coastline has a gap, and its two sides have run together."""
LONGEST_END = 0.1
"""Of the frame's diagonal: a coastline that ends this near the frame, as at a border of countries, is led to it."""
STREETS_PER_AREA = 1.0
"""km of streets a km2 (bridges and tunnels aside) above which a face is land. Assumed; towns have ten and more."""
M_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Sea:
    """The sea within the frame, and where the coastline says both things at once."""

    polygons: tuple[Polygon, ...]
    gaps: tuple[tuple[float, float], ...]
    """Lon, lat of a point in each face that is neither surely land nor surely sea; drawn as land."""


def sea_of(coastlines: Sequence[Line], frame: Frame) -> Sea:
    """The faces of the frame that lie on the right of the coastlines. No coastline in the frame: no sea."""
    faces = _faces([*coastlines, *_led_to_frame(coastlines, frame)], frame)
    if len(faces) < 2 and not _closed_within(coastlines, frame):
        return Sea((), ())
    right_m, left_m = _witnesses(coastlines, frame, faces)
    seen_m = right_m + left_m
    share = np.divide(right_m, seen_m, out=np.zeros(len(faces)), where=seen_m > 0)
    gaps = [faces[i].representative_point() for i in np.flatnonzero((share > 1 - SURE_SHARE) & (share < SURE_SHARE))]
    wet = np.flatnonzero(share >= SURE_SHARE)
    return Sea(tuple(faces[i] for i in wet), tuple((point.x, point.y) for point in gaps))


def cut_water(shores: Sequence[Line], streets: Sequence[Line], frame: Frame) -> tuple[Polygon, ...]:
    """The wet faces of a lake, lagoon or river whose outline the extract holds only in part.

    The direction of such an outline says nothing, so a face is wet where there are next to no streets.
    """
    faces = _faces(shores, frame)
    if len(faces) < 2:
        return ()
    shapes = [LineString(line) for line in streets if len(line) > 1]
    tree = STRtree(shapes)
    return tuple(face for face in faces if _streets_per_area(face, shapes, tree) < STREETS_PER_AREA)


def _faces(lines: Sequence[Line], frame: Frame) -> list[Polygon]:
    """The frame cut along the lines; ends that lead nowhere cut nothing."""
    box = shapely.box(*frame)
    within = [shapely.intersection(LineString(line), box) for line in lines if len(line) > 1]
    edges = shapely.union_all([*within, box.exterior])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(edges)))
    return [face for face in faces if isinstance(face, Polygon)]


def _led_to_frame(lines: Sequence[Line], frame: Frame) -> list[Line]:
    """From each loose end within the frame the shortest way to it: too short a coastline would cut nothing."""
    box = shapely.box(*frame)
    longest = LONGEST_END * float(np.hypot(frame[2] - frame[0], frame[3] - frame[1]))
    merged = shapely.line_merge(shapely.union_all([LineString(line) for line in lines if len(line) > 1]))
    ends = shapely.get_parts(shapely.boundary(merged))
    led = [shapely.shortest_line(end, box.exterior) for end in ends if box.contains(end)]
    return [list(line.coords) for line in led if 0 < line.length <= longest]


def _closed_within(lines: Sequence[Line], frame: Frame) -> bool:
    box = shapely.box(*frame)
    return any(line[0] == line[-1] and box.intersects(LineString(line)) for line in lines if len(line) > 3)


def _witnesses(lines: Sequence[Line], frame: Frame, faces: list[Polygon]) -> tuple[NDArray[np.float64], ...]:
    """(n,) degrees of shore that have each face on their right, and on their left."""
    segments = np.concatenate([_segments(line) for line in lines if len(line) > 1])
    within = shapely.clip_by_rect(shapely.linestrings(segments), *frame)
    whole = np.flatnonzero(~shapely.is_empty(within))
    middle = shapely.get_coordinates(shapely.centroid(within[whole]))
    length = shapely.length(within[whole])
    ahead = segments[whole, 1] - segments[whole, 0]
    ahead /= np.maximum(np.hypot(*ahead.T), 1e-12)[:, None]
    right = np.column_stack([ahead[:, 1], -ahead[:, 0]]) * ASIDE_DEG
    tree = STRtree(faces)
    sides = []
    for aside in (right, -right):
        points, found = tree.query(shapely.points(middle + aside), predicate="intersects")
        sides.append(np.bincount(found, weights=length[points], minlength=len(faces)))
    return tuple(sides)


def _segments(line: Line) -> NDArray[np.float64]:
    corners = np.asarray(line, dtype=np.float64)
    return np.stack([corners[:-1], corners[1:]], axis=1)


def _streets_per_area(face: Polygon, streets: list[LineString], tree: STRtree) -> float:
    """Kilometres of streets a km2."""
    shrink = float(np.cos(np.radians(face.centroid.y)))
    inside: list[BaseGeometry] = [shapely.intersection(face, streets[i]) for i in tree.query(face, "intersects")]
    km = sum(line.length for line in inside) * M_PER_DEGREE * (1 + shrink) / 2 / 1000
    km2 = face.area * shrink * (M_PER_DEGREE / 1000) ** 2
    return float(km / max(km2, 1e-9))
