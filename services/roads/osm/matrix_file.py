"""A matrix on the disk: one flat int32 file, replaced whole, read without loading it.

`[VERSION, n]`, then (n, 6) rows of the places, then (n, n) metres, then (n, n) seconds. A place's row is its lon and
lat in millionths of a degree (as fine as OSRM counts), whether it was wanted at the kerb, whether the kerb side is
kept there, and the decimetres to the nearest street and to the street in use.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.roads.roads import Places

VERSION = 1
COLUMNS = 6
MICRO = 1e6
DECI = 10.0

type Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class StoredMatrix:
    """What a file holds; `places` is (n, 6), the matrices (n, n)."""

    places: Ints
    distance_m: Ints
    duration_s: Ints

    @property
    def nearest_m(self) -> NDArray[np.float64]:
        return self.places[:, 4] / DECI

    @property
    def used_m(self) -> NDArray[np.float64]:
        return self.places[:, 5] / DECI

    @property
    def kerb(self) -> NDArray[np.bool_]:
        return np.asarray(self.places[:, 3] == 1)

    def positions(self) -> dict[tuple[int, int, int], int]:
        """Row by place."""
        return {(lon, lat, wanted): row for row, (lon, lat, wanted) in enumerate(self.places[:, :3].tolist())}


def keys_of(places: Places) -> Ints:
    """(n, 3): what a place is known by."""
    micro = np.rint(places.lonlat * MICRO).astype(np.int32)
    return np.column_stack([micro, places.at_kerb.astype(np.int32)])


def empty_matrix() -> StoredMatrix:
    none = np.zeros((0, 0), dtype=np.int32)
    return StoredMatrix(np.zeros((0, COLUMNS), dtype=np.int32), none, none)


def open_matrix(file: Path) -> StoredMatrix:
    """What the file holds; nothing, if it is missing or not whole: then it is computed anew."""
    try:
        flat = np.memmap(file, dtype=np.int32, mode="r")
    except (FileNotFoundError, ValueError):  # ValueError: an empty file cannot be mapped
        return empty_matrix()
    if len(flat) < 2 or flat[0] != VERSION or len(flat) != length_of(int(flat[1])):
        return empty_matrix()
    return _views(flat)


class MatrixWriter:
    """A matrix of n places being filled, beside the one in use."""

    def __init__(self, file: Path, size: int) -> None:
        self._file = file
        self._beside = file.with_name(f".{file.name}.{os.getpid()}")
        file.parent.mkdir(parents=True, exist_ok=True)
        self._flat = np.memmap(self._beside, dtype=np.int32, mode="w+", shape=(length_of(size),))
        self._flat[:2] = VERSION, size
        self.matrix = _views(self._flat)

    def finish(self) -> None:
        """Put it in the place of the old one."""
        self._flat.flush()
        self._beside.replace(self._file)

    def discard(self) -> None:
        self._beside.unlink(missing_ok=True)


def length_of(size: int) -> int:
    """int32 numbers in the file of a matrix of `size` places."""
    return 2 + COLUMNS * size + 2 * size * size


def _views(flat: Ints) -> StoredMatrix:
    size = int(flat[1])
    places = 2 + COLUMNS * size
    return StoredMatrix(
        places=flat[2:places].reshape(size, COLUMNS),
        distance_m=flat[places : places + size * size].reshape(size, size),
        duration_s=flat[places + size * size :].reshape(size, size),
    )
