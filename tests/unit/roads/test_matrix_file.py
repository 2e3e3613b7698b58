"""Matrices on the disk."""

from pathlib import Path

import numpy as np
import pytest

from services.roads.osm.matrices import _blocks
from services.roads.osm.matrix_file import MatrixWriter, keys_of, length_of, open_matrix
from services.roads.roads import Places


def written(file: Path, size: int) -> None:
    writer = MatrixWriter(file, size)
    writer.matrix.places[:] = np.arange(size * 6).reshape(size, 6)
    writer.matrix.distance_m[:] = np.arange(size * size).reshape(size, size)
    writer.matrix.duration_s[:] = 7
    writer.finish()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Places, metres and seconds each in their part of the file, and nothing is left beside it."""
    file = tmp_path / "m" / "truck.i32"
    written(file, 3)
    found = open_matrix(file)
    assert found.places[2].tolist() == [12, 13, 14, 15, 16, 17]
    assert found.distance_m[1].tolist() == [3, 4, 5]
    assert found.duration_s.tolist() == [[7, 7, 7]] * 3
    assert (found.nearest_m[0], found.used_m[0]) == (0.4, 0.5)
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("spoilt", [b"", b"\x01", np.array([9, 1], dtype=np.int32).tobytes(), None])
def test_a_spoilt_file_is_an_empty_one(spoilt: bytes | None, tmp_path: Path) -> None:
    """Cut off, of another version or missing: the matrix is computed anew, never half read."""
    file = tmp_path / "truck.i32"
    written(file, 3)
    file.write_bytes(file.read_bytes()[:-4] if spoilt is None else spoilt)
    assert len(open_matrix(file).places) == 0
    assert len(open_matrix(tmp_path / "none.i32").places) == 0


def test_an_interrupted_writer_leaves_the_old_file(tmp_path: Path) -> None:
    """Ctrl-C in the middle of ten thousand places."""
    file = tmp_path / "truck.i32"
    written(file, 2)
    writer = MatrixWriter(file, 5)
    writer.discard()
    assert len(open_matrix(file).places) == 2
    assert list(tmp_path.iterdir()) == [file]


def test_places_are_known_by_position_and_side() -> None:
    """A move of 0.2 m is another place; the same position with and without the kerb are two."""
    lonlat = np.array([[2.43, 6.37], [2.43, 6.37], [2.430002, 6.37]])
    keys = keys_of(Places(lonlat, np.array([True, False, True])))
    assert keys.tolist() == [[2430000, 6370000, 1], [2430000, 6370000, 0], [2430002, 6370000, 1]]


@pytest.mark.parametrize(("before", "size"), [(0, 1), (0, 3100), (1499, 1501), (3000, 3001), (5, 5)])
def test_blocks_cover_every_new_cell_once(before: int, size: int) -> None:
    """And no known one."""
    counts = np.zeros((size, size), dtype=np.int8)
    for rows, columns in _blocks(before, size):
        counts[rows, columns] += 1
    assert not counts[:before, :before].any()
    counts[:before, :before] = 1
    assert (counts == 1).all()


def test_the_file_of_ten_thousand_places_is_below_a_gigabyte() -> None:
    """Two int32 matrices: 800 MB."""
    assert length_of(10_000) * 4 < 1e9
