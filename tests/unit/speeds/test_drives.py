"""Valhalla's edges told in OSM nodes: one street of four nodes, 100 m apart, crossed by another at its third."""

from typing import Any

import pytest

from services.roads.learning.drives import drives_of
from services.roads.learning.streets import Streets
from tests.support.roads_town import at

STREETS = Streets(
    ways={10: (1, 2, 3, 4), 20: (5, 3, 6)},
    at={1: at(0, 0), 2: at(100, 0), 3: at(200, 0), 4: at(300, 0), 5: at(200, -100), 6: at(200, 100)},
)


def edge(way: int, begin: int, kilometres: float, **more: Any) -> dict[str, Any]:
    return {"way_id": way, "node_id": begin, "length": kilometres, "forward": True, **more}


def point(index: int, share: float, **more: Any) -> dict[str, Any]:
    return {"type": "matched", "edge_index": index, "distance_along_edge": share, **more}


def told(edges: list[dict[str, Any]], points: list[dict[str, Any]]) -> list[tuple[list[int], list[float], list[float]]]:
    """Nodes, metres of the fixes and their seconds, ten apart, of each drive."""
    answer = {"edges": edges, "matched_points": points}
    drives = drives_of(answer, [10.0 * n for n in range(len(points))], STREETS)
    return [(d.nodes, [round(m) for m in d.fix_m.tolist()], d.fix_s.tolist()) for d in drives]


def test_an_edge_gets_all_its_nodes() -> None:
    """From half way along the first street round the corner: Valhalla names crossings only."""
    edges = [edge(10, 1, 0.1, source_percent_along=0.5), edge(20, 3, 0.1)]
    assert told(edges, [point(0, 0.5), point(0, 1.0), point(1, 0.5)]) == [([1, 2, 3, 6], [100, 200, 250], [0, 10, 20])]


def test_a_street_driven_back_is_another_direction() -> None:
    """4 to 3 against the order of the way, then down the crossing street."""
    edges = [edge(10, 4, 0.1, forward=False), edge(20, 3, 0.1, forward=False)]
    assert told(edges, [point(0, 0.0), point(1, 1.0)]) == [([4, 3, 5], [0, 200], [0, 10])]


def test_the_last_edge_ends_as_far_as_it_is_long() -> None:
    """Half of an edge was driven, told as 100 m: it is 200 m long, so it ends at node 3."""
    assert told([edge(10, 1, 0.1, target_percent_along=0.5)], [point(0, 0.0), point(0, 0.5)]) == [
        ([1, 2, 3], [0, 100], [0, 10])
    ]


def test_a_break_of_the_match_is_no_way() -> None:
    """Two streets with nothing between: two drives, each with its own fixes."""
    edges = [edge(10, 1, 0.2), edge(20, 5, 0.1)]
    points = [point(0, 0.0), point(0, 0.9, end_route_discontinuity=True)]
    points += [point(1, 0.1, begin_route_discontinuity=True), point(1, 0.9)]
    assert [nodes for nodes, _, _ in told(edges, points)] == [[1, 2, 3], [5, 3]]


@pytest.mark.parametrize("unknown", [{"way_id": 99}, {"node_id": 77}])
def test_an_unknown_street_is_left_out(unknown: dict[str, int]) -> None:
    """A way that the extract's streets do not hold splits the drive; it is never guessed."""
    edges = [edge(10, 1, 0.2), edge(10, 3, 0.1) | unknown, edge(10, 3, 0.1)]
    points = [point(0, 0.0), point(0, 1.0), point(1, 0.5), point(2, 0.0), point(2, 1.0)]
    assert [nodes for nodes, _, _ in told(edges, points)] in ([[1, 2, 3], [3, 4]], [[3, 4]])


def test_a_fix_that_was_not_matched_says_nothing() -> None:
    """Valhalla says so of fixes far from any street."""
    points = [point(0, 0.0), point(0, 0.7) | {"type": "unmatched"}, point(0, 1.0)]
    assert told([edge(10, 1, 0.2)], points) == [([1, 2, 3], [0, 200], [0, 20])]
