"""Real roads on a town that can be reckoned by hand: what the vehicles take, and what is wrong with its places."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from services.city.registry import BaselineStop, Registry
from services.contracts.planning import PlanMade
from services.planning.plan_day import plan_day
from services.roads.osm.build import RoadsBuilt, build_roads
from services.roads.osm.city_roads import OsmRoads, find_roads, roads_of
from services.roads.osm.store import RoadStore
from services.roads.reach import city_places
from services.roads.roads import Places, RoadTable, road_vehicle
from tests.support.judge_published import judge_made
from tests.support.orders import day_order
from tests.support.roads_town import at, town, write_town

pytest.importorskip("osrm", reason="no wheel of OSRM for this machine")
pytest.importorskip("osmium", reason="no wheel of osmium for this machine")

NOW = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
WITHIN = 0.005  # OSRM's earth is 0.03 % larger than ours, and it counts coordinates in millionths of a degree


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town as a file."""
    return write_town(tmp_path_factory.mktemp("town") / "roads.osm.pbf")


def built(registry: Registry, extract: Path, data: Path) -> RoadsBuilt:
    store = RoadStore(data, registry.city.id)
    return build_roads(store, registry, extract, now=NOW, told=lambda _step, _share: None)


def roads(registry: Registry, extract: Path, data: Path) -> OsmRoads:
    built(registry, extract, data)
    found = find_roads(registry.city.id, data)
    assert found is not None
    return found


def table(registry: Registry, extract: Path, data: Path) -> RoadTable:
    """Rows: the depot at A, the site between E and F, then the containers."""
    vehicle = road_vehicle(registry.truck_classes[0])
    return roads(registry, extract, data).table(vehicle, city_places(registry)[1])


def planned(registry: Registry, data: Path) -> PlanMade:
    order = day_order(registry.city.id, date(2026, 3, 3), NOW)
    return plan_day(order, registry, {}, now=lambda: NOW, roads=roads_of(registry, data))


def test_distances_follow_the_streets(extract: Path, tmp_path: Path) -> None:
    """A to C is 800 m round the block and not 566 m across; the avenue is quicker a metre than a side street."""
    found = table(town({"c": (395, 395), "e": (1390, 5)}, kerb_side=False), extract, tmp_path)
    assert found.distance_m[0, 2] == pytest.approx(800, rel=0.02)
    assert found.distance_m[0, 3] == pytest.approx(1400, rel=0.02)
    # 400 m at 20 km/h are 72 s, 1,000 m at 45 km/h are 80 s; turns come on top.
    assert 150 <= found.duration_s[0, 3] <= 175
    assert found.distance_m.dtype == found.duration_s.dtype == np.int32


def test_a_high_truck_goes_round_the_low_bridge(extract: Path, tmp_path: Path) -> None:
    """D to G: 600 m under the bridge, or D-C-H-G, 1,400 m."""
    places = {"d": (5, 400), "g": (5, 1000)}
    high = table(town(places, height_m=3.6), extract, tmp_path / "high")
    low = table(town(places, height_m=2.8), extract, tmp_path / "low")
    assert high.distance_m[2, 3] == pytest.approx(1400, rel=0.03)
    assert low.distance_m[2, 3] == pytest.approx(600, rel=0.03)


def test_a_tricycle_takes_the_lane_that_a_truck_cannot(extract: Path, tmp_path: Path) -> None:
    """The lane is 2 m wide. The truck stops 300 m before its end, and the crew walks."""
    places = {"lane": (-300, 400)}
    truck = table(town(places), extract, tmp_path / "truck")
    tricycle = table(town(places, road_profile="tricycle", weight_kg=900), extract, tmp_path / "tricycle")
    assert truck.off_m[2] == pytest.approx(300, rel=WITHIN)
    assert tricycle.off_m[2] < 1
    assert tricycle.distance_m[0, 2] == pytest.approx(700, rel=WITHIN)


def test_a_truck_stops_on_the_containers_side_of_the_avenue(extract: Path, tmp_path: Path) -> None:
    """On the avenue's north side, driven on the right: from A over B, C, F and E, 400+400+1000+400+500 m."""
    places = {"north": (900, 8), "south": (900, -8)}
    kerb = table(town(places), extract, tmp_path / "kerb")
    anyhow = table(town(places, kerb_side=False), extract, tmp_path / "any")
    assert kerb.distance_m[0, 2] == pytest.approx(2700, rel=WITHIN)
    assert kerb.distance_m[0, 3] == pytest.approx(900, rel=WITHIN)
    assert anyhow.distance_m[0, 2] == pytest.approx(900, rel=WITHIN)


def test_a_new_container_costs_its_row_and_column_only(
    extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a city of 10,000 the known 100 million cells are not computed again."""
    from services.roads.osm.engine import Engine, Stops, Table

    asked: list[int] = []
    block = Engine.block

    def counted(self: Engine, from_: Stops, to: Stops) -> Table:
        asked.append(len(from_.lonlat) * len(to.lonlat))
        return block(self, from_, to)

    before = town({"c": (395, 395)})
    known = roads(before, extract, tmp_path)
    vehicle = road_vehicle(before.truck_classes[0])
    old = known.table(vehicle, city_places(before)[1])
    monkeypatch.setattr(Engine, "block", counted)
    grown = known.table(vehicle, city_places(town({"c": (395, 395), "new": (5, 300)}))[1])
    assert sum(asked) == 4 * 4 - 3 * 3
    assert np.array_equal(grown.duration_s[:3, :3], old.duration_s)
    assert grown.distance_m[0, 3] == pytest.approx(300, rel=0.02)
    asked.clear()
    known.table(vehicle, city_places(before)[1])
    assert asked == []


def test_places_that_trucks_cannot_reach_are_told_by_id(extract: Path, tmp_path: Path) -> None:
    """A yard without a gate, a one-way trap, the sea: each container by its id, with what happens to it."""
    registry = town({"yard": (200, 200), "trap": (690, 1000), "sea": (-2000, -2000), "fine": (5, 100)})
    told = {finding.id: finding for finding in built(registry, extract, tmp_path).findings}
    assert {name: finding.trouble for name, finding in told.items()} == {
        "yard": "on_island",
        "trap": "on_island",
        "sea": "too_far",
    }
    assert told["yard"].metres == pytest.approx(200, abs=2)  # to AB, CD, DA and BC alike
    assert told["trap"].metres == pytest.approx(290, abs=2)  # back to H
    assert (told["trap"].is_served, told["sea"].is_served) == (True, False)
    assert '"sea"' in str(told["sea"])
    assert "check its lon and lat" in str(told["sea"])


def test_the_plan_says_which_roads_it_used_and_who_cannot_be_served(extract: Path, tmp_path: Path) -> None:
    """Until the roads are built the plan is estimated; then it is on streets, the walk is service, the sea is left."""
    registry = town({"yard": (200, 200), "sea": (-2000, -2000), "fine": (5, 100)})
    assert planned(registry, tmp_path).roads == "estimated"
    built(registry, extract, tmp_path)
    made = planned(registry, tmp_path)
    assert made.roads == "osm"
    assert {left.container: left.reason for left in made.unserved} == {"sea": "no_road"}
    stays_s = {v.place: (v.leave_at - v.start_at).total_seconds() for c in made.circuits for v in c.stops}
    assert stays_s["fine"] == 60
    assert stays_s["yard"] == pytest.approx(60 + 2 * 200, abs=4)


def test_a_required_container_in_the_sea_is_no_fault_of_the_plan(extract: Path, tmp_path: Path) -> None:
    """Full, and no street leads to it: left out with its reason, and the independent judge finds nothing wrong."""
    registry = town({"sea": (-2000, -2000), "fine": (5, 100)})
    built(registry, extract, tmp_path)
    made = planned(registry, tmp_path)
    assert {f.container for f in made.forecasts if f.required} == {"sea", "fine"}
    verdict = judge_made(made, registry, roads_of(registry, tmp_path), tmp_path)
    assert (verdict["violations"], verdict["served"]) == ([], 1)
    assert verdict["cost"] == pytest.approx(made.cost, abs=0.01)


def test_the_line_of_a_circuit_is_the_one_that_was_priced(extract: Path, tmp_path: Path) -> None:
    """Metres of the legs add up to the circuit's; the driver is told the streets."""
    registry = town({"north": (900, 8), "c": (395, 395)})
    found = roads(registry, extract, tmp_path)
    circuit = planned(registry, tmp_path).circuits[0]
    stops = [v for v in circuit.visits if v.lon is not None and v.lat is not None]
    places = Places(np.array([(v.lon, v.lat) for v in stops]), np.array([v.kind == "stop" for v in stops]))
    way = found.way(road_vehicle(registry.truck_classes[0]), places)
    assert len(way.legs) == len(stops) - 1
    assert sum(leg.distance_m for leg in way.legs) == pytest.approx(circuit.distance_m, abs=len(stops))
    assert way.line[0] == pytest.approx(at(0, 0), abs=1e-4)
    assert "Avenue de la Lagune" in {m.street for leg in way.legs for m in leg.manoeuvres}


def test_fixed_circuits_do_not_drive_to_a_place_off_the_map(extract: Path, tmp_path: Path) -> None:
    """A container in the sea must not become kilometres that the plan has saved."""
    registry = town({"fine": (5, 100), "sea": (-2000, -2000)})
    stops = [BaselineStop.model_validate({"circuit": "c", "truck": "T1", "weekdays": ["tue"], "position": n + 1,
                                          "container": c.id}) for n, c in enumerate(registry.containers)]  # fmt: skip
    registry = registry.model_copy(update={"baseline": tuple(stops)})
    built(registry, extract, tmp_path)
    baseline = planned(registry, tmp_path).baseline
    assert baseline is not None
    # 100 m to the container, 100 + 400 + 1,000 + 200 m over A, B and E to the site, and 1,600 m home the same way.
    assert baseline.stops == 1
    assert baseline.distance_m == pytest.approx(3400, rel=WITHIN)
