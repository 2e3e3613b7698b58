"""The line that a truck drives, leg by leg, and files of it: GeoJSON and GPX."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from services.contracts.planning import Circuit, Visit
from services.roads.manoeuvres import Language, instruction

type LonLat = tuple[float, float]

GPX = "http://www.topografix.com/GPX/1/1"


@dataclass(frozen=True, slots=True)
class Manoeuvre:
    """What to do at a place, and how far it is to the next. `kind` and `direction` are OSRM's words."""

    kind: str
    direction: str
    street: str
    """Name of the street that is taken, or its number; empty where it has none."""
    exit: int | None
    """Of a roundabout: which exit."""
    distance_m: int
    duration_s: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Leg:
    """From one visit to the next. A leg to the same place has one point."""

    distance_m: int
    duration_s: int
    line: tuple[LonLat, ...]
    manoeuvres: tuple[Manoeuvre, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One leg fewer than visits with a place."""

    legs: tuple[Leg, ...]

    @property
    def line(self) -> tuple[LonLat, ...]:
        """All legs as one line."""
        points: list[LonLat] = []
        for leg in self.legs:
            points += leg.line[1:] if points and leg.line and leg.line[0] == points[-1] else leg.line
        return tuple(points)


def straight_way(visits: Sequence[Visit]) -> Way:
    """Straight lines between visits, for a city without a street network; without distances or manoeuvres."""
    points = [(v.lon, v.lat) for v in visits_with_place(visits) if v.lon is not None and v.lat is not None]
    return Way(tuple(Leg(0, 0, (a, b), ()) for a, b in pairwise(points)))


def visits_with_place(visits: Sequence[Visit]) -> list[Visit]:
    """Breaks have none: the crew rests where it last served."""
    return [visit for visit in visits if visit.lon is not None and visit.lat is not None]


def geojson_of(circuit: Circuit, way: Way, *, source: str, language: Language = "fr") -> dict[str, Any]:
    """A FeatureCollection (RFC 7946): one LineString a leg, with its manoeuvres, and one Point a visit.

    `source` is the plan's `roads`: with "estimated" the lines are straight, and whoever draws them has to say so.
    """
    visits = visits_with_place(circuit.visits)
    legs = [
        {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [list(point) for point in _at_least_two(leg.line)]},
            "properties": {
                "leg": number,
                "from": visits[number - 1].place,
                "to": visits[number].place,
                "distance_m": leg.distance_m,
                "duration_s": leg.duration_s,
                "manoeuvres": [
                    {"text": instruction(m.kind, m.direction, m.street, m.exit, language), "distance_m": m.distance_m}
                    for m in leg.manoeuvres
                ],
            },
        }
        for number, leg in enumerate(way.legs, start=1)
    ]
    points = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [visit.lon, visit.lat]},
            "properties": {
                "visit": number,
                "kind": visit.kind,
                "place": visit.place,
                "arrive_at": visit.arrive_at.isoformat(),
            },
        }
        for number, visit in enumerate(visits)
    ]
    about = {"circuit": circuit.number, "truck": circuit.truck, "roads": source, "distance_m": circuit.distance_m}
    return {"type": "FeatureCollection", "properties": about, "features": [*legs, *points]}


def gpx_of(
    circuit: Circuit, way: Way, *, name: str, names: Mapping[str, str] | None = None, language: Language = "fr"
) -> str:
    """GPX 1.1: the visits as a route with their times, the line as a track, a segment a leg.

    `names` tells what places are called, by id; without it the ids stand there.
    """
    ET.register_namespace("", GPX)
    root = ET.Element(f"{{{GPX}}}gpx", {"version": "1.1", "creator": "Tournée"})
    route = ET.SubElement(root, f"{{{GPX}}}rte")
    _text(route, "name", name)
    for visit, leg in zip(visits_with_place(circuit.visits), [*way.legs, None], strict=False):
        point = ET.SubElement(route, f"{{{GPX}}}rtept", {"lat": f"{visit.lat:.6f}", "lon": f"{visit.lon:.6f}"})
        _text(point, "time", visit.arrive_at.isoformat().replace("+00:00", "Z"))
        place = visit.place or visit.kind
        _text(point, "name", (names or {}).get(place, place))
        if leg is not None and leg.manoeuvres:
            said = [instruction(m.kind, m.direction, m.street, m.exit, language) for m in leg.manoeuvres]
            _text(point, "desc", ". ".join(said))
        _text(point, "type", visit.kind)
    track = ET.SubElement(root, f"{{{GPX}}}trk")
    _text(track, "name", name)
    for leg in way.legs:
        segment = ET.SubElement(track, f"{{{GPX}}}trkseg")
        for lon, lat in leg.line:
            ET.SubElement(segment, f"{{{GPX}}}trkpt", {"lat": f"{lat:.6f}", "lon": f"{lon:.6f}"})
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, f"{{{GPX}}}{tag}").text = text


def _at_least_two(line: Sequence[LonLat]) -> Sequence[LonLat]:
    """A LineString has two points or more (RFC 7946, section 3.1.4)."""
    return line if len(line) > 1 else (*line, *line)
