"""Speeds learned from positions: from the store to the graphs of each band, and what they are worth on Monaco."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

import routing
from services.city.registry import Registry, Truck
from services.city.write import write_folder
from services.cli.speeds import learn_command
from services.fill.due import forecasts_of_day
from services.planning.driven_hours import at_driven_hours, departures_of
from services.planning.problem import problem_of_day
from services.roads.learning.learn import Learner, days_to_learn
from services.roads.learning.store import medians
from services.roads.osm.build import build_roads
from services.roads.osm.city_roads import OsmRoads, find_roads
from services.roads.osm.errors import GraphBroken, GraphUnfit
from services.roads.osm.extract import read_extract
from services.roads.osm.store import RoadStore
from services.roads.reach import city_places
from services.roads.roads import road_vehicle
from services.roads.speeds import BAND_HOURS, Samples, band_at, median_of
from services.settings import settings
from services.store.connection import Connection, connect
from tests.benchmarks.learned_speeds import Found, Setting, run
from tests.support.beside import EXTRACTS
from tests.support.roads_town import town, write_town
from tests.support.traffic import Traffic
from tests.support.traffic import Truck as Driver

pytest.importorskip("osrm", reason="no wheel of OSRM for this machine")
pytest.importorskip("osmium", reason="no wheel of osmium for this machine")
pytest.importorskip("valhalla", reason="no wheel of Valhalla for this machine")

MONACO = EXTRACTS / "monaco.osm.pbf"
pytestmark = pytest.mark.skipif(not EXTRACTS.is_dir(), reason=f"{EXTRACTS} with real extracts is not there")

DAY = date(2026, 3, 2)
NIGHT = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
RUSH = (6 * 3600, 9 * 3600)
HARBOUR, HILL = (7.4206, 43.7357), (7.4128, 43.7331)  # lon, lat: Boulevard Albert Ier, Avenue Hector Otto
BETWEEN = "SELECT band, from_node, to_node, speeds_kmh FROM segment_passes ORDER BY band, from_node, to_node"


def silent(_step: str, _share: float) -> None:
    """Nobody looks."""


@pytest.fixture(scope="module")
def registry() -> Registry:
    """Monaco with twenty containers and one truck, on the clock of UTC."""
    corners = read_extract(MONACO).landmarks
    base = town({"x": (0, 0)}, capacity_kg=9000, capacity_l=20_000)
    one = base.containers[0]
    spots = [(f"c{n}", lon, lat) for n, (lon, lat) in enumerate(corners[:20].tolist())]
    return base.model_copy(
        update={
            "city": base.city.model_copy(update={"timezone": "UTC"}),
            "containers": tuple(one.model_copy(update={"id": i, "name": i, "lon": x, "lat": y}) for i, x, y in spots),
            "depots": tuple(d.model_copy(update={"lon": HARBOUR[0], "lat": HARBOUR[1]}) for d in base.depots),
            "disposal_sites": tuple(s.model_copy(update={"lon": HILL[0], "lat": HILL[1]}) for s in base.disposal_sites),
        }
    )


@pytest.fixture(scope="module")
def data(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Monaco's graphs lie."""
    folder = tmp_path_factory.mktemp("data")
    build_roads(RoadStore(folder, registry.city.id), registry, MONACO, now=NIGHT, told=silent)
    return folder


@pytest.fixture(scope="module")
def learner(registry: Registry, data: Path) -> Learner:
    return Learner(registry, data, MONACO)


@pytest.fixture
def connection(database_url: str, registry: Registry, learner: Learner) -> Iterator[Connection]:
    """A store with a day of one truck in the morning rush, and nothing learned."""
    with connect(database_url, name="test") as opened:
        opened.autocommit = True
        opened.execute("TRUNCATE position, segment_passes, speeds_learned_day")
        speeds = learner.profile_speeds(road_vehicle(registry.truck_classes[0]))
        traffic = Traffic(learner.matcher.streets, speeds, 1)
        places = [(row.lon, row.lat) for row in registry.containers]
        rng = np.random.default_rng(1)
        midnight_s = datetime.combine(DAY, datetime.min.time(), UTC).timestamp()
        fixes = Driver(traffic, speeds.engine, places, rng).day(midnight_s, [1], 2.0)
        rows = [("ville", "T1", datetime.fromtimestamp(f.at_s, UTC), f.lon, f.lat) for f in fixes]
        with opened.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO position (city_id, truck_id, happened_at, received_at, lon, lat) "
                "VALUES (%s, %s, %s, now(), %s, %s)",
                rows,
            )
        yield opened


def roads(registry: Registry, data: Path) -> OsmRoads:
    found = find_roads(registry.city.id, data)
    assert found is not None
    return found


def test_a_rush_hour_is_slower_once_it_was_driven(
    registry: Registry, data: Path, learner: Learner, connection: Connection
) -> None:
    """Before: every hour as the profile says. After: the morning takes longer, the night what it did."""
    places = city_places(registry)[1]
    quiet, rush = (road_vehicle(registry.truck_classes[0], hours) for hours in ((0, 6 * 3600), RUSH))
    before = roads(registry, data).table(rush, places)
    assert roads(registry, data).name(rush) == rush.name
    assert days_to_learn(connection, registry, NIGHT) == (DAY,)
    done = learner.learn(connection, [DAY], now=NIGHT, told=silent)
    assert [(day.day, day.matched > 300, day.passes > 300) for day in done.days] == [(DAY, True, True)]
    now = roads(registry, data)
    assert now.name(rush) != rush.name
    driven = before.duration_s > 120
    ratio = now.table(rush, places).duration_s[driven] / before.duration_s[driven]
    assert 1.05 < np.median(ratio) < 1 / 0.6  # one day is thin; at most what the traffic took
    assert (now.table(quiet, places).duration_s == before.duration_s).all()
    assert days_to_learn(connection, registry, NIGHT) == ()


def test_a_day_learned_again_changes_nothing(learner: Learner, connection: Connection) -> None:
    """The night's work may be started twice, and after it was killed."""
    learner.learn(connection, [DAY], now=NIGHT, told=silent)
    first = connection.execute(BETWEEN).fetchall()
    learner.learn(connection, [DAY], now=NIGHT + timedelta(hours=1), told=silent)
    assert connection.execute(BETWEEN).fetchall() == first
    assert len(first) > 300


def test_the_store_and_the_rules_agree_on_a_median(learner: Learner, connection: Connection) -> None:
    """The store reckons medians so that no night's memory grows with the days kept; the rule stands in the domain."""
    learner.learn(connection, [DAY], now=NIGHT, told=silent)
    rows = connection.execute(BETWEEN).fetchall()
    wanted = median_of({(row["from_node"], row["to_node"]): row["speeds_kmh"] for row in rows if row["band"] == 1})
    with connection.transaction():
        found = list(medians(connection, "ville", "truck", 1, DAY))
    assert [(row.pair, row.passes) for row in found] == [(row.pair, row.passes) for row in wanted]
    assert [row.median_kmh for row in found] == pytest.approx([row.median_kmh for row in wanted])


def test_a_night_that_is_killed_leaves_the_day_unlearned(
    registry: Registry, learner: Learner, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a day's passes would count as a whole day; the next night makes up for it."""

    def power_fails(*_: object) -> None:
        raise OSError("no power")

    with monkeypatch.context() as patch:
        patch.setattr("services.roads.learning.learn.drop_days_before", power_fails)
        with pytest.raises(OSError, match="no power"):
            learner.learn(connection, [DAY], now=NIGHT, told=silent)
    assert connection.execute(BETWEEN).fetchall() == []
    assert days_to_learn(connection, registry, NIGHT) == (DAY,)


def test_speeds_that_osrm_refuses_leave_those_in_use(
    registry: Registry, data: Path, learner: Learner, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day's passes stay, and the graphs of the night before are whole."""
    rush = road_vehicle(registry.truck_classes[0], RUSH)
    places = city_places(registry)[1]
    learner.learn(connection, [DAY], now=NIGHT, told=silent)
    before = roads(registry, data).table(rush, places).duration_s

    def refuses(*_: object) -> None:
        raise GraphBroken("osrm-contract ended with 1")

    connection.execute("UPDATE segment_passes SET speeds_kmh = '{5}'")
    with monkeypatch.context() as patch:
        patch.setattr("services.roads.osm.bands.contract", refuses)
        with pytest.raises(GraphBroken, match="osrm-contract"):
            learner.learn(connection, [], now=NIGHT, told=silent)
    assert (roads(registry, data).table(rush, places).duration_s == before).all()
    learner.learn(connection, [], now=NIGHT, told=silent)
    assert (roads(registry, data).table(rush, places).duration_s > before).mean() > 0.5


def test_the_planner_uses_the_hours_of_the_shift(
    registry: Registry, data: Path, learner: Learner, connection: Connection
) -> None:
    """Two trucks of one class, one in the rush and one at night: each has the matrix of its own hours."""
    learner.learn(connection, [DAY], now=NIGHT, told=silent)
    one = registry.trucks[0].model_dump()
    shifts = [("early", "06:00", "09:00"), ("night", "00:00", "05:00")]
    trucks = (Truck.model_validate(one | {"id": i, "shift_from": from_, "shift_to": to}) for i, from_, to in shifts)
    both = registry.model_copy(update={"trucks": tuple(trucks)})
    due = forecasts_of_day(both, {}, DAY)
    problem = problem_of_day(both, due, DAY, name="t", roads=roads(both, data))
    seconds = {v.id: problem.matrices[v.profile].duration_s.sum() for v in problem.vehicles}
    assert seconds["early"] > 1.05 * seconds["night"]


def test_the_row_of_a_place_is_that_of_the_hour_it_is_left(
    registry: Registry, data: Path, learner: Learner, connection: Connection
) -> None:
    """What a leg takes is what it takes then: half of the shift in the rush, half after it, each on its own graph."""
    learner.learn(connection, [DAY], now=NIGHT, told=silent)
    truck = registry.trucks[0].model_dump() | {"shift_from": "08:40", "shift_to": "11:00"}
    town = registry.model_copy(update={"trucks": (Truck.model_validate(truck),)})
    due = forecasts_of_day(town, {}, DAY)
    streets = roads(town, data)
    problem = problem_of_day(town, due, DAY, name="t", roads=streets)
    plan = routing.solve(problem, routing.MaxIterations(300))
    hourly = at_driven_hours(problem, plan, town, [f.container for f in due], streets)
    vehicle = road_vehicle(town.truck_classes[0])
    containers = {container.id: container for container in town.containers}
    places = city_places(town, [containers[f.container] for f in due])[1]
    (profile,) = problem.matrices
    left = {place: next(iter(bands)) for place, bands in departures_of(problem, plan).items() if len(bands) == 1}
    for place, band in left.items():
        hours = BAND_HOURS[band] * 3600, BAND_HOURS[band + 1] * 3600
        of_band = streets.table(replace(vehicle, hours=hours), places).matrix()
        assert (hourly.matrices[profile].duration_s[place] == of_band.duration_s[place]).all()
    assert len(set(left.values())) == 2


def test_another_extract_is_refused(registry: Registry, data: Path, tmp_path: Path) -> None:
    """Its node ids might be other streets."""
    other = write_town(tmp_path / "roads.osm.pbf")
    with pytest.raises(GraphUnfit, match="not the extract"):
        Learner(registry, data, other)
    with pytest.raises(GraphUnfit, match="no roads were built"):
        Learner(registry, tmp_path, other)


def test_the_command_learns_what_is_new(
    registry: Registry, data: Path, connection: Connection, database_url: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """As a timer runs it at night, told a day; and that it says what it did."""
    write_folder(registry, tmp_path / "city")
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    connection.execute("UPDATE position SET happened_at = happened_at + %s", (yesterday - DAY,))
    monkeypatch.setenv("TOURNEE_DATABASE_URL", database_url)
    settings.cache_clear()
    app = typer.Typer()
    app.command()(learn_command)
    arguments = [str(tmp_path / "city"), "--extract", str(MONACO), "--data", str(data)]
    first, second, old = (
        CliRunner().invoke(app, [*arguments, *more], catch_exceptions=False)
        for more in ([], [], ["--day", "2020-01-01"])
    )
    settings.cache_clear()
    assert first.exit_code == 0, first.output
    assert f"{yesterday}: " in first.output
    assert "06-09 h: " in first.output
    assert "no new day" in second.output
    assert old.exit_code != 0


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Found], Samples]:
    """Two days of a truck in the known traffic, and 150 trips timed in each band."""
    setting = Setting(str(MONACO), days=2, trucks=1, trips=150)
    figures, passes = run(setting, tmp_path_factory.mktemp("experiment"))
    return figures, passes.samples["truck"]


def test_trips_are_timed_better_than_before(found: tuple[list[Found], Samples]) -> None:
    """Two days are little, and yet half of the error is gone where traffic is far from the profile."""
    rush = [f for f in found[0] if f.band != "09-12"]
    assert len(rush) == 2
    for figures in found[0]:
        assert figures.error_after < figures.error_before
    for figures in rush:
        assert figures.error_after < 0.5 * figures.error_before
        assert figures.coverage_metres > 0.4


def test_nowhere_is_worse_than_before(found: tuple[list[Found], Samples]) -> None:
    """Of nine parts of the town and three bands, none is timed worse by more than the noise of its trips."""
    for figures in found[0]:
        assert figures.worst_cell <= figures.worst_cell_noise


def test_only_hours_that_were_driven_are_learned(found: tuple[list[Found], Samples]) -> None:
    """Nothing is known of an hour that nobody drove in."""
    assert {band for band, _ in found[1]} == {band_at(datetime(2026, 3, 2, hour)) for hour in (7, 10, 17)}  # noqa: DTZ001


def test_where_nothing_is_to_learn_little_is_spoiled(tmp_path: Path) -> None:
    """Traffic as the profile says: what learning adds is the noise of the passes, a few hundredths of a trip."""
    figures, passes = run(Setting(str(MONACO), days=1, trucks=1, trips=100, calm=True), tmp_path)
    assert passes.passes > 1000
    assert all(f.error_after < f.error_before + 0.03 for f in figures)
    assert all(f.worst_cell < 0.06 for f in figures)
