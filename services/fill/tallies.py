"""What is kept of a container's past in its belief: a tally of each day, and its latest visits.

Packed in few bytes, as a city has many: a level in half hundredths, as fine as sensors are. What rounding takes from a
day's rise the next day has back, so that sums stay right.
"""

from array import array
from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

type Table = NDArray[np.float64]

DAYS_KEPT = 400
"""A year and a month: what a city's forecast is learned from."""
VISITS_KEPT = 40

NOTHING, NO_RISE, NO_HOURS = 255, -128, -1
_DAY = Struct("<bBBB")
_DAY_TYPE = np.dtype([("rise", "<i1"), ("level", "<u1"), ("settled", "<u1"), ("since", "<u1")])
DAY_BYTES = _DAY.size
_VISIT = Struct("<iBhBB")
_VISIT_TYPE = np.dtype([("hour", "<i4"), ("fill", "<u1"), ("gap", "<i2"), ("expected", "<u1"), ("part", "<u1")])
_RISES, _LEVELS, _SINCE_H = 100, 200, 3
_WEIGHED, _PARTS, SEEN = 100, 250, 0
"""A level that was weighed is kept in whole hundredths, up to two and a half times a container, with the level that was
believed and the container's part of the load; that is none where somebody saw the level."""
_NO_DAY = _DAY.pack(NO_RISE, NOTHING, NOTHING, NOTHING)
_NO_VISIT = _VISIT.pack(-(2**31), NOTHING, NO_HOURS, NOTHING, SEEN)


def add_day(days: bytes, rise: float | None, level: float | None, since_h: float | None) -> bytes:
    """One more day: how much came in, and at its end the level and the hours since it was empty; None: nobody knows."""
    packed_rise = NO_RISE if rise is None else max(-127, min(127, round(rise * _RISES)))
    since = NOTHING if since_h is None else max(0, min(NOTHING - 1, round(since_h / _SINCE_H)))
    return (days + _DAY.pack(packed_rise, _packed(level), NOTHING, since))[-DAYS_KEPT * DAY_BYTES :]


def add_missing(days: bytes, count: int) -> bytes:
    """Days of which nothing is known."""
    return (days + _NO_DAY * min(count, DAYS_KEPT))[-DAYS_KEPT * DAY_BYTES :]


def latest_level(days: bytes) -> float | None:
    """At the end of the latest day; None where nobody knows."""
    packed = days[-3] if days else NOTHING
    return None if packed == NOTHING else packed / _LEVELS


def settle(days: bytes, level: float) -> bytes:
    """The latest day's level, once readings from both sides of its end tell it."""
    return days[:-2] + bytes((_packed(level),)) + days[-1:]


def as_kept(rise: float) -> float:
    """A day's rise as `add_day` keeps it."""
    return max(-127, min(127, round(rise * _RISES))) / _RISES


class Weighed(NamedTuple):
    """What is known of a level that is a share of a truck's load."""

    expected: float
    """The level that was believed."""
    part: float
    """Of the load."""


def add_visit(
    visits: bytes, hour: float, fill: float | None, gap_h: float | None, weighed: Weighed | None = None
) -> bytes:
    """One more emptying: when, how full the container was, and the hours since the one before.

    `weighed`: of a level that was; None: it was seen, by a crew or a sensor.
    """
    gap = NO_HOURS if gap_h is None else max(0, min(round(gap_h), 32767))
    if fill is None or weighed is None:
        packed = _VISIT.pack(round(hour), _packed(fill), gap, NOTHING, SEEN)
    else:
        part = max(1, min(_PARTS, round(weighed.part * _PARTS)))
        packed = _VISIT.pack(round(hour), _packed(fill, _WEIGHED), gap, _packed(weighed.expected, _WEIGHED), part)
    return (visits + packed)[-VISITS_KEPT * _VISIT.size :]


def rises_of(days: bytes) -> list[float | None]:
    """Of each day, the oldest first; None where nobody knows. Quick for one container, where `Days` is for many."""
    return [None if rise == NO_RISE else rise / _RISES for rise in array("b", days[::DAY_BYTES])]


def visits_of(visits: bytes) -> list[tuple[int, float | None]]:
    """Of each emptying its hour and the level before it, the oldest first. For one container, as `rises_of`."""
    return [
        (hour, None if fill == NOTHING else fill / (_LEVELS if part == SEEN else _WEIGHED))
        for hour, fill, _, _, part in _VISIT.iter_unpack(visits)
    ]


class Days:
    """Of several containers, each table (n, `latest`), the latest day last; NaN where nobody knows."""

    def __init__(self, packed: Sequence[bytes], latest: int = DAYS_KEPT) -> None:
        table = _table([one[-latest * DAY_BYTES :] for one in packed], _DAY_TYPE, _NO_DAY, latest)
        self.rises = _numbers(table["rise"], NO_RISE, 1 / _RISES)
        self.levels = _numbers(table["level"], NOTHING, 1 / _LEVELS)
        self.settled = _numbers(table["settled"], NOTHING, 1 / _LEVELS)
        self.since_h = _numbers(table["since"], NOTHING, _SINCE_H)


class Visits:
    """Of several containers, each table (n, `VISITS_KEPT`), the latest visit last; NaN where there is none.

    `lasted_h` are the hours since the visit before; `gaps_h` the same, until somebody says how many ordinary ones they
    were worth (`pace.py`). `parts` are those of loads that were weighed, with the levels that were `expected`; where
    somebody saw the level they are 0 and NaN.
    """

    def __init__(self, packed: Sequence[bytes]) -> None:
        table = _table(packed, _VISIT_TYPE, _NO_VISIT, VISITS_KEPT)
        self.hours = _numbers(table["hour"], -(2**31), 1)
        self.parts = table["part"] / _PARTS
        self.expected = _numbers(table["expected"], NOTHING, 1 / _WEIGHED)
        self.fills = _numbers(table["fill"], NOTHING, 1 / _LEVELS)
        self.fills[self.parts > 0] *= _LEVELS / _WEIGHED
        self.lasted_h = self.gaps_h = _numbers(table["gap"], NO_HOURS, 1)

    def forget_from(self, hour: float) -> None:
        """Leave out what came at `hour` or later."""
        late = self.hours >= hour
        for table in (self.hours, self.fills, self.gaps_h):
            table[late] = np.nan


def _table(packed: Sequence[bytes], of: np.dtype[np.void], none: bytes, columns: int) -> NDArray[np.void]:
    if not packed:
        return np.empty((0, columns), of)
    padded = (none * (columns - len(one) // len(none)) + one for one in packed)
    return np.frombuffer(b"".join(padded), of).reshape(len(packed), columns)


def _numbers(column: NDArray[np.generic], none: int, unit: float) -> Table:
    numbers = column.astype(np.float64)
    numbers[column == none] = np.nan
    return numbers * unit


def _packed(level: float | None, unit: int = _LEVELS) -> int:
    return NOTHING if level is None else max(0, min(NOTHING - 1, round(level * unit)))
