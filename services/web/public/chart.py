"""The trend by day as bars from zero, in percent of the sheet, so that lettering keeps its size on any screen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.web.figures.city_days import CityDay

LEFT, RIGHT, TOP, BOTTOM = 0.0, 100.0, 6.0, 88.0  # percent of the sheet; below the bars stand the days
BAR_SHARE = 0.36  # of a day's width, twice a day
MOST_LABELS = 8


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class DayBars:
    day: date
    driven: Bar
    baseline: Bar | None
    middle: float
    labelled: bool


@dataclass(frozen=True)
class Chart:
    days: list[DayBars]
    ticks: list[tuple[float, float]]
    """Place in percent and litres, from zero up."""


def draw_chart(days: Sequence[CityDay]) -> Chart:
    """Litres driven beside the litres of the fixed circuits, a pair of bars a day."""
    most = max((max(d.driven.fuel_l, d.baseline.fuel_l if d.baseline else 0) for d in days), default=0)
    step = round_step(most)
    top = max(step, math.ceil(most / step) * step)

    def height(litres: float) -> float:
        return round((BOTTOM - TOP) * litres / top, 2)

    def bar(x: float, litres: float, width: float) -> Bar:
        return Bar(round(x, 2), round(BOTTOM - height(litres), 2), round(width, 2), height(litres))

    # One or two days must not become two slabs.
    room = (RIGHT - LEFT) / max(len(days), 7)
    every = math.ceil(len(days) / MOST_LABELS)
    bars = []
    for index, line in enumerate(days):
        start = LEFT + room * (index + 0.12)
        bars.append(
            DayBars(
                day=line.day,
                baseline=bar(start, line.baseline.fuel_l, room * BAR_SHARE) if line.baseline else None,
                driven=bar(start + room * (BAR_SHARE + 0.04), line.driven.fuel_l, room * BAR_SHARE),
                middle=round(start + room * 0.38, 2),
                labelled=index % every == 0,
            )
        )
    ticks = [(round(BOTTOM - height(value), 2), value) for value in _steps(step, top)]
    return Chart(bars, ticks)


def round_step(most: float) -> float:
    """1, 2 or 5 times a power of ten, so that about four lines fill the sheet."""
    if most <= 0:
        return 1.0
    raw = most / 4
    power = 10 ** math.floor(math.log10(raw))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw))


def _steps(step: float, top: float) -> list[float]:
    return [step * n for n in range(round(top / step) + 1)]
