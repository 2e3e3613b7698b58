"""Distances and hulls, worked out by hand. One degree is 111,195 m on a sphere of 6,371,008.8 m."""

import numpy as np
import pytest

from services.city.geometry import distances_m, hull_around, inside, metres_outside

# One degree square at the equator, with a hole in its middle.
SQUARE = [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]
HOLE = [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6], [0.4, 0.4]]
HOLED = {"type": "Polygon", "coordinates": [SQUARE, HOLE]}
FAR_SQUARE = [[[lon + 10, lat] for lon, lat in SQUARE]]


def test_holes_and_far_parts_count() -> None:
    positions = np.array([[0.2, 0.2], [0.5, 0.5], [1.5, 0.5], [10.5, 0.5]])
    assert inside(positions, HOLED).tolist() == [True, False, False, False]
    both = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], FAR_SQUARE]}
    assert inside(positions, both).tolist() == [True, False, False, True]


def test_metres_outside_are_those_to_the_nearest_edge() -> None:
    """0.1 degree east of the square is 11.1 km; the middle of the hole is 0.1 degree from its edge."""
    outside = metres_outside(np.array([[0.2, 0.2], [1.1, 0.0], [0.5, 0.5]]), HOLED)
    assert outside == pytest.approx([0, 11_119.5, 11_119.5], rel=1e-3)


def test_a_degree_of_longitude_shrinks_with_latitude() -> None:
    """At 60 degrees north it is half as long: 55.6 km."""
    assert distances_m(np.array([[1.0, 60.0]]), np.array([0.0, 60.0])) == pytest.approx([55_597], rel=1e-3)


@pytest.mark.parametrize("positions", [[[1.86, 6.53]], [[1.86, 6.53]] * 3, [[1.86, 6.53], [1.87, 6.53], [1.88, 6.53]]])
def test_a_hull_surrounds_even_points_on_one_line(positions: list[list[float]]) -> None:
    points = np.array(positions)
    ring = hull_around(points, 300)
    shape = {"type": "Polygon", "coordinates": [ring]}
    assert ring[0] == ring[-1]
    assert inside(points, shape).all()
    north = points + np.array([0, 0.0025])  # 278 m: within the margin
    assert metres_outside(north, shape) == pytest.approx(0, abs=1)
