"""Streets closed on real roads: matrices and lines go round them, and open again they are as before."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from services.city.registry import Registry
from services.roads.closures import line_metres
from services.roads.osm.build import build_roads
from services.roads.osm.city_roads import OsmRoads, find_roads
from services.roads.osm.closed import FOLDER, KEPT
from services.roads.osm.errors import GraphBroken
from services.roads.osm.segments import SEGMENTS
from services.roads.osm.store import RoadStore
from services.roads.reach import city_places
from services.roads.roads import EstimatedRoads, Places, road_vehicle
from tests.support.roads_town import at, town, write_town

pytest.importorskip("osrm", reason="no wheel of OSRM for this machine")
pytest.importorskip("osmium", reason="no wheel of osmium for this machine")

NOW = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
MARKET = (at(400, 2), at(400, 396))
"""Rue du Marché, B to C."""
PLACES = {"market": (402, 200), "north": (395, 395), "lagoon": (900, -5)}


def city() -> Registry:
    return town(PLACES, kerb_side=False)


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> OsmRoads:
    """The town's, whole."""
    folder = tmp_path_factory.mktemp("closed")
    extract = write_town(folder / "roads.osm.pbf")
    build_roads(RoadStore(folder, "ville"), city(), extract, now=NOW, told=lambda _step, _share: None)
    found = find_roads("ville", folder)
    assert found is not None
    return found


def metres(roads: OsmRoads) -> tuple[np.ndarray, np.ndarray]:
    """Between depot, site, market, north and lagoon; and how far each is from where the truck stops."""
    registry = city()
    table = roads.table(road_vehicle(registry.truck_classes[0]), city_places(registry)[1])
    return table.distance_m, table.off_m


def test_matrix_goes_round_a_closed_street_both_ways(roads: OsmRoads) -> None:
    """From the avenue to the north end of the market street: by A and D."""
    before, _ = metres(roads)
    closed, off_m = metres(roads.closing([MARKET]))
    lagoon, north, market = 4, 3, 2
    assert before[lagoon, north] == pytest.approx(500 + 400, rel=0.02)
    assert closed[lagoon, north] == closed[north, lagoon] == pytest.approx(500 + 400 + 400 + 400, rel=0.02)
    assert off_m[market] == pytest.approx(200, abs=3)
    assert off_m[north] < 10
    again, _ = metres(roads)
    assert (again == before).all()


def test_line_of_a_circuit_leaves_the_closed_street_out(roads: OsmRoads) -> None:
    vehicle = road_vehicle(city().truck_classes[0])
    places = Places(np.array([at(400, 0), at(400, 400)]), np.zeros(2, dtype=np.bool_))
    straight = roads.way(vehicle, places)
    round_ = roads.closing([MARKET]).way(vehicle, places)
    assert line_metres(straight.line) == pytest.approx(400, rel=0.02)
    assert line_metres(round_.line) == pytest.approx(1200, rel=0.02)  # by A and D
    assert sum(leg.distance_m for leg in round_.legs) == pytest.approx(1200, rel=0.02)


def test_place_that_no_street_leads_to_any_more_has_no_way(tmp_path: Path) -> None:
    """Beyond a bridge, of which every approach is closed."""
    registry = town({"bridge": (0, 700)}, height_m=2.5, width_m=1.9, kerb_side=False)
    vehicle, places = road_vehicle(registry.truck_classes[0]), city_places(registry)[1]
    extract = write_town(tmp_path / "roads.osm.pbf")
    build_roads(RoadStore(tmp_path, "ville"), registry, extract, now=NOW, told=lambda *_: None)
    low = find_roads("ville", tmp_path)
    assert low is not None
    assert low.table(vehicle, places).distance_m[0, 2] == pytest.approx(700, rel=0.02)
    bridge = [
        (at(0, 400), at(0, 1000)),
        (at(0, 1000), at(400, 1000)),
        (at(0, 0), at(0, 400)),
        (at(0, 400), at(400, 400)),
    ]
    table = low.closing([*bridge, (at(400, 400), at(400, 1000))]).table(vehicle, places)
    assert (table.distance_m[0, 2], table.duration_s[2, 0]) == (-1, -1)


def test_lines_beside_every_street_leave_the_roads_as_they_are(roads: OsmRoads) -> None:
    assert roads.closing([]) is roads
    assert roads.closing([(at(2000, 2000), at(2400, 2000))]) is roads
    estimated = EstimatedRoads(city().city.roads)
    assert estimated.closing([MARKET]) is estimated


def test_graph_is_made_once_and_old_ones_are_forgotten(roads: OsmRoads) -> None:
    vehicle = road_vehicle(city().truck_classes[0])
    places = city_places(city())[1]
    home = roads.graph_folder(vehicle) / FOLDER
    for length_m in range(150, 150 + 40 * (KEPT + 2), 40):
        roads.closing([(at(0, 0), at(0, 390)), (at(400, 0), at(400 + 2 * length_m, 0))]).table(vehicle, places)
        names = {each.name for each in home.iterdir()}
        roads.closing([(at(0, 0), at(0, 390)), (at(400, 0), at(400 + 2 * length_m, 0))]).table(vehicle, places)
        assert {each.name for each in home.iterdir()} == names
    assert len(names) <= KEPT


def test_roads_from_before_streets_could_be_closed_say_so(tmp_path: Path) -> None:
    build_roads(
        RoadStore(tmp_path, "ville"), city(), write_town(tmp_path / "roads.osm.pbf"), now=NOW, told=lambda *_: None
    )
    found = find_roads("ville", tmp_path)
    assert found is not None
    (found.graph_folder(road_vehicle(city().truck_classes[0])) / SEGMENTS).unlink()
    with pytest.raises(GraphBroken, match="tournee roads build"):
        found.closing([MARKET])
