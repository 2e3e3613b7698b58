"""Taking a backup: one snapshot, table after table, while the services go on."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import psycopg
from psycopg import IsolationLevel

from infra.backup.archive import FORMAT, ArchiveWriter, Begin, End, Sums, TableShape, TableSum, parts_of
from infra.backup.errors import BackupRefused
from infra.backup.shapes import Link, list_migrations, list_sequences, list_shapes, select_all, speak_plainly
from services.store.connection import store_errors

OnProgress = Callable[[str, int], None]
"""Hears a table's name and how many of its rows are done."""


def take_backup(database_url: str, path: Path, on_progress: OnProgress = lambda _table, _rows: None) -> End:
    """Write the store into `path`, readable by its owner only; what is in it.

    The file is there whole or not at all: it gets its name when it is complete and on the disk.

    Raises:
        BackupRefused: the file exists, cannot be written, or the store was never migrated.
        StoreAway, StoreRefused: the store went away, or its role may not read a table.
    """
    if path.exists():
        raise BackupRefused(f"{path} exists: give another name, or remove it")
    with store_errors(), _snapshot(database_url) as connection, _new_file(path) as file:
        return _write(connection, file, on_progress)


def _write(connection: Link, file: BinaryIO, on_progress: OnProgress) -> End:
    begin = _begin(connection)
    writer = ArchiveWriter(file, begin.taken_at)
    writer.begin(begin)
    sums = {table.name: _write_table(connection, writer, table, on_progress) for table in begin.tables}
    end = End(tables=sums, sequences=list_sequences(connection, begin.tables))
    writer.end(end)
    writer.close()
    return end


def _begin(connection: Link) -> Begin:
    migrations = list_migrations(connection)
    if not migrations:
        raise BackupRefused("this database holds no Tournée store: see TOURNEE_DATABASE_URL")
    server = connection.execute("SELECT version()").fetchone()
    return Begin(
        format=FORMAT,
        tournee_version=version("tournee"),
        taken_at=datetime.now(UTC),
        server=str(server and server[0]),
        migrations=migrations,
        tables=list_shapes(connection),
    )


def _write_table(connection: Link, writer: ArchiveWriter, table: TableShape, on_progress: OnProgress) -> TableSum:
    sums = Sums()
    with connection.cursor() as cursor, cursor.copy(select_all(table)) as copy:
        for number, part in enumerate(parts_of(copy), 1):
            writer.part(table.name, number, part)
            sums.add(part)
            on_progress(table.name, sums.rows)
    return sums.result()


@contextmanager
def _snapshot(database_url: str) -> Iterator[Link]:
    """Everything as of one instant, whatever is written meanwhile."""
    with psycopg.connect(database_url, application_name="tournee-backup", connect_timeout=10) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        speak_plainly(connection)
        yield connection


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only when it is complete: nobody finds half a backup under a good name."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BackupRefused(f"{path} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise BackupRefused(f"{path} could not be finished: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """The name, too, must survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
