"""Road matrices without a road map: straight line times a detour factor. Every page that uses them must say so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.errors import RoutingError
from routing.problem import Matrix

EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


def estimated_roads(
    lonlat: NDArray[np.float64],
    detour_factor: float = 1.4,
    town_kmh: float = 18.0,
    haul_kmh: float = 35.0,
    haul_beyond_m: float = 3000.0,
) -> Matrix:
    """Estimate distances and durations between places given as an (n, 2) array of lon, lat degrees (WGS 84).

    The first `haul_beyond_m` road metres of a leg are driven at `town_kmh`, what is beyond at `haul_kmh`: a longer
    leg never takes less time. Symmetric, zero on the diagonal, durations rounded up so that no plan is too hopeful.
    """
    places = np.asarray(lonlat, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] != 2 or not np.isfinite(places).all():
        raise RoutingError(f"lonlat must be (n, 2) finite degrees, found shape {places.shape}")
    road_m = _great_circle_m(places) * detour_factor
    town_m = np.minimum(road_m, haul_beyond_m)
    duration_s = town_m / (town_kmh / 3.6) + (road_m - town_m) / (haul_kmh / 3.6)
    return Matrix(np.rint(road_m).astype(np.int32), np.ceil(duration_s).astype(np.int32))


def _great_circle_m(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Haversine distances, (n, n) metres."""
    lon, lat = np.radians(places[:, 0]), np.radians(places[:, 1])
    half_lat = np.sin((lat[:, None] - lat[None, :]) / 2) ** 2
    half_lon = np.sin((lon[:, None] - lon[None, :]) / 2) ** 2
    across = half_lat + np.cos(lat)[:, None] * np.cos(lat)[None, :] * half_lon
    distance: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(across, 0, 1)))
    return distance
