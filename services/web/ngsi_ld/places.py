"""Geo-queries of NGSI-LD (ETSI GS CIM 009, 4.10) over `location`: near, within, and what they lead to for points."""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.city.geometry import Points, distances_m, inside
from services.web.ngsi_ld.problems import BadRequest, NotSupported

Test = Callable[[Points], NDArray[np.bool_]]
"""Of (n, 2) degrees east and north: which of the n are asked for."""

MOST_CHARACTERS, MOST_POINTS = 20_000, 1000


def read_place(georel: str, geometry: str | None, coordinates: str | None) -> Test:
    """Whether a place is asked for.

    Raises:
        BadRequest: the message says which parameter is wrong, and what is expected.
        NotSupported: another relation, or one to another geometry.
    """
    relation, *limits = georel.split(";")
    if geometry is None or coordinates is None:
        raise BadRequest("georel needs geometry and coordinates beside it")
    if relation == "near":
        if geometry != "Point":
            raise NotSupported(f"georel=near to geometry {geometry}: near a Point is supported")
        return _near(limits, *_point(_read(coordinates)))
    if relation not in {"within", "intersects", "disjoint"}:
        raise NotSupported(f"georel={relation}: near, within, intersects and disjoint are supported")
    if geometry not in {"Polygon", "MultiPolygon"}:
        raise NotSupported(f"georel={relation} with geometry {geometry}: Polygon and MultiPolygon are supported")
    shape = {"type": geometry, "coordinates": _polygons(geometry, _read(coordinates))}
    is_outside = relation == "disjoint"
    return lambda positions: inside(positions, shape) != is_outside


def _near(limits: list[str], lon: float, lat: float) -> Test:
    least, most = 0.0, math.inf
    for limit in limits:
        name, _, text = limit.partition("==")
        try:
            metres = float(text)
        except ValueError as error:
            raise BadRequest(f"georel: {limit}: expected maxDistance==METRES or minDistance==METRES") from error
        if name not in {"maxDistance", "minDistance"} or not metres >= 0:
            raise BadRequest(f"georel: {limit}: expected maxDistance==METRES or minDistance==METRES")
        least, most = (least, metres) if name == "maxDistance" else (metres, most)
    if not limits:
        raise BadRequest("georel=near needs a distance: near;maxDistance==200")

    def test(positions: Points) -> NDArray[np.bool_]:
        metres = distances_m(positions, np.array([lon, lat]))
        return (least <= metres) & (metres <= most)

    return test


def _read(coordinates: str) -> Any:
    if len(coordinates) > MOST_CHARACTERS:
        raise BadRequest(f"coordinates: at most {MOST_CHARACTERS} characters")
    try:
        return json.loads(coordinates)
    except (ValueError, RecursionError) as error:
        raise BadRequest("coordinates: expected JSON, like [2.39,6.37]") from error


def _point(read: Any) -> tuple[float, float]:
    is_pair = isinstance(read, list) and len(read) >= 2
    if not is_pair or not all(isinstance(each, int | float) and not isinstance(each, bool) for each in read[:2]):
        raise BadRequest("coordinates: expected degrees east and north, like [2.39,6.37]")
    lon, lat = float(read[0]), float(read[1])
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise BadRequest(f"coordinates: [{lon:g},{lat:g}] is nowhere: degrees east first, then north")
    return lon, lat


def _polygons(geometry: str, read: Any) -> Any:
    polygons = [read] if geometry == "Polygon" else read
    if not isinstance(polygons, list) or not all(isinstance(each, list) and each for each in polygons) or not polygons:
        raise BadRequest("coordinates: expected rings, like [[[2.3,6.3],[2.4,6.3],[2.4,6.4],[2.3,6.3]]]")
    rings = [ring for polygon in polygons for ring in polygon]
    if sum(len(ring) if isinstance(ring, list) else 0 for ring in rings) > MOST_POINTS:
        raise BadRequest(f"coordinates: at most {MOST_POINTS} points")
    for ring in rings:
        if not isinstance(ring, list) or len(ring) < 4 or ring[0] != ring[-1]:
            raise BadRequest("coordinates: a ring has at least four points, and ends where it begins")
        for each in ring:
            _point(each)
    return read
