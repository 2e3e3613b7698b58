"""What parts the columns of a CSV file: the file's own word, its column names, or the width of its rows."""

import csv
import io
import re
from collections.abc import Callable
from contextlib import suppress
from itertools import islice

DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 50
"""Rows of the file's top by which its delimiter is judged."""
SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?[\s;,]*', re.IGNORECASE)
"""What some spreadsheets write above the header, and others then show as a row."""

LINE_END = re.compile(r"\r\n?|\n")


def find_delimiter(text: str, is_column: Callable[[str], bool]) -> tuple[str, int]:
    """The delimiter, and how many lines at the top only speak of it.

    The best is the one that parts the names of most columns; then the one whose rows are as wide as its header (a
    header may well hold commas in its words); then the one that makes most columns.
    """
    first = LINE_END.split(text, maxsplit=1)[0]
    told = SEPARATOR_LINE.fullmatch(first)
    if told is not None and told[1] != '"':
        return told[1], 1
    return max(DELIMITERS, key=lambda delimiter: _fit(text, delimiter, is_column)), 0


def _fit(text: str, delimiter: str, is_column: Callable[[str], bool]) -> tuple[int, float, int]:
    rows = _top_rows(text, delimiter)
    if not rows:
        return 0, 0.0, 0
    names = [sum(is_column(cell.strip().lower()) for cell in row if cell.strip()) for row in rows]
    place = names.index(max(names))
    header, others = rows[place], rows[place + 1 :]
    alike = sum(_is_as_wide(row, header) for row in others) / len(others) if others else 0.0
    # A single column is parted by nothing, and so by no delimiter rather than by another.
    return (max(names), alike, len(header)) if len(header) > 1 else (max(names), 0.0, 0)


def _is_as_wide(row: list[str], header: list[str]) -> bool:
    """Blank cells at the ends of either do not count."""
    return len(row) == len(header) or len(_filled(row)) == len(_filled(header))


def _filled(row: list[str]) -> list[str]:
    last = max((place for place, cell in enumerate(row, start=1) if cell.strip()), default=0)
    return row[:last]


def _top_rows(text: str, delimiter: str) -> list[list[str]]:
    """Rows with anything in them, as far as they can be read."""
    rows: list[list[str]] = []
    with suppress(csv.Error):  # told where the file is read as a whole
        for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), LOOKED_AT):
            if any(cell.strip() for cell in row):
                rows.append(row)  # noqa: PERF401 - extend would lose the rows before a broken one
    return rows
