"""Matrices of a graph, computed in blocks and kept: a container that is added costs one row and one column."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.roads.osm.engine import Engine, Stops
from services.roads.osm.matrix_file import (
    DECI,
    MICRO,
    MatrixWriter,
    StoredMatrix,
    keys_of,
    open_matrix,
)
from services.roads.roads import NO_WAY, Places

BLOCK = 1500
"""Places a side. OSRM searches once for each row and column of a block, so larger is faster; at this size its answer
takes about 0.3 GB while it is read."""

type Told = Callable[[int, int], None]
"""Called with the cells done and the cells to do."""
type WeightedTable = tuple[float, NDArray[np.int32], NDArray[np.int32]]
"""Its weight, then metres and seconds, (n, n), `NO_WAY` where there is none."""


class Matrices:
    """The matrix of one graph and vehicle, grown as places are asked for."""

    def __init__(self, file: Path, open_engine: Callable[[], Engine], *, keeps_kerb: bool) -> None:
        self._file = file
        self._open_engine = open_engine
        self._keeps_kerb = keeps_kerb

    def covering(self, places: Places, told: Told | None = None) -> tuple[StoredMatrix, NDArray[np.intp]]:
        """A matrix that holds all these places, and the row of each.

        Raises:
            EngineMissing, GraphBroken: places are new and the graph cannot be asked.
        """
        stored = open_matrix(self._file)
        keys = keys_of(places)
        known = stored.positions()
        new = list(dict.fromkeys(key for key in map(tuple, keys.tolist()) if key not in known))
        if new:
            stored = self._extended(stored, np.array(new, dtype=np.int32), told)
            known = stored.positions()
        rows = np.fromiter((known[key] for key in map(tuple, keys.tolist())), np.intp, len(keys))
        return stored, rows

    def _extended(self, old: StoredMatrix, new: NDArray[np.int32], told: Told | None) -> StoredMatrix:
        engine = self._open_engine()
        before, size = len(old.places), len(old.places) + len(new)
        writer = MatrixWriter(self._file, size)
        try:
            grown = writer.matrix
            grown.places[:before] = old.places
            grown.places[before:] = self._entered(engine, new)
            grown.distance_m[:before, :before] = old.distance_m
            grown.duration_s[:before, :before] = old.duration_s
            stops = Stops(grown.places[:, :2] / MICRO, grown.kerb)
            _fill(grown, engine, stops, before, told)
            writer.finish()
        except BaseException:
            writer.discard()
            raise
        return open_matrix(self._file)

    def _entered(self, engine: Engine, new: NDArray[np.int32]) -> NDArray[np.int32]:
        snapped = engine.snap(new[:, :2] / MICRO)
        kerb = snapped.wide & (new[:, 2] == 1) & self._keeps_kerb
        metres = np.column_stack([snapped.nearest_m, snapped.used_m])
        decimetres = np.minimum(np.rint(metres * DECI), np.iinfo(np.int32).max)
        return np.column_stack([new, kerb.astype(np.int32), decimetres.astype(np.int32)])


def weighted(parts: Sequence[WeightedTable]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Metres and seconds of several matrices by their weights, which sum to 1; no way where one of them has none.

    Seconds are rounded up, as in each of them. One matrix is copied as it is.
    """
    if len(parts) == 1:
        return np.array(parts[0][1]), np.array(parts[0][2])
    shape = parts[0][1].shape
    metres, seconds, missing = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    for share, distance_m, duration_s in parts:
        metres += share * distance_m
        seconds += share * duration_s
        missing |= duration_s < 0
    distances, durations = np.rint(metres).astype(np.int32), np.ceil(seconds - 1e-6).astype(np.int32)
    distances[missing] = durations[missing] = NO_WAY
    return distances, durations


def _fill(grown: StoredMatrix, engine: Engine, stops: Stops, before: int, told: Told | None) -> None:
    size = len(grown.places)
    done, total = 0, size * size - before * before
    for rows, columns in _blocks(before, size):
        distance_m, duration_s = engine.block(_part(stops, rows), _part(stops, columns))
        grown.distance_m[rows, columns], grown.duration_s[rows, columns] = distance_m, duration_s
        done += duration_s.size
        if told is not None:
            told(done, total)


def _part(stops: Stops, part: slice) -> Stops:
    return Stops(stops.lonlat[part], stops.kerb[part])


def _blocks(before: int, size: int) -> Iterator[tuple[slice, slice]]:
    """Blocks that cover all cells but the known first `before` rows and columns, each cell once."""
    yield from _grid(slice(0, before), slice(before, size))
    yield from _grid(slice(before, size), slice(0, size))


def _grid(rows: slice, columns: slice) -> Iterator[tuple[slice, slice]]:
    for row in range(rows.start, rows.stop, BLOCK):
        for column in range(columns.start, columns.stop, BLOCK):
            yield slice(row, min(row + BLOCK, rows.stop)), slice(column, min(column + BLOCK, columns.stop))
