"""Loading a city into a real PostgreSQL: whole or not at all, twice the same, history kept, read back equal."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from services.city.fleets import FleetRules
from services.city.folder import read_folder
from services.city.registry import Fleet, Registry
from services.city.scopes import Scope, list_scopes
from services.city.store import Counts, LoadReport, find_registry, store_registry
from services.city.write import write_folder
from services.cli.city import city_app
from services.contracts.fields import ONLY_FLEET
from services.errors import StoreRefused
from services.settings import settings
from services.store.connection import Connection, connect
from tests.support.example_town import LORRIES, TIPPERS, example_town, two_fleet_town

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    with connect(database_url, name="test") as opened:
        yield opened
        opened.rollback()
        # The database is the module's: leave no city behind for the next test.
        tables = (
            *("container", "zone", "truck", "registry_entry", "audit"),
            *("registry_row", "registry_version", "city"),
        )
        opened.execute("ALTER TABLE audit DISABLE TRIGGER only_added")  # which no service could do
        for table in tables:
            opened.execute(f"DELETE FROM {table}")
        opened.execute("ALTER TABLE audit ENABLE TRIGGER only_added")
        opened.commit()


@pytest.fixture
def registry() -> Registry:
    return example_town()


def load(connection: Connection, registry: Registry) -> LoadReport:
    report = store_registry(connection, registry, who="technician", now=NOW)
    connection.commit()
    return report


def rows(connection: Connection, query: str) -> list[dict[str, Any]]:
    return connection.execute(query).fetchall()


def without(registry: Registry, **ids: str) -> Registry:
    """The registry without one row of each named table, and without the baseline stops that name it."""
    gone = set(ids.values())
    tables = {table: tuple(e for e in getattr(registry, table) if e.id not in gone) for table in ids}
    baseline = tuple(s for s in registry.baseline if s.container not in gone and s.truck not in gone)
    return registry.model_copy(update={**tables, "baseline": baseline})


def test_a_loaded_city_reads_back_equal(connection: Connection, registry: Registry) -> None:
    report = load(connection, registry)
    assert report.counts["containers.csv"] == Counts(added=12)
    assert find_registry(connection, "houeyogbe") == registry
    assert list_scopes(connection) == [Scope(registry.city, Fleet(id=ONLY_FLEET, name="Houéyogbé"))]
    assert find_registry(connection, "nowhere") is None


def whose(connection: Connection) -> dict[str, set[str]]:
    """Fleets as the pages find them, with their containers and trucks."""
    found: dict[str, set[str]] = {}
    for row in rows(
        connection,
        "SELECT fleet_id, container_id AS id FROM container UNION ALL SELECT fleet_id, truck_id FROM truck",
    ):
        found.setdefault(row["fleet_id"], set()).add(row["id"])
    return found


def test_fleets_of_a_city_are_kept_with_whose_each_thing_is(connection: Connection, registry: Registry) -> None:
    """Also where only a row of fleets.csv changes and not a container's own: whoever asks the store is told right."""
    everything = {c.id for c in registry.containers} | {truck.id for truck in registry.trucks}
    load(connection, registry)
    assert whose(connection) == {ONLY_FLEET: everything}
    town = two_fleet_town()
    load(connection, town)
    assert find_registry(connection, "houeyogbe") == town
    assert [scope.fleet for scope in list_scopes(connection)] == list(town.fleets)
    tippers = {"HOU-010", "HOU-011", "HOU-012", "RB-2210"}
    assert whose(connection) == {LORRIES: everything - tippers, TIPPERS: tippers}
    lorries, of_doutou = town.fleets
    swapped = (
        lorries.model_copy(update={"zones": ("centre",)}),
        of_doutou.model_copy(update={"zones": ("doutou", "se")}),
    )
    report = load(connection, town.model_copy(update={"fleets": swapped}))
    assert report.counts["containers.csv"] == Counts(unchanged=12)
    assert report.counts["fleets.csv"] == Counts(changed=2)
    rules = FleetRules(swapped)
    assert whose(connection)[TIPPERS] == {c.id for c in town.containers if rules.of_container(c) == TIPPERS} | {
        "RB-2210"
    }
    load(connection, registry)
    assert whose(connection) == {ONLY_FLEET: everything}
    assert find_registry(connection, "houeyogbe") == registry


def test_loading_twice_changes_nothing_and_audits_once(connection: Connection, registry: Registry) -> None:
    load(connection, registry)
    before = rows(connection, "SELECT xmin::text, city_id FROM city UNION ALL SELECT xmin::text, zone_id FROM zone")
    report = store_registry(connection, registry, who="technician", now=NOW.replace(hour=9))
    connection.commit()
    assert not report.is_changed
    assert report.counts["containers.csv"] == Counts(unchanged=12)
    # xmin is the transaction that wrote a row: the second load wrote none.
    after = rows(connection, "SELECT xmin::text, city_id FROM city UNION ALL SELECT xmin::text, zone_id FROM zone")
    assert after == before
    assert len(rows(connection, "SELECT FROM audit")) == 1


def test_a_change_is_audited_with_old_and_new_values(connection: Connection, registry: Registry) -> None:
    load(connection, registry)
    first, *others = registry.containers
    moved = first.model_copy(update={"lat": 6.54, "capacity_l": 7000.0})
    changed = registry.model_copy(update={"containers": (moved, *others)})
    report = load(connection, changed)
    assert report.counts["containers.csv"] == Counts(changed=1, unchanged=11)
    audit = rows(connection, "SELECT who, happened_at, detail FROM audit ORDER BY audit_id DESC")[0]
    assert (audit["who"], audit["happened_at"]) == ("technician", NOW)
    assert audit["detail"] == {
        "containers.csv": {"changed": {"HOU-001": {"capacity_l": [6000.0, 7000.0], "lat": [6.5371, 6.54]}}}
    }
    assert find_registry(connection, "houeyogbe") == changed


def test_what_is_gone_becomes_inactive_and_may_come_back(connection: Connection, registry: Registry) -> None:
    load(connection, registry)
    smaller = without(registry, containers="HOU-011", trucks="RB-2210")
    report = load(connection, smaller)
    assert report.counts["containers.csv"] == Counts(removed=1, unchanged=11)
    assert report.counts["trucks.csv"] == Counts(removed=1, unchanged=1)
    inactive = (
        "SELECT container_id AS id FROM container WHERE NOT active UNION SELECT truck_id FROM truck WHERE NOT active"
    )
    assert sorted(row["id"] for row in rows(connection, inactive)) == ["HOU-011", "RB-2210"]
    assert find_registry(connection, "houeyogbe") == smaller
    assert not load(connection, smaller).is_changed
    assert load(connection, registry).counts["containers.csv"] == Counts(added=1, unchanged=11)
    assert find_registry(connection, "houeyogbe") == registry


def test_a_zone_goes_although_inactive_containers_remember_it(connection: Connection, registry: Registry) -> None:
    load(connection, registry)
    gone = {container.id for container in registry.containers if container.zone == "doutou"}
    smaller = registry.model_copy(
        update={
            "zones": registry.zones[:2],
            "zone_shapes": {zone.id: registry.zone_shapes[zone.id] for zone in registry.zones[:2]},
            "containers": tuple(c for c in registry.containers if c.id not in gone),
            "baseline": tuple(stop for stop in registry.baseline if stop.container not in gone),
        }
    )
    report = load(connection, smaller)
    assert report.counts["zones.geojson"] == Counts(removed=1, unchanged=2)
    assert find_registry(connection, "houeyogbe") == smaller
    remembered = rows(connection, "SELECT document ->> 'zone' AS zone FROM container WHERE NOT active")
    assert {row["zone"] for row in remembered} == {"doutou"}
    load(connection, registry)
    assert find_registry(connection, "houeyogbe") == registry


def test_another_order_and_a_basemap_are_changes(connection: Connection, registry: Registry) -> None:
    load(connection, registry)
    turned = registry.model_copy(
        update={
            "containers": registry.containers[::-1],
            "disposal_sites": registry.disposal_sites[::-1],
            "basemap": {"type": "FeatureCollection", "features": []},
        }
    )
    report = load(connection, turned)
    assert report.is_changed
    assert report.counts["containers.csv"] == Counts(unchanged=12)
    assert report.counts["basemap.geojson"] == Counts(added=1)
    assert find_registry(connection, "houeyogbe") == turned
    assert not load(connection, turned).is_changed


def test_two_cities_do_not_touch_each_other(connection: Connection, registry: Registry) -> None:
    load(connection, registry)
    other = registry.model_copy(update={"city": registry.city.model_copy(update={"id": "se", "name": "Sè"})})
    load(connection, other)
    load(connection, without(other, containers="HOU-011"))
    assert find_registry(connection, "houeyogbe") == registry
    assert [scope.city.id for scope in list_scopes(connection)] == ["houeyogbe", "se"]


def test_a_load_that_fails_half_way_changes_nothing(connection: Connection, registry: Registry) -> None:
    """A container whose zone does not exist, past the folder's check: the foreign key refuses, and all is undone."""
    load(connection, registry)
    lost = registry.containers[0].model_copy(update={"zone": "nowhere"})
    broken = registry.model_copy(
        update={"zones": registry.zones, "containers": (lost, *registry.containers[1:]), "trucks": registry.trucks[:1]}
    )
    with pytest.raises(StoreRefused):
        store_registry(connection, broken, who="technician", now=NOW)
    connection.rollback()
    assert find_registry(connection, "houeyogbe") == registry
    assert len(rows(connection, "SELECT FROM audit")) == 1


def test_the_command_loads_and_a_wrong_folder_changes_nothing(
    connection: Connection, registry: Registry, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOURNEE_DATABASE_URL", database_url)
    settings.cache_clear()
    write_folder(registry, tmp_path / "city")
    assert "is loaded" in CliRunner().invoke(city_app, ["load", str(tmp_path / "city")]).output
    again = CliRunner().invoke(city_app, ["load", str(tmp_path / "city")])
    assert again.exit_code == 0
    assert "nothing has changed" in again.output
    depots = tmp_path / "city" / "depots.csv"
    depots.write_text(depots.read_text(encoding="utf-8").replace("6.5409", "96.5"), encoding="utf-8")
    (tmp_path / "city" / "containers.csv").unlink()
    assert CliRunner().invoke(city_app, ["load", str(tmp_path / "city")]).exit_code == 1
    assert find_registry(connection, "houeyogbe") == registry
    settings.cache_clear()


def test_fifty_thousand_containers_load_in_seconds(connection: Connection, registry: Registry, tmp_path: Path) -> None:
    """Bound: 30 s on a slow machine for check, load, load again and read back; a row at a time would take minutes."""
    model = registry.containers[1]
    many = tuple(
        model.model_copy(update={"id": f"C-{n}", "lon": 1.853 + n % 250 / 20_000, "lat": 6.53 + n // 250 / 20_000})
        for n in range(50_000)
    )
    big = registry.model_copy(update={"containers": (*registry.containers, *many)})
    write_folder(big, tmp_path / "big")
    start = time.monotonic()
    reading = read_folder(tmp_path / "big")
    checked = time.monotonic()
    assert reading.registry == big
    load(connection, big)
    loaded = time.monotonic()
    assert not load(connection, big).is_changed
    again = time.monotonic()
    assert find_registry(connection, "houeyogbe") == big
    end = time.monotonic()
    spent = {"check": checked - start, "load": loaded - checked, "load again": again - loaded, "read back": end - again}
    print({step: f"{seconds:.1f} s" for step, seconds in spent.items()})
    assert end - start < 30
