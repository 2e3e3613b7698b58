"""The drawn map of the city that the pages are shown with."""

import math
import random
from itertools import pairwise
from typing import Any

WEST, SOUTH = 2.38, 6.345


def ring(box: tuple[float, float, float, float], wobble: random.Random) -> list[list[float]]:
    """A rectangle with uneven sides, so that the map does not look drawn by a machine."""
    west, south, east, north = box
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    points = []
    for (x1, y1), (x2, y2) in pairwise(corners):
        for step in range(6):
            t = step / 6
            shake = 0.0 if step == 0 else wobble.uniform(-0.0007, 0.0007)
            points.append([round(WEST + x1 + (x2 - x1) * t + shake, 5), round(SOUTH + y1 + (y2 - y1) * t + shake, 5)])
    return [*points, points[0]]


def _line(kind: str, coordinates: list[list[float]]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"kind": kind},
        "geometry": {"type": "LineString", "coordinates": coordinates},
    }


def basemap() -> dict[str, Any]:
    """Sea, lagoon, streets and avenues, as the city's own drawn map holds them."""
    shore = [[WEST - 0.05 + i * 0.01, SOUTH - 0.004 + 0.001 * math.sin(i)] for i in range(22)]
    sea = [*shore, [WEST + 0.2, SOUTH - 0.1], [WEST - 0.05, SOUTH - 0.1], shore[0]]
    north = [[WEST - 0.05 + i * 0.01, SOUTH + 0.058 + 0.003 * math.sin(i * 0.8)] for i in range(22)]
    lagoon = [*north, [WEST + 0.2, SOUTH + 0.15], [WEST - 0.05, SOUTH + 0.15], north[0]]
    features = [
        {"type": "Feature", "properties": {"kind": "sea"}, "geometry": {"type": "Polygon", "coordinates": [sea]}},
        {"type": "Feature", "properties": {"kind": "lagoon"}, "geometry": {"type": "Polygon", "coordinates": [lagoon]}},
    ]
    for index in range(16):
        x = WEST + 0.004 + index * 0.0062
        line = [[x + 0.0006 * math.sin(j + index), SOUTH + j * 0.006] for j in range(10)]
        features.append(_line("street", line))
    for index in range(9):
        y = SOUTH + 0.003 + index * 0.006
        line = [[WEST + j * 0.008, y + 0.0006 * math.cos(j + index)] for j in range(14)]
        kind = "avenue" if index % 3 == 1 else "street"
        features.append(_line(kind, line))
    return {"type": "FeatureCollection", "features": features}
