"""Where a city's people live, and how far each of them walks to the nearest of some containers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from services.city.geometry import middle_of, to_metres
from services.city.registry import Container, Registry
from services.ledger.kept import Kept
from services.ledger.people import Grid, people_of

DETOUR_FACTOR = 1.3
"""Of a walk over its straight line: no walking network is known. Assumed."""
WALKS_KEPT = 4


class Homes:
    """Of one version of the registry and of the grid.

    Walks are remembered: of one day those to all containers, to the recent and to the served ones are often the same,
    and of the next day too.
    """

    def __init__(self, registry: Registry, grid: Grid | None) -> None:
        self.people = people_of(registry, grid)
        self._origin = middle_of(self.people.lonlat) if len(self.people.lonlat) else np.zeros(2)
        self._at = to_metres(self.people.lonlat, self._origin)
        self._walks = Kept[tuple[str, ...], NDArray[np.float64]](WALKS_KEPT)

    def walks_m(self, containers: Sequence[Container]) -> NDArray[np.float64]:
        """(n,) metres on foot from where people live to the nearest of these; infinite where there is none."""
        return self._walks.get(tuple(c.id for c in containers), lambda: self._measured(containers))

    def _measured(self, containers: Sequence[Container]) -> NDArray[np.float64]:
        if not containers or not len(self._at):
            return np.full(len(self._at), np.inf)
        there = to_metres(np.array([[c.lon, c.lat] for c in containers]), self._origin)
        distance_m, _ = cKDTree(there).query(self._at)
        return np.asarray(distance_m, dtype=np.float64) * DETOUR_FACTOR
