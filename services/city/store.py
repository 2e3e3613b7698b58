"""The registry in the store: a city loaded whole or not at all, and read back equal to what was loaded.

The tables of zones, containers and trucks hold no order; that of the files rests in `registry_entry`, as `file_order`.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from services.city.differences import Counts, Document, Documents, LoadReport, compare
from services.city.documents import ENTRY_KINDS, FILE_ORDER, FILES, Stored, documents_of, files_of, ordered, registry_of
from services.city.fleets import FleetRules
from services.city.registry import Registry
from services.city.versions import add_version
from services.store.connection import Connection, store_errors
from services.store.many import many_at_once
from services.store.queries import load_queries
from services.store.rows import JsonDocument, rows_as_tuples

__all__ = ["Counts", "LoadReport", "find_registry", "lock_registry", "store_registry"]

SQL = load_queries(__name__)


def store_registry(
    connection: Connection,
    registry: Registry,
    *,
    who: str,
    now: datetime,
    reason: str = "",
    what: str = "city folder loaded",
) -> LoadReport:
    """Make the store hold this city as it is, in one transaction (a savepoint, if the caller has one open).

    Containers and trucks that are gone become inactive, since history refers to them. A load that changes nothing
    writes nothing; any other writes a version and one audit row with every old and new value.

    Args:
        connection: to a migrated database.
        registry: what `read_folder` has found right.
        who: the account or person that loads, for the audit.
        now: timezone-aware.
        reason: why, for whoever looks at the version; empty where nobody said.
        what: was done, for the audit.

    Raises:
        StoreAway, StoreRefused: nothing was changed.
    """
    city = registry.city.id
    with store_errors(), connection.transaction():
        lock_registry(connection, city)
        before = _read_as_now(connection, city)
        after = documents_of(registry)
        report = compare(city, files_of(before) if before else None, files_of(after))
        if report.is_changed:
            _write(connection, registry, before, after, report, now)
            audit = {"city": city, "happened_at": now, "who": who, "what": what}
            connection.execute(SQL["add_audit"], {**audit, "detail": JsonDocument(report.detail())})
        version = add_version(connection, city, who=who, now=now, reason=reason)
    return replace(report, version=version)


def lock_registry(connection: Connection, city_id: str) -> None:
    """Keep everybody else from changing the city's registry until the caller's transaction ends."""
    connection.execute(SQL["lock_city"], {"city": city_id})


@many_at_once()
def find_registry(connection: Connection, city_id: str) -> Registry | None:
    """The city as it was last loaded, active rows only; None if it never was.

    Raises:
        StoreAway, StoreRefused: it could not be read.
    """
    with store_errors():
        stored = _read(connection, city_id, with_containers=False)
        with connection.cursor(row_factory=rows_as_tuples) as cursor:
            texts: dict[str, str] = dict(cursor.execute(SQL["list_container_texts"], {"city": city_id}).fetchall())
    return None if stored is None else registry_of(stored, texts)


def _read_as_now(connection: Connection, city_id: str) -> Stored | None:
    """What is stored, said as this Tournée would say it: a column that came since with a default is no change.

    What this Tournée would no longer take is compared as it stands.
    """
    stored = _read(connection, city_id)
    if stored is None:
        return None
    texts = {row_id: json.dumps(row) for row_id, row in stored.rows["container"].items()}
    try:
        return documents_of(registry_of(stored, texts))
    except ValidationError:
        return stored


def _read(connection: Connection, city_id: str, *, with_containers: bool = True) -> Stored | None:
    key = {"city": city_id}
    city = connection.execute(SQL["find_city"], key).fetchone()
    if city is None:
        return None
    entries: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in connection.execute(SQL["list_entries"], key):
        entries[row["kind"]][row["id"]] = row["document"]
    zones = {
        row["zone_id"]: {"id": row["zone_id"], **{name: row[name] for name in ("name", "population", "geometry")}}
        for row in connection.execute(SQL["list_zones"], key)
    }
    listed = connection.execute(SQL["list_containers"], key) if with_containers else ()
    containers = {row["id"]: row["document"] for row in listed}
    trucks = {row["id"]: row["document"] for row in connection.execute(SQL["list_trucks"], key)}
    rows = {kind: entries[kind] for kind in ENTRY_KINDS}
    for kind, table in (("zone", zones), ("container", containers), ("truck", trucks)):
        rows[kind] = ordered(table, entries[FILE_ORDER].get(kind, []))
    return Stored(city["document"], city["basemap"], rows, entries[FILE_ORDER].get("container", []))


def _write(
    connection: Connection,
    registry: Registry,
    before: Stored | None,
    after: Stored,
    report: LoadReport,
    now: datetime,
) -> None:
    """Write what differs; in an order that keeps foreign keys whole at every step."""
    city = registry.city
    document: dict[str, object] = {"city": city.id, "name": city.name, "timezone": city.timezone, "loaded_at": now}
    basemap = None if after.basemap is None else JsonDocument(after.basemap)
    connection.execute(SQL["put_city"], {**document, "document": JsonDocument(after.city), "basemap": basemap})
    _put(connection, "put_zone", city.id, [_zone_row(row) for row in _new_rows(report, after, "zone")])
    containers = _new_rows(report, after, "container")
    _put(connection, "put_container", city.id, [{**row, "document": JsonDocument(row)} for row in containers])
    _rest(connection, "rest_containers", city.id, report.removed("containers.csv"))
    _drop_zones(connection, city.id, report.removed("zones.geojson"), registry.zones[0].id)
    trucks = _new_rows(report, after, "truck")
    _put(connection, "put_truck", city.id, [{"id": row["id"], "document": JsonDocument(row)} for row in trucks])
    _rest(connection, "rest_trucks", city.id, report.removed("trucks.csv"))
    _assign_fleets(connection, registry)
    for kind in ENTRY_KINDS:
        _write_entries(connection, city.id, kind, before.rows[kind] if before else {}, after.rows[kind])
    order = {kind: list(after.rows[kind]) for kind in ("zone", "container", "truck")}
    _put_entries(
        connection, city.id, FILE_ORDER, [(kind, place, ids) for place, (kind, ids) in enumerate(order.items())]
    )


def _assign_fleets(connection: Connection, registry: Registry) -> None:
    """Whose each container and truck is: a row of fleets.csv changes that without a change of theirs."""
    rules = FleetRules(registry.fleets)
    for query, whose in (
        ("assign_containers", {container.id: rules.of_container(container) for container in registry.containers}),
        ("assign_trucks", {truck.id: rules.of_truck(truck) for truck in registry.trucks}),
    ):
        columns = {"ids": list(whose), "fleets": list(whose.values())}
        connection.execute(SQL[query], {"city": registry.city.id, **columns})


def _new_rows(report: LoadReport, after: Stored, kind: str) -> list[Document]:
    return [after.rows[kind][row_id] for row_id in report.written(FILES[kind])]


def _zone_row(row: Document) -> Document:
    return {**row, "geometry": JsonDocument(row["geometry"])}


def _put(connection: Connection, query: str, city: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.cursor().executemany(SQL[query], [{"city": city, **row} for row in rows])


def _rest(connection: Connection, query: str, city: str, ids: Sequence[str]) -> None:
    if ids:
        connection.execute(SQL[query], {"city": city, "ids": list(ids)})


def _drop_zones(connection: Connection, city: str, ids: Sequence[str], stay: str) -> None:
    if ids:
        connection.execute(SQL["move_resting_containers"], {"city": city, "ids": list(ids), "to": stay})
        connection.execute(SQL["drop_zones"], {"city": city, "ids": list(ids)})


def _write_entries(connection: Connection, city: str, kind: str, before: Documents, after: Documents) -> None:
    """Rows that are new, changed or at another place; then those that are gone."""
    gone = [row_id for row_id in before if row_id not in after]
    if gone:
        connection.execute(SQL["drop_entries"], {"city": city, "kind": kind, "ids": gone})
    places = {row_id: place for place, row_id in enumerate(before)}
    rows = [
        (row_id, place, row)
        for place, (row_id, row) in enumerate(after.items())
        if places.get(row_id) != place or before[row_id] != row
    ]
    _put_entries(connection, city, kind, rows)


def _put_entries(connection: Connection, city: str, kind: str, rows: Sequence[tuple[str, int, Any]]) -> None:
    documents = [
        {"kind": kind, "id": row_id, "position": place, "document": JsonDocument(row)} for row_id, place, row in rows
    ]
    _put(connection, "put_entry", city, documents)
