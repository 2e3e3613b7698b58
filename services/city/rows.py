"""The rows of a table as models. A wrong cell becomes an error with its line and column; the others go on."""

import re
from dataclasses import dataclass
from statistics import median
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from services.city import messages
from services.city.cells import Convert, converter
from services.city.findings import Findings
from services.city.registry import Entry
from services.city.tables import Row, Table

SMALL_NUMBER = re.compile(r"1?[0-9]([.,][0-9]+)?")
NEAR_DEGREES = 2
"""No city is wider; the other containers tell where it is."""

type LonLat = tuple[float, float]


@dataclass(frozen=True)
class Entered[E: Entry]:
    """A row that is right in itself, and the line where it stands (for GeoJSON: the feature, from 1)."""

    line: int
    entry: E


@dataclass(frozen=True)
class Sheet[E: Entry]:
    """What could be read of one file."""

    name: str
    entries: tuple[Entered[E], ...] = ()
    ids: frozenset[str] = frozenset()
    """Ids of all rows, wrong ones too, so that a wrong cell does not cause a second error where its row is meant."""
    known: bool = False
    """False: the ids could not be read, so nothing can be said about references to this file."""


@dataclass(frozen=True)
class _Columns:
    fields: dict[str, FieldInfo]
    places: dict[str, int]
    converts: dict[str, Convert]
    middle: LonLat | None
    """Median of the positions of the table that can be positions; None without any."""


def read_rows[E: Entry](
    model: type[E], table: Table, name: str, findings: Findings, *, may_be_empty: bool = False
) -> Sheet[E]:
    """The rows of `table` as models, wrong cells and doubled ids as errors.

    With a column missing or doubled only the header is complained of: every row would repeat it.
    """
    fields = model.model_fields
    sound = check_header(fields, table, name, findings)
    known = table.whole and bool(table.rows)
    if not table.rows and table.whole and not may_be_empty:
        findings.error(name, messages.ROWS_NONE)
    places = {column: table.header.index(column) for column in fields if column in table.header}
    ids = _ids(table, places, name, findings) if "id" in fields else frozenset()
    if not sound:
        return Sheet(name, ids=ids, known=known and "id" in places)
    converts = {column: converter(column, fields[column], decimal_comma=table.decimal_comma) for column in places}
    columns = _Columns(fields, places, converts, _middle(table, places))
    entries = tuple(
        Entered(row.line, entry)
        for row in table.rows
        if (entry := _read_row(model, columns, row, table, name, findings)) is not None
    )
    return Sheet(name, entries, ids, known=known)


def check_header(fields: dict[str, FieldInfo], table: Table, name: str, findings: Findings) -> bool:
    """Report missing, doubled and unknown columns. False if rows cannot be read for it (missing or doubled)."""
    line = table.header_line
    doubled = sorted({column for column in table.header if column and table.header.count(column) > 1})
    missing = [column for column, info in fields.items() if info.is_required() and column not in table.header]
    unknown = [column for column in dict.fromkeys(table.header) if column not in fields and column not in doubled]
    for column in doubled:
        findings.error(name, messages.COLUMN_DOUBLED, line=line, place=f"column {column}")
    for column in missing:
        text = messages.COLUMN_MISSING.format(expected=messages.expected(fields[column]))
        findings.error(name, text, line=line, place=f"column {column}")
    for column in unknown:
        hint = messages.near(column, [other for other in fields if other not in table.header])
        text = messages.COLUMN_UNKNOWN.format(hint=hint, columns=", ".join(fields))
        findings.error(name, text, line=line, place=f"column {column or '(no name)'}")
    return not doubled and not missing


def _ids(table: Table, places: dict[str, int], name: str, findings: Findings) -> frozenset[str]:
    """The ids of all rows; one that stands twice is an error at its second line."""
    first: dict[str, int] = {}
    if "id" not in places:
        return frozenset()
    for row in table.rows:
        value = row.cells[places["id"]]
        if value and first.setdefault(value, row.line) != row.line:
            doubled = messages.ID_DOUBLED.format(first=first[value])
            findings.error(name, doubled, line=row.line, place="column id", value=value)
    return frozenset(first)


def _read_row[E: Entry](
    model: type[E], columns: _Columns, row: Row, table: Table, name: str, findings: Findings
) -> E | None:
    cells = {column: row.cells[place] for column, place in columns.places.items()}
    values = {column: columns.converts[column](cell) for column, cell in cells.items() if cell}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        # One error a cell, although a list may hold several wrong words.
        faults = {_column(fault): fault for fault in reversed(error.errors(include_url=False, include_input=False))}
    for column, fault in faults.items():
        cell = cells.get(column, "")
        message = _message(columns, column, fault, cells, table)
        findings.error(name, message, line=row.line, place=f"column {column}", value=cell)
    return None


def _column(fault: Any) -> str:
    context = fault.get("ctx") or {}
    return str(context["column"] if fault["type"] in messages.RULES else fault["loc"][0])


def _message(columns: _Columns, column: str, fault: Any, cells: dict[str, str], table: Table) -> str:
    if fault["type"] in messages.RULES:
        return str(fault["msg"])
    text = messages.EMPTY_CELL.format(expected=messages.expected(columns.fields[column]))
    return text + _hint(columns, column, cells, table)


def _hint(columns: _Columns, column: str, cells: dict[str, str], table: Table) -> str:
    """What may have gone wrong with a number."""
    cell = cells.get(column, "")
    if "," in cell and not table.decimal_comma and column in {"lon", "lat"}:
        return messages.NUMBER_COMMA
    if column == "lat" and _looks_swapped(_lon_lat(cells.get("lon", ""), cell), columns.middle):
        return messages.HINT_SWAPPED
    if column in {"capacity_l", "litres"} and SMALL_NUMBER.fullmatch(cell):
        return messages.CUBIC_METRES
    return ""


def _looks_swapped(position: LonLat | None, middle: LonLat | None) -> bool:
    """True if the position, turned round, is a possible one and near the others."""
    if position is None:
        return False
    lat, lon = position
    if abs(lat) > 90 or abs(lon) > 180:
        return False
    return middle is None or max(abs(lon - middle[0]), abs(lat - middle[1])) < NEAR_DEGREES


def _middle(table: Table, places: dict[str, int]) -> LonLat | None:
    if "lon" not in places or "lat" not in places:
        return None
    read = (_lon_lat(row.cells[places["lon"]], row.cells[places["lat"]]) for row in table.rows)
    positions = [position for position in read if position and abs(position[0]) <= 180 and abs(position[1]) <= 90]
    return (median(p[0] for p in positions), median(p[1] for p in positions)) if positions else None


def _lon_lat(lon: str, lat: str) -> LonLat | None:
    try:
        return float(lon.replace(",", ".")), float(lat.replace(",", "."))
    except ValueError:
        return None


def entries[E: Entry](sheet: Sheet[E]) -> tuple[E, ...]:
    """The models of a sheet, in the order of the file."""
    return tuple(entered.entry for entered in sheet.entries)
