"""The trend over months: what is counted as saved, with its interval as a band."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from services.city.registry import City
from services.ledger.period import Savings
from services.store.connection import Connection
from services.web.figures.kept_months import KeptMonths
from services.web.figures.period import Period
from services.web.public import store
from services.web.public.chart import round_step

MOST_MONTHS = 24
TOP, BOTTOM = 6.0, 88.0  # percent of the sheet, as in the chart of days
LEAST_MONTHS = 2
"""One month is no trend: its days are."""


@dataclass(frozen=True)
class Month:
    month: date
    savings: Savings


@dataclass(frozen=True)
class DrawnMonth:
    """In percent of the sheet; `y` of 0 litres, of the value, and of the interval's ends, from above."""

    month: date
    x: float
    width: float
    zero: float
    value: float
    high: float
    low: float
    is_provisional: bool

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 2)

    @property
    def top(self) -> float:
        return min(self.zero, self.value)

    @property
    def height(self) -> float:
        return round(abs(self.zero - self.value), 2)


@dataclass(frozen=True)
class Trend:
    months: list[DrawnMonth]
    ticks: list[tuple[float, float]]
    rows: list[Month]


def read_months(connection: Connection, city: City, kept: KeptMonths) -> list[Month]:
    """The latest two years' months in which something is compared, oldest first."""
    found = []
    for stamp in store.list_month_stamps(connection, city.id, city.service.period_days - 1)[-MOST_MONTHS:]:
        savings = kept.get(city.id, stamp, partial(_savings, connection, city, stamp.month))
        if savings is not None:
            found.append(Month(stamp.month, savings))
    return found


def _savings(connection: Connection, city: City, month: date) -> Savings | None:
    return read_period(connection, city, month).savings


def read_period(connection: Connection, city: City, month: date) -> Period:
    """A month with the days after it that decide what of its last days counts."""
    last, period_days = last_of(month), city.service.period_days
    days = store.list_city_days(connection, city.id, month, last + timedelta(days=period_days - 1))
    ahead = [day for day in days if day.day > last]
    return Period(month, [day for day in days if day.day <= last], ahead, period_days)


def draw_trend(rows: Sequence[Month]) -> Trend | None:
    """Bars from zero, up for what was saved and down for what was lost; None where there is no trend yet."""
    if len(rows) < LEAST_MONTHS:
        return None
    most = max(0.0, *(row.savings.fuel_l.high for row in rows))
    least = min(0.0, *(row.savings.fuel_l.low for row in rows))
    step = round_step(max(most, -least))
    top, foot = math.ceil(most / step) * step, math.floor(least / step) * step

    def y(litres: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (litres - foot) / ((top - foot) or 1), 2)

    room = 100 / max(len(rows), 6)
    drawn = [
        DrawnMonth(
            month=row.month,
            x=round(room * (n + 0.2), 2),
            width=round(room * 0.6, 2),
            zero=y(0),
            value=y(row.savings.fuel_l.value),
            high=y(row.savings.fuel_l.high),
            low=y(row.savings.fuel_l.low),
            is_provisional=row.savings.is_provisional,
        )
        for n, row in enumerate(rows)
    ]
    ticks = [(y(foot + step * n), foot + step * n) for n in range(round((top - foot) / step) + 1)]
    return Trend(drawn, ticks, list(rows))


def last_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
