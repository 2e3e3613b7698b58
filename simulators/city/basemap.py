"""The map under the map, as GeoJSON: water, markets and streets.

Corners are rounded to 6 decimals (0.1 m), each once: lines that meet share a position to the last digit, so that a
street graph can be made from the file again.
"""

from typing import Any

import numpy as np
from shapely import box, get_parts, intersection
from shapely.geometry.base import BaseGeometry

from simulators.city.draw import DrawnCity
from simulators.city.streets import AVENUE, BRIDGE, STREET
from simulators.geometry import FloatArray, Plane

DECIMALS = 6
WATER_BOX_M = (-21_500.0, -7_000.0, 11_500.0, 12_600.0)
"""West, south, east, north: from beyond the landfill to the lagoon's far shore."""
WATER_DETAIL_M = 12.0
KIND_NAMES = {STREET: "street", AVENUE: "avenue", BRIDGE: "bridge"}

type Feature = dict[str, Any]


def positions(plane: Plane, xy_m: FloatArray) -> list[list[float]]:
    """(n, 2) metres -> [lon, lat] in degrees, rounded."""
    rounded: list[list[float]] = np.round(plane.to_lonlat(xy_m), DECIMALS).tolist()
    return rounded


def shape_geometry(plane: Plane, shape: BaseGeometry) -> dict[str, Any]:
    """A polygon, or several, in metres -> GeoJSON."""
    polygons = [
        [positions(plane, np.asarray(ring.coords)) for ring in (part.exterior, *part.interiors)]
        for part in get_parts(shape)
    ]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def basemap(city: DrawnCity) -> list[Feature]:
    """Features with a `kind` and, where it has one, a `name`: water first, bridges last, as they are drawn."""
    return [*_water(city), *_markets(city), *_streets(city)]


def _feature(kind: str, name: str | None, geometry: dict[str, Any]) -> Feature:
    properties = {"kind": kind} | ({"name": name} if name else {})
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _water(city: DrawnCity) -> list[Feature]:
    frame = box(*WATER_BOX_M)
    shapes = {"sea": city.terrain.sea, "lagoon": city.terrain.lagoon}
    clipped = {kind: intersection(shape, frame).simplify(WATER_DETAIL_M) for kind, shape in shapes.items()}
    return [_feature(kind, None, shape_geometry(city.plane, shape)) for kind, shape in clipped.items()]


def _markets(city: DrawnCity) -> list[Feature]:
    return [_feature("market", market.name, shape_geometry(city.plane, market.shape)) for market in city.markets]


def _streets(city: DrawnCity) -> list[Feature]:
    corners = positions(city.plane, city.streets.nodes_xy_m)
    drawn = sorted(city.strokes, key=lambda stroke: (STREET, AVENUE, BRIDGE).index(stroke.kind))
    return [
        _feature(
            KIND_NAMES[stroke.kind],
            stroke.name,
            {"type": "LineString", "coordinates": [corners[node] for node in stroke.nodes]},
        )
        for stroke in drawn
    ]
