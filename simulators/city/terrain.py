"""Sea to the south, a lagoon to the north, and the channel between them that cuts the city in two."""

from dataclasses import dataclass

import numpy as np
from shapely import LineString, Polygon, difference, union_all
from shapely.geometry.base import BaseGeometry

from simulators.geometry import FloatArray, smooth_curve

WEST_END_M, EAST_END_M = -24_000.0, 13_000.0
"""How far the drawn water reaches, so that the landfill's road still lies on a coast."""
CHANNEL_WIDTH_M = 290.0  # the real channels of that coast are 200 to 400 m wide


@dataclass(frozen=True)
class Terrain:
    """Water in metres of the city's plane. `lagoon` includes the channel; `water` is all of it."""

    sea: BaseGeometry
    lagoon: BaseGeometry
    channel: BaseGeometry
    phases: FloatArray

    @property
    def water(self) -> BaseGeometry:
        return union_all([self.sea, self.lagoon])

    def coast_y_m(self, x_m: FloatArray) -> FloatArray:
        """Northing of the beach."""
        return _coast_y_m(x_m, self.phases)

    def shore_y_m(self, x_m: FloatArray) -> FloatArray:
        """Northing of the lagoon's southern shore."""
        return _shore_y_m(x_m, self.phases)


def _coast_y_m(x_m: FloatArray, phases: FloatArray) -> FloatArray:
    return np.asarray(130 * np.sin(x_m / 5200 + phases[0]) + 40 * np.sin(x_m / 1500 + phases[1]), dtype=np.float64)


def _shore_y_m(x_m: FloatArray, phases: FloatArray) -> FloatArray:
    wavy = 5350 + 280 * np.sin(x_m / 1350 + phases[2]) + 110 * np.sin(x_m / 460 + phases[3])
    mouth = -650 * np.exp(-(((x_m - 1700) / 900) ** 2))
    western_end = 4200 / (1 + np.exp((x_m + 4300) / 420))  # west of here the lagoon retreats to the north
    return np.asarray(wavy + mouth + western_end, dtype=np.float64)


def draw_terrain(rng: np.random.Generator) -> Terrain:
    """The water of one city."""
    phases = rng.uniform(0, 2 * np.pi, 6)
    x_m = np.arange(WEST_END_M, EAST_END_M + 1, 150.0)
    coast = np.column_stack([x_m, _coast_y_m(x_m, phases)])
    sea = Polygon(np.vstack([coast, [[EAST_END_M, -9000], [WEST_END_M, -9000]]]))
    x_m = np.arange(-6200.0, EAST_END_M + 1, 90.0)
    south = np.column_stack([x_m, _shore_y_m(x_m, phases)])
    far = x_m[::-4]
    north = np.column_stack([far, 11_600 + 420 * np.sin(far / 1700 + phases[4]) + 180 * np.sin(far / 600 + phases[5])])
    (_, low_m), (west_m, high_m) = south[0], north[-1]
    west = smooth_curve(np.array([north[-1], [west_m - 1500, 0.6 * high_m + 0.4 * low_m], south[0]]), 120)
    basin = Polygon(np.vstack([south, north, west[1:-1]])).buffer(0)
    bends = rng.uniform(-260, 260, 4)
    centreline = smooth_curve(
        np.array(
            [
                [1750, 5600],
                [1650 + bends[0], 4100],
                [1450 + bends[1], 2900],
                [1600 + bends[2], 1500],
                [1350 + bends[3], 600],
                [1350, -400],
            ],
            dtype=float,
        ),
        120,
    )
    channel = difference(LineString(centreline).buffer(CHANNEL_WIDTH_M / 2), sea)
    lagoon = difference(union_all([basin, channel]), sea)
    return Terrain(sea, lagoon, channel, phases)
