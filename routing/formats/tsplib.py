"""TSPLIB's way of writing: fields, sections, coordinates and explicit matrices (Reinelt 1995, "TSPLIB 95").

Everything here works on the lines of a file and notes what is wrong with its line number.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.formats.lines import Lines

COORDINATES, WEIGHTS, DISPLAY = "NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION", "DISPLAY_DATA_SECTION"
DEMANDS, DEPOTS = "DEMAND_SECTION", "DEPOT_SECTION"
SECTIONS = (COORDINATES, WEIGHTS, DISPLAY, DEMANDS, DEPOTS)
HARMLESS = ("NODE_COORD_TYPE", "DISPLAY_DATA_TYPE", "EDGE_DATA_FORMAT")  # they say what the sections show anyway
EXPLICIT = "EXPLICIT"
LOWER, UPPER, LOWER_WHOLE, UPPER_WHOLE, FULL = "lower", "upper", "lower, diagonal", "upper, diagonal", "full"
# Of a symmetric matrix the columns of one half are the rows of the other.
FORMATS = {
    "FULL_MATRIX": FULL,
    "LOWER_ROW": LOWER,
    "UPPER_COL": LOWER,
    "UPPER_ROW": UPPER,
    "LOWER_COL": UPPER,
    "LOWER_DIAG_ROW": LOWER_WHOLE,
    "UPPER_DIAG_COL": LOWER_WHOLE,
    "UPPER_DIAG_ROW": UPPER_WHOLE,
    "LOWER_DIAG_COL": UPPER_WHOLE,
}

type Floats = NDArray[np.float64]
type Numbered = tuple[int, str]  # the number of a line, and what stands there


@dataclass(slots=True)
class TspFile:
    """What a file holds, by name: a field's line and value, a section's lines."""

    fields: dict[str, Numbered] = field(default_factory=dict)
    sections: dict[str, list[Numbered]] = field(default_factory=dict)

    def value(self, name: str, default: str = "nothing") -> Numbered:
        return self.fields.get(name, (1, default))


def parse(lines: Lines, known: tuple[str, ...]) -> TspFile:
    """Sort the lines by field and section; fields other than `known` and the harmless ones are noted as faults."""
    file, section = TspFile(), ""
    for number, row in lines:
        key, colon, value = row.partition(":")
        word = row.split()[0].rstrip(":")
        if word == "EOF":
            break
        if word.endswith("_SECTION"):
            section = word
            if word not in SECTIONS:
                lines.note(number, word, f"one of {', '.join(SECTIONS)}; other rules are not modelled")
            file.sections[word] = []
        elif section:
            file.sections[section].append((number, row))
        elif not colon or key.strip() not in (*known, *HARMLESS):
            lines.note(number, row, f"a field 'NAME : value' of {', '.join(known)}, or a section")
        else:
            file.fields[key.strip()] = (number, value.strip())
    return file


def require(lines: Lines, file: TspFile, *sections: str) -> None:
    """Note every section that is missing."""
    for name in sections:
        if name not in file.sections:
            lines.note(max(1, len(lines.rows)), "end of file", f"a {name} before it")


def coordinates(lines: Lines, file: TspFile, size: int, section: str = COORDINATES) -> tuple[list[int], Floats]:
    """Return the nodes in order and their (n, 2) coordinates. Raises `ProblemError` where one is wrong or missing."""
    places: dict[int, tuple[float, float]] = {}
    for number, row in file.sections[section]:
        words = row.split()
        if len(words) != 3:
            lines.note(number, row, "node x y")
            continue
        node = lines.whole(number, words[0], "the number of a node", 1)
        if node in places:
            lines.note(number, row, f"node {node} once")
        x, y = (lines.number(number, word, "node x y, with numbers") for word in words[1:])
        places[node] = (x, y)
    if len(places) != size:
        lines.note(file.value("DIMENSION")[0], f"{len(places)} coordinates", f"{size}, as DIMENSION says")
    lines.done()
    nodes = sorted(places)
    return nodes, np.array([places[node] for node in nodes], dtype=np.float64)


def explicit_matrix(lines: Lines, file: TspFile, size: int) -> Floats:
    """Return the (size, size) weights as they stand. Raises `ProblemError` for a wrong number, or too few or many.

    What a format leaves out is the other half's, and 0 on the diagonal.
    """
    number, name = file.value("EDGE_WEIGHT_FORMAT")
    if name not in FORMATS:
        lines.note(number, name, f"EDGE_WEIGHT_FORMAT : one of {', '.join(FORMATS)}")
        lines.done()
    form, values = FORMATS[name], []
    for number, row in file.sections[WEIGHTS]:
        for word in row.split():
            value = lines.number(number, word, "weights, as numbers")
            if value < 0:
                lines.note(number, word, "weights of 0 or more")
            values.append(value)
    rows, columns = _cells(form, size)
    if len(values) != len(rows):
        last = file.sections[WEIGHTS][-1][0] if file.sections[WEIGHTS] else max(1, len(lines.rows))
        lines.note(last, f"{len(values)} weights", f"{len(rows)}, as {name} of {size} nodes has")
    lines.done()
    matrix = np.zeros((size, size))
    matrix[rows, columns] = values
    if form != FULL:
        matrix[columns, rows] = values
    return matrix


def _cells(form: str, size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the cells a format lists, in its order."""
    if form == FULL:
        whole = np.indices((size, size)).reshape(2, -1)
        return whole[0], whole[1]
    if form in (LOWER, LOWER_WHOLE):
        return np.tril_indices(size, 0 if form == LOWER_WHOLE else -1)
    return np.triu_indices(size, 0 if form == UPPER_WHOLE else 1)
