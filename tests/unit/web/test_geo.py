"""Maps as drawings: north up, everything inside, names in the middle."""

import pytest

from services.web.rendering.geo import frame_around, middle_of

SQUARE = {"type": "Polygon", "coordinates": [[[2.0, 6.0], [2.2, 6.0], [2.2, 6.2], [2.0, 6.2], [2.0, 6.0]]]}


def test_frame_holds_everything_with_north_up() -> None:
    """A container on the edge of town must not fall off the sheet."""
    frame = frame_around([(2.0, 6.0), (2.2, 6.2)], 600, 400)
    (west, south), (east, north) = frame.point(2.0, 6.0), frame.point(2.2, 6.2)
    assert 0 < west < east < 600
    assert 0 < north < south < 400


def test_scale_is_the_same_both_ways() -> None:
    """A square of 0.1 degrees of latitude is drawn as wide as tall, less the cosine of 6 degrees (0.9945)."""
    frame = frame_around([(2.0, 6.0), (2.2, 6.2)], 600, 600)
    assert frame.x_per_degree / frame.y_per_degree == pytest.approx(0.9943, abs=0.001)


def test_name_goes_to_the_middle() -> None:
    """The centre of gravity of a square is its middle."""
    assert middle_of(SQUARE) == pytest.approx((2.1, 6.1))


def test_city_without_places_can_still_be_drawn() -> None:
    """A city that was just created has an empty map, not an error."""
    assert frame_around([], 600, 400).point(0.5, 0.5) == pytest.approx((300, 200), abs=1)
