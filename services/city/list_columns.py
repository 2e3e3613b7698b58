"""Which columns of a plain list hold what is needed, and which are left alone: told, since they may matter."""

from dataclasses import dataclass
from typing import Literal

from services.city import messages
from services.city.findings import Findings
from services.city.headings import SPELLINGS, Heading, heading_of
from services.city.numbers import NumberColumn
from services.city.tables import Table, looks_headless

type ListUnit = Literal["l", "m3"]

LITRES_PER_UNIT: dict[str, float] = {"l": 1, "m3": 1000}


@dataclass(frozen=True)
class ListColumns:
    """The needed columns of a list, under our names."""

    table: Table
    litres_per_unit: float


def is_list_column(heading: str) -> bool:
    """Whether a column of this name is needed."""
    return heading_of(heading).role in SPELLINGS


def list_columns(
    table: Table, unit: ListUnit | None, count: str | None, name: str, findings: Findings
) -> ListColumns | None:
    """The table with the needed columns only; None with errors for those that cannot be told.

    Args:
        table: the list as it came.
        unit: of the column of litres; None = as its name says.
        count: the column that holds how many containers a row stands for; None = none does.
        name: the file.
        findings: told of columns that are missing, double or not read.
    """
    headings = [_heading(table, place) for place in range(len(table.header))]
    if looks_headless(table) and not any(heading.role for heading in headings):
        findings.error(name, messages.POINT_HEADLESS, line=table.header_line)
        return None
    places = {column: _place_of(column, headings, table, name, findings) for column in SPELLINGS}
    if count is not None:
        places["count"] = _place_named(count, table, name, findings)
    found = {column: place for column, place in places.items() if place is not None}
    if len(found) < len(places):
        return None
    scale = _scale(found["litres"], headings, table, unit, name, findings)
    _tell_ignored(set(found.values()), headings, table, name, findings)
    rows = tuple(row.picked(found.values()) for row in table.rows)
    return ListColumns(Table(tuple(found), table.header_line, rows, table.whole), scale)


def _heading(table: Table, place: int) -> Heading:
    """What a column is by its name; "nombre" is a name in Spanish, but not where numbers stand below it."""
    heading = heading_of(table.header[place])
    if table.header[place] == "nombre" and (cells := table.cells(place)) and all(map(str.isdecimal, cells)):
        return Heading("count")
    return heading


def _place_of(column: str, headings: list[Heading], table: Table, name: str, findings: Findings) -> int | None:
    places = [place for place, heading in enumerate(headings) if heading.role == column]
    places = [place for place in places if not headings[place].is_weak] or places
    if len(places) == 1:
        return places[0]
    if places:
        names = ", ".join(table.header[place] for place in places)
        findings.error(name, messages.POINT_COLUMNS_TWICE.format(what=column, names=names), line=table.header_line)
        return None
    text = messages.POINT_COLUMN.format(
        what=column, names=", ".join(SPELLINGS[column]), hint=_missing_hint(column, headings, table)
    )
    findings.error(name, text, line=table.header_line)
    return None


def _missing_hint(column: str, headings: list[Heading], table: Table) -> str:
    hints = {"both": messages.POINT_BOTH, "projected": messages.POINT_PROJECTED}
    for heading, text in zip(headings, table.header, strict=True):
        if column in {"lon", "lat"} and heading.role in hints:
            return hints[heading.role].format(column=text)
    return ""


def _place_named(count: str, table: Table, name: str, findings: Findings) -> int | None:
    wanted = " ".join(count.lower().split())
    places = [place for place, heading in enumerate(table.header) if " ".join(heading.split()) == wanted]
    if len(places) == 1:
        return places[0]
    text = messages.POINT_COUNT_MISSING.format(columns=", ".join(filter(None, table.header)))
    findings.error(name, text, line=table.header_line, value=count)
    return None


def _scale(
    place: int, headings: list[Heading], table: Table, unit: ListUnit | None, name: str, findings: Findings
) -> float:
    """Litres a number of the column stands for."""
    told = unit or headings[place].unit
    column = f"column {table.header[place]}"
    if told == "unclear":
        findings.error(name, messages.POINT_UNIT, line=table.header_line, place=column)
    elif told == "m3":
        findings.warn(name, messages.POINT_IN_M3, line=table.header_line, place=column)
    return LITRES_PER_UNIT.get(told or "l", 1)


def _tell_ignored(read: set[int], headings: list[Heading], table: Table, name: str, findings: Findings) -> None:
    for place, heading in enumerate(table.header):
        if place in read or not (heading or table.cells(place)):
            continue
        text = messages.POINT_IGNORED
        if headings[place].role == "count":
            total = _total(table.cells(place))
            text = messages.POINT_COUNT.format(total=total, rows=len(table.rows), column=heading)
        findings.warn(name, text, line=table.header_line, place=f"column {heading or '(no name)'}")


def _total(cells: list[str]) -> str:
    """How many there are in all, in words; nothing where a cell cannot be read."""
    numbers = [NumberColumn(whole=True).read(cell) for cell in cells]
    if not all(isinstance(number, str) for number in numbers):
        return ""
    return messages.POINT_COUNT_TOTAL.format(total=sum(float(str(number)) for number in numbers))
