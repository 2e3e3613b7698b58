"""A store of an earlier release, and whether a store of today still holds all that it held."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from infra.migrate import Migration, all_migrations, migrate

OLD_STORE = Path(__file__).parents[1] / "data" / "store_0004.sql"
OLD_LAST = "0004_segment_speeds.sql"

NOW_IN: Mapping[str, str] = {
    # The sums of a container's filling line are in its belief since, made of the account of evidence.
    "container_state": """
        SELECT city_id, container_id, s.fill_ratio, s.fill_at, s.battery_ratio, s.last_emptied_at,
               (b.document ->> 'epoch_at')::timestamptz AS fill_epoch,
               coalesce((b.document ->> 'readings')::integer, 0) AS readings,
               coalesce((b.document ->> 'sum_x')::float8, 0) AS sum_x,
               coalesce((b.document ->> 'sum_y')::float8, 0) AS sum_y,
               coalesce((b.document ->> 'sum_xx')::float8, 0) AS sum_xx,
               coalesce((b.document ->> 'sum_xy')::float8, 0) AS sum_xy,
               (b.document ->> 'usual_fill_per_day')::float8 AS usual_fill_per_day
        FROM container_state s LEFT JOIN container_belief b USING (city_id, container_id)
    """,
}
"""Tables of then that are no relation of their name any more: the query that gives their rows, in their old columns."""

type Rows = list[dict[str, Any]]


def migrations_after(name: str) -> list[Migration]:
    """Every later one, in order: also those that were written after the test that asks."""
    return [migration for migration in all_migrations() if migration.name > name]


def fill_old_store(url: str, last: str = OLD_LAST) -> None:
    """The schema of then, with rows in every table; with an earlier `last`, in every table that there was."""
    migrate(url, [migration for migration in all_migrations() if migration.name <= last])
    there = tables_of(url).keys()
    statements = re.split(r"^(?=INSERT INTO |SELECT )", OLD_STORE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    with psycopg.connect(url) as connection:
        for statement in statements[1:]:
            named = re.match(r"""INSERT INTO public\.(\w+|"\w+") """, statement)
            if named is None or named[1].strip('"') in there:
                connection.execute(statement.encode())


def tables_of(url: str) -> dict[str, Rows]:
    """All rows of all tables but the list of migrations."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        listed = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migration'"
        ).fetchall()
        names = sorted(row["tablename"] for row in listed)
        return {name: connection.execute(SQL("SELECT * FROM {}").format(Identifier(name))).fetchall() for name in names}


def shape_of(url: str) -> list[tuple[Any, ...]]:
    """Tables, columns, views, indexes, constraints, functions and what has run: all that a migration changes."""
    queries = (
        "SELECT 'column', table_name, column_name, data_type, column_default, is_nullable"
        " FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT 'view', viewname, definition FROM pg_views WHERE schemaname = 'public'",
        "SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace",
        "SELECT 'function', oid::regprocedure::text, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "SELECT 'migration', name, checksum FROM schema_migration",
    )
    with psycopg.connect(url) as connection:
        return sorted((row for query in queries for row in connection.execute(query)), key=repr)


def missing_rows(url: str, before: Mapping[str, Rows]) -> dict[str, Rows]:
    """Old rows that the store no longer holds, by table. A document may have grown; nothing else may be other."""
    missing: dict[str, Rows] = {}
    with psycopg.connect(url, row_factory=dict_row) as connection:
        for table, rows in before.items():
            if not rows:
                continue
            columns = SQL(", ").join(map(Identifier, rows[0]))
            query = SQL("SELECT {} FROM {}").format(columns, Identifier(table))
            found = connection.execute(NOW_IN[table].encode() if table in NOW_IN else query).fetchall()
            if lost := _lost(rows, found):
                missing[table] = lost
    return missing


def _lost(before: Rows, after: Rows) -> Rows:
    """Each row of today stands for one of then."""
    left, lost = list(after), []
    for row in before:
        place = next((n for n, candidate in enumerate(left) if _holds(candidate, row)), None)
        if place is None:
            lost.append(row)
        else:
            left.pop(place)
    return lost


def _holds(now: Any, then: Any) -> bool:
    """Whether all of `then` is in `now`, at its place."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        return all(name in now and _holds(now[name], value) for name, value in then.items())
    if isinstance(then, Sequence) and isinstance(now, Sequence) and not isinstance(then, str | bytes):
        return len(now) == len(then) and all(map(_holds, now, then))
    return bool(now == then)
