"""A CSV file as rows of cells, each with the line where it begins."""

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.city import messages
from services.city.delimiters import find_delimiter
from services.city.findings import Findings

MOST_ROWS = 200_000
HEADER_WITHIN = 20
"""Rows among which the header is looked for: titles of a sheet stand above it."""
LINE_BREAKS = re.compile(r"[\r\n]+")
NUMBER_LIKE = re.compile(r"[+-]?[0-9][0-9.,]*")
SUM_LIKE = re.compile(
    r"((grand|sous|sub)[ -]?)?(total|totaux|totale|totals|somme|sum|suma|soma)( g[eé]n[eé]ral)?\s*(:\s*\d*)?", re.I
)
MOST_SUMS = 2
"""In a row of sums: containers and litres. A petrol station called Total has a position besides."""

type IsColumn = Callable[[str], bool]
"""Whether a cell is the name of a column that is known here."""


@dataclass(frozen=True)
class Row:
    line: int
    """1-based line of the file where the row begins; the header is line 1."""
    cells: tuple[str, ...]
    """Stripped, as many as the header has columns at least."""

    def picked(self, places: Iterable[int]) -> "Row":
        """The row with the cells at `places` only, in their order."""
        return Row(self.line, tuple(self.cells[place] for place in places))


@dataclass(frozen=True)
class Table:
    header: tuple[str, ...]
    """Stripped and in small letters; trailing nameless columns cut off."""
    header_line: int
    rows: tuple[Row, ...]
    whole: bool
    """False: the file could not be read to its end."""

    def cells(self, place: int) -> list[str]:
        """The column at this place, without its empty cells."""
        return [row.cells[place] for row in self.rows if row.cells[place]]


class _RowBrokenError(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def parse_table(text: str, name: str, findings: Findings, *, is_column: IsColumn) -> Table | None:
    """Read a CSV text. None with an error if nothing can be read.

    `is_column` tells the names of columns: by them the delimiter is found, and the header under the titles of a sheet.
    """
    if complaint := _other_format(text):
        findings.error(name, complaint)
        return None
    delimiter, skipped = find_delimiter(text, is_column)
    rows, whole = _read_rows(text, delimiter, skipped, name, findings)
    if not rows:
        if whole:
            findings.error(name, messages.FILE_EMPTY)
        return None
    above = _header_place([row.cells for row in rows[:HEADER_WITHIN]], is_column)
    if above:
        titles = messages.TITLE_ROWS.format(line=rows[above].line)
        findings.warn(name, titles, line=rows[0].line, value=next(cell for cell in rows[0].cells if cell))
    header, rows = rows[above], rows[above + 1 :]
    columns = _without_trailing_blanks(tuple(_heading(cell) for cell in header.cells))
    filled = tuple(_filled(row, columns, name, findings) for row in rows if not _is_aside(row, columns, name, findings))
    return Table(columns, header.line, filled, whole=whole)


def looks_headless(table: Table) -> bool:
    """True if what stands where column names should is data: most of a list's row are numbers."""
    return sum(bool(NUMBER_LIKE.fullmatch(cell)) for cell in table.header) >= 2


def _other_format(text: str) -> str:
    """Why a text is no CSV file; nothing if it may be one."""
    start = text.lstrip()[:400].lower()
    if start.startswith(("{", "[")) and re.match(r"[{\[]\s*[\"{\[\]}]", start):
        return messages.FILE_GEOJSON if '"type"' in start else messages.FILE_JSON
    return messages.FILE_XML if start.startswith(("<?xml", "<kml", "<gpx", "<!doctype", "<html")) else ""


def _header_place(rows: Sequence[Sequence[str]], is_column: IsColumn) -> int:
    """The row that holds most names of columns, at least two; the first of several, and where none does."""
    known = [sum(is_column(_heading(cell)) for cell in cells if cell) for cells in rows]
    most = max(known)
    return known.index(most) if most >= 2 else 0


def _heading(cell: str) -> str:
    """A column's name in small letters, on one line, without letters that cannot be seen."""
    words = "".join(letter for letter in cell.lower() if letter.isprintable() or letter.isspace()).split()
    return " ".join(words)


def _is_aside(row: Row, columns: tuple[str, ...], name: str, findings: Findings) -> bool:
    """Whether the row is a sheet's own and no entry: its column names repeated (pages put together), or its sums."""
    cells = [cell for cell in row.cells if cell]
    if tuple(map(_heading, row.cells[: len(columns)])) == columns:
        text = messages.HEADER_AGAIN
    elif (
        len(cells) <= 1 + MOST_SUMS
        and len(cells) < len(columns)
        and SUM_LIKE.fullmatch(cells[0])
        and all(NUMBER_LIKE.fullmatch(cell) for cell in cells[1:])
    ):
        text = messages.ROW_OF_SUMS
    else:
        return False
    findings.warn(name, text, line=row.line, value=cells[0])
    return True


def _one_line(cell: str) -> str:
    return " ".join(part.strip() for part in LINE_BREAKS.split(cell))


def _without_trailing_blanks(cells: tuple[str, ...]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _filled(row: Row, columns: tuple[str, ...], name: str, findings: Findings) -> Row:
    """The row as wide as the header; a value beyond it is an error, a line break within a cell a warning."""
    surplus = [cell for cell in row.cells[len(columns) :] if cell]
    if surplus:
        findings.error(name, messages.COLUMN_UNNAMED, line=row.line, value=surplus[0])
    cells = row.cells + ("",) * (len(columns) - len(row.cells))
    if not any("\n" in cell or "\r" in cell for cell in cells):
        return Row(row.line, cells)
    joined = tuple(map(_one_line, cells))
    for column, cell, line in zip(columns, cells, joined, strict=False):
        if cell != line:
            findings.warn(name, messages.LINE_BREAK, line=row.line, place=f"column {column}", value=line)
    return Row(row.line, joined)


def _read_rows(text: str, delimiter: str, skipped: int, name: str, findings: Findings) -> tuple[list[Row], bool]:
    """The rows that hold anything, and whether the file could be read to its end."""
    rows: list[Row] = []
    try:
        for row in _lines(text, delimiter):
            if row.line > skipped:
                rows.append(row)  # noqa: PERF401 - extend would lose the rows before a broken one
    except _RowBrokenError as broken:
        # The last row that is read: what follows a broken one is guesswork.
        findings.error(name, str(broken), line=broken.line)
        return rows, False
    return rows, True


def _lines(text: str, delimiter: str) -> Iterator[Row]:
    """Rows that hold anything; raises `_RowBrokenError` at one that cannot be read."""
    # strict: a quote that never closes would otherwise swallow the rest of the file without a word.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for count in itertools.count():
        line = reader.line_num + 1
        if count > MOST_ROWS:
            raise _RowBrokenError(line, messages.ROWS_TOO_MANY.format(limit=MOST_ROWS))
        try:
            cells = tuple(cell.strip() for cell in next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            unclosed = "end of data" in str(error)
            reason = messages.ROW_QUOTE if unclosed else messages.ROW_BROKEN.format(reason=error)
            raise _RowBrokenError(line, reason) from error
        if any(cells):
            yield Row(line, cells)
