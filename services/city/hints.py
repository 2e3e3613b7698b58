"""How a wrong cell most likely came to be wrong, in a few words that say how to mend it."""

import re
from collections.abc import Callable

from services.city import messages
from services.city.letters import unseen
from services.city.numbers import MINUS, NumberColumn

type LonLat = tuple[float, float]

LIMITS = {"lon": 180.0, "lat": 90.0}
LARGE = 1000
"""Beyond this a position is in metres, or has lost its decimal point."""
EASTINGS = (100_000, 900_000)
"""UTM: 500 km east of the middle of its zone, which is at most 7 degrees wide; and so on other projections, mostly."""
NORTHING = 10_000_000

NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
SEXAGESIMAL = re.compile(
    rf"([NSEWO])?\s*([+-])?({NUMBER})\s*[°º˚:]\s*(?:({NUMBER})\s*['’′´`:]?)?\s*(?:({NUMBER})\s*[\"”″'’′´]*)?\s*([NSEWO])?",
    re.IGNORECASE,
)
PARTED = re.compile(
    r"([NSEWO])?\s*([0-9]{1,3})[-\s]+([0-5]?[0-9])[-\s]+([0-5]?[0-9](?:[.,][0-9]+)?)\s*([NSEWO])?", re.IGNORECASE
)
"""Degrees, minutes and seconds without their signs: taken for that where a letter stands beside them."""
COMPASS = re.compile(rf"([NSEWO])?\s*({NUMBER})\s*([NSEWO])?", re.IGNORECASE)
WITH_UNIT = re.compile(r"[+-]?[0-9][0-9.,\s]*[^\W\d_][\w²³/.% ]*")
SMALL_NUMBER = re.compile(r"1?[0-9]([.,][0-9]+)?")
POINTS = re.compile(r"([+-]?[0-9]{1,3})[.,\s]([0-9]{3}(?:[.,\s]?[0-9]+)*)")
SOUTH_OR_WEST = frozenset("SWO")  # and O for ouest, oeste
LONGEST = 60
"""Letters of a cell that is still looked at: no number is longer."""


def number_hint(column: str, cell: str) -> str:
    """What may have gone wrong with a number that is no position."""
    if len(cell) > LONGEST:
        return ""
    if letters := unseen(cell, spaces=True):
        return messages.HINT_UNSEEN.format(letters=letters)
    if any(letter.isdigit() and not letter.isascii() for letter in cell):
        return messages.HINT_DIGITS
    if column in {"capacity_l", "litres"} and SMALL_NUMBER.fullmatch(cell):
        return messages.CUBIC_METRES
    return messages.HINT_UNIT if WITH_UNIT.fullmatch(cell) else ""


def position_hint(column: str, cell: str, other: str, is_near: Callable[[LonLat], bool]) -> str:
    """What may have gone wrong with a longitude or latitude.

    Args:
        column: `lon` or `lat`.
        cell: what stands there.
        other: the cell of the other one.
        is_near: whether a position is where the other places of the list are.
    """
    text = cell.translate(MINUS)
    if len(cell) > LONGEST:
        return ""
    if letters := unseen(cell, spaces=True):
        return messages.HINT_UNSEEN.format(letters=letters)
    degrees = _sexagesimal(text, column)
    if degrees is not None:
        return messages.HINT_DEGREES.format(degrees=_shown(degrees))
    degrees = _with_compass(text, column)
    if degrees is not None:
        return messages.HINT_COMPASS.format(degrees=_shown(degrees))
    value, beside = _value(text), _value(other.translate(MINUS))
    if value is None:
        return _point_hint(text, column) or number_hint(column, cell)
    return _range_hint(column, text, value, beside, is_near)


def _range_hint(column: str, text: str, value: float, beside: float | None, is_near: Callable[[LonLat], bool]) -> str:
    """Of a number that is too large for the column."""
    if beside is not None and _is_position(turned := (value, beside) if column == "lat" else (beside, value)):
        return messages.HINT_SWAPPED if is_near(turned) else ""
    if abs(value) < LARGE:
        return ""
    if beside is not None and _is_projected(value, beside, column):
        return messages.HINT_PROJECTED
    return _point_hint(text, column) or messages.HINT_POINT_LOST


def _is_position(position: LonLat) -> bool:
    return abs(position[0]) <= LIMITS["lon"] and abs(position[1]) <= LIMITS["lat"]


def _is_projected(value: float, beside: float, column: str) -> bool:
    east, north = (value, beside) if column == "lon" else (beside, value)
    return EASTINGS[0] <= abs(east) <= EASTINGS[1] and LARGE < abs(north) <= NORTHING


def _point_hint(text: str, column: str) -> str:
    """2.440.012 was 2.440012 until a spreadsheet took the point for a separator of groups."""
    found = POINTS.fullmatch(text)
    if found is None:
        return ""
    degrees = f"{found[1]}.{re.sub('[^0-9]', '', found[2])}"
    return messages.HINT_POINT.format(degrees=degrees) if abs(float(degrees)) <= LIMITS[column] else ""


def _sexagesimal(text: str, column: str) -> float | None:
    """Decimal degrees of 2°26'24"E; None where it is not written so."""
    found = SEXAGESIMAL.fullmatch(text)
    if found is None:
        return _parted(text, column)
    before, sign, *parts, after = found.groups()
    degrees, minutes, seconds = (float((part or "0").replace(",", ".")) for part in parts)
    return _signed(degrees + minutes / 60 + seconds / 3600, (sign or "") + (before or after or ""), column)


def _parted(text: str, column: str) -> float | None:
    """Decimal degrees of 002-26-24E or 6 22 12 N."""
    found = PARTED.fullmatch(text)
    if found is None or not (found[1] or found[5]):
        return None
    seconds = float(found[4].replace(",", "."))
    return _signed(int(found[2]) + int(found[3]) / 60 + seconds / 3600, found[1] or found[5], column)


def _with_compass(text: str, column: str) -> float | None:
    """Degrees of 2.44 E or W 3.70; None where no letter stands beside the number."""
    found = COMPASS.fullmatch(text)
    if found is None or not (found[1] or found[3]):
        return None
    return _signed(float(found[2].replace(",", ".")), found[1] or found[3], column)


def _signed(degrees: float, signs: str, column: str) -> float | None:
    if degrees > LIMITS[column]:
        return None
    return -degrees if "-" in signs or SOUTH_OR_WEST & set(signs.upper()) else degrees


def _value(text: str) -> float | None:
    number = NumberColumn(most=LARGE).read(text)
    return float(number) if isinstance(number, str) else None


def _shown(degrees: float) -> str:
    return f"{degrees:.6f}".rstrip("0").rstrip(".")
