"""Restoring: the file is read whole and checked first; then everything is loaded in one transaction, or nothing is."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import psycopg
from psycopg import sql

from infra.backup.archive import ArchiveReader, Begin, End, SequenceState, Sums, TableShape, TableSum, parts_of
from infra.backup.errors import BackupDamaged, BackupRefused
from infra.backup.shapes import (
    MIGRATIONS,
    Link,
    insert_all,
    list_migrations,
    list_shapes,
    list_tables,
    select_all,
    speak_plainly,
    telling_nobody,
)
from infra.backup.take import OnProgress
from infra.backup.wipe import remove_empty_schema
from infra.migrate import Migration, all_migrations, migrate
from services.store.connection import store_errors


def restore_backup(
    database_url: str,
    path: Path,
    on_progress: OnProgress = lambda _table, _rows: None,
    migrations: list[Migration] | None = None,
) -> End:
    """Fill an empty store with a backup, at the schema of today; what was in it.

    Raises:
        BackupDamaged: the file is cut off, altered, or none of ours. The store is untouched.
        BackupRefused: the store holds data, or the backup is of a newer Tournée. The store is untouched.
        StoreAway, StoreRefused: the store went away meanwhile. It is empty; restore again.
    """
    ours = all_migrations() if migrations is None else migrations
    begin, expected = check_file(path)
    level = _level(begin, ours)
    with store_errors():
        with _connected(database_url) as connection:
            _refuse_unless_empty(connection)
            _fit_schema(connection, begin)
        try:
            migrate(database_url, level)
            with _connected(database_url) as connection:
                _load(connection, path, expected, on_progress)
        finally:
            migrate(database_url, ours)
    return expected


def check_file(path: Path) -> tuple[Begin, End]:
    """Read the whole file and hold it against its own checksums.

    Raises:
        BackupDamaged: something is missing or other than it was written.
    """
    sums: defaultdict[str, Sums] = defaultdict(Sums)
    with _opened(path) as reader:
        for part in reader.parts():
            sums[part.table].add(part.content)
        begin, end = reader.begin, reader.end
    if set(end.tables) != {table.name for table in begin.tables}:
        raise BackupDamaged(f"{path}: the tables of begin.json and end.json differ")
    for table, wanted in end.tables.items():
        if sums[table].result() != wanted:
            raise BackupDamaged(f"{path}: the rows of {table} are not those that were written: take another backup")
    return begin, end


@contextmanager
def _opened(path: Path) -> Iterator[ArchiveReader]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise BackupRefused(f"{path} cannot be read: {error.strerror}") from error
    with file, ArchiveReader(path, file) as reader:
        yield reader


def _level(begin: Begin, ours: list[Migration]) -> list[Migration]:
    """The migrations that make the schema which the backup was taken from."""
    known = {migration.name: migration for migration in ours}
    for done in begin.migrations:
        if done.name not in known:
            raise BackupRefused(
                f"the backup is of a newer Tournée: {begin.tournee_version}, with {done.name}. Upgrade first"
            )
        if known[done.name].checksum != done.checksum:
            raise BackupRefused(f"the backup was taken after another {done.name} than ours: it is of another Tournée")
    return [known[done.name] for done in begin.migrations]


def _refuse_unless_empty(connection: Link) -> None:
    filled = [table for table in list_tables(connection) if table != MIGRATIONS and _has_rows(connection, table)]
    if filled:
        raise BackupRefused(
            f"the store holds data ({', '.join(filled)}): restore into an empty database, so that nothing is mixed"
        )


def _has_rows(connection: Link, table: str) -> bool:
    row = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))).fetchone()
    return bool(row and row[0])


def _fit_schema(connection: Link, begin: Begin) -> None:
    """An empty store that is already ahead of the backup goes back to the beginning: migrations only run forward."""
    here = {done.name for done in list_migrations(connection)}
    if not here <= {done.name for done in begin.migrations}:
        remove_empty_schema(connection)


def _load(connection: Link, path: Path, expected: End, on_progress: OnProgress) -> None:
    """All rows in one transaction, compared with the file before it is committed."""
    with _opened(path) as reader, connection.transaction():
        shapes = {table.name: table for table in list_shapes(connection)}
        _refuse_other_shapes(path, reader.begin, shapes)
        for name in shapes:
            _lock(connection, name)
        _refuse_unless_empty(connection)
        with telling_nobody(connection):
            for name, parts in groupby(reader.parts(), key=lambda part: part.table):
                _load_table(connection, shapes[name], (part.content for part in parts), on_progress)
        if reader.end != expected:
            raise BackupDamaged(f"{path} has changed while it was read")
        for state in expected.sequences:
            _set_sequence(connection, state)
        for name, table in shapes.items():
            _compare(connection, table, expected.tables[name], on_progress)


def _lock(connection: Link, table: str) -> None:
    """Waits for nobody: an empty store has no services running, and if it has, they must not write now."""
    try:
        connection.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE NOWAIT").format(sql.Identifier(table)))
    except psycopg.errors.LockNotAvailable as error:
        raise BackupRefused(f"somebody is writing into {table}: stop the services first") from error


def _refuse_other_shapes(path: Path, begin: Begin, shapes: dict[str, TableShape]) -> None:
    for table in begin.tables:
        if table.name not in shapes or set(shapes[table.name].columns) != set(table.columns):
            raise BackupDamaged(f"{path}: {table.name} is not the table that its migrations make")
        shapes[table.name] = table  # the file's order of columns
    if missing := set(shapes) - {table.name for table in begin.tables}:
        raise BackupDamaged(f"{path} holds no {', '.join(sorted(missing))}, which its migrations make")


def _load_table(connection: Link, table: TableShape, parts: Iterator[bytes], on_progress: OnProgress) -> None:
    rows = 0
    with connection.cursor() as cursor, cursor.copy(insert_all(table)) as copy:
        for part in parts:
            copy.write(part)
            rows += part.count(b"\n")
            on_progress(table.name, rows)


def _set_sequence(connection: Link, state: SequenceState) -> None:
    connection.execute(
        "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)",
        (state.table, state.column, state.last_value, state.is_called),
    )


def _compare(connection: Link, table: TableShape, wanted: TableSum, on_progress: OnProgress) -> None:
    """What the store gives back must be what the file holds, in whatever order."""
    sums = Sums()
    with connection.cursor() as cursor, cursor.copy(select_all(table)) as copy:
        for part in parts_of(copy):
            sums.add(part)
            on_progress(f"{table.name}, compared", sums.rows)
    if (sums.rows, sums.size_bytes, sums.rows_sum) != (wanted.rows, wanted.size_bytes, wanted.rows_sum):
        raise BackupDamaged(
            f"{table.name} came back with {sums.rows} rows that are not the {wanted.rows} of the file:"
            " nothing was restored"
        )


@contextmanager
def _connected(database_url: str) -> Iterator[Link]:
    with psycopg.connect(
        database_url, application_name="tournee-restore", connect_timeout=10, autocommit=True
    ) as connection:
        speak_plainly(connection)
        yield connection
