"""The difference between two registries as rows, and the registry that comes of them: how a change travels."""

import json
from collections.abc import Iterable, Iterator

from services.city.differences import Document, Documents
from services.city.documents import FIELDS, FILE_ORDER, Stored, documents_of, ordered, registry_of
from services.city.registry import Registry
from services.contracts.registry import RowChange, RowKind

KINDS: tuple[RowKind, ...] = (
    "zone", "container", "truck", "container_kind", "truck_class", "depot", "disposal_site", "fleet", "penalty",
    "baseline_stop",
)  # fmt: skip
"""Of rows that a file has many of; as `FIELDS`."""


def rows_between(before: Stored, after: Stored) -> list[RowChange]:
    """What to change in `before` to have `after`; nothing where they are equal."""
    rows = []
    if before.city != after.city:
        rows.append(RowChange(kind="city", id=after.city["id"], document=after.city))
    if before.basemap != after.basemap:
        rows.append(RowChange(kind="basemap", id=after.city["id"], document=after.basemap))
    for kind in KINDS:
        rows += _rows_of(kind, before.rows[kind], after.rows[kind])
    return rows


def _rows_of(kind: RowKind, before: Documents, after: Documents) -> Iterator[RowChange]:
    for row_id in before:
        if row_id not in after:
            yield RowChange(kind=kind, id=row_id, document=None)
    for row_id, document in after.items():
        if before.get(row_id) != document:
            yield RowChange(kind=kind, id=row_id, document=document)
    kept = [row_id for row_id in before if row_id in after]
    if [*kept, *(row_id for row_id in after if row_id not in before)] != list(after):
        yield RowChange(kind="file_order", id=kind, document=list(after))


def with_rows(registry: Registry, rows: Iterable[RowChange]) -> Registry:
    """The registry with these rows as they are to be; new ones come last, unless a `file_order` says where.

    Raises:
        ValueError: a row is none that a registry holds (pydantic's ValidationError is one).
    """
    stored = documents_of(registry)
    city, basemap = stored.city, stored.basemap
    tables = {kind: dict(documents) for kind, documents in stored.rows.items()}
    orders: dict[str, list[str]] = {}
    for row in rows:
        document = row.document
        if row.kind == FILE_ORDER:
            orders[_known(row.id)] = document if isinstance(document, list) else []
        elif isinstance(document, list):
            raise ValueError(f"{row.kind} {row.id}: a list is no row")
        elif row.kind == "city":
            city = document or {}
        elif row.kind == "basemap":
            basemap = document
        else:
            _put(tables[row.kind], row.id, document)
    tables = {kind: ordered(documents, orders.get(kind, ())) for kind, documents in tables.items()}
    texts = {row_id: json.dumps(document) for row_id, document in tables["container"].items()}
    return registry_of(Stored(city, basemap, tables, list(texts)), texts)


def _put(table: Documents, row_id: str, document: Document | None) -> None:
    if document is None:
        table.pop(row_id, None)
    else:
        table[row_id] = document


def _known(kind: str) -> str:
    if kind not in FIELDS:
        raise ValueError(f"no file holds rows of kind {kind}")
    return kind
