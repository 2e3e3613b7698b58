"""Real extracts, where they are at hand: Monaco from the file to a plan that is checked."""

import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

import routing
from services.city.registry import Container, Registry
from services.fill.due import forecasts_of_day
from services.planning.problem import problem_of_day
from services.roads.osm.build import build_roads
from services.roads.osm.city_roads import OsmRoads, find_roads
from services.roads.osm.extract import read_extract
from services.roads.osm.store import RoadStore
from services.roads.roads import Places, road_vehicle
from tests.support.beside import EXTRACTS
from tests.support.roads_town import town

pytest.importorskip("osrm", reason="no wheel of OSRM for this machine")
pytest.importorskip("osmium", reason="no wheel of osmium for this machine")

pytestmark = pytest.mark.skipif(not EXTRACTS.is_dir(), reason=f"{EXTRACTS} with real extracts is not there")

DAY = date(2026, 3, 3)
HARBOUR, HILL = (7.4206, 43.7357), (7.4128, 43.7331)  # lon, lat: Boulevard Albert Ier, Avenue Hector Otto


def monaco(containers: int) -> Registry:
    """Containers beside streets all over the town, drawn with a fixed seed."""
    corners = read_extract(EXTRACTS / "monaco.osm.pbf").landmarks
    noise = np.random.default_rng(1).normal(0, 2e-4, (containers, 2))
    chosen = corners[np.arange(containers) % len(corners)] + noise
    base = town({"x": (0, 0)}, capacity_kg=9000, capacity_l=20_000)
    return base.model_copy(
        update={
            "containers": tuple(
                base.containers[0].model_copy(update={"id": f"c{n}", "name": f"c{n}", "lon": lon, "lat": lat})
                for n, (lon, lat) in enumerate(chosen.tolist())
            ),
            "depots": tuple(d.model_copy(update={"lon": HARBOUR[0], "lat": HARBOUR[1]}) for d in base.depots),
            "disposal_sites": tuple(s.model_copy(update={"lon": HILL[0], "lat": HILL[1]}) for s in base.disposal_sites),
        }
    )


def real_roads(registry: Registry, data: Path) -> OsmRoads:
    """Monaco's streets, built for these places."""
    build_roads(
        RoadStore(data, registry.city.id),
        registry,
        EXTRACTS / "monaco.osm.pbf",
        now=datetime(2026, 3, 3, tzinfo=UTC),
        told=lambda _step, _share: None,
    )
    roads = find_roads(registry.city.id, data)
    assert roads is not None
    return roads


def test_monaco_from_the_extract_to_a_checked_plan(tmp_path: Path) -> None:
    """Thirty containers, distances of real streets: longer than straight lines, and a plan the checker accepts."""
    registry = monaco(30)
    roads = real_roads(registry, tmp_path)
    due = [forecast for forecast in forecasts_of_day(registry, {}, DAY) if forecast.due]
    problem = problem_of_day(registry, due, DAY, name="monaco", roads=roads)
    matrix = problem.matrices[roads.name(road_vehicle(registry.truck_classes[0]))]
    line_m = routing.estimated_roads(np.array([(p.lon, p.lat) for p in problem.locations]), 1.0).distance_m
    far = line_m > 300
    assert (matrix.distance_m[far] > 0.8 * line_m[far]).all()  # a stop on the street may be nearer than the container
    assert 1.2 < np.median(matrix.distance_m[far] / line_m[far]) < 4
    solution = routing.solve(problem, routing.MaxIterations(300), 1)
    verdict = routing.check(problem, solution)
    assert list(verdict.violations) == []
    assert sum(len(route.stop_ids) for route in solution.routes) + len(solution.unserved) == 30


def test_a_matrix_of_five_hundred_places_is_quick_and_has_no_holes(tmp_path: Path) -> None:
    """The goal is 4 million cells in 5 s of one core: a sixteenth of it in a generous second, so on any machine."""
    registry = monaco(1)
    containers = tuple(Container.model_validate(c.model_dump()) for c in monaco(500).containers)
    roads = real_roads(registry, tmp_path)
    lonlat = np.array([(c.lon, c.lat) for c in containers])
    began_s = time.process_time()
    found = roads.table(road_vehicle(registry.truck_classes[0]), Places(lonlat, np.ones(500, dtype=np.bool_)))
    assert time.process_time() - began_s < 2
    assert found.duration_s.min() >= 0
    assert (np.diag(found.duration_s) == 0).all()
