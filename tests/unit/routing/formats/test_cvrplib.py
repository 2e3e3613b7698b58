"""CVRPLIB files: the plan's cost is the published distance, and a wrong line is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing import FileError, FileWarning, MaxIterations, ProblemError, Reason, check, solve
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
        ("EUC_2D", "GEO", "small.vrp:5: found 'GEO', expected EDGE_WEIGHT_TYPE : EUC_2D, CEIL_2D or EXPLICIT"),
        ("DIMENSION : 4", "DIMENSION : 5", "small.vrp:4: found '4 coordinates', expected 5"),
        ("CAPACITY : 10", "CAPACITY : 0", "small.vrp:6: found '0', expected 'CAPACITY : N'"),
        ("CAPACITY : 10\n", "", "expected 'CAPACITY : N'"),
        ("TYPE : CVRP\n", "TYPE : VRPTW\n", "small.vrp:3: found 'VRPTW'"),
        ("DEPOT_SECTION\n 1\n -1\n", "", "expected a DEPOT_SECTION"),
        (" 1\n -1", " 1\n 2\n -1", "small.vrp:19: found '2 depots', expected one depot"),
        ("CAPACITY", "DISTANCE : 0\nCAPACITY", "small.vrp:6: found '0', expected 'DISTANCE : N' with a number above 0"),
        ("CAPACITY", "SERVICE_TIME : -1\nCAPACITY", "small.vrp:6: found '-1', expected 'SERVICE_TIME : N' with 0 or"),
        ("DEPOT_SECTION", "TIME_WINDOW_SECTION\nDEPOT_SECTION", "small.vrp:17: found 'TIME_WINDOW_SECTION'"),
    ],
)
def test_wrong_line_is_named(tmp_path: Path, was: str, becomes: str, told: str) -> None:
    """Protects whoever made the file: number of the line, what stands there, what is expected."""
    assert told in told_of_spoilt(read_vrp, written(tmp_path), was, becomes)


STAR = """NAME : star
TYPE : DCVRP
DIMENSION : 5
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 100
DISTANCE : 40.5
SERVICE_TIME : 0.0
NODE_COORD_SECTION
1 0 0
2 20 0
3 -20 0
4 0 20
5 0 -20
DEMAND_SECTION
1 0
2 1
3 1
4 1
5 1
DEPOT_SECTION
1
-1
"""


def test_length_of_a_route_asks_for_vehicles(tmp_path: Path) -> None:
    """Protects the fleet: each customer 20 away, no route longer than 40.5, so four routes of 40, not one load's 3."""
    problem = read_vrp(written(tmp_path, STAR))
    plan = solve(problem, MaxIterations(100))
    assert len(problem.vehicles) == 4
    assert plan.violations == ()
    assert plan.cost == pytest.approx(160)


def test_service_counts_for_the_length_of_a_route(tmp_path: Path) -> None:
    """Protects DCVRP's rule: 40 of driving and half an hour of service fit in 40.5, six tenths do not."""
    assert solve(read_vrp(written(tmp_path, STAR.replace("0.0", "0.5"))), MaxIterations(50)).violations == ()
    too_long = solve(read_vrp(written(tmp_path, STAR.replace("0.0", "0.6"))), MaxIterations(50))
    assert {row.reason for row in too_long.unserved} == {Reason.WINDOW_UNREACHABLE}
    assert len(too_long.unserved) == 4


# Unrounded: 5 + 6.7082 + 10 = 21.7082 and 20.
UNROUNDED = pytest.approx(41.7082, abs=1e-3)


@pytest.mark.parametrize(
    ("solution", "comment", "rounded", "cost"),
    [
        (None, "made for this test", None, 42),
        (None, "made for this test", False, UNROUNDED),
        (None, "41.71", None, UNROUNDED),
        (None, "42", None, 42),
        ("Route #1: 1 2\nRoute #2: 3\nCost 41.71", "made for this test", None, UNROUNDED),
        ("Route #1: 1 2\nRoute #2: 3\nCost 42", "41.71", None, 42),
        ("Route #1: 1 2\nRoute #2: 3\nCost 41.71", "made for this test", True, 42),
        ("Cost 41.71", "made for this test", None, UNROUNDED),
        ("Cost 42", "made for this test", None, 42),
    ],
    ids=["nothing said", "asked", "comment", "whole comment", "routes", "rounded routes", "asked against", "cost",
         "whole cost"],
)  # fmt: skip
def test_unrounded_distances(
    tmp_path: Path, solution: str | None, comment: str, rounded: bool | None, cost: object
) -> None:
    """Protects real-valued sets (CMT, Golden, Li): who asks decides, else the .sol, else the cost in the comment."""
    file = written(tmp_path, SMALL.replace("made for this test", comment))
    if solution is not None:
        (tmp_path / "small.sol").write_text(solution)
    assert solve(read_vrp(file, rounded=rounded), MaxIterations(300)).cost == cost


def test_spoilt_solution_file_is_told_and_not_believed(tmp_path: Path) -> None:
    """Protects against silence: the .sol cannot say how distances are meant, so the file's own word is left."""
    (tmp_path / "small.sol").write_text("nothing here")
    with pytest.warns(FileWarning, match=r"no line 'Cost N'.* whether the distances of small.vrp are rounded"):
        assert read_vrp(written(tmp_path)).matrices["truck"].distance_m[1, 2] == 7


def test_unrounded_distances_of_a_large_plane_fit(tmp_path: Path) -> None:
    """Protects int32: 3,000,000 units apart leave two digits behind the point, not four."""
    file = written(tmp_path, SMALL.replace("3 0 10", "3 0 3000000.125"))
    problem = read_vrp(file, rounded=False)
    assert problem.matrices["truck"].distance_m[0, 2] == 300_000_012
    assert solve(problem, MaxIterations(100)).cost == pytest.approx(2 * 3_000_000.12 + 20, rel=1e-6)


# Nodes 1 to 4, 1 the depot: 1-2 7, 1-3 4, 2-3 5, 1-4 6, 2-4 9, 3-4 8.
EXPLICIT = """NAME : table
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EXPLICIT
EDGE_WEIGHT_FORMAT : FORMAT
DISPLAY_DATA_TYPE : NO_DISPLAY
CAPACITY : 10
EDGE_WEIGHT_SECTION
WEIGHTS
DEMAND_SECTION
1 0
2 6
3 4
4 7
DEPOT_SECTION
1
-1
"""
TABLE = [[0, 7, 4, 6], [7, 0, 5, 9], [4, 5, 0, 8], [6, 9, 8, 0]]


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("LOWER_ROW", "7 4 5 6 9 8"),
        ("UPPER_COL", "7 4\n5 6 9\n8"),
        ("UPPER_ROW", "7 4 6\n5 9\n8"),
        ("LOWER_COL", "7 4 6 5 9 8"),
        ("LOWER_DIAG_ROW", "0\n7 0\n4 5 0\n6 9 8 0"),
        ("UPPER_DIAG_COL", "0 7 0 4 5 0 6 9 8 0"),
        ("UPPER_DIAG_ROW", "9999 7 4 6 9999 5 9 9999 8 9999"),
        ("LOWER_DIAG_COL", "0 7 4 6 0 5 9 0 8 0"),
        ("FULL_MATRIX", "0 7 4 6\n7 0 5 9\n4 5 0 8\n6 9 8 0"),
    ],
)
def test_explicit_matrix(tmp_path: Path, name: str, weights: str) -> None:
    """Protects each format of a table; 2 and 3 on one route (7 + 5 + 4), 4 alone (12): 28."""
    problem = read_any_problem(written(tmp_path, EXPLICIT.replace("FORMAT\n", f"{name}\n").replace("WEIGHTS", weights)))
    assert problem.matrices["truck"].distance_m.tolist() == TABLE
    assert solve(problem, MaxIterations(100)).cost == pytest.approx(28)


def test_full_matrix_may_be_asymmetric_and_fractional(tmp_path: Path) -> None:
    """Protects ACVRP: there 7.5, back 7.25; each direction keeps its own."""
    weights = "0 7.5 4 6\n7.25 0 5 9\n4 5 0 8\n6 9 8 0"
    text = EXPLICIT.replace("FORMAT\n", "FULL_MATRIX\n").replace("WEIGHTS", weights)
    matrix = read_vrp(written(tmp_path, text)).matrices["truck"].distance_m
    assert (matrix[0, 1], matrix[1, 0]) == (75_000, 72_500)


@pytest.mark.parametrize(
    ("name", "weights", "told"),
    [
        ("LOWER_ROW", "7 4 5 6 9", "small.vrp:9: found '5 weights', expected 6, as LOWER_ROW of 4 nodes has"),
        ("LOWER_ROW", "7 4 5 6 nine 8", "small.vrp:9: found 'nine', expected weights, as numbers"),
        ("LOWER_ROW", "7 4 5 6 -9 8", "small.vrp:9: found '-9', expected weights of 0 or more"),
        ("FUNCTION", "7", "small.vrp:5: found 'FUNCTION', expected EDGE_WEIGHT_FORMAT : one of FULL_MATRIX"),
    ],
)
def test_wrong_table_is_named(tmp_path: Path, name: str, weights: str, told: str) -> None:
    """Protects whoever made the table."""
    text = EXPLICIT.replace("FORMAT\n", f"{name}\n").replace("WEIGHTS", weights)
    with pytest.raises(ProblemError) as caught:
        read_vrp(written(tmp_path, text))
    assert told in str(caught.value)


def test_headers_that_say_nothing_new_and_old_texts_are_read(tmp_path: Path) -> None:
    """Protects files from the wild: NODE_COORD_TYPE, a decimal capacity, a comment in Latin-1."""
    text = SMALL.replace(
        "CAPACITY : 10", "CAPACITY : 10.0\nNODE_COORD_TYPE : TWOD_COORDS\nDISPLAY_DATA_TYPE: COORD_DISPLAY"
    )
    file = tmp_path / "small.vrp"
    file.write_bytes(text.replace("made for", "créé pour").encode("latin-1"))
    assert solve(read_any_problem(file), MaxIterations(300)).cost == pytest.approx(42)


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
    with pytest.raises(FileError, match=r"expected a tournee/problem/1 or VROOM JSON object, a CVRPLIB"):
        read_any_problem(letter)
    with pytest.raises(FileError, match="cannot be read"):
        read_any_problem(tmp_path / "missing.vrp")
    with pytest.raises(FileError, match="at least 1"):
        read_any_problem(written(tmp_path), vehicles=0)
