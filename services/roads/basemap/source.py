"""The extract as tilemaker takes it: a PBF of the frame, with the sea and cut-off water as polygons of their own."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from shapely import Polygon

from services.roads.basemap.shores import Frame, Line, cut_water, sea_of

osmium: Any = import_module("osmium")  # its types know no mixed streams

OSM = "© OpenStreetMap contributors, ODbL 1.0"
OURS = "Tournée"
"""The generator of extracts that simulators write."""
SEA = {"natural": "water", "water": "sea"}
WATER_AREAS = (("natural", "water"), ("waterway", "riverbank"), ("landuse", "reservoir"), ("natural", "bay"))
CARRIED = ("bridge", "tunnel", "man_made")
"""A street with one of these may lie over or under water."""


@dataclass
class Scan:
    """What is found before anything is written."""

    frame: Frame | None = None
    coastlines: list[Line] = field(default_factory=list)
    streets: list[Line] = field(default_factory=list)
    cut: dict[int, dict[str, str]] = field(default_factory=dict)
    """Tags of the relations of water, by id, of which the extract lacks a part."""
    shores: dict[int, list[Line]] = field(default_factory=dict)
    """Their outlines, as far as they are there."""
    last_node: int = 0
    last_way: int = 0
    last_relation: int = 0


@dataclass(frozen=True)
class Area:
    """Water that the extract has no polygon of."""

    tags: dict[str, str]
    polygon: Polygon


@dataclass(frozen=True)
class Source:
    """What tilemaker is given."""

    file: Path
    water: tuple[Area, ...]
    notes: tuple[str, ...]


def box_of(file: Path) -> Frame | None:
    """The frame that the extract says it was cut along; None where it does not."""
    with osmium.io.Reader(str(file)) as reader:
        box = reader.header().box()
    if not box.valid():
        return None
    low, high = box.bottom_left, box.top_right
    return (low.lon, low.lat, high.lon, high.lat)


def attribution_of(file: Path) -> str:
    """Whose data it is: OpenStreetMap's, unless the file says that we drew its city ourselves."""
    with osmium.io.Reader(str(file)) as reader:
        drawn = reader.header().get("generator", "").startswith(OURS)
    return "" if drawn else OSM


def write_source(file: Path, frame: Frame, beside: Path) -> Source:
    """Write the extract with its water made whole, as `source.osm.pbf` in the folder `beside`."""
    scan = scan_extract(file)
    sea = sea_of(scan.coastlines, frame) if scan.coastlines else None
    areas = [Area(SEA, polygon) for polygon in (sea.polygons if sea else ())]
    for relation, tags in scan.cut.items():
        areas += [Area(tags, polygon) for polygon in cut_water(scan.shores.get(relation, []), scan.streets, frame)]
    notes = tuple(
        f"the coastline near {lon:.4f}, {lat:.4f} has a gap: no sea is drawn there"
        for lon, lat in (sea.gaps if sea else ())
    )
    target = beside / "source.osm.pbf"
    _write(file, target, frame, scan, areas)
    return Source(target, tuple(areas), notes)


def scan_extract(file: Path) -> Scan:
    """Read coastlines, streets and outlines of water that is there only in part."""
    scan = Scan()
    members = _water_members(file, scan)
    present: set[int] = set()
    outlines: dict[int, list[Line]] = {}
    kinds = osmium.osm.NODE | osmium.osm.WAY
    for item in osmium.FileProcessor(str(file), kinds).with_locations():
        if item.is_node():
            scan.last_node = max(scan.last_node, item.id)
            continue
        scan.last_way = max(scan.last_way, item.id)
        nodes = list(item.nodes)
        line = [(n.lon, n.lat) for n in nodes if n.location.valid()]
        _note(scan, item.tags, line)
        for relation in members.get(item.id, ()):
            outlines.setdefault(relation, []).append(line)
            if len(line) == len(nodes):
                present.add(item.id)
    absent = {relation for way, relations in members.items() if way not in present for relation in relations}
    scan.cut = {relation: tags for relation, tags in scan.cut.items() if relation in absent}
    scan.shores = {relation: outlines.get(relation, []) for relation in scan.cut}
    return scan


def _water_members(file: Path, scan: Scan) -> dict[int, list[int]]:
    """Which relations of water each way is a part of; their tags go to `scan.cut`."""
    members: dict[int, list[int]] = {}
    for relation in osmium.FileProcessor(str(file), osmium.osm.RELATION):
        scan.last_relation = max(scan.last_relation, relation.id)
        tags = {tag.k: tag.v for tag in relation.tags}
        if tags.get("type") != "multipolygon" or not any(tags.get(k) == v for k, v in WATER_AREAS):
            continue
        scan.cut[relation.id] = tags
        for member in relation.members:
            if member.type == "w":
                members.setdefault(member.ref, []).append(relation.id)
    return members


def _note(scan: Scan, tags: Any, line: Line) -> None:
    if len(line) < 2:
        return
    if tags.get("natural") == "coastline":
        scan.coastlines.append(line)
    elif "highway" in tags and not any(key in tags for key in CARRIED):
        scan.streets.append(line)


def _write(file: Path, target: Path, frame: Frame, scan: Scan, areas: Sequence[Area]) -> None:
    """Everything but broken water, our own polygons after the rest of their kind: tilemaker wants ids in order."""
    header = osmium.io.Header()
    west, south, east, north = frame
    header.add_box(osmium.osm.Box(osmium.osm.Location(west, south), osmium.osm.Location(east, north)))
    ours = _Shapes(scan, areas)
    with osmium.SimpleWriter(str(target), header=header, overwrite=True) as writer:
        for kind, made in (
            (osmium.osm.NODE, ours.nodes), (osmium.osm.WAY, ours.ways), (osmium.osm.RELATION, ours.relations)
        ):  # fmt: skip
            for item in osmium.FileProcessor(str(file), kind):
                if not (item.is_relation() and item.id in scan.cut):
                    writer.add(item)
            for item in made:
                writer.add(item)


class _Shapes:
    """Polygons as OpenStreetMap's nodes, ways and relations, numbered after those of the extract."""

    def __init__(self, scan: Scan, areas: Iterable[Area]) -> None:
        self._scan = scan
        self.nodes: list[Any] = []
        self.ways: list[Any] = []
        self.relations: list[Any] = []
        for area in areas:
            rings = [("outer", area.polygon.exterior), *(("inner", ring) for ring in area.polygon.interiors)]
            members = [("w", self._way(ring.coords), role) for role, ring in rings]
            number = self._scan.last_relation + len(self.relations) + 1
            tags = {**area.tags, "type": "multipolygon"}
            self.relations.append(osmium.osm.mutable.Relation(id=number, version=1, members=members, tags=tags))

    def _way(self, ring: Iterable[tuple[float, ...]]) -> int:
        corners = list(ring)[:-1]
        first = self._scan.last_node + len(self.nodes) + 1
        self.nodes += [
            osmium.osm.mutable.Node(id=first + i, version=1, location=(lon, lat))
            for i, (lon, lat, *_) in enumerate(corners)
        ]
        number = self._scan.last_way + len(self.ways) + 1
        refs = [*range(first, first + len(corners)), first]
        self.ways.append(osmium.osm.mutable.Way(id=number, version=1, nodes=refs, tags={}))
        return number
