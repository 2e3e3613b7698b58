"""A CSV file as rows of cells, each with the line where it begins."""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.city import messages
from services.city.findings import Findings

MOST_ROWS = 200_000
DELIMITERS = (",", ";", "\t")


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
    decimal_comma: bool
    """A comma in a number can only be a decimal one where it does not part the columns."""
    whole: bool
    """False: the file could not be read to its end."""


class _RowBrokenError(Exception):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def parse_table(text: str, name: str, findings: Findings) -> Table | None:
    """Read a CSV text, its columns parted as in the header line. None with an error if nothing can be read."""
    delimiter = _delimiter(text)
    rows: list[Row] = []
    whole = True
    try:
        for row in _lines(text, delimiter):
            rows.append(row)  # noqa: PERF402 - extend would lose the rows before a broken one
    except _RowBrokenError as broken:
        # The last row that is read: what follows a broken one is guesswork.
        findings.error(name, str(broken), line=broken.line)
        whole = False
    if not rows:
        return None
    columns = _without_trailing_blanks(tuple(cell.lower() for cell in rows[0].cells))
    for row in rows[1:]:
        _check_surplus(columns, row, name, findings)
    filled = tuple(Row(row.line, row.cells + ("",) * (len(columns) - len(row.cells))) for row in rows[1:])
    return Table(columns, rows[0].line, filled, decimal_comma=delimiter != ",", whole=whole)


def _without_trailing_blanks(cells: tuple[str, ...]) -> tuple[str, ...]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    return max(DELIMITERS, key=header.count)


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


def _check_surplus(columns: tuple[str, ...], row: Row, name: str, findings: Findings) -> None:
    surplus = [cell for cell in row.cells[len(columns) :] if cell]
    if surplus:
        findings.error(name, messages.COLUMN_UNNAMED, line=row.line, value=surplus[0])
