"""A store and a city folder of an earlier release: today's migrations lose nothing of them, and never stop half-way.

Migrations that come later are tried by these tests as they are.
"""

import threading
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from infra.migrate import Migration, all_migrations, migrate
from services.city.folder import read_folder
from services.city.registry import Registry
from services.city.store import find_registry, store_registry
from services.city.versions import find_registry_version, is_as_recorded, list_versions
from services.contracts.ledger import SavingsComputed
from services.contracts.planning import PlanMade
from services.store.connection import connect
from tests.support.old_store import OLD_LAST, fill_old_store, migrations_after, missing_rows, shape_of, tables_of

pytestmark = pytest.mark.parametrize("stack", ["embedded", "real"], indirect=True)

FOLDER = Path(__file__).parents[1] / "data" / "folder_0004"
"""The folder that the old store's cities were loaded from."""


def folder_city() -> Registry:
    reading = read_folder(FOLDER)
    assert reading.registry is not None, reading.errors
    return reading.registry


def second_city() -> Registry:
    """The folder as the old store's second city was made of it."""
    town = folder_city()
    city = town.city.model_copy(update={"id": "se", "name": "Sè"})
    return town.model_copy(update={"city": city, "basemap": {"type": "FeatureCollection", "features": []}})


def test_the_old_store_has_rows_in_every_table(empty_url: str) -> None:
    """An empty table would be migrated without being tried."""
    fill_old_store(empty_url)
    before = tables_of(empty_url)
    assert len(before) == 25
    assert [table for table, rows in before.items() if not rows] == []


def test_every_row_of_an_old_store_is_there_after_the_migrations(empty_url: str) -> None:
    """A city that upgrades keeps its history: no row gone, no value other, documents at most grown."""
    fill_old_store(empty_url)
    before = tables_of(empty_url)
    assert migrate(empty_url) == [migration.name for migration in migrations_after(OLD_LAST)]
    assert missing_rows(empty_url, before) == {}


def test_a_lost_or_altered_row_would_be_noticed(empty_url: str) -> None:
    """The comparison itself: one row gone, one value other, one key gone from a document."""
    fill_old_store(empty_url)
    before = tables_of(empty_url)
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("DELETE FROM reading_touched WHERE ctid = (SELECT min(ctid) FROM reading_touched)")
        connection.execute("UPDATE confirmation SET outcome = 'done' WHERE outcome = 'skipped'")
        connection.execute("UPDATE plan SET document = document - 'seed'")
        connection.execute("UPDATE truck SET document = document || '{\"grown\": 1}'")
    missing = missing_rows(empty_url, before)
    assert {table: len(rows) for table, rows in missing.items()} == {
        "reading_touched": 1,
        "confirmation": sum(row["outcome"] == "skipped" for row in before["confirmation"]),
        "plan": len(before["plan"]),
    }


def test_an_old_store_is_read_by_the_code_of_today(empty_url: str) -> None:
    """Registries equal to their folder, the first version among them; plans and ledger lines of then can be read."""
    fill_old_store(empty_url)
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        town = folder_city()
        smaller = town.model_copy(
            update={
                "containers": town.containers[:-1],
                "baseline": tuple(stop for stop in town.baseline if stop.container != town.containers[-1].id),
            }
        )
        for registry, who in ((smaller, "awa"), (second_city(), "mairie")):
            city = registry.city.id
            assert find_registry(connection, city) == registry
            assert find_registry_version(connection, city, 1) == registry
            assert [(v.version, v.who) for v in list_versions(connection, city)] == [(1, who)]
            assert is_as_recorded(connection, city, 1)
        plans = [PlanMade.model_validate(r["document"]) for r in connection.execute("SELECT document FROM plan")]
        assert {plan.registry_version for plan in plans} == {None}
        lines = connection.execute("SELECT document FROM savings_day").fetchall()
        assert len([SavingsComputed.model_validate(line["document"]) for line in lines]) == 4


def test_the_old_folder_loaded_after_the_upgrade_changes_nothing(empty_url: str) -> None:
    """What columns of today add with their defaults is not a change that somebody made."""
    fill_old_store(empty_url)
    migrate(empty_url)
    with connect(empty_url, name="test") as connection:
        registry = second_city()
        versions = len(list_versions(connection, "se"))
        report = store_registry(connection, registry, who="awa", now=list_versions(connection, "se")[0].loaded_at)
        assert not report.is_changed
        assert report.version == versions == 1
        assert find_registry(connection, "se") == registry


@pytest.mark.parametrize("crashing", migrations_after(OLD_LAST), ids=lambda migration: migration.name)
def test_a_crash_in_the_middle_of_a_migration_leaves_the_old_state(empty_url: str, crashing: Migration) -> None:
    """The server's process is ended when all is changed and nothing committed; then the migration runs as if new."""
    fill_old_store(empty_url)
    migrate(empty_url, [migration for migration in all_migrations() if migration.name < crashing.name])
    shape, rows = shape_of(empty_url), tables_of(empty_url)
    slow = crashing._replace(sql=crashing.sql + "\n; SELECT pg_sleep(60)")
    killer = threading.Thread(target=end_sleeper, args=(empty_url,))
    killer.start()
    with pytest.raises(psycopg.OperationalError):
        migrate(empty_url, [slow])
    killer.join()
    assert shape_of(empty_url) == shape
    assert tables_of(empty_url) == rows
    assert migrate(empty_url)[0] == crashing.name


def end_sleeper(url: str) -> None:
    """End the session that has done its work and not committed it."""
    query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
    deadline_s = time.monotonic() + 30
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        while time.monotonic() < deadline_s:
            if sleeper := connection.execute(query).fetchone():
                connection.execute("SELECT pg_terminate_backend(%s)", [sleeper["pid"]])
                return
            time.sleep(0.05)
    raise TimeoutError("no migration came to its end")
