"""Versions of a registry: each load that changed something, and every version read back as it was loaded.

A row is kept once for as long as it stays the same, with the version in which it began and the one that no longer has
it. So a load that changes one truck adds one row, and a version is the rows that were there then.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.city.differences import Counts, Documents, LoadReport, compare
from services.city.documents import BASEMAP_FILE, CITY_FILE, FIELDS, FILE_ORDER, FILES, Stored, files_of, ordered
from services.city.documents import registry_of as registry_of_documents
from services.city.registry import Registry
from services.store.connection import Connection, store_errors
from services.store.many import many_at_once
from services.store.queries import load_queries
from services.store.rows import rows_as_tuples

SQL = load_queries(__name__)

CITY, BASEMAP = "city", "basemap"
"""Kinds of the rows that are one of a city; the others are those of `FIELDS` and `FILE_ORDER`."""


@dataclass(frozen=True)
class RegistryVersion:
    """One load that changed something."""

    version: int
    loaded_at: datetime
    who: str
    sha256: str
    """Of all its rows, as `registry_sha256` in the store reckons it."""
    reason: str
    """Why; empty where nobody said."""
    counts: Mapping[str, Counts]
    """Rows added, changed and removed, by file. None at all: rows only stand in another order."""


def add_version(connection: Connection, city_id: str, *, who: str, now: datetime, reason: str = "") -> int:
    """Keep what the current tables hold as a version, if it is not the latest; the version that they hold.

    In the caller's transaction, which keeps other loads of the city out.
    """
    values: dict[str, object] = {"city": city_id, "who": who, "loaded_at": now, "reason": reason}
    values["version"] = _one(connection, "next_version", city_id)
    changed = connection.execute(SQL["note_changes"], values).fetchone()
    if changed and changed["rows"]:
        connection.execute(SQL["add_version"], values)
    latest = find_version(connection, city_id)
    assert latest is not None  # noqa: S101 - a city that is there differs from no version at all
    return latest


def find_version(connection: Connection, city_id: str) -> int | None:
    """The number of the version that `find_registry` reads; None for a city that `store_registry` never loaded.

    Raises:
        StoreAway, StoreRefused: it could not be read.
    """
    with store_errors():
        return _one(connection, "find_latest", city_id)


def list_versions(connection: Connection, city_id: str) -> list[RegistryVersion]:
    """All versions, the first first.

    Raises:
        StoreAway, StoreRefused: they could not be read.
    """
    counts: dict[int, dict[str, Counts]] = defaultdict(dict)
    with store_errors():
        for row in connection.execute(SQL["count_changes"], {"city": city_id}):
            counts[row["version"]][_file_of(row["kind"])] = Counts(row["added"], row["changed"], row["removed"])
        rows = connection.execute(SQL["list_versions"], {"city": city_id}).fetchall()
    return [RegistryVersion(**row, counts=counts[row["version"]]) for row in rows]


@many_at_once()
def find_registry_version(connection: Connection, city_id: str, version: int) -> Registry | None:
    """The registry of a version, equal to what was loaded then; None if there is no such version.

    Raises:
        StoreAway, StoreRefused: it could not be read.
    """
    texts = _texts(connection, city_id, version)
    return registry_of_documents(_stored(texts, without="container"), texts["container"]) if texts else None


def compare_versions(connection: Connection, city_id: str, version: int) -> LoadReport:
    """What a version changed against the one before it, row by row. Both have to be there; before 1 there is nothing.

    Raises:
        StoreAway, StoreRefused: they could not be read.
    """
    before, after = (_texts(connection, city_id, number) for number in (version - 1, version))
    return compare(city_id, files_of(_stored(before)) if before else None, files_of(_stored(after)))


def is_as_recorded(connection: Connection, city_id: str, version: int) -> bool:
    """Whether the rows of a version still have the fingerprint that was written when it was loaded."""
    with store_errors():
        row = connection.execute(SQL["find_fingerprint"], {"city": city_id, "version": version}).fetchone()
    return bool(row and row["recorded"] == row["found"])


def _texts(connection: Connection, city_id: str, version: int) -> dict[str, dict[str, str]]:
    """JSON texts by kind and id; empty for a version that was never made."""
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    with store_errors(), connection.cursor(row_factory=rows_as_tuples) as cursor:
        for kind, row_id, text in cursor.execute(SQL["list_rows"], {"city": city_id, "version": version}).fetchall():
            texts[kind][row_id] = text
    return texts


def _stored(texts: Mapping[str, Mapping[str, str]], *, without: str | None = None) -> Stored:
    orders = {kind: json.loads(text) for kind, text in texts.get(FILE_ORDER, {}).items()}
    rows: dict[str, Documents] = {
        kind: ordered(_documents(texts.get(kind, {}) if kind != without else {}), orders.get(kind, ()))
        for kind in FIELDS
    }
    (city,) = _documents(texts[CITY]).values()
    basemap = next(iter(_documents(texts.get(BASEMAP, {})).values()), None)
    return Stored(city, basemap, rows, orders.get("container", ()))


def _documents(texts: Mapping[str, str]) -> Documents:
    return {row_id: json.loads(text) for row_id, text in texts.items()}


def _file_of(kind: str) -> str:
    return {CITY: CITY_FILE, BASEMAP: BASEMAP_FILE, **FILES}.get(kind, kind)


def _one(connection: Connection, query: str, city_id: str) -> int | None:
    row = connection.execute(SQL[query], {"city": city_id}).fetchone()
    return row["version"] if row else None
