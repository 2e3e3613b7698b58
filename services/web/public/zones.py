"""Served and unserved districts, as a drawing that works on paper and without JavaScript, and as GeoJSON."""

from dataclasses import dataclass
from typing import Any

from services.web.geo import base_paths, frame_around, middle_of, positions_of
from services.web.public.city_days import CityDay
from services.web.public.period import ZoneShare, zone_share
from services.web.store import ZoneRow

WIDTH, HEIGHT = 720.0, 480.0  # 3:2, as the style sheet lays it out


@dataclass(frozen=True)
class DrawnZone:
    share: ZoneShare
    path: str
    x: float
    """Of its name, in percent of the sheet."""
    y: float
    named: bool
    """Whether its name has room on a wide screen; small ones show the number alone."""


@dataclass(frozen=True)
class ZoneMap:
    width: float
    height: float
    base: list[tuple[str, str]]
    zones: list[DrawnZone]


def zone_shares(zones: list[ZoneRow], latest: CityDay | None) -> list[ZoneShare]:
    """The least served first: that is where the next truck should go."""
    served = {line.zone: line for line in latest.zones} if latest else {}
    shares = [zone_share(0, z["zone_id"], z["name"], z["population"], served.get(z["zone_id"])) for z in zones]
    order = sorted(shares, key=lambda share: (share.ratio, share.name))
    return [
        zone_share(number, share.zone, share.name, share.population, served.get(share.zone))
        for number, share in enumerate(order, start=1)
    ]


def draw_zone_map(zones: list[ZoneRow], shares: list[ZoneShare], basemap: dict[str, Any] | None) -> ZoneMap:
    geometries = {zone["zone_id"]: zone["geometry"] for zone in zones}
    frame = frame_around((p for g in geometries.values() for p in positions_of(g)), WIDTH, HEIGHT)
    drawn: list[DrawnZone] = []
    for share in shares:
        geometry = geometries[share.zone]
        x, y = frame.percent(*middle_of(geometry))
        named = not any(zone.named and _is_near(zone, share, x, y) for zone in drawn)
        drawn.append(DrawnZone(share, frame.path(geometry), x, y, named))
    return ZoneMap(WIDTH, HEIGHT, base_paths(basemap, frame), drawn)


def _is_near(zone: DrawnZone, share: ZoneShare, x: float, y: float) -> bool:
    """Whether two names would touch on a map of 500 by 333 pixels, with letters of about 8 by 16."""
    letters = (len(zone.share.name) + len(share.name)) / 2
    return abs(zone.x - x) < 100 * letters * 8 / 500 and abs(zone.y - y) < 100 * 34 / 333


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
