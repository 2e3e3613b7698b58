"""Litres that were bought or metered, as a town hall's spreadsheet or a fuel card tells them."""

import csv
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from services.errors import TourneeError

COLUMNS = ("receipt", "truck", "filled_at", "fuel_l", "odometer_km", "source", "since")
NOT_NEEDED = ("odometer_km", "since")
SOURCES = ("receipt", "can")
LITRES_A_GALLON = 3.785411784  # US liquid gallon, exact (NIST Handbook 44, appendix C)
MOST_FUEL_L = 1000.0
"""More than any refuse truck's tank holds. Assumed."""
GALLON_WORDS = ("gal", "gallon")


class WrongReceipts(TourneeError):
    """A file of receipts cannot be taken; nothing of it was."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Litres that filled a truck up, or that its engine counted (`can`, `tracker`) up to this instant."""

    receipt: str
    truck: str
    filled_at: datetime
    fuel_l: float
    odometer_km: float | None
    source: Literal["receipt", "can", "tracker"]
    """A pump; the engine, by what somebody has loaded; the engine, by what its tracker tells."""
    since: datetime | None = None
    """From when on they were burnt, where an engine says it; else since the receipt before."""


def read_receipts(path: Path, trucks: Collection[str], zone: ZoneInfo) -> list[Receipt]:
    """All rows of a CSV file with the columns of `COLUMNS`, in the order of time.

    Instants without a zone are the city's.

    Raises:
        WrongReceipts: says every line that is wrong, its column and what is expected.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongReceipts(f"{path.name} cannot be read as UTF-8 text: {error}") from error
    delimiter = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    reader = csv.DictReader(StringIO(text), delimiter=delimiter)
    _check_heading(path.name, reader.fieldnames or ())
    found, faults = [], []
    for row in reader:
        try:
            found.append(_receipt(row, trucks, zone))
        except ValueError as error:
            faults.append(f"{path.name}:{reader.line_num}: {error}")
    faults += [f"{path.name}: {fault}" for fault in _contradictions(found)]
    if faults:
        raise WrongReceipts("\n".join(["no receipt was taken:", *faults]))
    return sorted(found, key=lambda row: (row.filled_at, row.receipt))


def odometer_faults(receipts: Sequence[Receipt]) -> list[str]:
    """Odometers that ran backwards: set back or exchanged. They are told; kilometres are never taken from them."""
    return [
        f"{a.truck}: odometer {a.odometer_km:g} km on {a.filled_at:%Y-%m-%d}, then {b.odometer_km:g} km on "
        f"{b.filled_at:%Y-%m-%d}: set back or exchanged; its kilometres are not used"
        for a, b in _neighbours(receipts)
        if a.odometer_km is not None and b.odometer_km is not None and b.odometer_km < a.odometer_km
    ]


def _check_heading(name: str, heading: Sequence[str]) -> None:
    gallons = [column for column in heading if any(word in column.lower() for word in GALLON_WORDS)]
    if gallons:
        raise WrongReceipts(
            f"{name}: column {gallons[0]} is in gallons; expected fuel_l in litres (a US gallon is "
            f"{LITRES_A_GALLON:g} L, an imperial one 4.546 L: convert, since the file does not say which)"
        )
    missing = [column for column in COLUMNS if column not in heading and column not in NOT_NEEDED]
    unknown = [column for column in heading if column not in COLUMNS]
    if missing or unknown:
        raise WrongReceipts(
            f"{name}: expected the columns {', '.join(COLUMNS)}; missing {', '.join(missing) or 'none'}, "
            f"unknown {', '.join(unknown) or 'none'}"
        )


def _receipt(row: dict[str, str | None], trucks: Collection[str], zone: ZoneInfo) -> Receipt:
    """Raises: ValueError."""
    cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if not cells["receipt"]:
        raise ValueError("receipt is empty; expected its number, so that it counts once however often it is loaded")
    if cells["truck"] not in trucks:
        raise ValueError(
            f"truck {cells['truck'] or '(empty)'} is none of this city's; expected an id of trucks.csv (fuel of a "
            "truck lent by another depot belongs to that depot's city)"
        )
    source = cells["source"] or "receipt"
    if source not in SOURCES:
        raise ValueError(f"source {source}; expected {' or '.join(SOURCES)}")
    filled_at = _instant("filled_at", cells["filled_at"], zone)
    since = _instant("since", cells["since"], zone) if cells["since"] else None
    if since is not None and since >= filled_at:
        raise ValueError(f"since {cells['since']} is not before filled_at {cells['filled_at']}")
    return Receipt(
        receipt=cells["receipt"],
        truck=cells["truck"],
        filled_at=filled_at,
        fuel_l=_number("fuel_l", cells["fuel_l"], MOST_FUEL_L),
        odometer_km=_number("odometer_km", cells["odometer_km"], 1e7) if cells["odometer_km"] else None,
        source="can" if source == "can" else "receipt",
        since=since,
    )


def _instant(name: str, cell: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{name} {cell or '(empty)'}; expected an instant like 2026-11-02 17:40") from None
    if len(cell) <= len("2026-11-02"):
        raise ValueError(f"{name} {cell} has no time of day; expected an instant like 2026-11-02 17:40")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _number(name: str, cell: str, most: float) -> float:
    try:
        value = float(cell.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", "."))
    except ValueError:
        raise ValueError(f"{name} {cell or '(empty)'}; expected a number") from None
    if not 0 < value <= most:
        raise ValueError(f"{name} {cell}; expected more than 0 and at most {most:g}")
    return value


def _contradictions(receipts: Sequence[Receipt]) -> Iterator[str]:
    """The same number with other words, and two fillings of a truck at one instant: nobody knows which is true."""
    by_number: dict[str, set[Receipt]] = defaultdict(set)
    for row in receipts:
        by_number[row.receipt].add(row)
    for number, rows in by_number.items():
        if len(rows) > 1:
            yield f"receipt {number} stands there {len(rows)} times with different words; expected once"
    for a, b in _neighbours(list(set(receipts))):
        if a.filled_at == b.filled_at and a.source == b.source:
            yield f"{a.truck}: receipts {a.receipt} and {b.receipt} overlap, both of {a.filled_at:%Y-%m-%d %H:%M} UTC"


def _neighbours(receipts: Sequence[Receipt]) -> Iterator[tuple[Receipt, Receipt]]:
    """Of each truck and source, each with the next in time."""
    series: dict[tuple[str, str], list[Receipt]] = defaultdict(list)
    for row in sorted(receipts, key=lambda row: (row.filled_at, row.receipt)):
        series[row.truck, row.source].append(row)
    for rows in series.values():
        yield from pairwise(rows)
