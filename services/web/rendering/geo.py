"""Maps as SVG, for pages without JavaScript and for paper: a frame that places degrees on a sheet."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Position = tuple[float, float]
Geometry = dict[str, Any]

MARGIN = 0.04  # of the drawn extent, on each side
SMALLEST_STEP = 0.7  # units of the sheet: nearer points would fall on the same pixel
DRAWN_KINDS = ("sea", "lagoon", "water", "park", "market", "avenue", "bridge")  # single streets would only add weight


@dataclass(frozen=True)
class Frame:
    """Places longitude and latitude on a sheet of `width` by `height` units, north up, scale true in the middle."""

    west: float
    north: float
    x_per_degree: float
    y_per_degree: float
    width: float
    height: float

    def point(self, lon: float, lat: float) -> Position:
        return round((lon - self.west) * self.x_per_degree, 1), round((self.north - lat) * self.y_per_degree, 1)

    def shows(self, geometry: Geometry) -> bool:
        """Whether any corner lies on the sheet, or as far off as the sheet is large."""
        for p in positions_of(geometry):
            x, y = self.point(p[0], p[1])
            if -self.width < x < 2 * self.width and -self.height < y < 2 * self.height:
                return True
        return False

    def percent(self, lon: float, lat: float) -> Position:
        """The point in percent of the sheet, for lettering that must not grow with it."""
        x, y = self.point(lon, lat)
        return round(100 * x / self.width, 2), round(100 * y / self.height, 2)

    def path(self, geometry: Geometry) -> str:
        """The `d` of an SVG path."""
        closes = "Z" if "Polygon" in geometry["type"] else ""
        return "".join(self._line(line) + closes for line in _lines(geometry))

    def _line(self, line: Iterable[Position]) -> str:
        points = list(_thinned([self.point(p[0], p[1]) for p in line]))
        return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def frame_around(positions: Iterable[Position], width: float, height: float) -> Frame:
    """A frame that shows all positions with a margin, as large as the sheet allows."""
    lons, lats = zip(*positions, strict=True) if (positions := list(positions)) else ((0.0, 1.0), (0.0, 1.0))
    west, east, south, north = min(lons), max(lons), min(lats), max(lats)
    shrink = math.cos(math.radians((south + north) / 2))
    wide, tall = max((east - west) * shrink, 1e-4), max(north - south, 1e-4)
    scale = min(width / (wide * (1 + 2 * MARGIN)), height / (tall * (1 + 2 * MARGIN)))
    left = (west + east) / 2 - width / scale / shrink / 2
    top = (south + north) / 2 + height / scale / 2
    return Frame(left, top, scale * shrink, scale, width, height)


def positions_of(geometry: Geometry) -> Iterator[Position]:
    for line in _lines(geometry):
        yield from ((p[0], p[1]) for p in line)


def middle_of(geometry: Geometry) -> Position:
    """The centre of gravity of a polygon's largest ring: where its name goes."""
    ring = max(_lines(geometry), key=lambda r: abs(_doubled_area(r)))
    area = _doubled_area(ring)
    if not area:
        return ring[0][0], ring[0][1]
    x = y = 0.0
    for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
        cross = a[0] * b[1] - b[0] * a[1]
        x += (a[0] + b[0]) * cross
        y += (a[1] + b[1]) * cross
    return x / (3 * area), y / (3 * area)


def base_paths(
    basemap: dict[str, object] | None, frame: Frame, kinds: Sequence[str] = DRAWN_KINDS
) -> list[tuple[str, str]]:
    """Those of these kinds in their order: water first, then markets, then the main roads."""
    features = basemap.get("features", []) if basemap else []
    drawn = []
    for feature in features if isinstance(features, list) else []:
        kind = feature["properties"].get("kind")
        if kind in kinds and feature["geometry"]["type"] != "Point" and frame.shows(feature["geometry"]):
            drawn.append((kind, frame.path(feature["geometry"])))
    return sorted(drawn, key=lambda item: kinds.index(item[0]))


def _doubled_area(ring: list[Position]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True))


def _lines(geometry: Geometry) -> list[list[Position]]:
    match geometry["type"]:
        case "Point":
            return [[geometry["coordinates"]]]
        case "LineString":
            return [geometry["coordinates"]]
        case "MultiLineString" | "Polygon":
            return list(geometry["coordinates"])
        case "MultiPolygon":
            return [ring for polygon in geometry["coordinates"] for ring in polygon]
    return []


def _thinned(points: list[Position]) -> Iterator[Position]:
    last: Position | None = None
    for index, point in enumerate(points):
        is_end = index == len(points) - 1
        if last is None or is_end or abs(point[0] - last[0]) + abs(point[1] - last[1]) >= SMALLEST_STEP:
            yield point
            last = point
