"""Circuits and containers as the drawn map writes them: short, and where they are."""

import numpy as np

from services.web.operator.drawn_map import MOST_POINTS, paths_of, step_path


def line(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, dtype=np.float64)


def test_points_that_change_nothing_are_left_out() -> None:
    """Along a street and round a corner: the same pixel twice, and points in the middle of a straight, are not told."""
    corner = line((0, 0), (0.3, 0.2), (5, 0), (10, 0), (10, 4), (10, 9))
    assert paths_of([corner]) == ["M0 0l10 0 0 9"]


def test_way_there_and_back_reaches_its_end() -> None:
    """Into a dead end and out again is straight, but not a point to leave out."""
    assert paths_of([line((0, 0), (6, 0), (0, 0))]) == ["M0 0l6 0 -6 0"]


def test_more_points_than_a_page_may_weigh_are_drawn_coarser() -> None:
    """Steps of one pixel to and fro, more than there may be: on a grid of two they are half as many."""
    wave = line(*((n, n % 2) for n in range(MOST_POINTS + 10)))
    (path,) = paths_of([wave])
    assert path.startswith("M0 0l")
    assert path.count(" ") < MOST_POINTS


def test_lone_point_still_bears_its_sign() -> None:
    """A browser puts a marker on the points of a line: a path of one point needs a second, at the same place."""
    assert step_path([(3, 4)]) == "M3 4h0"
    assert step_path([]) == ""
