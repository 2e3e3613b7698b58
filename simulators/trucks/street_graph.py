"""The street graph of a city folder's basemap, with the city's places tied into it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from shapely import STRtree, contains_xy, line_locate_point, linestrings, points, prepare, union_all
from shapely.geometry import shape

from simulators.city_folder import CityFolder
from simulators.geometry import FloatArray, IntArray

DRIVABLE = ("street", "avenue", "bridge")
# Free speeds in km/h of a refuse truck. With stops at crossings they come to about the 18 km/h in town and 35 km/h on
# the haul that the product assumes for a city without a street network. Assumed.
SPEED_KMH = {"street": 17.0, "avenue": 25.0, "bridge": 22.0}
OPEN_ROAD_KMH = 42.0
"""On avenues outside every district."""
ACCESS_KMH = 8.0
TIE_WITHIN_M = 30.0
"""A place nearer to its street than this is served from the street; a farther one has a way of its own."""


@dataclass(frozen=True)
class StreetGraph:
    """An undirected graph. `seconds` is (n, n) sparse, at free speed; `place_node` maps a place's id to its node."""

    nodes_xy_m: FloatArray
    seconds: csr_array
    place_node: dict[str, int]


class _Builder:
    """Nodes found by their coordinates; edges with their speeds."""

    def __init__(self) -> None:
        self.xy_m: list[tuple[float, float]] = []
        self.edges: list[tuple[int, int]] = []
        self.speed_kmh: list[float] = []
        self._known: dict[tuple[float, float], int] = {}

    def node(self, x_m: float, y_m: float) -> int:
        at = (round(x_m, 1), round(y_m, 1))
        if at not in self._known:
            self._known[at] = len(self.xy_m)
            self.xy_m.append((x_m, y_m))
        return self._known[at]

    def edge(self, a: int, b: int, speed_kmh: float) -> None:
        if a != b:
            self.edges.append((a, b))
            self.speed_kmh.append(speed_kmh)


def build_street_graph(city: CityFolder) -> StreetGraph | None:
    """The graph, or None where the folder's basemap has no streets."""
    builder = _Builder()
    for feature in city.basemap:
        kind = feature["properties"].get("kind")
        if kind in DRIVABLE:
            for line in _lines(feature["geometry"]):
                xy_m = city.plane.to_xy_m(np.array(line, dtype=float)[:, :2])
                ids = [builder.node(x, y) for x, y in xy_m.tolist()]
                for a, b in pairwise(ids):
                    builder.edge(a, b, SPEED_KMH[kind])
    if not builder.edges:
        return None
    _open_roads(builder, city)
    places = _tie_places(builder, city)
    return _finished(builder, places)


def _lines(geometry: dict[str, Any]) -> list[Any]:
    return list(geometry["coordinates"]) if geometry["type"] == "MultiLineString" else [geometry["coordinates"]]


def _open_roads(builder: _Builder, city: CityFolder) -> None:
    """Avenues outside every district run faster."""
    if not city.zones:
        return
    town = union_all([shape(zone["geometry"]) for zone in city.zones])
    prepare(town)
    ends = np.array(builder.xy_m)[np.array(builder.edges)]
    middle = city.plane.to_lonlat(ends.mean(axis=1))
    for k in np.flatnonzero(~contains_xy(town, middle[:, 0], middle[:, 1])).tolist():
        if builder.speed_kmh[k] == SPEED_KMH["avenue"]:
            builder.speed_kmh[k] = OPEN_ROAD_KMH


def _tie_places(builder: _Builder, city: CityFolder) -> dict[str, int]:
    """Split the nearest edge where each place lies beside it."""
    ids = [c.id for c in city.containers] + [s.id for s in city.sites]
    lonlat = [(c.lon, c.lat) for c in city.containers] + [(s.lon, s.lat) for s in city.sites]
    place_xy = city.plane.to_xy_m(np.array(lonlat))
    lines = linestrings(np.array(builder.xy_m)[np.array(builder.edges)])
    (_, nearest), _ = STRtree(lines).query_nearest(points(place_xy), return_distance=True, all_matches=False)
    along_m = line_locate_point(lines[nearest], points(place_xy))
    cuts: dict[int, list[tuple[float, int]]] = {}
    found: dict[str, int] = {}
    for k, (edge, metres) in enumerate(zip(nearest.tolist(), along_m.tolist(), strict=True)):
        foot = lines[edge].interpolate(metres)
        node = builder.node(foot.x, foot.y)
        cuts.setdefault(edge, []).append((metres, node))
        found[ids[k]] = node
        x, y = place_xy[k].tolist()
        if np.hypot(foot.x - x, foot.y - y) > TIE_WITHIN_M:
            found[ids[k]] = builder.node(x, y)
            builder.edge(node, found[ids[k]], ACCESS_KMH)
    for edge, pieces in cuts.items():
        (a, b), speed = builder.edges[edge], builder.speed_kmh[edge]
        chain = [a, *(node for _, node in sorted(pieces)), b]
        builder.edges[edge] = (chain[0], chain[1])
        for p, q in pairwise(chain[1:]):
            builder.edge(p, q, speed)
    return found


def _finished(builder: _Builder, places: dict[str, int]) -> StreetGraph:
    nodes = np.array(builder.xy_m)
    edges: IntArray = np.array([(min(e), max(e)) for e in builder.edges])
    speed = np.array(builder.speed_kmh)
    edges, first = np.unique(edges, axis=0, return_index=True)
    speed = speed[first]
    proper = edges[:, 0] != edges[:, 1]
    edges, speed = edges[proper], speed[proper]
    ends = nodes[edges]
    metres = np.maximum(np.hypot(*(ends[:, 0] - ends[:, 1]).T), 0.05)
    both = (np.concatenate([edges[:, 0], edges[:, 1]]), np.concatenate([edges[:, 1], edges[:, 0]]))
    size = (len(nodes), len(nodes))
    seconds = np.tile(metres / (speed / 3.6), 2)
    return StreetGraph(nodes, csr_array((seconds, both), shape=size), places)
