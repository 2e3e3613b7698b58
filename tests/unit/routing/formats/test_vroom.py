"""VROOM's JSON in and out: what it asks is what is solved, and what cannot be said is told."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import routing
from routing.errors import FileWarning, ProblemError
from routing.formats.any_file import read_any_problem
from routing.formats.vroom import vroom_problem
from routing.formats.vroom_plan import vroom_answer
from services.cli.app import app

# A line of places: the depot at 0, jobs at 1, 2 and 3 km, 100 s a kilometre.
LINE = {
    "durations": [[abs(a - b) * 100 for b in range(4)] for a in range(4)],
    "distances": [[abs(a - b) * 1000 for b in range(4)] for a in range(4)],
}


def asked(**changed: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "vehicles": [
            {"id": 1, "start_index": 0, "end_index": 0, "capacity": [4], "skills": [1], "time_window": [0, 20_000]},
            {"id": 2, "start_index": 0, "end_index": 0, "capacity": [4], "costs": {"fixed": 50, "per_km": 2}},
        ],
        "jobs": [
            {"id": 11, "location_index": 1, "pickup": [2], "service": 60},
            {"id": 12, "location_index": 2, "pickup": [2], "skills": [1]},
            {"id": 13, "location_index": 3, "pickup": [2], "time_windows": [[1000, 2000]]},
        ],
        "matrices": {"car": LINE},
    }
    return plain | changed


@pytest.mark.filterwarnings("ignore::routing.errors.FileWarning")
def test_jobs_vehicles_and_matrices_are_stops_vehicles_and_roads() -> None:
    problem = vroom_problem(asked(), "line")
    assert [stop.id for stop in problem.stops] == ["11", "12", "13"]
    assert [stop.demand_kg for stop in problem.stops] == [2, 2, 2]
    assert problem.stops[1].vehicles == frozenset({"1"})
    assert problem.stops[2].windows == ((1000, 2000),)
    assert problem.stops[0].service_s == 60
    first, second = problem.vehicles
    assert (first.shift, first.capacity_kg, first.fixed_cost) == ((0, 20_000), 4, 0)
    assert (second.fixed_cost, second.fuel.drive_l_per_km) == (50, 2)
    roads = problem.matrices["car"]
    assert roads.distance_m[problem.depots[0].location, problem.stops[2].location] == 3000
    assert problem.prices.crew_per_h == 3600


@pytest.mark.filterwarnings("ignore::routing.errors.FileWarning")
def test_solved_and_answered_as_vroom_would(tmp_path: Path) -> None:
    """Three jobs of 2 with capacities of 4: two vehicles; all is served, and each route's load is at most 4."""
    file, out = tmp_path / "line.vroom.json", tmp_path / "plan.vroom.json"
    file.write_text(json.dumps(asked()))
    ran = CliRunner().invoke(app, ["solve", str(file), "--out", str(out), "--time-limit", "1"])
    assert ran.exit_code == 0, ran.output
    answer = json.loads(out.read_text())
    assert (answer["code"], answer["unassigned"], answer["summary"]["pickup"]) == (0, [], [6, 0])
    done = sorted(step["id"] for route in answer["routes"] for step in route["steps"] if step["type"] == "job")
    assert done == [11, 12, 13]
    for route in answer["routes"]:
        assert route["steps"][0]["type"] == "start"
        assert route["steps"][-1]["type"] == "end"
        assert max(step["load"][0] for step in route["steps"]) <= 4
        # 100 s a kilometre everywhere
        assert route["duration"] * 10 == route["distance"]


@pytest.mark.filterwarnings("ignore::routing.errors.FileWarning")
def test_job_that_cannot_be_served_is_unassigned_with_its_reason() -> None:
    heavy = {"id": 14, "location_index": 1, "pickup": [9]}
    problem = vroom_problem(asked(jobs=[heavy]), "line")
    answer = vroom_answer(problem, routing.solve(problem, routing.MaxRuntime(0.2), 1))
    assert [(left["id"], left["reason"]) for left in answer["unassigned"]] == [(14, "no_capacity")]


@pytest.mark.filterwarnings("ignore::routing.errors.FileWarning")
def test_route_without_an_end_ends_at_its_last_job() -> None:
    """Out to 3 km and no way back: 300 s."""
    vehicle = {"id": 1, "start_index": 0}
    problem = vroom_problem(asked(vehicles=[vehicle], jobs=[{"id": 1, "location_index": 3}]), "line")
    answer = vroom_answer(problem, routing.solve(problem, routing.MaxRuntime(0.2), 1))
    assert (answer["summary"]["duration"], answer["summary"]["distance"]) == (300, 3000)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"shipments": [{"amount": [1]}]}, "shipments"),
        ({"vehicles": [{"id": 1, "start_index": 0, "steps": [{"type": "start"}]}]}, "no steps"),
        ({"vehicles": [{"id": 1}]}, "a start or an end"),
        ({"vehicles": [{"id": 1, "start_index": 0}, {"id": 2, "start_index": 0, "end_index": 0}]}, "or of none"),
        ({"vehicles": [{"id": 1, "start_index": 0, "breaks": [{"id": 1}, {"id": 2}]}]}, "one break with one"),
        ({"jobs": [{"id": 1, "location_index": 9}]}, "up to index 9"),
        ({"jobs": [{"id": 1, "location_index": 1, "pickup": [1, 2, 3]}]}, "at most two amounts"),
        ({"jobs": [{"id": 1, "location_index": 1, "pickup": "much"}]}, "a list of numbers"),
        ({"jobs": [{"id": 1}]}, "a location_index"),
        ({"matrices": {"car": {"durations": [[0, 1]]}}}, "a square matrix"),
    ],
)
@pytest.mark.filterwarnings("ignore::routing.errors.FileWarning")
def test_what_we_cannot_say_is_refused_by_name(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(ProblemError, match=told):
        vroom_problem(asked(**changed), "line")


def test_what_is_read_otherwise_is_warned_of(tmp_path: Path) -> None:
    """Without matrices VROOM asks a server of routes, we estimate: 0.01 degrees are 1.11 km, 1.56 by road."""
    job = {"id": 1, "location": [2.4, 6.38], "priority": 10, "service": 5}
    message = {"vehicles": [{"id": 1, "start": [2.4, 6.37], "end": [2.4, 6.37]}], "jobs": [job]}
    file = tmp_path / "x.json"
    file.write_text(json.dumps(message))
    with pytest.warns(FileWarning) as caught:
        problem = read_any_problem(file)
    texts = " | ".join(str(warning.message) for warning in caught)
    assert "no matrices" in texts
    assert "priorities are not weighed" in texts
    assert "driving alone" in texts
    roads = problem.matrices["car"]
    assert roads.distance_m[problem.depots[0].location, problem.stops[0].location] == pytest.approx(1557, abs=2)
