"""Streets and water of a prepared extract as plain GeoJSON: for phones without WebGL, for paper, and without tiles.

The same kinds as a city folder's own `basemap.geojson`.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from services.roads.basemap.shores import Frame

osmium: Any = import_module("osmium")  # its types know no mixed streams

ROUGH_DEG = 2e-5
"""Corners that move a line by less than 2 m are left out."""
DECIMALS = 5  # 1 m
AVENUES = frozenset(
    f"{kind}{link}" for kind in ("motorway", "trunk", "primary", "secondary", "tertiary") for link in ("", "_link")
)
STREETS = frozenset({"unclassified", "residential", "living_street", "service", "road", "track", "pedestrian"})
ORDER = ("sea", "lagoon", "water", "park", "market", "street", "avenue", "bridge")

type Feature = dict[str, Any]


def write_streets(source: Path, frame: Frame, target: Path) -> int:
    """Write `target`, a FeatureCollection, water first and bridges last; tells how many features."""
    box = shapely.box(*frame)
    features = [*_areas(source, box), *_lines(source, box)]
    features.sort(key=lambda feature: ORDER.index(feature["properties"]["kind"]))
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    target.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8")
    return len(features)


def _areas(source: Path, box: BaseGeometry) -> list[Feature]:
    factory = osmium.geom.GeoJSONFactory()
    made = []
    for item in osmium.FileProcessor(str(source)).with_areas():
        if not item.is_area():
            continue
        kind = _area_kind(item.tags)
        if kind is None:
            continue
        drawn = shapely.make_valid(shape(json.loads(factory.create_multipolygon(item))))
        made += _features(kind, item.tags, shapely.intersection(drawn, box), "Polygon")
    return made


def _area_kind(tags: Any) -> str | None:
    if tags.get("natural") == "water" or tags.get("waterway") == "riverbank" or tags.get("landuse") == "reservoir":
        return {"sea": "sea", "lagoon": "lagoon"}.get(tags.get("water"), "water")
    if tags.get("amenity") == "marketplace":
        return "market"
    return "park" if tags.get("leisure") == "park" or tags.get("landuse") == "forest" else None


def _lines(source: Path, box: BaseGeometry) -> list[Feature]:
    made = []
    for way in osmium.FileProcessor(str(source), osmium.osm.NODE | osmium.osm.WAY).with_locations():
        kind = _line_kind(way.tags) if way.is_way() else None
        points = [(n.lon, n.lat) for n in way.nodes if n.location.valid()] if kind else []
        if kind and len(points) > 1:
            made += _features(kind, way.tags, shapely.intersection(shapely.LineString(points), box), "LineString")
    return made


def _line_kind(tags: Any) -> str | None:
    highway = tags.get("highway")
    if highway in AVENUES:
        return "bridge" if tags.get("bridge", "no") != "no" else "avenue"
    return "street" if highway in STREETS and tags.get("area") != "yes" else None


def _features(kind: str, tags: Any, drawn: BaseGeometry, wanted: str) -> list[Feature]:
    """What is left of it within the frame; nothing where that is no more than a point."""
    properties = {"kind": kind} | ({"name": tags["name"]} if "name" in tags else {})
    simple = shapely.set_precision(shapely.simplify(drawn, ROUGH_DEG), 10.0**-DECIMALS)
    parts = [part for part in shapely.get_parts(simple) if part.geom_type == wanted and not part.is_empty]
    return [{"type": "Feature", "properties": properties, "geometry": _rounded(mapping(part))} for part in parts]


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    def near(item: Any) -> Any:
        return round(item, DECIMALS) if isinstance(item, float) else [near(part) for part in item]

    return {"type": geometry["type"], "coordinates": near(geometry["coordinates"])}
