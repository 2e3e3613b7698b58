"""Served and unserved districts, as a drawing that works on paper and without JavaScript, and as GeoJSON."""

from dataclasses import dataclass
from typing import Any

from services.web.figures.period import ZoneShare
from services.web.figures.store import ZoneRow
from services.web.rendering.geo import base_paths, frame_around, middle_of, positions_of

WIDTH, HEIGHT = 720.0, 480.0  # 3:2, as the style sheet lays it out
SCREEN, PAPER = (500, 333), (330, 220)  # pixels of the map beside its table; a letter takes some 8 by 16 on both


@dataclass(frozen=True)
class DrawnZone:
    share: ZoneShare
    path: str
    x: float
    """Of its name, in percent of the sheet."""
    y: float
    named: bool
    """Whether its name has room on a wide screen; else the number alone is shown, as in the table."""
    named_on_paper: bool
    """The same on A4, where the map is smaller."""


@dataclass(frozen=True)
class ZoneMap:
    width: float
    height: float
    base: list[tuple[str, str]]
    zones: list[DrawnZone]


def draw_zone_map(zones: list[ZoneRow], shares: list[ZoneShare], basemap: dict[str, Any] | None) -> ZoneMap:
    geometries = {zone["zone_id"]: zone["geometry"] for zone in zones}
    frame = frame_around((p for g in geometries.values() for p in positions_of(g)), WIDTH, HEIGHT)
    middles = [frame.percent(*middle_of(geometries[share.zone])) for share in shares]
    on_screen, on_paper = (_named(shares, middles, *size) for size in (SCREEN, PAPER))
    drawn = [
        DrawnZone(share, frame.path(geometries[share.zone]), x, y, share.number in on_screen, share.number in on_paper)
        for share, (x, y) in zip(shares, middles, strict=True)
    ]
    return ZoneMap(WIDTH, HEIGHT, base_paths(basemap, frame), drawn)


def _named(shares: list[ZoneShare], middles: list[tuple[float, float]], wide: float, high: float) -> set[int]:
    """Numbers of the districts whose names lie on no number, on no other name and not over the edge. In their order."""
    spots = [(x * wide / 100, y * high / 100) for x, y in middles]
    numbers = {
        share.number: _around(*spot, len(str(share.number)) * 9, 16) for share, spot in zip(shares, spots, strict=True)
    }
    taken: dict[int, _Box] = {}
    for share, (x, y) in zip(shares, spots, strict=True):
        name = _around(x, y + 16, len(share.name) * 7.6, 16)
        others = [box for number, box in numbers.items() if number != share.number] + list(taken.values())
        is_inside = name[0] >= 0 and name[1] >= 0 and name[2] <= wide and name[3] <= high
        if is_inside and not any(_touch(name, other) for other in others):
            taken[share.number] = name
    return set(taken)


type _Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


def _around(x: float, y: float, wide: float, high: float) -> _Box:
    return (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)


def _touch(a: _Box, b: _Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def zones_geojson(zones: list[ZoneRow], shares: list[ZoneShare]) -> dict[str, Any]:
    by_id = {share.zone: share for share in shares}
    features = []
    for zone in zones:
        share = by_id[zone["zone_id"]]
        properties = {
            "id": share.zone,
            "name": share.name,
            "population": share.population,
            "served_people": round(share.served_people, 1) if share.known else None,
            "served_ratio": round(share.ratio, 4) if share.known else None,
            "containers": share.containers if share.known else None,
            "containers_served": share.containers_served if share.known else None,
        }
        features.append({"type": "Feature", "id": share.zone, "properties": properties, "geometry": zone["geometry"]})
    return {"type": "FeatureCollection", "features": features}
