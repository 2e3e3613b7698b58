"""A plain list of containers (name, position, litres), under whatever column names it came with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from services.city import messages
from services.city.capacities import SMALL_L
from services.city.entry import Entry
from services.city.fields import East, Name, North
from services.city.findings import Finding, Findings, WrongFile
from services.city.geometry import Points, distances_m, middle_of
from services.city.list_columns import ListColumns, ListUnit, is_list_column, list_columns
from services.city.names import check_name
from services.city.numbers import Answer, Answers
from services.city.rows import Sheet, read_rows
from services.city.slips import slip_hints
from services.city.tables import MOST_ROWS, parse_table
from services.city.texts import CSV_LIMIT, decode_list, read_bytes

FAR_M = 150_000
"""No city reaches this far from its middle: a wrong digit, or lon and lat swapped."""


@dataclass(frozen=True)
class ListOptions:
    """What the user says of a list where it cannot be told from the file."""

    encoding: str | None = None
    """A codec of Python; None = UTF-8, and no other is guessed."""
    numbers: Mapping[str, Answer] = field(default_factory=dict)
    """By column (litres, count), how numbers are read that can be read in two ways."""
    unit: ListUnit | None = None
    """Of the column of litres; None = as its name says, and litres where it says nothing."""
    count: str | None = None
    """Name of the column that holds how many containers stand at a place; None = one a row."""


class Point(Entry):
    """A row of the list: a container, or several alike at one place."""

    name: Name
    lon: East
    lat: North
    litres: Annotated[float, Field(ge=20, le=100_000, description="litres")]
    count: Annotated[int, Field(ge=0, le=200, description="how many containers stand here")] = 1


@dataclass(frozen=True)
class PointList:
    points: tuple[Point, ...]
    """One for each container."""
    warnings: tuple[Finding, ...] = ()
    """What the user should see before anything is made of the list."""

    @property
    def positions(self) -> Points:
        """(n, 2) [lon, lat] in the order of the points."""
        return _positions(self.points)


def read_points(path: Path, options: ListOptions | None = None) -> PointList:
    """The containers of a CSV file, with a warning for each column that is not read.

    Raises:
        WrongFile: with an error for every missing column and wrong cell, and for what only the user can tell.
    """
    findings = Findings()
    sheet = _read(path, options or ListOptions(), findings)
    _check_together(sheet, findings)
    for row in sheet.entries:
        check_name(row.entry.name, sheet.name, row.line, findings)
    points = tuple(row.entry for row in sheet.entries for _ in range(row.entry.count))
    if sheet.entries and not points:
        findings.error(sheet.name, messages.ROWS_NONE)
    errors, warnings = findings.sorted()
    if errors:
        raise WrongFile(path, errors, warnings)
    return PointList(points, warnings)


def _read(path: Path, options: ListOptions, findings: Findings) -> Sheet[Point]:
    name = path.name
    data = read_bytes(path, name, CSV_LIMIT, findings, links=True)
    text = decode_list(data, name, options.encoding, findings) if data is not None else None
    table = parse_table(text, name, findings, is_column=is_list_column) if text is not None else None
    columns = list_columns(table, options.unit, options.count, name, findings) if table is not None else None
    if columns is None:
        return Sheet(name)
    answers = Answers(messages.NUMBER_IN_LIST, options.numbers)
    scales = {"litres": columns.litres_per_unit}
    sheet = read_rows(Point, columns.table, name, findings, answers=answers, scales=scales)
    _check_litres(sheet, columns, options, findings)
    _check_size(sheet, findings)
    return sheet


def _check_litres(sheet: Sheet[Point], columns: ListColumns, options: ListOptions, findings: Findings) -> None:
    """A list of 20, 30 and 40 may be one of street baskets in litres, or of skips in cubic metres."""
    if options.unit is not None or columns.litres_per_unit != 1 or not sheet.entries:
        return
    largest = max(sheet.entries, key=lambda row: row.entry.litres)
    if largest.entry.litres <= SMALL_L and not findings.has_errors():
        value = f"{largest.entry.litres:g}"
        findings.error(sheet.name, messages.POINT_CUBIC, line=largest.line, place="column litres", value=value)


def _check_size(sheet: Sheet[Point], findings: Findings) -> None:
    if sum(row.entry.count for row in sheet.entries) > MOST_ROWS:
        findings.error(sheet.name, messages.POINT_TOO_MANY.format(limit=MOST_ROWS))


def _check_together(sheet: Sheet[Point], findings: Findings) -> None:
    """Points far from the middle of all, each kind of slip once."""
    if not sheet.entries:
        return
    positions = _positions(tuple(row.entry for row in sheet.entries))
    middle = middle_of(positions)
    far_m = distances_m(positions, middle)
    far = np.flatnonzero(far_m > FAR_M)
    hints = slip_hints(positions[far], lambda moved: distances_m(moved, middle) < FAR_M)
    for index, hint in zip(far, hints, strict=True):
        row = sheet.entries[index]
        text = messages.POINT_FAR.format(km=f"{far_m[index] / 1000:.0f}", hint=hint)
        value, alike = f"{row.entry.lon}, {row.entry.lat}", f"{messages.POINT_FAR} {hint}"
        findings.error(sheet.name, text, line=row.line, place="columns lon, lat", value=value, alike=alike)


def _positions(points: tuple[Point, ...]) -> Points:
    return np.array([(point.lon, point.lat) for point in points], dtype=np.float64).reshape(-1, 2)
