"""One row of a registry changed by hand: read and checked by the rules of the city folder, as if its file said so."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.city import messages
from services.city.cells import written
from services.city.documents import FIELDS, FILES
from services.city.entry import Entry
from services.city.findings import Finding, Findings
from services.city.geojson import ZONES, Shapes, is_shape
from services.city.plausibility import check_plausibility
from services.city.references import check_references
from services.city.registry import Registry, Zone
from services.city.rows import Entered, Sheet, read_rows
from services.city.sheets import OPTIONAL, TABLES, Sheets
from services.city.tables import Row, Table

MODELS: dict[str, type[Entry]] = {"zone": Zone} | {
    kind: TABLES[field]
    for kind, field in FIELDS.items()
    if field in TABLES and kind not in {"penalty", "baseline_stop"}
}
"""What can be changed row by row, by kind. Fixed circuits and a contract's penalties are lists, and change with their
file."""
ROW = 1
"""The place in messages: the changed row is alone in its table."""


@dataclass(frozen=True)
class Edit:
    """A row as somebody wants it. `cells` as they are typed, by column; None: the row goes."""

    kind: str
    row_id: str | None
    """None: a new row, whose id is in its cells."""
    cells: Mapping[str, str] | None
    shape: str = ""
    """Of a zone: its GeoJSON geometry; empty: the one that it has."""


@dataclass(frozen=True)
class EditReading:
    """The registry that comes of it, or why none does. Findings of the row itself have its file and a column."""

    registry: Registry | None
    errors: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    """Of this row."""
    row_id: str = ""


def read_edit(registry: Registry, edit: Edit) -> EditReading:
    """Put the row into the registry, if it is right in itself and everything still fits together."""
    findings = Findings()
    field, name = FIELDS[edit.kind], FILES[edit.kind]
    rows: tuple[Any, ...] = getattr(registry, field)
    place = next((n for n, row in enumerate(rows) if row.id == edit.row_id), len(rows))
    shapes: Shapes = dict(registry.zone_shapes)
    if edit.cells is None:
        rows = rows[:place] + rows[place + 1 :]
        if edit.kind == "zone" and edit.row_id:
            shapes.pop(edit.row_id, None)
        if not rows and field not in OPTIONAL:
            findings.error(name, messages.ROWS_NONE)
        entry = None
    else:
        entry = _read_row(edit, rows, name, shapes, findings)
        if entry is None:
            return EditReading(None, *findings.sorted())
        rows = (*rows[:place], entry, *rows[place + 1 :])
    changed = registry.model_copy(update={field: rows, "zone_shapes": shapes})
    sheets = sheets_of(changed)
    check_references(sheets, findings)
    errors, _ = findings.sorted()
    if errors:
        return EditReading(None, errors)
    warnings = _warnings(changed, sheets, edit.kind, place + 1) if entry is not None else ()
    row_id = str(getattr(entry, "id", edit.row_id or ""))
    return EditReading(changed, (), warnings, row_id)


def cells_of(entry: Entry) -> dict[str, str]:
    """A row as a file shows it: what a form begins with."""
    return {column: written(getattr(entry, column)) for column in type(entry).model_fields}


def sheets_of(registry: Registry) -> Sheets:
    """The files that such a registry would be read from; rows count from 1."""

    def sheet[E: Entry](field: str, rows: Sequence[E]) -> Sheet[E]:
        name = ZONES if field == "zones" else f"{field}.csv"
        ids = frozenset(str(row.id) for row in rows if hasattr(row, "id"))
        return Sheet(name, tuple(Entered(n, row) for n, row in enumerate(rows, 1)), ids, known=bool(rows))

    return Sheets(
        zones=sheet("zones", registry.zones),
        zone_shapes=registry.zone_shapes,
        container_kinds=sheet("container_kinds", registry.container_kinds),
        containers=sheet("containers", registry.containers),
        truck_classes=sheet("truck_classes", registry.truck_classes),
        trucks=sheet("trucks", registry.trucks),
        depots=sheet("depots", registry.depots),
        disposal_sites=sheet("disposal_sites", registry.disposal_sites),
        fleets=sheet("fleets", registry.fleets),
        penalties=sheet("penalties", registry.penalties),
        baseline=sheet("baseline", registry.baseline),
    )


def _read_row(edit: Edit, rows: Sequence[Any], name: str, shapes: Shapes, findings: Findings) -> Entry | None:
    cells = {column: " ".join(cell.split()) for column, cell in (edit.cells or {}).items()}
    if edit.row_id is not None:
        cells["id"] = edit.row_id  # a new id would be a new row
    table = Table(tuple(cells), ROW, (Row(ROW, tuple(cells.values())),), whole=True)
    sheet: Sheet[Entry] = read_rows(MODELS[edit.kind], table, name, findings)
    entry = sheet.entries[0].entry if sheet.entries else None
    row_id = cells.get("id", "")
    if edit.row_id is None and any(row.id == row_id for row in rows):
        line = next(n for n, row in enumerate(rows, 1) if row.id == row_id)
        findings.error(name, messages.ID_DOUBLED.format(first=line), line=ROW, place="column id", value=row_id)
        return None
    if edit.kind == "zone" and not _read_shape(edit, row_id, shapes, findings):
        return None
    return entry


def _read_shape(edit: Edit, row_id: str, shapes: Shapes, findings: Findings) -> bool:
    if not edit.shape.strip() and row_id in shapes:
        return True
    try:
        geometry = json.loads(edit.shape or "null")
    except (ValueError, RecursionError):
        geometry = None
    if isinstance(geometry, dict) and geometry.get("type") == "Feature":
        geometry = geometry.get("geometry")
    if not is_shape(geometry, ROW, findings):
        return False
    shapes[row_id] = geometry
    return True


def _warnings(registry: Registry, sheets: Sheets, kind: str, line: int) -> tuple[Finding, ...]:
    """What looks like a mistake in this row, whatever else there may be in the city."""
    findings = Findings()
    if kind == "container":
        # Alone among the containers: told together with others, its own would be lost among theirs.
        sheets = replace(
            sheets, containers=replace(sheets.containers, entries=sheets.containers.entries[line - 1 : line])
        )
    check_plausibility(registry.city, sheets, findings)
    return tuple(row for row in findings.warnings if row.file == FILES[kind] and row.line == line)
