"""CVRPLIB files: the plan's cost is the published distance, and a wrong line is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing import FileError, MaxIterations, ProblemError, check, solve
from routing.formats import read_any_problem, read_best_known, read_vrp
from tests.unit.routing.formats.spoilt import told_of_spoilt

# Depot (0, 0), customers at (3, 4), (0, 10) and (-6, 8). Each pair's distance, rounded: depot-2 5, depot-3 10,
# depot-4 10, 2-3 7 (6.71), 2-4 10 (9.85), 3-4 6 (6.32).
SMALL = """NAME : small-n4-k2
COMMENT : made for this test
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 0 10
4 -6 8
DEMAND_SECTION
1 0
2 6
3 4
4 7
DEPOT_SECTION
 1
 -1
EOF
"""


def written(tmp_path: Path, text: str = SMALL) -> Path:
    path = tmp_path / "small.vrp"
    path.write_text(text)
    return path


def test_cost_of_a_plan_is_its_distance(tmp_path: Path) -> None:
    """Protects the gap to the best known: 2 and 3 on one route (5 + 7 + 10), 4 alone (20); 2 and 4 weigh 13 of 10."""
    problem = read_any_problem(written(tmp_path))
    plan = solve(problem, MaxIterations(300), seed=1)
    verdict = check(problem, plan)
    assert verdict.violations == []
    assert verdict.cost == pytest.approx(42.0)
    assert verdict.distance_m == 42


def test_distances_round_to_the_nearest(tmp_path: Path) -> None:
    """Protects the published convention: 6.71 is 7 and 6.32 is 6; with CEIL_2D both are 7."""
    distance = read_vrp(written(tmp_path)).matrices["truck"].distance_m
    assert (distance[1, 2], distance[2, 3]) == (7, 6)
    up = read_vrp(written(tmp_path, SMALL.replace("EUC_2D", "CEIL_2D"))).matrices["truck"].distance_m
    assert (up[1, 2], up[2, 3]) == (7, 7)


def test_k_of_the_name_does_not_limit(tmp_path: Path) -> None:
    """Protects against a fleet of k: 17 of capacity 10 may use 2 * 2 + 1 routes, and there are 3 customers."""
    assert len(read_vrp(written(tmp_path)).vehicles) == 3
    assert len(read_vrp(written(tmp_path), vehicles=2).vehicles) == 2
    assert len(read_vrp(written(tmp_path, SMALL.replace("CAPACITY", "VEHICLES : 1\nCAPACITY"))).vehicles) == 1


def test_distance_limits_a_route(tmp_path: Path) -> None:
    """Protects DISTANCE: 2 and 3 together are 22, so with 21 each customer has a route of its own: 10 + 20 + 20."""
    problem = read_vrp(written(tmp_path, SMALL.replace("CAPACITY", "DISTANCE : 21\nCAPACITY")))
    assert {vehicle.max_distance_m for vehicle in problem.vehicles} == {21}
    plan = solve(problem, MaxIterations(300), seed=1)
    assert (plan.violations, plan.distance_m) == ((), 50)


def test_distance_counts_service_where_there_is_any(tmp_path: Path) -> None:
    """Protects SERVICE_TIME: it counts as distance does, so 2 and 3 with 5 each are 32, too long for 31."""
    text = SMALL.replace("CAPACITY", "DISTANCE : {}\nSERVICE_TIME : 5\nCAPACITY")
    for longest, distance_m in ((32, 42), (31, 50)):
        plan = solve(read_vrp(written(tmp_path, text.format(longest))), MaxIterations(300), seed=1)
        assert (plan.violations, plan.distance_m) == ((), distance_m)


def test_depot_need_not_come_first(tmp_path: Path) -> None:
    """Protects files whose depot is another node: node 3 is the depot, and no stop."""
    problem = read_vrp(written(tmp_path, SMALL.replace(" 1\n -1", " 3\n -1").replace("3 4\n4 7", "3 0\n4 7")))
    assert problem.depots[0].location == 2
    assert [stop.id for stop in problem.stops] == ["1", "2", "4"]


@pytest.mark.parametrize(
    ("was", "becomes", "told"),
    [
        ("2 3 4", "2 three 4", "small.vrp:9: found 'three', expected node x y, with numbers"),
        ("2 3 4", "2 3", "small.vrp:9: found '2 3', expected node x y"),
        ("3 4\n4 7", "3 -4\n4 7", "small.vrp:15: found '-4', expected a demand"),
        ("3 4\n4 7", "9 4\n4 7", "small.vrp:15: found '9 4', expected a node with coordinates"),
        ("EUC_2D", "GEO", "small.vrp:5: found 'GEO', expected EDGE_WEIGHT_TYPE : EUC_2D or CEIL_2D"),
        ("DIMENSION : 4", "DIMENSION : 5", "small.vrp:4: found '4 coordinates', expected 5"),
        ("CAPACITY : 10", "CAPACITY : 0", "small.vrp:6: found '0', expected 'CAPACITY : N'"),
        ("CAPACITY : 10\n", "", "expected 'CAPACITY : N'"),
        ("TYPE : CVRP\n", "TYPE : VRPTW\n", "small.vrp:3: found 'VRPTW'"),
        ("DEPOT_SECTION\n 1\n -1\n", "", "expected a DEPOT_SECTION"),
        (" 1\n -1", " 1\n 2\n -1", "small.vrp:19: found '2 depots', expected one depot"),
        ("DEPOT_SECTION", "TIME_WINDOW_SECTION\nDEPOT_SECTION", "small.vrp:17: found 'TIME_WINDOW_SECTION'"),
    ],
)
def test_wrong_line_is_named(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    """Protects whoever made the file: number of the line, what stands there, what is expected."""
    assert told in told_of_spoilt(read_vrp, written(tmp_path), was, becomes)


def test_best_known_is_the_cost_line(tmp_path: Path) -> None:
    """Protects the gap: the `.sol` file's last line counts, and one without it is refused."""
    solution = tmp_path / "small.sol"
    solution.write_text("Route #1: 1 2\nRoute #2: 3\nCost 42")
    assert read_best_known(solution) == 42
    solution.write_text("Route #1: 1 2\n")
    with pytest.raises(FileError, match="no line 'Cost N'"):
        read_best_known(solution)
    solution.write_text("Cost cheap\n")
    with pytest.raises(ProblemError, match=r"small.sol:1: found 'cheap'"):
        read_best_known(solution)


def test_unknown_file_says_what_can_be_read(tmp_path: Path) -> None:
    """Protects whoever hands over the wrong file, or asks for no vehicle."""
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear mayor")
    with pytest.raises(FileError, match=r"expected a tournee/problem/1 JSON object, a CVRPLIB"):
        read_any_problem(letter)
    with pytest.raises(FileError, match="cannot be read"):
        read_any_problem(tmp_path / "missing.vrp")
    with pytest.raises(FileError, match="at least 1"):
        read_any_problem(written(tmp_path), vehicles=0)
