"""Matrices of several bands as one."""

import numpy as np

from services.roads.osm.matrices import weighted
from services.roads.roads import NO_WAY


def test_bands_count_by_their_share() -> None:
    """A quarter of 100 s and three quarters of 201 s: 175.75, rounded up; where one has no way, there is none."""
    a = np.array([[0, 1000], [NO_WAY, 0]], dtype=np.int32), np.array([[0, 100], [NO_WAY, 0]], dtype=np.int32)
    b = np.array([[0, 2000], [500, 0]], dtype=np.int32), np.array([[0, 201], [50, 0]], dtype=np.int32)
    distance_m, duration_s = weighted([(0.25, *a), (0.75, *b)])
    assert distance_m.tolist() == [[0, 1750], [NO_WAY, 0]]
    assert duration_s.tolist() == [[0, 176], [NO_WAY, 0]]


def test_one_band_is_itself() -> None:
    """Without weights nothing is rounded, and what is stored is not handed out to be changed."""
    a = np.array([[0, 7]], dtype=np.int32)
    distance_m, duration_s = weighted([(1.0, a, a)])
    assert distance_m.tolist() == duration_s.tolist() == [[0, 7]]
    assert not np.shares_memory(distance_m, a)
