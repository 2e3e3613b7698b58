"""Ways that trucks drive: along streets where they are known, of a believable length where not."""

from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from shapely import LineString, MultiLineString, points

from simulators.city_folder import CityFolder, read_city_folder
from simulators.trucks.street_graph import SPEED_KMH
from simulators.trucks.streets import Streets, zigzag


def test_way_is_the_shortest_along_the_streets(town: CityFolder) -> None:
    """Crossings are 200 m apart on a square: from one corner to the other it is 1,000 m east and 1,000 m north."""
    roads = Streets(town)
    a = roads.place_xy_m(None, 2.0, 6.0)
    b = roads.place_xy_m(None, 2 + 1000 / 111_000, 6 + 1000 / 111_000)
    way = roads.way(a, b)
    assert way.distance_m == pytest.approx(2000, rel=0.01)
    # 2,000 m at 17 km/h, but for the steps to and from the crossing, which are none here: 423 s.
    assert way.free_s[-1] == pytest.approx(2000 / (SPEED_KMH["street"] / 3.6), rel=0.01)


def test_places_lie_on_their_street(town: CityFolder) -> None:
    """A container beside a street is served from the street, between its crossings."""
    roads = Streets(town)
    assert roads.graph is not None
    streets = MultiLineString(
        [
            LineString(town.plane.to_xy_m(np.array(f["geometry"]["coordinates"])))
            for f in town.basemap
            if f["properties"]["kind"] != "market"
        ]
    )
    spots = np.array([roads.place_xy_m(c.id, c.lon, c.lat) for c in town.containers])
    assert streets.distance(points(spots)).max() < 0.2
    ends = town.plane.to_xy_m(town.lonlat)
    assert np.hypot(*(spots - ends).T).max() < 6


def test_every_place_is_reached(town: CityFolder) -> None:
    """One connected graph: no container, depot or site is cut off, and no way is shorter than the crow's."""
    roads = Streets(town)
    depot = roads.place_xy_m("D1", 0, 0)
    for container in town.containers:
        spot = roads.place_xy_m(container.id, container.lon, container.lat)
        way = roads.way(depot, spot)
        assert (way.line_xy_m[0] == depot).all()
        assert (way.line_xy_m[-1] == spot).all()
        assert way.distance_m >= np.hypot(*(spot - depot)) - 1e-6


def test_open_road_is_faster(town: CityFolder) -> None:
    """The avenue beyond the last district is a haul road: 8 km at about 42 km/h."""
    roads = Streets(town)
    way = roads.way(roads.place_xy_m("D1", 0, 0), roads.place_xy_m("L1", 0, 0))
    assert way.speed_kmh.max() == pytest.approx(42, rel=0.01)


def test_without_a_map_the_way_is_an_estimate(town_folder: Path, tmp_path: Path) -> None:
    """A folder without a basemap works: 1.4 times the crow's distance, from place to place."""
    bare = copytree(town_folder, tmp_path / "bare")
    (bare / "basemap.geojson").unlink()
    roads = Streets(read_city_folder(bare))
    assert roads.graph is None
    a, b = np.array([0.0, 0.0]), np.array([900.0, 1200.0])
    way = roads.way(a, b)
    assert way.distance_m == pytest.approx(1.4 * 1500)
    assert (way.line_xy_m[-1] == b).all()


def test_estimated_haul_runs_faster_beyond_three_kilometres() -> None:
    """10 km as the crow flies are 14 km: 3 at 18 km/h, 11 at 35 km/h, so 600 + 1,131 s."""
    way = zigzag(np.array([0.0, 0.0]), np.array([10_000.0, 0.0]))
    assert way.free_s[-1] == pytest.approx(1731, rel=0.02)
