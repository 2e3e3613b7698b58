"""A planner worker makes the very matrices that the planner has searched on, from its own copy of the roads."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

import routing
from routing.sharing import split
from services.contracts.districts import DistrictOrdered
from services.fill.due import forecasts_of_day
from services.planning.districts import contents_of, lines_of, problem_on_roads, profiles_of
from services.planning.problem import problem_of_day
from services.roads.osm.build import build_roads
from services.roads.osm.city_roads import find_roads, roads_of
from services.roads.osm.store import RoadStore
from tests.support.roads_town import at, town, write_town

pytest.importorskip("osrm", reason="no wheel of OSRM for this machine")
pytest.importorskip("osmium", reason="no wheel of osmium for this machine")

DAY = date(2026, 3, 3)
NOW = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)


def test_districts_matrices_are_the_planners_on_real_streets(tmp_path: Path) -> None:
    """Protects the prices: positions and vehicles travel, and the same streets say the same metres and seconds."""
    extract = write_town(tmp_path / "roads.osm.pbf")
    registry = town({"c": (395, 395), "d": (5, 400), "e": (1390, 5), "g": (5, 1000)})
    data = tmp_path / "data"
    build_roads(RoadStore(data, registry.city.id), registry, extract, now=NOW, told=lambda _step, _share: None)
    roads = roads_of(registry, data)
    assert roads.source == "osm"
    due = [f for f in forecasts_of_day(registry, {}, DAY) if f.due]
    problem = problem_of_day(registry, due, DAY, name="day", roads=roads)
    plan = routing.solve(problem, routing.MaxIterations(50))
    (part,) = split(problem, plan, 100, 1)
    order = DistrictOrdered.model_validate(
        {
            "district_id": uuid4(), "request_id": uuid4(), "city": registry.city.id, "day": DAY, "round": 1,
            "district": 1, "of": 1, "time_limit_s": 1, "deadline": NOW + timedelta(minutes=1), "seed": 1,
            "roads": roads.source, "lines": lines_of(registry), "profiles": profiles_of(registry, roads),
            **contents_of(part),
        }
    )  # fmt: skip
    found = find_roads(registry.city.id, data)
    assert found is not None
    again = problem_on_roads(DistrictOrdered.model_validate_json(order.to_bytes()), found)
    assert len(again.stops) == len(problem.stops) > 0
    assert set(again.matrices) == set(part.problem.matrices)
    for name, matrix in again.matrices.items():
        assert np.array_equal(matrix.distance_m, part.problem.matrices[name].distance_m)
        assert np.array_equal(matrix.duration_s, part.problem.matrices[name].duration_s)


def test_worker_goes_round_the_planners_closed_streets(tmp_path: Path) -> None:
    """What travels are the lines: each machine finds their streets on its own copy of the roads."""
    extract = write_town(tmp_path / "roads.osm.pbf")
    registry = town({"b": (395, 5), "c": (395, 395)}, kerb_side=False)
    data = tmp_path / "data"
    build_roads(RoadStore(data, registry.city.id), registry, extract, now=NOW, told=lambda _step, _share: None)
    whole = roads_of(registry, data)
    roads = whole.closing([(at(400, 2), at(400, 396))])
    due = [f for f in forecasts_of_day(registry, {}, DAY) if f.due]
    problem = problem_of_day(registry, due, DAY, name="day", roads=roads)
    (part,) = split(problem, routing.solve(problem, routing.MaxIterations(20)), 100, 1)
    order = DistrictOrdered.model_validate(
        {
            "district_id": uuid4(), "request_id": uuid4(), "city": registry.city.id, "day": DAY, "round": 1,
            "district": 1, "of": 1, "time_limit_s": 1, "deadline": NOW + timedelta(minutes=1), "seed": 1,
            "roads": roads.source, "lines": lines_of(registry), "closed_streets": roads.closed,
            "profiles": profiles_of(registry, roads), **contents_of(part),
        }
    )  # fmt: skip
    found = find_roads(registry.city.id, data)
    assert found is not None
    there = DistrictOrdered.model_validate_json(order.to_bytes())
    again = problem_on_roads(there, found.closing(there.closed_streets))
    for name, matrix in again.matrices.items():
        assert np.array_equal(matrix.distance_m, part.problem.matrices[name].distance_m)
        assert not np.array_equal(matrix.distance_m, problem_on_roads(there, found).matrices[name].distance_m)
