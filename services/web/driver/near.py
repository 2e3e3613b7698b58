"""The streets around one circuit, small enough for a weak phone: integers, one list a line."""

from collections.abc import Iterable, Iterator
from typing import Any

from services.web.rendering.geo import positions_of

MARGIN_DEG = 0.003
"""About 300 m beyond the circuit."""
UNIT = 100_000
"""Steps a degree: about 1 m."""
KINDS = ("water", "park", "street", "avenue")
AS_KIND = {"sea": "water", "lagoon": "water", "market": "park", "bridge": "avenue"}

type Position = tuple[float, float]


def streets_near(streets: dict[str, Any] | None, line: Iterable[Position]) -> dict[str, Any]:
    """`{"unit", "origin": [lon, lat], "lines": [[kind, x, y, dx, dy, ...], ...]}`: x, y in units from the origin.

    Kinds are places in `KINDS`; areas (the first two kinds) are closed. Empty where there are no streets or no line.
    """
    points = list(line)
    if not points or streets is None:
        return {"unit": UNIT, "origin": [0, 0], "lines": []}
    lons, lats = zip(*points, strict=True)
    box = (min(lons) - MARGIN_DEG, min(lats) - MARGIN_DEG, max(lons) + MARGIN_DEG, max(lats) + MARGIN_DEG)
    origin = (round(box[0], 5), round(box[1], 5))
    lines = [
        [KINDS.index(kind), *_steps(ring, origin)]
        for feature in streets["features"]
        if (kind := _kind(feature)) is not None
        for ring in _rings(feature["geometry"])
        if _touches(ring, box)
    ]
    return {"unit": UNIT, "origin": list(origin), "lines": lines}


def _kind(feature: dict[str, Any]) -> str | None:
    kind = feature["properties"].get("kind", "")
    kind = AS_KIND.get(kind, kind)
    return kind if kind in KINDS else None


def _rings(geometry: dict[str, Any]) -> list[list[Position]]:
    """Lines, or the outlines of areas; what is cut out of an area is left out, for it would be filled too."""
    match geometry["type"]:
        case "Polygon":
            return [geometry["coordinates"][0]]
        case "MultiPolygon":
            return [polygon[0] for polygon in geometry["coordinates"]]
        case "LineString":
            return [geometry["coordinates"]]
        case "MultiLineString":
            return list(geometry["coordinates"])
    return [list(positions_of(geometry))]


def _touches(ring: list[Position], box: tuple[float, float, float, float]) -> bool:
    lons, lats = [p[0] for p in ring], [p[1] for p in ring]
    return min(lons) <= box[2] and max(lons) >= box[0] and min(lats) <= box[3] and max(lats) >= box[1]


def _steps(ring: list[Position], origin: Position) -> Iterator[int]:
    x_before = y_before = 0
    for point in ring:
        x, y = round((point[0] - origin[0]) * UNIT), round((point[1] - origin[1]) * UNIT)
        yield x - x_before
        yield y - y_before
        x_before, y_before = x, y
