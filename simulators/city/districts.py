"""Thirteen districts, grown over the street network from thirteen seeds, with the population of a real city's."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree
from shapely import MultiPoint, buffer, coverage_simplify, get_parts, points, union_all, voronoi_polygons
from shapely.geometry.base import BaseGeometry

from simulators.city.avenues import HAUL
from simulators.city.names import DISTRICTS
from simulators.city.streets import Streets
from simulators.city.terrain import Terrain
from simulators.geometry import BoolArray, FloatArray, IntArray

POPULATION = (57_962, 61_668, 69_991, 36_357, 20_039, 75_336, 27_535, 32_420, 57_691, 38_728, 34_879, 97_920, 68_486)
"""People by district: the 13 arrondissements of Cotonou, census of 2013 (INSAE RGPH4). The total is 679,012."""

_SEEDS_XY_M = (
    (4900, 3500),
    (4700, 1300),
    (3000, 3500),
    (2500, 1300),
    (900, 1600),
    (-200, 3900),
    (-500, 1000),
    (-1300, 2500),
    (-2100, 3900),
    (-3000, 2600),
    (-2300, 1100),
    (-4900, 1700),
    (-4300, 4700),
)
"""Metres: the first four lie east of the channel, as the first four arrondissements do."""

UNSERVED = 2
"""Index of the district without any container: on the lagoon's shore, settled before it had streets."""


@dataclass(frozen=True)
class District:
    id: str
    name: str
    population: int
    shape: BaseGeometry


def draw_districts(
    streets: Streets, terrain: Terrain, rng: np.random.Generator
) -> tuple[tuple[District, ...], IntArray]:
    """The districts, and the district's index of each street node (-1 on the road outside the city)."""
    owner = _nearest_seed_by_street(streets, rng)
    outside = _on_landfill_road(streets)
    owner[outside] = -1
    shapes = _shapes(streets.nodes_xy_m[~outside], owner[~outside], terrain)
    people = [round(count * rng.uniform(0.97, 1.03) / 10) * 10 for count in POPULATION]
    return tuple(District(f"Z{k + 1:02d}", DISTRICTS[k], people[k], shape) for k, shape in enumerate(shapes)), owner


def _on_landfill_road(streets: Streets) -> BoolArray:
    """True for the nodes that no other street reaches: that road runs on for miles outside the city."""
    haul = np.array([name == HAUL for name in streets.names])
    outside = np.zeros(len(streets.nodes_xy_m), dtype=bool)
    outside[streets.edges[haul]] = True
    outside[streets.edges[~haul]] = False
    return outside


def _nearest_seed_by_street(streets: Streets, rng: np.random.Generator) -> IntArray:
    count = len(streets.nodes_xy_m)
    a, b = streets.edges.T
    length_m = streets.lengths_m * rng.uniform(0.8, 1.2, len(streets.edges))
    graph = coo_array((length_m, (a, b)), shape=(count, count)).tocsr()
    seeds = np.array(_SEEDS_XY_M) + rng.normal(0, 120, (len(_SEEDS_XY_M), 2))
    sources = cKDTree(streets.nodes_xy_m).query(seeds)[1]
    return np.asarray(dijkstra(graph, directed=False, indices=sources).argmin(axis=0), dtype=np.int64)


def _shapes(nodes_xy_m: FloatArray, owner: IntArray, terrain: Terrain) -> list[BaseGeometry]:
    """Polygons that follow the blocks' backs: cells round street corners, joined by district and cut at the water."""
    cloud = MultiPoint(nodes_xy_m)
    cells = np.array(get_parts(voronoi_polygons(cloud, ordered=True)))
    extent = union_all(buffer(points(nodes_xy_m), 260, quad_segs=4))
    # Out and in again: the edge of town closes over its gaps instead of bulging round every last corner.
    land = extent.buffer(900, quad_segs=16).buffer(-1020, quad_segs=16).difference(terrain.water.buffer(4))
    joined = [union_all(cells[owner == k]) for k in range(len(DISTRICTS))]
    smoothed = coverage_simplify(np.array(joined), 55.0)
    return [_largest(shape.intersection(land)) for shape in smoothed]


def _largest(shape: BaseGeometry) -> BaseGeometry:
    return max(get_parts(shape), key=lambda part: part.area)
