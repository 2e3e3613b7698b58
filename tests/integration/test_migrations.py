"""The schema's migrations, on a real PostgreSQL."""

import psycopg
import pytest

from infra.migrate import Migration, MigrationChanged, all_migrations, migrate

pytestmark = pytest.mark.parametrize("stack", ["embedded", "real"], indirect=True)


def test_second_run_changes_nothing(empty_url: str) -> None:
    """Every start of the services may migrate."""
    assert migrate(empty_url) == [m.name for m in all_migrations()]
    assert migrate(empty_url) == []


def test_both_builds_have_the_same_tables(empty_url: str) -> None:
    """With TimescaleDB the telemetry tables are hypertables, without it plain; there they are in both."""
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        tables = {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert {"reading", "position", "container_state", "plan", "confirmation", "savings_line"} <= tables


def test_failed_migration_leaves_no_trace(empty_url: str) -> None:
    """Half a migration would be worse than none; those before it stay."""
    good = Migration("0001_good.sql", "CREATE TABLE good (n int)")
    bad = Migration("0002_bad.sql", "CREATE TABLE half (n int); SELECT nonsense FROM nowhere")
    with pytest.raises(psycopg.Error):
        migrate(empty_url, [good, bad])
    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT to_regclass('good') IS NOT NULL, to_regclass('half') IS NULL").fetchone() == (
            True,
            True,
        )
        assert connection.execute("SELECT name FROM schema_migration").fetchall() == [("0001_good.sql",)]


def test_changed_migration_is_refused(empty_url: str) -> None:
    """What ran on a city's server is history: its text must not change under it."""
    migrate(empty_url, [Migration("0001_x.sql", "CREATE TABLE x (n int)")])
    with pytest.raises(MigrationChanged, match=r"0001_x\.sql"):
        migrate(empty_url, [Migration("0001_x.sql", "CREATE TABLE x (n bigint)")])
