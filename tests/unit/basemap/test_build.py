"""From a written town to a map: water made whole, tiles in one file, and refusals that change nothing."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.roads.basemap import tiles
from services.roads.basemap.build import MapBuilt, build_map
from services.roads.basemap.errors import TilesFailed
from services.roads.basemap.store import MapStore
from services.roads.osm.errors import ExtractUnusable
from services.web.ground.basemaps import Basemaps
from tests.support.roads_town import at, town, write_town

osmium: Any = pytest.importorskip("osmium", reason="no wheel of osmium for this machine")

NOW = datetime(2026, 3, 3, tzinfo=UTC)
needs_tilemaker = pytest.mark.skipif(
    tiles.find_tilemaker() is None, reason="tilemaker is not installed: sh infra/install/map.sh"
)


def with_sea(file: Path) -> Path:
    """The town with a coast 100 m south of its first street, and half of a lagoon in the north."""
    base = write_town(file.with_name("town.osm.pbf"))
    coast, lagoon = [(-400, -100), (4200, -100)], [(-400, 900), (4200, 900)]
    header = osmium.io.Header()
    (west, south), (east, north) = at(-300, -300), at(4100, 1300)
    header.add_box(osmium.osm.Box(osmium.osm.Location(west, south), osmium.osm.Location(east, north)))
    with osmium.SimpleWriter(str(file), header=header) as writer:
        for item in osmium.FileProcessor(str(base), osmium.osm.NODE):
            writer.add(item)
        for number, place in enumerate([*coast, *lagoon], start=1000):
            writer.add(osmium.osm.mutable.Node(id=number, version=1, location=at(*place)))
        for item in osmium.FileProcessor(str(base), osmium.osm.WAY):
            writer.add(item)
        writer.add(osmium.osm.mutable.Way(id=1000, version=1, nodes=[1000, 1001], tags={"natural": "coastline"}))
        writer.add(osmium.osm.mutable.Way(id=1001, version=1, nodes=[1002, 1003], tags={}))
        members = [("w", 1001, "outer"), ("w", 1002, "outer")]  # the second is beyond the extract
        tags = {"type": "multipolygon", "natural": "water", "water": "lagoon", "name": "Lac Ahémé"}
        writer.add(osmium.osm.mutable.Relation(id=1, version=1, members=members, tags=tags))
    return file


def built(file: Path, data: Path) -> MapBuilt:
    registry = town({"c": (395, 395)})
    return build_map(MapStore(data, "ville"), registry, file, now=NOW, told=lambda _step, _share: None)


def kinds_at(data: Path, east_m: float, north_m: float) -> set[str]:
    from shapely import Point
    from shapely.geometry import shape

    streets = Basemaps(data).streets("ville")
    assert streets is not None
    areas = [f for f in streets["features"] if "Polygon" in f["geometry"]["type"]]
    return {f["properties"]["kind"] for f in areas if shape(f["geometry"]).contains(Point(at(east_m, north_m)))}


def test_sea_and_lagoon_are_made_of_their_shores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The coast's right is sea; of the half lagoon the side without streets is water; the town stays dry."""
    monkeypatch.setattr(tiles, "find_tilemaker", lambda: None)
    made = built(with_sea(tmp_path / "roads.osm.pbf"), tmp_path)
    assert made.manifest.notes == ()
    assert kinds_at(tmp_path, 2000, -200) == {"sea"}
    assert kinds_at(tmp_path, 2500, 1200) == {"lagoon"}
    assert kinds_at(tmp_path, 200, 200) == set()
    assert not made.manifest.tiles


@needs_tilemaker
def test_tiles_hold_water_streets_and_their_names(tmp_path: Path) -> None:
    """One file, read as a browser does: by its directory."""
    from pmtiles.reader import MmapSource, Reader, all_tiles

    made = built(with_sea(tmp_path / "roads.osm.pbf"), tmp_path)
    assert made.tiles > 0
    with MapStore(tmp_path, "ville").tiles_file(made.manifest.key).open("rb") as stream:
        source: Any = MmapSource(stream)
        header = Reader(source).header()
        tiles_found = dict(all_tiles(source))
    assert len(tiles_found) == made.tiles
    assert (header["min_zoom"], header["max_zoom"]) == (8, 14)
    import gzip

    deepest = b"".join(gzip.decompress(data) for (z, _, _), data in tiles_found.items() if z == 14)
    for word in ("transportation", "water", "ocean", "Avenue de la Lagune"):
        assert word.encode() in deepest


@needs_tilemaker
def test_the_same_extract_gives_the_same_address(tmp_path: Path) -> None:
    """Browsers keep the file for ever: only another map may have another address."""
    extract = write_town(tmp_path / "roads.osm.gz")
    assert built(extract, tmp_path / "a").manifest.key == built(extract, tmp_path / "b").manifest.key


def test_a_truncated_extract_leaves_the_map_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is named, and pages go on with the map before."""
    monkeypatch.setattr(tiles, "find_tilemaker", lambda: None)
    whole = with_sea(tmp_path / "roads.osm.pbf")
    before = built(whole, tmp_path).manifest.key
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(whole.read_bytes()[:-40])
    with pytest.raises(ExtractUnusable, match=r"cut\.osm\.pbf"):
        built(cut, tmp_path)
    after = MapStore(tmp_path, "ville").find_manifest()
    assert after is not None
    assert after.key == before


def test_a_tilemaker_that_fails_leaves_the_map_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last words are told, and nothing half made stays behind."""
    program = tmp_path / "tilemaker"
    program.write_text("#!/bin/sh\necho 'out of memory' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(tiles, "find_tilemaker", lambda: program)
    with pytest.raises(TilesFailed, match="ended with 3: out of memory"):
        built(with_sea(tmp_path / "roads.osm.pbf"), tmp_path)
    assert MapStore(tmp_path, "ville").find_manifest() is None
    assert [file.name for file in MapStore(tmp_path, "ville").folder.iterdir()] == ["lock"]
