"""The rows of a table as models. A wrong cell becomes an error with its line and column; the others go on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from services.city import messages
from services.city.cells import Convert, converter
from services.city.entry import Entry
from services.city.findings import Findings
from services.city.geometry import Points, middle_of
from services.city.hints import LIMITS, LonLat, number_hint, position_hint
from services.city.letters import unseen
from services.city.numbers import UNANSWERED, UNCLEAR, Answers, readings
from services.city.tables import Row, Table

NEAR_DEGREES = 2
"""No city is wider; the other containers tell where it is."""


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
    answers: Answers
    middle: Points | None
    """Where most positions of the table are; None without any."""

    def is_near(self, position: LonLat) -> bool:
        """True near the others, and where there are none."""
        return self.middle is None or bool(np.abs(np.array(position) - self.middle).max() < NEAR_DEGREES)


def read_rows[E: Entry](
    model: type[E],
    table: Table,
    name: str,
    findings: Findings,
    *,
    may_be_empty: bool = False,
    answers: Answers = UNANSWERED,
    scales: Mapping[str, float] | None = None,
) -> Sheet[E]:
    """The rows of `table` as models, wrong cells and doubled ids as errors.

    With a column missing or doubled only the header is complained of: every row would repeat it. `answers` tell how
    numbers are read that can be read in two ways, `scales` what those of a column are multiplied by.
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
    converts = {
        column: converter(
            column,
            fields[column],
            table.cells(place),
            answer=answers.columns.get(column),
            scale=(scales or {}).get(column, 1),
        )
        for column, place in places.items()
    }
    columns = _Columns(fields, places, converts, answers, _middle(table, places, converts))
    entries = tuple(
        Entered(row.line, entry)
        for row in table.rows
        if (entry := _read_row(model, columns, row, name, findings)) is not None
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
            findings.error(name, doubled, line=row.line, place="column id", value=value, alike=messages.ID_DOUBLED)
    return frozenset(first)


def _read_row[E: Entry](model: type[E], columns: _Columns, row: Row, name: str, findings: Findings) -> E | None:
    cells = {column: row.cells[place] for column, place in columns.places.items()}
    values = {column: columns.converts[column](cell) for column, cell in cells.items() if cell}
    try:
        return model.model_validate(values)
    except ValidationError as error:
        # One error a cell, although a list may hold several wrong words.
        faults = {_column(fault): fault for fault in reversed(error.errors(include_url=False, include_input=False))}
    for column, fault in faults.items():
        message, alike = _message(columns, column, fault, cells, unclear=values.get(column) is UNCLEAR)
        place = f"column {column}"
        findings.error(
            name, message, line=row.line, place=place, value=cells.get(column, ""), alike=f"{place}\n{alike}"
        )
    return None


def _column(fault: Any) -> str:
    context = fault.get("ctx") or {}
    return str(context["column"] if fault["type"] in messages.RULES else fault["loc"][0])


def _message(columns: _Columns, column: str, fault: Any, cells: dict[str, str], *, unclear: bool) -> tuple[str, str]:
    """What is told, and what it has in common with others: hints may hold what is right for this cell alone."""
    if fault["type"] in messages.RULES:
        return str(fault["msg"]), str(fault["msg"])
    cell = cells.get(column, "")
    if unclear:
        thousands, decimals = readings(cell)
        how = columns.answers.how.format(column=column)
        return messages.NUMBER_UNCLEAR.format(thousands=thousands, decimals=decimals, how=how), messages.NUMBER_UNCLEAR
    text = messages.EMPTY_CELL.format(expected=messages.expected(columns.fields[column]))
    if not cell:
        return text, f"empty {text}"
    hint = _hint(columns, column, cells)
    return text + hint, text + hint.partition(":")[0]


def _hint(columns: _Columns, column: str, cells: dict[str, str]) -> str:
    """What may have gone wrong."""
    cell = cells[column]
    if column in LIMITS:
        other = cells.get("lat" if column == "lon" else "lon", "")
        return position_hint(column, cell, other, columns.is_near)
    if messages.plain_type(columns.fields[column].annotation) in {int, float}:
        return number_hint(column, cell)
    letters = unseen(cell, spaces=True)
    return messages.HINT_UNSEEN.format(letters=letters) if letters else ""


def _middle(table: Table, places: dict[str, int], converts: dict[str, Convert]) -> Points | None:
    if "lon" not in places or "lat" not in places:
        return None
    read = (
        (converts["lon"](row.cells[places["lon"]]), converts["lat"](row.cells[places["lat"]])) for row in table.rows
    )
    positions = np.array(
        [(float(lon), float(lat)) for lon, lat in read if isinstance(lon, str) and isinstance(lat, str)]
    ).reshape(-1, 2)
    positions = positions[(np.abs(positions) <= (LIMITS["lon"], LIMITS["lat"])).all(axis=1)]
    return middle_of(positions) if len(positions) else None


def entries[E: Entry](sheet: Sheet[E]) -> tuple[E, ...]:
    """The models of a sheet, in the order of the file."""
    return tuple(entered.entry for entered in sheet.entries)
