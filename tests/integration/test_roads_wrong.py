"""Roads that cannot be: each a clear error with the file or the place, and the roads in use stay in use."""

import bz2
import gzip
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.city.registry import Registry
from services.city.write import write_folder
from services.cli.roads import look_again, roads_app
from services.roads.built import BuildRunning
from services.roads.osm.build import build_roads
from services.roads.osm.city_roads import find_roads, roads_of
from services.roads.osm.errors import (
    EngineMissing,
    ExtractUnusable,
    GraphBroken,
    GraphUnfit,
    RoadsError,
)
from services.roads.osm.places import PLACES as PLACES_FILE
from services.roads.osm.places import find_places
from services.roads.osm.store import CURRENT, RoadStore
from services.roads.reach import city_places
from services.roads.roads import road_vehicle
from tests.support.roads_town import town, write_town

pytest.importorskip("osrm", reason="no wheel of OSRM for this machine")
pytest.importorskip("osmium", reason="no wheel of osmium for this machine")

NOW = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)
PLACES = {"c": (395.0, 395.0)}


def build(registry: Registry, extract: Path, data: Path) -> None:
    build_roads(RoadStore(data, registry.city.id), registry, extract, now=NOW, told=lambda _step, _share: None)


def cut(file: Path) -> Path:
    """The first two thirds of a file."""
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) * 2 // 3])
    return file


def empty(file: Path) -> Path:
    file.write_bytes(b"")
    return file


def without_streets(file: Path) -> Path:
    text = '<osm version="0.6"><node id="1" version="1" lat="6.37" lon="2.43"/></osm>'
    file.with_name("bare.osm.gz").write_bytes(gzip.compress(text.encode()))
    return file.with_name("bare.osm.gz")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (cut, "truncated"),
        (empty, "truncated"),
        (without_streets, "no street"),
        (lambda file: file.with_name("none.osm.pbf"), "no such file"),
        (lambda file: file.rename(file.with_name("roads.zip")), "expected a name that ends in"),
    ],
)
def test_an_extract_that_cannot_be_used_changes_nothing(
    spoil: Callable[[Path], Path], says: str, tmp_path: Path
) -> None:
    """Told with its file and what to do; the roads built before go on telling distances."""
    registry = town(PLACES)
    build(registry, write_town(tmp_path / "good.osm.pbf"), tmp_path)
    before = (tmp_path / "roads" / "ville" / CURRENT).read_bytes()
    spoilt = spoil(write_town(tmp_path / "roads.osm.pbf"))
    with pytest.raises(ExtractUnusable, match=says) as refused:
        build(registry, spoilt, tmp_path)
    assert str(spoilt) in str(refused.value)
    assert (tmp_path / "roads" / "ville" / CURRENT).read_bytes() == before
    assert roads_of(registry, tmp_path).source == "osm"


@pytest.mark.parametrize(("suffix", "pack"), [(".osm.gz", gzip.compress), (".osm.bz2", bz2.compress)])
def test_packed_extracts_are_read(suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """The three forms that extracts are offered in; and one that is cut off is refused, not half read."""
    plain = write_town(tmp_path / "roads.osm").read_bytes()
    packed = tmp_path / f"roads{suffix}"
    packed.write_bytes(pack(plain))
    build(town(PLACES), packed, tmp_path)
    assert roads_of(town(PLACES), tmp_path).source == "osm"
    with pytest.raises(ExtractUnusable):
        build(town(PLACES), cut(packed), tmp_path)


def kept(data: Path) -> dict[str, bytes]:
    """What says which roads are in use, and what they leave out."""
    return {file.name: file.read_bytes() for file in (data / "roads" / "ville").glob("*.json")}


def test_an_extract_of_another_continent_is_refused(tmp_path: Path) -> None:
    """Containers of Porto on streets of Cotonou: the message tells where both are, and the roads before stay."""
    registry = town(PLACES)
    build(registry, write_town(tmp_path / "good.osm.pbf"), tmp_path)
    before = kept(tmp_path)
    porto = tuple(c.model_copy(update={"lon": -8.61, "lat": 41.15}) for c in registry.containers)
    sites = tuple(s.model_copy(update={"lon": -8.62, "lat": 41.15}) for s in registry.disposal_sites)
    depots = tuple(d.model_copy(update={"lon": -8.60, "lat": 41.15}) for d in registry.depots)
    moved = registry.model_copy(update={"containers": porto, "disposal_sites": sites, "depots": depots})
    with pytest.raises(ExtractUnusable, match=r"2\.4.*6\.3.*-8\.61.*41\.15"):
        build(moved, write_town(tmp_path / "roads.osm.pbf"), tmp_path)
    assert set(before) == {CURRENT, PLACES_FILE}
    assert kept(tmp_path) == before


def test_what_osrm_cannot_do_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OSRM ends in the middle: its own words are told, nothing half built is left, the roads before stay."""
    extract = write_town(tmp_path / "roads.osm.pbf")
    build(town(PLACES), extract, tmp_path)
    before = kept(tmp_path)
    monkeypatch.setattr("services.roads.osm.graph.profile_text", lambda _vehicle: 'error("no such lane")')
    with pytest.raises(GraphBroken, match=r"osrm-extract ended with .*no such lane"):
        build(town(PLACES, height_m=3.0), extract, tmp_path)
    assert kept(tmp_path) == before
    assert len(list((tmp_path / "roads" / "ville" / "graphs").iterdir())) == 1
    assert not (tmp_path / "roads" / "ville" / "building").exists()


def test_a_site_in_a_one_way_trap_is_told_by_id(tmp_path: Path) -> None:
    """A landfill at the end of a one-way street, 290 m from the corner where trucks can turn: a drive, not a way."""
    registry = town(PLACES, site=(695, 1000))
    done = build_roads(
        RoadStore(tmp_path, "ville"), registry, write_town(tmp_path / "roads.osm.pbf"), now=NOW, told=lambda *_: None
    )
    assert [(f.id, f.trouble, f.is_served) for f in done.findings] == [("site", "on_island", True)]


def test_a_site_that_no_truck_reaches_keeps_the_roads_before(tmp_path: Path) -> None:
    """The landfill has moved to a street without a connection: its id is told, the old roads stay."""
    extract = write_town(tmp_path / "roads.osm.pbf")
    build(town(PLACES), extract, tmp_path)
    before = kept(tmp_path)
    with pytest.raises(GraphUnfit, match=r'disposal_sites.csv: "site"'):
        build(town(PLACES, site=(4050, 0)), extract, tmp_path)
    assert kept(tmp_path) == before


def test_one_build_at_a_time(tmp_path: Path) -> None:
    """Two technicians at once: the second is told, and nobody's files are mixed."""
    extract = write_town(tmp_path / "roads.osm.pbf")
    with RoadStore(tmp_path, "ville").building(), pytest.raises(BuildRunning, match="another process"):
        build(town(PLACES), extract, tmp_path)
    build(town(PLACES), extract, tmp_path)
    assert not (tmp_path / "roads" / "ville" / "building").exists()


def test_a_truck_of_another_size_falls_back_to_estimated_roads(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No graph is borrowed from another vehicle; the log says what to run."""
    build(town(PLACES), write_town(tmp_path / "roads.osm.pbf"), tmp_path)
    with caplog.at_level(logging.WARNING):
        assert roads_of(town(PLACES, width_m=2.1), tmp_path).source == "estimated"
    assert "tournee roads build" in caplog.text


@pytest.mark.parametrize("spoil", ["manifest", "graph", "version"])
def test_roads_that_cannot_be_opened_are_an_error_or_estimated(spoil: str, tmp_path: Path) -> None:
    """A disk that lost bytes, another version of OSRM: the planner goes on with straight lines, labelled so."""
    registry = town(PLACES)
    build(registry, write_town(tmp_path / "roads.osm.pbf"), tmp_path)
    folder = tmp_path / "roads" / "ville"
    if spoil == "manifest":
        (folder / CURRENT).write_text("{")
    elif spoil == "version":
        text = (folder / CURRENT).read_text()
        (folder / CURRENT).write_text(text.replace('"engine": "', '"engine": "1.'))
    else:
        next(folder.glob("graphs/*/graph.osrm.hsgr")).unlink()
    more = town({"new": (5.0, 100.0)})
    with pytest.raises(GraphBroken, match="tournee roads build"):
        roads_found(more, tmp_path)
    assert roads_of(more, tmp_path).source == "estimated"


def roads_found(registry: Registry, data: Path) -> None:
    found = find_roads(registry.city.id, data)
    assert found is not None
    found.table(road_vehicle(registry.truck_classes[0]), city_places(registry)[1])


def test_without_the_wheel_roads_are_estimated_and_building_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A machine that OSRM has no wheel for: everything works on straight lines, and nobody wonders why."""
    extract = write_town(tmp_path / "roads.osm.pbf")
    build(town(PLACES), extract, tmp_path)
    monkeypatch.setattr("services.roads.osm.lua.find_spec", lambda _name: None)
    with caplog.at_level(logging.WARNING):
        assert roads_of(town(PLACES), tmp_path).source == "estimated"
    assert "osrm-bindings is not installed" in caplog.text
    with pytest.raises(EngineMissing, match="pip install"):
        build(town(PLACES), extract, tmp_path)


def test_the_same_extract_is_not_built_twice(tmp_path: Path) -> None:
    """A folder checked again costs its matrix, not its graph; a graph nobody names any more is removed."""
    extract = write_town(tmp_path / "roads.osm.pbf")
    store = RoadStore(tmp_path, "ville")
    for height_m in (3.0, 3.0, 3.2, 3.4):
        build(town(PLACES, height_m=height_m), extract, tmp_path)
    manifest = store.find_manifest()
    assert manifest is not None
    assert [graph.build_s > 0 for graph in manifest.graphs.values()] == [True]
    assert len(list((store.folder / "graphs").iterdir())) == 2  # in use, and in use before


def test_the_commands_tell_what_is_built_and_what_to_look_at(tmp_path: Path) -> None:
    """`roads build` on a city folder with its own extract, then `roads check`: exit code 1 for a container left out."""
    folder, data = tmp_path / "city", tmp_path / "data"
    write_folder(town({"fine": (5, 100), "sea": (-2000, -2000)}), folder)
    runner, options = CliRunner(), [str(folder), "--data", str(data)]
    assert "estimated" in runner.invoke(roads_app, ["check", *options]).output
    assert runner.invoke(roads_app, ["build", *options]).exit_code == 2  # no extract
    write_town(folder / "roads.osm.pbf")
    made = runner.invoke(roads_app, ["build", *options])
    assert made.exit_code == 0
    assert "extract truck-3.6x2.5x9m-10000kg ..." in made.output
    assert '"sea"' in made.output
    checked = runner.invoke(roads_app, ["check", *options])
    assert (checked.exit_code, '"sea"' in checked.output) == (1, True)
    refused = runner.invoke(roads_app, ["build", *options, "--extract", str(tmp_path / "none.osm.pbf")])
    assert isinstance(refused.exception, RoadsError)


def test_loading_a_city_looks_at_its_places_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A container moved into the sea stands on the technician's page; a broken graph changes nothing."""
    build(town(PLACES), write_town(tmp_path / "roads.osm.pbf"), tmp_path)
    look_again(town(PLACES | {"sea": (-2000, -2000)}), tmp_path, show_all=False)
    found = find_places(tmp_path, "ville")
    assert found is not None
    assert [(place.id, place.served) for place in found.places] == [("sea", "none")]
    assert '"sea"' in capsys.readouterr().out
    before = kept(tmp_path)
    next((tmp_path / "roads" / "ville").glob("graphs/*/graph.osrm.hsgr")).unlink()
    look_again(town(PLACES | {"other": (10.0, 10.0)}), tmp_path, show_all=False)
    assert "tournee roads build" in capsys.readouterr().out
    assert kept(tmp_path) == before
