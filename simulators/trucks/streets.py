"""Ways from place to place: the quickest along the streets, or a zigzag of estimated length where there are none."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from simulators.city_folder import CityFolder
from simulators.geometry import FloatArray, length_m
from simulators.trucks.street_graph import StreetGraph, build_street_graph

DETOUR_FACTOR = 1.4
"""Road over crow's length where there is no street map; the product's default."""
ZIGZAG_M = 150.0
TOWN_SPEED_KMH, HAUL_SPEED_KMH, HAUL_BEYOND_M = 18.0, 35.0, 3000.0
KEPT_TREES = 1000  # one shortest-path tree a source; about 40 kB each for a city of 3,000 crossings
NO_NODE = -9999


@dataclass(frozen=True)
class Way:
    """A line to drive: (k, 2) metres of the city's plane, and the free speed on each of its k - 1 pieces."""

    line_xy_m: FloatArray
    speed_kmh: FloatArray

    @property
    def distance_m(self) -> float:
        return length_m(self.line_xy_m)

    @property
    def free_s(self) -> FloatArray:
        """(k,) seconds from the start to each vertex at free speed."""
        steps = np.diff(self.line_xy_m, axis=0)
        return np.concatenate([[0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]) / (self.speed_kmh / 3.6))])


class Streets:
    """The streets of one city folder. Shortest paths are by free driving time and cached by where they start."""

    def __init__(self, city: CityFolder) -> None:
        self.plane = city.plane
        self.graph: StreetGraph | None = build_street_graph(city)
        self._nearest = cKDTree(self.graph.nodes_xy_m) if self.graph else None
        self._tree = lru_cache(maxsize=KEPT_TREES)(self._grow_tree)

    def place_xy_m(self, place: str | None, lon: float, lat: float) -> FloatArray:
        """Where a truck stands to serve the place: on the street beside it, where the streets are known."""
        if self.graph is not None and place in self.graph.place_node:
            return np.asarray(self.graph.nodes_xy_m[self.graph.place_node[place]])
        return self.plane.to_xy_m(np.array([lon, lat]))

    def way(self, start_xy_m: FloatArray, end_xy_m: FloatArray) -> Way:
        """The quickest way; straight to and from the nearest corner where an end is not on a street."""
        if np.hypot(*(end_xy_m - start_xy_m)) < 1.0:
            return Way(np.vstack([start_xy_m, end_xy_m]), np.array([TOWN_SPEED_KMH]))
        if self.graph is None or self._nearest is None:
            return zigzag(start_xy_m, end_xy_m)
        a, b = (int(self._nearest.query(xy)[1]) for xy in (start_xy_m, end_xy_m))
        free_s, before = self._tree(a)
        nodes = _path(before, a, b)
        if not nodes:
            return zigzag(start_xy_m, end_xy_m)
        corners = self.graph.nodes_xy_m[nodes]
        line = np.vstack([start_xy_m, corners, end_xy_m])
        speed = np.hypot(*np.diff(corners, axis=0).T) / np.diff(free_s[nodes]) * 3.6
        return Way(line, np.concatenate([[TOWN_SPEED_KMH], speed, [TOWN_SPEED_KMH]]))

    def _grow_tree(self, start: int) -> tuple[FloatArray, NDArray[np.int32]]:
        """Free seconds to every node, and the node before each on the way there."""
        if self.graph is None:
            raise ValueError("this city has no street graph")
        return dijkstra(self.graph.seconds, directed=True, indices=start, return_predecessors=True)


def _path(before: NDArray[np.int32], start: int, end: int) -> list[int]:
    """Nodes from start to end, empty where no street leads there."""
    nodes = [end]
    while nodes[-1] != start:
        previous = int(before[nodes[-1]])
        if previous == NO_NODE:
            return []
        nodes.append(previous)
    return nodes[::-1]


def zigzag(start_xy_m: FloatArray, end_xy_m: FloatArray) -> Way:
    """A line round blocks that are not known: 1.4 times as long as the crow flies."""
    crow = end_xy_m - start_xy_m
    crow_m = float(np.hypot(*crow))
    turns = max(2, 2 * round(crow_m / ZIGZAG_M / 2))
    aside = np.zeros(turns + 1)
    # Right triangles: s metres along the crow's line are driven as 1.4 s, so they end s * tan(acos(1 / 1.4)) aside.
    aside[1::2] = crow_m / turns * np.tan(np.arccos(1 / DETOUR_FACTOR))
    along = np.linspace(0, 1, turns + 1)
    normal = np.array([-crow[1], crow[0]]) / crow_m
    line = start_xy_m + along[:, None] * crow + aside[:, None] * normal
    far = along[:-1] * crow_m * DETOUR_FACTOR >= HAUL_BEYOND_M
    return Way(line, np.where(far, HAUL_SPEED_KMH, TOWN_SPEED_KMH))
