"""Instances on a plane have no place on Earth: they are drawn round 0 degrees, so that maps and sectors still work."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.errors import FileError
from routing.problem import IntMatrix, Location

METRES_PER_DEGREE = 111_320.0  # of longitude at the equator, and nearly of latitude
WIDEST_DEGREES = 80.0
MOST_PLACES = 20_000  # 1.6 GB in one int32 matrix


def drawn(xy_m: NDArray[np.float64]) -> tuple[Location, ...]:
    """Place an (n, 2) plane of metres round latitude and longitude 0; what does not fit is drawn smaller."""
    degrees = (xy_m - (xy_m.min(axis=0) + xy_m.max(axis=0)) / 2) / METRES_PER_DEGREE
    degrees *= min(1.0, WIDEST_DEGREES / max(float(np.abs(degrees).max()), 1e-9))
    return tuple(Location(round(float(x), 6), round(float(y), 6)) for x, y in degrees)


def refuse_too_many(name: str, places: int) -> None:
    if places > MOST_PLACES:
        raise FileError(f"{name}: {places} places, expected at most {MOST_PLACES}: its matrix would not fit")


def rounded_int32(name: str, values: NDArray[np.float64]) -> IntMatrix:
    """Whole numbers as int32; raises `FileError` when one does not fit."""
    if values.size and float(values.max()) > np.iinfo(np.int32).max:
        raise FileError(f"{name}: a distance of {values.max():.0f}, expected at most {np.iinfo(np.int32).max}")
    return values.astype(np.int32)
