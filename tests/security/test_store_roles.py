"""A service that was taken over has its login at the store: that opens what the service needs, and nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import LiteralString, get_args

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Identifier

from infra.accounts.local import as_role
from infra.accounts.store import FUNCTIONS, READS_EVERYTHING, RIGHTS, ROLE, ROLES, Privilege
from infra.backup.take import take_backup
from infra.migrate import migrate
from infra.stack.stack import Stack
from services.store.connection import connect
from services.store.upkeep import run_upkeep
from services.writer.beliefs import keep_beliefs
from services.writer.telemetry import store_reading_rows

pytestmark = pytest.mark.parametrize("stack", ["embedded", "real"], indirect=True)

SERVICES = tuple(RIGHTS)
PRIVILEGES: tuple[Privilege, ...] = get_args(Privilege.__value__ if hasattr(Privilege, "__value__") else Privilege)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def owner(database_url: str) -> Iterator[psycopg.Connection]:
    """The owner's connection."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def relations(owner: psycopg.Connection) -> set[str]:
    """Every table and view of ours."""
    rows = owner.execute(
        "SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'p')"
        " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid"
        " AND d.deptype = 'e')"
    ).fetchall()
    return {name for (name,) in rows}


def refused(url: str, query: LiteralString) -> None:
    with psycopg.connect(url) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(query)


@pytest.mark.parametrize("account", [*SERVICES, READS_EVERYTHING])
def test_each_role_has_the_rights_of_the_table_and_no_others(owner: psycopg.Connection, account: str) -> None:
    """PostgreSQL itself is asked, for every table and view there is and every privilege there is."""
    every = (*PRIVILEGES, "TRUNCATE", "REFERENCES", "TRIGGER")
    rows = owner.execute(
        "SELECT relation, privilege FROM unnest(%s::text[]) relation, unnest(%s::text[]) privilege"
        " WHERE has_table_privilege(%s, format('public.%%I', relation), privilege)",
        (sorted(relations(owner)), list(every), ROLE.format(account)),
    ).fetchall()
    if account == READS_EVERYTHING:
        expected = {(relation, "SELECT") for relation in relations(owner)}
    else:
        expected = {(table, privilege) for privilege, tables in RIGHTS[account].items() for table in tables.split()}
    assert set(rows) == expected


def test_every_table_is_somebodys(owner: psycopg.Connection) -> None:
    """A new table without a rule is noticed here, not when a service fails: the owner's own are named."""
    owners = {"schema_migration", "segment_passes", "speeds_learned_day", "registry_row", "container_now"}
    named = {table for rights in RIGHTS.values() for tables in rights.values() for table in tables.split()}
    assert relations(owner) - named - owners == set()


def test_no_role_is_more_than_a_login(owner: psycopg.Connection) -> None:
    """None is a superuser, makes roles or databases, is a member of another, or owns anything."""
    rows = owner.execute(
        "SELECT rolname FROM pg_roles r WHERE rolname = ANY(%s) AND NOT (rolsuper OR rolcreaterole OR rolcreatedb OR"
        " rolreplication OR rolbypassrls) AND NOT EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid)"
        " AND NOT EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)",
        (list(ROLES),),
    ).fetchall()
    assert {name for (name,) in rows} == set(ROLES)


@pytest.mark.parametrize("account", [service for service in SERVICES if service != "writer"])
@pytest.mark.parametrize(
    "table",
    [
        "reading",
        "observation",
        "confirmation",
        "plan",
        "dispatch",
        "savings_line",
        "presence",
        "street_said",
        "registry_change",
        "truck",
    ],
)
def test_only_the_writer_makes_events(database_url: str, account: str, table: str) -> None:
    """Whoever has the pages' login, or the planner's, cannot put a reading or an emptying into the account."""
    query = SQL("INSERT INTO {} DEFAULT VALUES").format(Identifier(table))
    with psycopg.connect(as_role(database_url, account)) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(query)


@pytest.mark.parametrize("account", SERVICES)
def test_nobody_changes_the_schema_or_the_audit(database_url: str, account: str) -> None:
    """No table is made, dropped or emptied, and what stands in the audit stays."""
    url = as_role(database_url, account)
    refused(url, "CREATE TABLE stolen (n int)")
    refused(url, "DROP TABLE audit")
    refused(url, "TRUNCATE reading")
    refused(url, "DELETE FROM audit")
    refused(url, "UPDATE observation SET happened_at = now()")
    refused(url, "CREATE ROLE another")


@pytest.mark.parametrize("account", [service for service in SERVICES if service != "web"])
def test_password_hashes_are_the_pages_alone(database_url: str, account: str) -> None:
    """And so are one-time secrets, sessions and phones' keys."""
    tables = ("account", "login_session", "truck_phone", "phone_invitation", "person_invitation", "recovery_code")
    for table in (*tables, "linked_identity", "shared_view"):
        refused(as_role(database_url, account), f"SELECT FROM {table}")  # type: ignore[arg-type]


@pytest.mark.parametrize("account", SERVICES)
def test_upkeep_of_the_owner_is_the_writers_alone(database_url: str, account: str) -> None:
    """Dropping chunks by the owner's function: of what is kept for a time, and by the writer only."""
    url = as_role(database_url, account)
    if account not in FUNCTIONS:
        refused(url, "SELECT drop_chunks_between('reading', now(), now())")
    refused(url, "SELECT drop_chunks_between('observation', now(), now())")
    refused(url, "SELECT compress_reading_chunk('public.observation')") if account not in FUNCTIONS else None


def test_writer_keeps_retention(stack: Stack, database_url: str) -> None:
    """Old readings go, in chunks where TimescaleDB is, though the writer owns nothing."""
    row = ("port-azur", "C-1", NOW - timedelta(days=90), NOW, 0.5, None, None)
    with connect(as_role(database_url, "writer"), name="test") as connection:
        with connection.transaction():
            store_reading_rows(connection, [row])
        keep_beliefs(connection, now=NOW, keep_readings_days=30)
        done = run_upkeep(connection, now=NOW, keep_readings_days=30, keep_positions_days=30)
    assert done is not None
    assert (done.chunks_dropped, done.rows_deleted) == ((1, 0) if stack.kind == "real" else (0, 1))


def test_backup_is_taken_by_the_role_for_it(database_url: str, tmp_path: Path) -> None:
    """It copies all there is and can change nothing: what a nightly job needs."""
    url = as_role(database_url, READS_EVERYTHING)
    taken = take_backup(url, tmp_path / "all.backup")
    assert "account" in taken.tables
    refused(url, "DELETE FROM account")


def test_a_right_too_much_is_taken_back(database_url: str, owner: psycopg.Connection) -> None:
    """What somebody granted by hand is gone with the next migration: the table in the code is what holds."""
    owner.execute("GRANT DELETE ON plan TO tournee_web")
    migrate(database_url)
    refused(as_role(database_url, "web"), "DELETE FROM plan")
