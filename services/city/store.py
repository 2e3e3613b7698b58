"""The registry in the store: a city loaded whole or not at all, and read back equal to what was loaded.

The tables of zones, containers and trucks hold no order; that of the files rests in `registry_entry`, as `file_order`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.city.differences import Counts, Document, Documents, LoadReport, compare
from services.city.fleets import FleetRules
from services.city.registry import (
    BaselineStop,
    City,
    Container,
    ContainerKind,
    Depot,
    DisposalSite,
    Entry,
    Fleet,
    Registry,
    Truck,
    TruckClass,
    Zone,
)
from services.store.connection import Connection, store_errors
from services.store.many import many_at_once
from services.store.queries import load_queries
from services.store.rows import JsonDocument, rows_as_tuples

__all__ = ["Counts", "LoadReport", "find_registry", "list_cities", "load_registry"]

SQL = load_queries(__name__)

FILE_ORDER = "file_order"
ENTRY_KINDS: dict[str, type[Entry]] = {
    "container_kind": ContainerKind,
    "truck_class": TruckClass,
    "depot": Depot,
    "disposal_site": DisposalSite,
    "fleet": Fleet,
    "baseline_stop": BaselineStop,
}
"""Kinds of `registry_entry`; in `Registry` they stand under `FIELDS`."""
FIELDS = {
    "zone": "zones",
    "container": "containers",
    "truck": "trucks",
    "container_kind": "container_kinds",
    "truck_class": "truck_classes",
    "depot": "depots",
    "disposal_site": "disposal_sites",
    "fleet": "fleets",
    "baseline_stop": "baseline",
}


@dataclass(frozen=True)
class _Stored:
    """A city as documents: by kind, in the order of the files."""

    city: Document
    basemap: Document | None
    rows: dict[str, Documents]
    """By kind of `FIELDS`; a zone's document holds its geometry too."""
    container_order: Sequence[str] = ()
    """Ids of containers in the order of their file."""


def load_registry(connection: Connection, registry: Registry, *, who: str, now: datetime) -> LoadReport:
    """Make the store hold this city as it is, in one transaction (a savepoint, if the caller has one open).

    Containers and trucks that are gone become inactive, since history refers to them. A load that changes nothing
    writes nothing; any other writes one audit row with every old and new value.

    Args:
        connection: to a migrated database.
        registry: what `read_folder` has found right.
        who: the account or person that loads, for the audit.
        now: timezone-aware.

    Raises:
        StoreAway, StoreRefused: nothing was changed.
    """
    city = registry.city.id
    with store_errors(), connection.transaction():
        connection.execute(SQL["lock_city"], {"city": city})
        before = _read(connection, city)
        after = _documents(registry)
        report = compare(city, _parts(before) if before else None, _parts(after))
        if report.is_changed:
            _write(connection, registry, before, after, report, now)
            audit = {"city": city, "happened_at": now, "who": who, "what": "city folder loaded"}
            connection.execute(SQL["add_audit"], {**audit, "detail": JsonDocument(report.detail())})
    return report


@many_at_once()
def find_registry(connection: Connection, city_id: str) -> Registry | None:
    """The city as it was last loaded, active rows only; None if it never was.

    Raises:
        StoreAway, StoreRefused: it could not be read.
    """
    with store_errors():
        stored = _read(connection, city_id, with_containers=False)
        # Straight from text to models: by way of documents a large city takes twice as long.
        with connection.cursor(row_factory=rows_as_tuples) as cursor:
            texts: dict[str, str] = dict(cursor.execute(SQL["list_container_texts"], {"city": city_id}).fetchall())
    if stored is None:
        return None
    zones = stored.rows["zone"]
    models: dict[str, type[Entry]] = {"truck": Truck, **ENTRY_KINDS}
    tables = {
        FIELDS[kind]: tuple(map(model.model_validate, stored.rows[kind].values())) for kind, model in models.items()
    }
    return Registry.model_validate(
        {
            "city": City.model_validate(stored.city),
            "basemap": stored.basemap,
            "zones": tuple(
                Zone(id=zone, name=row["name"], population=row["population"]) for zone, row in zones.items()
            ),
            "containers": tuple(map(Container.model_validate_json, _ordered(texts, stored.container_order).values())),
            "zone_shapes": {zone: row["geometry"] for zone, row in zones.items()},
            **tables,
        }
    )


def list_cities(connection: Connection) -> list[City]:
    """All cities, by id."""
    with store_errors():
        rows = connection.execute(SQL["list_cities"]).fetchall()
    return [City.model_validate(row["document"]) for row in rows]


def _documents(registry: Registry) -> _Stored:
    rows: dict[str, Documents] = {}
    for kind, field in FIELDS.items():
        entries: Sequence[Entry] = getattr(registry, field)
        rows[kind] = {_id_of(entry): entry.model_dump(mode="json") for entry in entries}
    for zone, row in rows["zone"].items():
        row["geometry"] = registry.zone_shapes[zone]
    return _Stored(registry.city.model_dump(mode="json", by_alias=True), registry.basemap, rows)


def _id_of(entry: Any) -> str:
    return f"{entry.circuit}/{entry.position}" if isinstance(entry, BaselineStop) else str(entry.id)


def _parts(stored: _Stored) -> dict[str, Documents]:
    """What is compared, under the names of the files; the basemap too, which may be large and is not listed."""
    parts = {"city.toml": {"city": stored.city}, "basemap.geojson": {}}
    if stored.basemap is not None:
        parts["basemap.geojson"] = {"basemap": stored.basemap}
    for kind, field in FIELDS.items():
        parts["zones.geojson" if kind == "zone" else f"{field}.csv"] = stored.rows[kind]
    return parts


def _read(connection: Connection, city_id: str, *, with_containers: bool = True) -> _Stored | None:
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
        rows[kind] = _ordered(table, entries[FILE_ORDER].get(kind, []))
    return _Stored(city["document"], city["basemap"], rows, entries[FILE_ORDER].get("container", []))


def _ordered[Row](table: dict[str, Row], order: Iterable[str]) -> dict[str, Row]:
    """The rows in the order of the file; rows that another hand has added come last."""
    return {row_id: table[row_id] for row_id in order if row_id in table} | table


def _write(
    connection: Connection,
    registry: Registry,
    before: _Stored | None,
    after: _Stored,
    report: LoadReport,
    now: datetime,
) -> None:
    """Write what differs; in an order that keeps foreign keys whole at every step."""
    city = registry.city
    document: dict[str, object] = {"city": city.id, "name": city.name, "timezone": city.timezone, "loaded_at": now}
    basemap = None if after.basemap is None else JsonDocument(after.basemap)
    connection.execute(SQL["put_city"], {**document, "document": JsonDocument(after.city), "basemap": basemap})
    _put(connection, "put_zone", city.id, [_zone_row(row) for row in _new_rows(report, "zones.geojson", after, "zone")])
    containers = _new_rows(report, "containers.csv", after, "container")
    _put(connection, "put_container", city.id, [{**row, "document": JsonDocument(row)} for row in containers])
    _rest(connection, "rest_containers", city.id, report.removed("containers.csv"))
    _drop_zones(connection, city.id, report.removed("zones.geojson"), registry.zones[0].id)
    trucks = _new_rows(report, "trucks.csv", after, "truck")
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


def _new_rows(report: LoadReport, file: str, after: _Stored, kind: str) -> list[Document]:
    return [after.rows[kind][row_id] for row_id in report.written(file)]


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
