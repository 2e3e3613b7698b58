"""The made-up city's extract goes the way of a real one."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shapely import Point
from shapely.geometry import shape

from services.roads.basemap.source import box_of, write_source
from services.roads.osm.extract import read_extract
from simulators.city import draw_city
from simulators.city.draw import DrawnCity
from simulators.city.osm import write_extract

osmium: Any = pytest.importorskip("osmium", reason="no wheel of osmium for this machine")


@pytest.fixture(scope="module")
def city() -> DrawnCity:
    return draw_city(1)


@pytest.fixture(scope="module")
def extract(city: DrawnCity, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("extract") / "roads.osm.gz"
    write_extract(city, file)
    return file


def _containers(city: DrawnCity) -> list[tuple[float, float]]:
    """Lon, lat."""
    lonlat = city.plane.to_lonlat(np.array([container.xy_m for container in city.containers]))
    return [(float(lon), float(lat)) for lon, lat in lonlat]


def test_the_road_build_reads_its_streets(city: DrawnCity, extract: Path) -> None:
    """Every street of the city, all on one network, around all of its containers."""
    read = read_extract(extract)
    assert read.streets == len(city.strokes)
    west, south, east, north = read.bounds
    for lon, lat in _containers(city):
        assert west <= lon <= east
        assert south <= lat <= north


def test_streets_are_not_all_equal(extract: Path) -> None:
    """A router prepares streets of one speed, like a grid, very slowly."""
    kinds = {w.tags["highway"] for w in osmium.FileProcessor(str(extract), osmium.osm.WAY) if "highway" in w.tags}
    assert kinds >= {"secondary", "tertiary", "residential", "living_street"}


def test_water_is_where_it_was_drawn(city: DrawnCity, extract: Path, tmp_path: Path) -> None:
    """Sea and lagoon come back as areas that hold none of the containers."""
    frame = box_of(extract)
    assert frame is not None
    source = write_source(extract, frame, tmp_path)
    factory = osmium.geom.GeoJSONFactory()
    areas = {
        a.tags["water"]: shape(json.loads(factory.create_multipolygon(a)))
        for a in osmium.FileProcessor(str(source.file)).with_areas()
        if a.is_area() and "water" in a.tags
    }
    assert set(areas) == {"sea", "lagoon"}
    for lon, lat in _containers(city):
        assert not any(area.contains(Point(lon, lat)) for area in areas.values())
