"""Closed streets: which segments of a network lie along a drawn line."""

import numpy as np
import pytest

from services.roads.closures import MICRO, Segments, along, line_metres
from tests.support.roads_town import at

STREETS = {
    "west": ((0, 0), (100, 0)), "east": ((100, 0), (200, 0)), "beyond": ((200, 0), (300, 0)),
    "crossing": ((100, 0), (100, 100)), "parallel": ((0, 40), (200, 40)), "carriageway": ((0, 9), (200, 9)),
    "fork": ((200, 0), (270, 70)),
}  # fmt: skip


def network() -> Segments:
    """A street of three blocks from west to east and what is beside it, in metres."""
    ends = [[*at(*begin), *at(*end)] for begin, end in STREETS.values()]
    nodes = [(2 * number, 2 * number + 1) for number in range(len(ends))]
    return Segments(np.array(nodes, dtype=np.int64), np.rint(np.array(ends) * MICRO).astype(np.int32))


def closed(*line: tuple[float, float]) -> set[str]:
    found = along(network(), [[at(*point) for point in line]])
    return {name for name, is_closed in zip(STREETS, found.tolist(), strict=True) if is_closed}


@pytest.mark.parametrize("line", [((0, -4), (200, -4)), ((200, -4), (0, -4)), ((-3, -4), (90, -7), (206, -2))])
def test_street_is_closed_whichever_way_it_was_drawn(line: tuple[tuple[float, float], ...]) -> None:
    """A few metres beside it and over its ends: what it crosses, runs along and leads on to stays open."""
    assert closed(*line) == {"west", "east", "carriageway"}


def test_block_is_closed_from_one_crossing_to_the_other() -> None:
    assert closed((0, -10), (100, -10)) == {"west"}
    assert closed((100, 4), (100, 97)) == {"crossing"}


def test_line_over_half_a_block_closes_it_and_over_a_fifth_does_not() -> None:
    assert closed((0, -10), (140, -10)) == {"west", "east"}
    assert closed((0, -10), (120, -10)) == {"west"}


def test_line_that_crosses_a_street_closes_none() -> None:
    assert closed((50, -60), (50, 35)) == set()


def test_points_that_are_twice_there_are_one() -> None:
    assert closed((0, -10), (0, -10), (100, -10), (100, -10)) == {"west"}
    assert closed((0, 0), (0, 0)) == set()


def test_lines_add_up_and_metres_are_told() -> None:
    segments = network()
    found = along(segments, [[at(0, -10), at(100, -10)], [at(200, -10), at(300, -10)]])
    assert found.tolist() == [name in {"west", "beyond"} for name in STREETS]
    assert segments.metres(found) == pytest.approx(200, abs=1)
    assert segments.metres(np.zeros_like(found)) == 0
    assert line_metres([at(0, 0), at(30, 40), at(30, 140)]) == pytest.approx(150, abs=0.5)
