"""A registry as JSON documents by kind and id, the way the store keeps it, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.city.differences import Document, Documents
from services.city.entry import Entry
from services.city.penalties import Penalty
from services.city.registry import (
    BaselineStop,
    City,
    Container,
    ContainerKind,
    Depot,
    DisposalSite,
    Fleet,
    Registry,
    Truck,
    TruckClass,
    Zone,
)

FILE_ORDER = "file_order"
"""The kind of the lists that say in which order a file's rows stand."""
ENTRY_KINDS: dict[str, type[Entry]] = {
    "container_kind": ContainerKind,
    "truck_class": TruckClass,
    "depot": Depot,
    "disposal_site": DisposalSite,
    "fleet": Fleet,
    "penalty": Penalty,
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
    "penalty": "penalties",
    "baseline_stop": "baseline",
}
CITY_FILE, BASEMAP_FILE = "city.toml", "basemap.geojson"
FILES = {kind: "zones.geojson" if kind == "zone" else f"{field}.csv" for kind, field in FIELDS.items()}
"""The file of the city folder that each kind is read from."""


@dataclass(frozen=True)
class Stored:
    """A city as documents: by kind, in the order of the files."""

    city: Document
    basemap: Document | None
    rows: dict[str, Documents]
    """By kind of `FIELDS`; a zone's document holds its geometry too."""
    container_order: Sequence[str] = ()
    """Ids of containers in the order of their file."""


def documents_of(registry: Registry) -> Stored:
    """What the store keeps of a registry."""
    rows: dict[str, Documents] = {}
    for kind, field in FIELDS.items():
        entries: Sequence[Entry] = getattr(registry, field)
        rows[kind] = {_id_of(entry): entry.model_dump(mode="json") for entry in entries}
    for zone, row in rows["zone"].items():
        row["geometry"] = registry.zone_shapes[zone]
    return Stored(registry.city.model_dump(mode="json", by_alias=True), registry.basemap, rows)


def registry_of(stored: Stored, containers: Mapping[str, str]) -> Registry:
    """The registry of these documents; `containers` are JSON texts by id, since a large city has many.

    Straight from text to models: by way of documents it takes twice as long.
    """
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
            "containers": tuple(
                map(Container.model_validate_json, ordered(containers, stored.container_order).values())
            ),
            "zone_shapes": {zone: row["geometry"] for zone, row in zones.items()},
            **tables,
        }
    )


def files_of(stored: Stored) -> dict[str, Documents]:
    """What is compared, under the names of the files; the basemap too, which may be large and is not listed."""
    files: dict[str, Documents] = {CITY_FILE: {"city": stored.city}, BASEMAP_FILE: {}}
    if stored.basemap is not None:
        files[BASEMAP_FILE] = {"basemap": stored.basemap}
    return files | {FILES[kind]: stored.rows[kind] for kind in FIELDS}


def ordered[Row](table: Mapping[str, Row], order: Iterable[str]) -> dict[str, Row]:
    """The rows in the order of the file; rows that another hand has added come last."""
    return {row_id: table[row_id] for row_id in order if row_id in table} | dict(table)


def _id_of(entry: Any) -> str:
    if isinstance(entry, BaselineStop):
        return f"{entry.circuit}/{entry.position}"
    return str(entry.code if isinstance(entry, Penalty) else entry.id)
