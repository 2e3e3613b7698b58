"""The made-up city: the same for a seed, whole, dry, and a day's work for its fleet."""

import json
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from shapely import Point, linestrings, prepare

from services.city.fields import WEEKDAYS
from services.city.fleets import part_of
from services.city.folder import read_folder
from services.city.penalties import UNITS
from services.city.registry import Registry
from services.contracts.fields import ONLY_FLEET
from services.fill.due import forecasts_of_day
from simulators.city import DrawnCity, draw_city, write_city_folder
from simulators.city.baseline import duties
from simulators.city.districts import UNSERVED
from simulators.city.duty import leg_m, leg_s
from simulators.city.fleet import CAPACITY_L, SERVICE_S, TIPPER, TRUCK_CLASSES
from simulators.city.folder_writer import write_drawn_city
from simulators.city.streets import BRIDGE

SHIFT_S = 8 * 3600


@pytest.fixture(scope="module", params=[1, 7])
def city(request: pytest.FixtureRequest) -> DrawnCity:
    """Two seeds: what holds by luck for one seldom holds for both."""
    return draw_city(request.param)


@pytest.fixture(scope="module")
def folder(city: DrawnCity, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("city")
    write_drawn_city(city, path)
    return path


@pytest.fixture(scope="module")
def registry(folder: Path) -> Registry:
    reading = read_folder(folder)
    assert not reading.errors
    assert reading.registry is not None
    return reading.registry


@pytest.mark.slow
def test_the_same_seed_writes_the_same_bytes(city: DrawnCity, folder: Path, tmp_path: Path) -> None:
    """A demonstration can be repeated, and a changed folder means a changed program."""
    write_city_folder(city.seed, tmp_path)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(first) == 13
    assert first == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.slow
def test_another_seed_draws_another_city(city: DrawnCity) -> None:
    assert draw_city(city.seed + 1).containers != city.containers


def test_one_of_thirteen_districts_has_no_container(registry: Registry) -> None:
    """The page on equal service needs someone who is not served."""
    counts = Counter(container.zone for container in registry.containers)
    assert len(registry.zones) == 13
    assert [zone.id for zone in registry.zones if not counts[zone.id]] == [registry.zones[UNSERVED].id]
    assert 690 <= len(registry.containers) <= 710


def test_the_folder_has_nothing_to_look_at_but_the_district_without_containers(folder: Path) -> None:
    """No container outside its zone, none on top of another, no unknown kind; its streets are not built yet."""
    warnings = read_folder(folder).warnings
    assert [warning.file for warning in warnings] == ["zones.geojson", "roads.osm.gz"]


def test_one_contractor_collects_the_whole_city_under_a_contract(registry: Registry) -> None:
    """The contract sheet needs somebody to speak of. The fleet is the one that a city without fleets.csv has."""
    (fleet,) = registry.fleets
    assert (fleet.id, bool(fleet.contractor)) == (ONLY_FLEET, True)
    assert {penalty.event for penalty in registry.penalties} == set(UNITS)
    assert part_of(registry, ONLY_FLEET) == registry


def test_containers_have_sensors_windows_and_narrow_lanes(registry: Registry) -> None:
    sensors = np.mean([container.sensor for container in registry.containers])
    assert 0.6 < sensors < 0.8
    at_market = [c for c in registry.containers if c.window_from is not None]
    assert len(at_market) == 48
    assert not any(c.truck_classes for c in at_market)
    narrow = [c for c in registry.containers if c.truck_classes]
    assert {c.truck_classes for c in narrow} == {(TIPPER,)}
    assert 40 <= len(narrow) <= 200


def test_containers_stand_on_land_and_beside_the_street(city: DrawnCity) -> None:
    water = city.terrain.water
    prepare(water)
    assert not any(water.intersects(Point(container.xy_m)) for container in city.containers)
    ends = city.streets.nodes_xy_m[city.streets.edges]
    away_m = [linestrings(ends[c.edge]).distance(Point(c.xy_m)) for c in city.containers]
    assert min(away_m) > 2
    assert max(away_m) < 10


def test_only_bridges_cross_water(city: DrawnCity) -> None:
    water = city.terrain.water
    prepare(water)
    lines = linestrings(city.streets.nodes_xy_m[city.streets.edges])
    wet = np.array([water.intersects(line) for line in lines])
    assert set(city.streets.kinds[wet].tolist()) == {BRIDGE}


def test_the_basemap_gives_the_street_graph_again(city: DrawnCity, folder: Path) -> None:
    """Whoever drives on the file's streets must get from any corner to any other."""
    text = (folder / "basemap.geojson").read_text(encoding="utf-8")
    assert len(text) < 1_000_000
    neighbours: dict[tuple[float, float], set[tuple[float, float]]] = defaultdict(set)
    for feature in json.loads(text)["features"]:
        if feature["geometry"]["type"] == "LineString":
            corners = [(lon, lat) for lon, lat in feature["geometry"]["coordinates"]]
            for a, b in pairwise(corners):
                neighbours[a].add(b)
                neighbours[b].add(a)
    assert len(neighbours) == len(city.streets.nodes_xy_m)
    assert sum(map(len, neighbours.values())) == 2 * len(city.streets.edges)
    reached, ahead = set(), [next(iter(neighbours))]
    while ahead:
        corner = ahead.pop()
        if corner not in reached:
            reached.add(corner)
            ahead += neighbours[corner] - reached
    assert len(reached) == len(neighbours)


def test_every_container_is_in_one_fixed_circuit_of_a_truck_that_reaches_it(registry: Registry) -> None:
    stops = Counter(row.container for row in registry.baseline)
    assert set(stops) == {container.id for container in registry.containers}
    assert set(stops.values()) == {1}
    assert len({row.circuit for row in registry.baseline}) == len({row.truck for row in registry.baseline}) == 12
    class_of = {truck.id: truck.truck_class for truck in registry.trucks}
    truck_of = {row.container: row.truck for row in registry.baseline}
    for container in registry.containers:
        assert not container.truck_classes or class_of[truck_of[container.id]] in container.truck_classes


def test_markets_are_emptied_daily_and_streets_three_four_or_six_days_a_week(registry: Registry) -> None:
    days = {row.container: row.weekdays for row in registry.baseline}
    assert {days[c.id] for c in registry.containers if c.window_from is not None} == {WEEKDAYS}
    assert {len(days[c.id]) for c in registry.containers if c.window_from is None} == {3, 4, 6}


def test_fixed_circuits_fit_their_shifts(city: DrawnCity) -> None:
    """What the city drives today is dear, but it is driven: no truck's list takes longer than its shift."""
    for duty in duties(city.baseline, city.containers, city.sites_xy_m).values():
        assert duty.duty_s <= SHIFT_S
        assert duty.market_end_s <= 3 * 3600  # markets close to trucks at 09:00, three hours after the shift begins


def test_the_first_morning_is_a_day_s_work(city: DrawnCity, registry: Registry) -> None:
    """Nothing is known yet, so everything is due at once: the loads and the hours must still suffice."""
    forecasts = forecasts_of_day(registry, {}, date(2026, 11, 23))
    assert all(forecast.required for forecast in forecasts)
    # Three days of waste, markets heaped half over: about 180 t. All trips carry 8 * 4 * 9 t + 4 * 4 * 4.2 t = 355 t.
    needed_kg = sum(forecast.demand_kg for forecast in forecasts)
    fleet = [TRUCK_CLASSES[truck.truck_class] for truck in city.trucks]
    assert needed_kg <= 0.65 * sum(truck.capacity_kg * truck.max_trips for truck in fleet)
    # In tours of the transfer station, there and back from the middle of the town, with a 45 s leg to each container.
    transfer = city.sites[0]
    middle = np.median([c.xy_m for c in city.containers], axis=0)
    tour_s = 2 * leg_s(leg_m((middle[0], middle[1]), transfer.xy_m)) + transfer.service_s
    mean_load_kg = sum(truck.capacity_kg for truck in fleet) / len(fleet)
    work_s = sum(SERVICE_S[c.kind] + 45 for c in city.containers) + needed_kg / mean_load_kg * tour_s
    assert work_s <= 0.75 * len(fleet) * SHIFT_S


def test_a_load_holds_several_of_the_largest_containers() -> None:
    """2500 L heaped half over, 0.35 kg/L: 1313 kg; the smallest body carries 4200 kg."""
    assert max(CAPACITY_L.values()) * 1.5 * 0.35 * 3 <= min(c.capacity_kg for c in TRUCK_CLASSES.values())
