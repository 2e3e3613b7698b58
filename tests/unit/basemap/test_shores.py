"""Sea and cut-off water: which side of a shore is wet."""

import pytest
from shapely import Point

from services.roads.basemap.shores import cut_water, sea_of

FRAME = (0.0, 0.0, 1.0, 1.0)


def test_the_sea_lies_on_the_right_of_the_coastline() -> None:
    """Land is drawn on the left: a coast that runs east has its sea in the south, one that runs west in the north."""
    east = sea_of([[(-0.5, 0.4), (0.5, 0.5), (1.5, 0.4)]], FRAME)
    west = sea_of([[(1.5, 0.4), (0.5, 0.5), (-0.5, 0.4)]], FRAME)
    assert len(east.polygons) == len(west.polygons) == 1
    assert east.polygons[0].contains(Point(0.5, 0.1))
    assert west.polygons[0].contains(Point(0.5, 0.9))
    assert east.polygons[0].area + west.polygons[0].area == pytest.approx(1)


def test_a_coastline_in_pieces_is_one_coast() -> None:
    """OpenStreetMap splits it at will."""
    pieces = [[(0.6, 0.5), (1.2, 0.5)], [(-0.2, 0.5), (0.3, 0.5)], [(0.3, 0.5), (0.6, 0.5)]]
    assert sea_of(pieces, FRAME).polygons[0].area == pytest.approx(0.5)


def test_islands_stay_dry() -> None:
    """An island is a ring with the sea on its right: run anticlockwise."""
    coast = [(-0.5, 0.5), (1.5, 0.5)]
    island = [(0.4, 0.2), (0.6, 0.2), (0.6, 0.3), (0.4, 0.3), (0.4, 0.2)]
    sea = sea_of([coast, island], FRAME)
    assert not any(polygon.contains(Point(0.5, 0.25)) for polygon in sea.polygons)
    assert sum(polygon.area for polygon in sea.polygons) == pytest.approx(0.5 - 0.02)


def test_an_island_alone_has_sea_all_around() -> None:
    """A frame that is nothing but an island's surroundings."""
    island = [(0.4, 0.2), (0.6, 0.2), (0.6, 0.3), (0.4, 0.3), (0.4, 0.2)]
    assert sum(polygon.area for polygon in sea_of([island], FRAME).polygons) == pytest.approx(1 - 0.02)


def test_a_coastline_that_ends_just_short_of_the_frame_is_led_to_it() -> None:
    """Extracts end at a border of countries with the neighbour's coast left out."""
    sea = sea_of([[(-0.5, 0.5), (0.95, 0.5)]], FRAME)
    assert sea.polygons[0].area == pytest.approx(0.5)


def test_a_coastline_with_a_gap_makes_no_sea_and_is_told() -> None:
    """A town under water is worse than a sea that is missing."""
    sea = sea_of([[(-0.5, 0.5), (0.4, 0.5)]], FRAME)
    assert sea.polygons == ()
    assert len(sea.gaps) <= 1
    runs_both_ways = [[(-0.5, 0.5), (0.5, 0.5)], [(1.5, 0.5), (0.5, 0.5)]]
    told = sea_of(runs_both_ways, FRAME)
    assert told.polygons == ()
    assert len(told.gaps) == 2


def test_no_coastline_in_the_frame_is_no_sea() -> None:
    """An inland city whose extract brought a far piece of coast along."""
    assert sea_of([[(5, 5), (6, 6)]], FRAME).polygons == ()


def test_of_a_lagoon_cut_off_by_the_frame_the_side_without_streets_is_wet() -> None:
    """The direction of such an outline says nothing; streets do."""
    shore = [(-0.01, 0.05), (0.06, 0.05)]
    frame = (0.0, 0.0, 0.05, 0.1)
    streets = [[(0.001 * n, 0.0), (0.001 * n, 0.049)] for n in range(50)]
    wet = cut_water([shore], streets, frame)
    assert len(wet) == 1
    assert wet[0].contains(Point(0.02, 0.08))
