"""A plain list of containers (name, position, litres), under whatever column names it came with."""

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from services.city import messages
from services.city.findings import Findings, WrongFile
from services.city.geometry import Points, distances_m
from services.city.registry import East, Entry, Name, North
from services.city.rows import Entered, Sheet, read_rows
from services.city.tables import Table, parse_table
from services.city.texts import CSV_LIMIT, decode_table, read_bytes

FAR_M = 150_000
"""No city reaches this far from its middle: a wrong digit, or lon and lat swapped."""

SPELLINGS: dict[str, tuple[str, ...]] = {
    "name": ("name", "nom", "label", "libelle", "lieu", "location", "site"),
    "lon": ("lon", "long", "lng", "longitude", "x"),
    "lat": ("lat", "latitude", "y"),
    "litres": ("litres", "liters", "litre", "capacity_l", "capacity", "volume", "volume_l", "capacite", "contenance"),
}
"""Column names that are read, small letters without accents."""


class Point(Entry):
    """One container of the list."""

    name: Name
    lon: East
    lat: North
    litres: Annotated[float, Field(ge=20, le=100_000, description="litres")]


@dataclass(frozen=True)
class PointList:
    points: tuple[Point, ...]

    @property
    def positions(self) -> Points:
        """(n, 2) [lon, lat] in the order of the points."""
        return np.array([(point.lon, point.lat) for point in self.points], dtype=np.float64)


def read_points(path: Path) -> PointList:
    """The containers of a CSV file; columns other than name, lon, lat and litres are left alone.

    Raises:
        WrongFile: with an error for every missing column and wrong cell.
    """
    findings = Findings()
    sheet = _read(path, findings)
    if not findings.errors:
        _check_together(sheet, findings)
    if findings.errors:
        findings.sort(())
        raise WrongFile(path, tuple(findings.errors))
    return PointList(tuple(row.entry for row in sheet.entries))


def _read(path: Path, findings: Findings) -> Sheet[Point]:
    name = path.name
    data = read_bytes(path, name, CSV_LIMIT, findings)
    text = decode_table(data, name, findings) if data is not None else None
    table = parse_table(text, name, findings) if text is not None else None
    renamed = _renamed(table, name, findings) if table is not None else None
    return read_rows(Point, renamed, name, findings) if renamed is not None else Sheet(name)


def _renamed(table: Table, name: str, findings: Findings) -> Table | None:
    """The table with our four columns only, under our names; None with errors for those that cannot be told."""
    plain = [plain_letters(column).lower() for column in table.header]
    places: dict[str, int] = {}
    for column, spellings in SPELLINGS.items():
        found = [place for place, heading in enumerate(plain) if heading in spellings]
        if not found:
            text = messages.POINT_COLUMN.format(what=column, names=", ".join(spellings))
            findings.error(name, text, line=table.header_line)
        elif len(found) > 1:
            names = ", ".join(table.header[place] for place in found)
            findings.error(name, messages.POINT_COLUMNS_TWICE.format(what=column, names=names), line=table.header_line)
        else:
            places[column] = found[0]
    if len(places) < len(SPELLINGS):
        return None
    rows = tuple(row.picked(places.values()) for row in table.rows)
    return Table(tuple(places), table.header_line, rows, decimal_comma=table.decimal_comma, whole=table.whole)


def _check_together(sheet: Sheet[Point], findings: Findings) -> None:
    """Points far from the middle of all."""
    points = PointList(tuple(row.entry for row in sheet.entries))
    middle = np.median(points.positions, axis=0)
    for row, far_m in zip(sheet.entries, distances_m(points.positions, middle), strict=True):
        if far_m > FAR_M:
            _report_far(row, float(far_m), middle, sheet.name, findings)


def _report_far(row: Entered[Point], far_m: float, middle: Points, name: str, findings: Findings) -> None:
    point = row.entry
    swapped = distances_m(np.array([[point.lat, point.lon]]), middle)[0] < FAR_M
    hint = messages.HINT_SWAPPED if swapped else ""
    text = messages.POINT_FAR.format(km=f"{far_m / 1000:.0f}", hint=hint)
    findings.error(name, text, line=row.line, place="columns lon, lat", value=f"{point.lon}, {point.lat}")


# Letters that Unicode does not take apart: French ligatures, and those of Fon, Ewe, Bambara and others.
_LETTERS = str.maketrans(
    {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O", "ı": "i", "ɔ": "o", "Ɔ": "O"}
    | {"ɛ": "e", "Ɛ": "E", "ɖ": "d", "Ɖ": "D", "ŋ": "ng", "Ŋ": "NG", "ɲ": "ny", "Ɲ": "NY", "ɓ": "b", "ƒ": "f"}
)


def plain_letters(text: str) -> str:
    """The text without accents: "Sè-Ɖowa" becomes "Se-Dowa"."""
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def unique_ids(names: list[str], fallback: str = "container") -> list[str]:
    """An id a name, like `limbe-market`; repeated ones get `-2`, `-3`. A name without Latin letters gets `fallback`."""
    used: set[str] = set()
    counts: dict[str, int] = {}
    result = []
    for name in names:
        words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in plain_letters(name))
        base = "-".join(words.lower().split())[:56].strip("-") or fallback
        wanted = base
        while wanted in used:
            counts[base] = counts.get(base, 1) + 1
            wanted = f"{base}-{counts[base]}"
        used.add(wanted)
        result.append(wanted)
    return result
