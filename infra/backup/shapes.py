"""What of a database is ours: tables in the order in which they can be loaded, their columns, their sequences."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import Any

import psycopg
from psycopg import sql

from infra.backup.archive import MigrationDone, SequenceState, TableShape

Link = psycopg.Connection[tuple[Any, ...]]

MIGRATIONS = "schema_migration"

# Tables of the public schema that no extension brought; TimescaleDB keeps its chunks in a schema of its own.
OURS = """
SELECT c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.relname
"""
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
"""
REFERENCES = """
SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'public'::regnamespace AND conrelid <> confrelid
"""
SERIALS = """
SELECT attname, pg_get_serial_sequence(%(table)s, attname) FROM pg_attribute
WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped
  AND pg_get_serial_sequence(%(table)s, attname) IS NOT NULL
"""

TELLING = """
SELECT c.relname, t.tgname FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_proc p ON p.oid = t.tgfoid AND p.pronamespace = 'public'::regnamespace
WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal AND t.tgtype & 4 <> 0
ORDER BY c.relname, t.tgname
"""


def list_tables(connection: Link) -> list[str]:
    """Names of our tables, the list of migrations too."""
    return [name for (name,) in connection.execute(OURS)]


def list_shapes(connection: Link) -> tuple[TableShape, ...]:
    """Every table that holds data, those that others refer to before those others."""
    tables = [table for table in list_tables(connection) if table != MIGRATIONS]
    order = in_loading_order(tables, connection.execute(REFERENCES).fetchall())
    return tuple(TableShape(name=table, columns=_columns(connection, table)) for table in order)


def in_loading_order(tables: Iterable[str], references: Iterable[tuple[Any, ...]]) -> list[str]:
    """Tables after all that they refer to; `references` are pairs of a table and one that it refers to."""
    graph: Mapping[str, set[str]] = {table: set() for table in tables}
    for table, target in references:
        if table in graph and target in graph:
            graph[table].add(target)
    return list(TopologicalSorter(graph).static_order())


def list_migrations(connection: Link) -> tuple[MigrationDone, ...]:
    """What has been run, in order; nothing where the database was never migrated."""
    if MIGRATIONS not in list_tables(connection):
        return ()
    rows = connection.execute("SELECT name, checksum FROM schema_migration ORDER BY name").fetchall()
    return tuple(MigrationDone(name=name, checksum=checksum) for name, checksum in rows)


def list_sequences(connection: Link, tables: Iterable[TableShape]) -> tuple[SequenceState, ...]:
    """Where the sequences of our columns stand, so that a restored store never gives a number twice."""
    found = []
    for table in tables:
        for column, sequence in connection.execute(SERIALS, {"table": table.name}).fetchall():
            query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.SQL(sequence))
            state = connection.execute(query).fetchone()
            assert state is not None  # noqa: S101 - a sequence has exactly one row
            found.append(SequenceState(table=table.name, column=column, last_value=state[0], is_called=state[1]))
    return tuple(found)


@contextmanager
def telling_nobody(connection: Link) -> Iterator[None]:
    """Without our triggers on insert: what they told other tables is in those tables' own rows, as it stood later."""
    told = [tuple(map(sql.Identifier, row)) for row in connection.execute(TELLING).fetchall()]
    for table, trigger in told:
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}").format(table, trigger))
    yield
    for table, trigger in told:
        connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER {}").format(table, trigger))


def select_all(table: TableShape) -> sql.Composed:
    """COPY of a query, because COPY of a hypertable's name gives none of its rows."""
    return sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(_names(table), sql.Identifier(table.name))


def insert_all(table: TableShape) -> sql.Composed:
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), _names(table))


def speak_plainly(connection: Link) -> None:
    """The same text for the same value on every server, whatever its settings."""
    connection.execute(
        "SET timezone = 'UTC'; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'iso_8601';"
        " SET extra_float_digits = 1; SET bytea_output = 'hex'; SET client_encoding = 'UTF8'"
    )


def _names(table: TableShape) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, table.columns))


def _columns(connection: Link, table: str) -> tuple[str, ...]:
    return tuple(name for (name,) in connection.execute(COLUMNS, (table,)))
