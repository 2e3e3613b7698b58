"""Numbered SQL migrations: each runs once, whole, in order, in a transaction of its own; then rights are given anew."""

import hashlib
from datetime import UTC, datetime
from importlib.resources import files
from typing import NamedTuple, cast

import psycopg
from psycopg.abc import Query

from infra.accounts.store import give_rights
from services.errors import TourneeError

LOCK = 7_421_001
"""Advisory lock, so that two services starting together do not both migrate."""


class Migration(NamedTuple):
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


class MigrationChanged(TourneeError):
    """A migration that already ran reads differently now: write a new one instead."""


def all_migrations() -> list[Migration]:
    """The files of `infra/migrations`, in order of their number."""
    folder = files("infra").joinpath("migrations")
    paths = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [Migration(path.name, path.read_text(encoding="utf-8")) for path in paths]


def migrate(database_url: str, migrations: list[Migration] | None = None) -> list[str]:
    """Run what is missing; return the names of what ran.

    When all that we have ran, the services' roles that this server has are given their rights, as `RIGHTS` says.

    Raises:
        MigrationChanged: the text of one that already ran has changed since; nothing is run.
        psycopg.Error: one failed; those before it stay, it and those after it left no trace.
    """
    wanted = all_migrations() if migrations is None else migrations
    ran = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        done = _already_run(connection)
        for migration in wanted:
            if done.get(migration.name, migration.checksum) != migration.checksum:
                raise MigrationChanged(f"{migration.name} was run with other text; put the change into a new migration")
        for migration in wanted:
            if migration.name in done:
                continue
            with connection.transaction():
                connection.execute(cast("Query", migration.sql))
                connection.execute(
                    "INSERT INTO schema_migration VALUES (%s, %s, %s)",
                    (migration.name, migration.checksum, datetime.now(UTC)),
                )
            ran.append(migration.name)
        if wanted == all_migrations():  # rights are of the newest schema
            give_rights(connection)
    return ran


def _already_run(connection: psycopg.Connection) -> dict[str, str]:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migration"
        " (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL)"
    )
    return dict(connection.execute("SELECT name, checksum FROM schema_migration").fetchall())
