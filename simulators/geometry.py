"""A flat plane in metres beside longitude and latitude, good to about 0.1 % over 40 km near the equator."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

M_PER_DEG_LAT = 110_574.0
"""Metres per degree of latitude at the equator, WGS 84."""
M_PER_DEG_LON_EQUATOR = 111_320.0
"""Metres per degree of longitude at the equator, WGS 84; times the cosine of the latitude elsewhere."""


class Plane(NamedTuple):
    """Metres east and north of an origin in degrees, WGS 84."""

    lon0: float
    lat0: float

    @property
    def m_per_deg_lon(self) -> float:
        return M_PER_DEG_LON_EQUATOR * math.cos(math.radians(self.lat0))

    def to_lonlat(self, xy_m: FloatArray) -> FloatArray:
        """(..., 2) metres east, north -> (..., 2) degrees lon, lat."""
        return np.stack(
            [self.lon0 + xy_m[..., 0] / self.m_per_deg_lon, self.lat0 + xy_m[..., 1] / M_PER_DEG_LAT], axis=-1
        )

    def to_xy_m(self, lonlat: FloatArray) -> FloatArray:
        """(..., 2) degrees lon, lat -> (..., 2) metres east, north."""
        return np.stack(
            [(lonlat[..., 0] - self.lon0) * self.m_per_deg_lon, (lonlat[..., 1] - self.lat0) * M_PER_DEG_LAT], axis=-1
        )


def length_m(line_xy_m: FloatArray) -> float:
    """Length of a polyline, (n, 2) metres."""
    steps = np.diff(line_xy_m, axis=0)
    return float(np.hypot(steps[:, 0], steps[:, 1]).sum())


def smooth_curve(points_xy_m: FloatArray, step_m: float) -> FloatArray:
    """A Catmull-Rom curve through the points, with a vertex about every `step_m` metres."""
    padded = np.vstack([2 * points_xy_m[0] - points_xy_m[1], points_xy_m, 2 * points_xy_m[-1] - points_xy_m[-2]])
    pieces = [points_xy_m[:1]]
    for i in range(len(points_xy_m) - 1):
        a, b, c, d = padded[i : i + 4]
        count = max(1, round(float(np.hypot(*(c - b))) / step_m))
        t = np.linspace(0, 1, count + 1)[1:, None]
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack(pieces)
