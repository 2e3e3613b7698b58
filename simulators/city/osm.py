"""The made-up city's streets and water as an OpenStreetMap extract, `roads.osm.gz`: the way that a real city goes.

Plain XML, compressed without a date: the same bytes for the same seed. Its ids are our own, and small.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
from shapely import box, get_parts, intersection
from shapely.geometry.base import BaseGeometry

from simulators.city.basemap import WATER_BOX_M, WATER_DETAIL_M, positions
from simulators.city.draw import DrawnCity
from simulators.city.streets import AVENUE, BRIDGE, STREET
from simulators.city.strokes import Stroke
from simulators.geometry import FloatArray

STREET_TAGS = {
    AVENUE: {"highway": "secondary"},
    BRIDGE: {"highway": "secondary", "bridge": "yes", "layer": "1"},
}
LONG_STREETS = (("secondary", 1300.0), ("tertiary", 700.0), ("residential", 400.0))
"""Least metres; shorter ones are living streets. Equal streets all over would be a grid to a router, whose preparation
then takes minutes: few through-roads, much quicker than the rest, take a fifth off that of gentle steps."""
MARGIN_DEG = 0.01

type Tags = dict[str, str]


@dataclass
class _Extract:
    """Nodes, ways and relations as they are numbered."""

    nodes: list[list[float]] = field(default_factory=list)
    ways: list[tuple[list[int], Tags]] = field(default_factory=list)
    relations: list[tuple[list[tuple[int, str]], Tags]] = field(default_factory=list)
    places: list[tuple[list[float], Tags]] = field(default_factory=list)

    def add_nodes(self, lonlat: list[list[float]]) -> list[int]:
        first = len(self.nodes) + 1
        self.nodes += lonlat
        return list(range(first, len(self.nodes) + 1))

    def add_way(self, nodes: list[int], tags: Tags) -> int:
        self.ways.append((nodes, tags))
        return len(self.ways)


def write_extract(city: DrawnCity, path: Path) -> None:
    """Write the city's extract; `path` ends in `.osm.gz`."""
    extract = _Extract()
    corners = extract.add_nodes(positions(city.plane, city.streets.nodes_xy_m))
    lengths_m = city.streets.lengths_m
    for stroke in city.strokes:
        tags = _street_tags(stroke, float(lengths_m[stroke.edges].sum()))
        extract.add_way([corners[node] for node in stroke.nodes], tags | {"name": stroke.name})
    _add_water(extract, city)
    for market in city.markets:
        tags = {"amenity": "marketplace", "name": market.name}
        _add_area(extract, city, market.shape, tags)
    for district in city.districts:
        middle = np.asarray(district.shape.representative_point().coords)
        extract.places.append((positions(city.plane, middle)[0], {"place": "suburb", "name": district.name}))
    text = "\n".join(_lines(extract)) + "\n"
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def _street_tags(stroke: Stroke, length_m: float) -> Tags:
    """Streets that go far are those that carry the quarter's traffic, and the quicker ones."""
    if stroke.kind != STREET:
        return STREET_TAGS[stroke.kind]
    return {"highway": next((kind for kind, least_m in LONG_STREETS if length_m >= least_m), "living_street")}


def _add_water(extract: _Extract, city: DrawnCity) -> None:
    frame = box(*WATER_BOX_M)
    for kind, shape in (("sea", city.terrain.sea), ("lagoon", city.terrain.lagoon)):
        clipped = intersection(shape, frame).simplify(WATER_DETAIL_M)
        _add_area(extract, city, clipped, {"natural": "water", "water": kind})


def _add_area(extract: _Extract, city: DrawnCity, shape: BaseGeometry, tags: Tags) -> None:
    """A closed way, or a multipolygon where there are islands."""
    for part in get_parts(shape):
        rings = [_add_ring(extract, city, np.asarray(ring.coords)) for ring in (part.exterior, *part.interiors)]
        if len(rings) == 1:
            extract.add_way(rings[0], tags)
        else:
            roles = ["outer"] + ["inner"] * (len(rings) - 1)
            members = [(extract.add_way(ring, {}), role) for ring, role in zip(rings, roles, strict=True)]
            extract.relations.append((members, {"type": "multipolygon", **tags}))


def _add_ring(extract: _Extract, city: DrawnCity, xy_m: FloatArray) -> list[int]:
    nodes = extract.add_nodes(positions(city.plane, xy_m[:-1]))
    return [*nodes, nodes[0]]


def _lines(extract: _Extract) -> Iterator[str]:
    lonlat = np.array(extract.nodes)
    (west, south), (east, north) = lonlat.min(axis=0) - MARGIN_DEG, lonlat.max(axis=0) + MARGIN_DEG
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<osm version="0.6" generator="Tournée, a made-up city">'
    yield f'<bounds minlat="{south:.6f}" minlon="{west:.6f}" maxlat="{north:.6f}" maxlon="{east:.6f}"/>'
    for number, (lon, lat) in enumerate(extract.nodes, start=1):
        yield f'<node id="{number}" version="1" lon="{lon:.6f}" lat="{lat:.6f}"/>'
    for number, ((lon, lat), tags) in enumerate(extract.places, start=len(extract.nodes) + 1):
        yield f'<node id="{number}" version="1" lon="{lon:.6f}" lat="{lat:.6f}">{_tags(tags)}</node>'
    for number, (nodes, tags) in enumerate(extract.ways, start=1):
        refs = "".join(f'<nd ref="{node}"/>' for node in nodes)
        yield f'<way id="{number}" version="1">{refs}{_tags(tags)}</way>'
    for number, (members, tags) in enumerate(extract.relations, start=1):
        parts = "".join(f'<member type="way" ref="{way}" role="{role}"/>' for way, role in members)
        yield f'<relation id="{number}" version="1">{parts}{_tags(tags)}</relation>'
    yield "</osm>"


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
