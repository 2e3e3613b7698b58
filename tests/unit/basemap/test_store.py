"""Files of maps: swapped when whole, kept while a page may show them, and never asked for by a made-up name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.roads.basemap.errors import MapBroken
from services.roads.basemap.store import MapManifest, MapStore
from services.web.ground.basemaps import Basemaps

NOW = datetime(2026, 3, 3, tzinfo=UTC)


def manifest(key: str, *, tiles: bool = True) -> MapManifest:
    return MapManifest(
        city="ville", key=key, extract="roads.osm.pbf", sha256="0" * 64, timestamp="", frame=(0, 0, 1, 1),
        attribution="© OpenStreetMap", built_at=NOW,
        tiles=tiles,
    )  # fmt: skip


def put(store: MapStore, key: str) -> None:
    store.folder.mkdir(parents=True, exist_ok=True)
    store.tiles_file(key).write_bytes(b"tiles of " + key.encode())
    store.streets_file(key).write_text('{"type":"FeatureCollection","features":[]}')
    store.use(manifest(key))


def test_the_map_before_stays_for_open_pages_and_older_ones_go(tmp_path: Path) -> None:
    """A browser asks for parts of a file as long as its page is open."""
    store = MapStore(tmp_path, "ville")
    first, second, third = "1" * 16, "2" * 16, "3" * 16
    for key in (first, second, third):
        put(store, key)
    maps = Basemaps(tmp_path)
    found = maps.find("ville")
    assert found is not None
    assert found.tiles == f"/map/ville/{third}.pmtiles"
    assert maps.tiles_file("ville", second) is not None
    assert maps.tiles_file("ville", first) is None


@pytest.mark.parametrize(("city", "key"), [("..", "1" * 16), ("ville", "../../etc/passwd"), ("ville/x", "1" * 16)])
def test_names_that_are_no_map_find_nothing(tmp_path: Path, city: str, key: str) -> None:
    """Nobody reads another file of this machine by an address."""
    put(MapStore(tmp_path, "ville"), "1" * 16)
    assert Basemaps(tmp_path).tiles_file(city, key) is None


def test_a_broken_manifest_is_no_map_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The page falls back to streets of the city folder; the technician reads why."""
    store = MapStore(tmp_path, "ville")
    put(store, "1" * 16)
    (store.folder / "current.json").write_text("{")
    with pytest.raises(MapBroken, match=r"current\.json"):
        store.find_manifest()
    assert Basemaps(tmp_path).find("ville") is None
    assert "tournee map build" in caplog.text


def test_without_tiles_the_streets_are_the_map(tmp_path: Path) -> None:
    """A machine without tilemaker still draws real streets and names their source."""
    store = MapStore(tmp_path, "ville")
    put(store, "1" * 16)
    store.use(manifest("1" * 16, tiles=False))
    found = Basemaps(tmp_path).find("ville")
    assert found is not None
    assert found.tiles is None
    assert "OpenStreetMap" in found.attribution
    assert Basemaps(tmp_path).streets("ville") == {"type": "FeatureCollection", "features": []}
