"""What is read of streets' tags, and where an extract lies."""

import numpy as np
import pytest

from services.roads.osm.extract import _is_wide, _number, metres_outside


@pytest.mark.parametrize(
    ("text", "number"),
    [("9", 9), ("9.5 m", 9.5), ("2;3", 2), ("7,5", 7.5), ("wide", 0), ("", 0), (None, 0), (".", 0), ("٣", 0)],
)
def test_tags_are_read_as_people_write_them(text: str | None, number: float) -> None:
    """Units, lists, decimal commas, words: no tag stops a build."""
    assert _number(text) == number


@pytest.mark.parametrize(
    ("tags", "is_wide"),
    [
        ({"highway": "primary"}, True),
        ({"highway": "primary", "oneway": "yes"}, False),
        ({"highway": "tertiary", "lanes": "4"}, True),
        ({"highway": "tertiary", "lanes": "2", "width": "8"}, False),
        ({"highway": "residential", "width": "12 m"}, True),
        ({"highway": "primary", "junction": "roundabout"}, False),
    ],
)
def test_wide_streets_are_those_driven_both_ways_that_nobody_crosses_with_a_bin(
    tags: dict[str, str], is_wide: bool
) -> None:
    """One carriageway of a divided street is not wide: its own side is the container's."""
    assert _is_wide(tags) is is_wide


def test_metres_outside_a_box() -> None:
    """0 within it; half a degree north of it 55.6 km; east of it less, by the cosine of the latitude."""
    box = (2.0, 59.0, 3.0, 61.0)
    found = metres_outside(box, np.array([[2.5, 60.0], [2.5, 61.5], [3.5, 60.0]]))
    assert found == pytest.approx([0, 55_600, 27_800], rel=0.01)
