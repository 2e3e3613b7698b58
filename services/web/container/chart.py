"""Levels and what is to come as one drawing: lines in thousandths of the sheet, lettering in percent of it.

The lines are stretched with the sheet, the letters are not: they keep their size on any screen.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from services.times import instant_of, local_day
from services.web.container.history import Emptying
from services.web.container.outlook import Forecast
from services.web.container.store import LevelRow

SHEET = 1000.0
SILENT_AFTER = timedelta(hours=26)
"""Between two readings so far apart nothing is drawn: sensors speak once a day at the least."""
MOST_LABELS = 9


@dataclass(frozen=True)
class Mark:
    x: float
    """Percent of the sheet."""
    at: datetime


@dataclass(frozen=True)
class Chart:
    lines: list[str]
    """The `d` of each stretch of readings."""
    doubted: list[str]
    """Of readings that nobody believes."""
    band: str
    """Between the lowest and the highest that is expected; empty without a forecast."""
    median: str
    now_x: float
    full_y: float
    """Percent from above: from here up it counts as full."""
    ticks: list[tuple[float, float]]
    """Percent from above, and the level."""
    days: list[Mark]
    """Midnights that are named."""
    emptyings: list[tuple[float, Emptying]]
    """Percent from the left."""
    dots: list[tuple[float, float, float]]
    """Levels that crews saw, where no sensor tells: percent from the left and from above, and the level."""


class Sheet:
    """Places an instant and a level."""

    def __init__(self, since: datetime, until: datetime, highest: float) -> None:
        self.since, self.until = since, until
        self.top = max(1.0, math.ceil(min(highest, 1.5) * 4) / 4)

    def x(self, at: datetime) -> float:
        return SHEET * ((at - self.since) / (self.until - self.since))

    def y(self, level: float) -> float:
        return SHEET * (1 - min(level, self.top) / self.top)

    def path(self, points: Iterable[tuple[datetime, float]]) -> str:
        return "M" + "L".join(f"{self.x(at):.1f} {self.y(level):.1f}" for at, level in points)


def draw_chart(
    levels: Sequence[LevelRow],
    emptyings: Sequence[Emptying],
    forecast: Forecast | None,
    span: tuple[datetime, datetime, datetime],
    zone: ZoneInfo,
    *,
    full_at: float,
    doubted_since: datetime | None = None,
) -> Chart:
    """The levels of a container.

    Args:
        levels: the oldest first.
        emptyings: of whatever time; those within are drawn.
        forecast: from now on; None: not known.
        span: where the drawing begins, now, and where it ends.
        zone: the city's, whose midnights are named.
        full_at: the level that counts as full.
        doubted_since: from when on readings are not believed.
    """
    since, now, until = span
    highest = max([row["most"] for row in levels] + [row.high for row in (forecast.rows if forecast else ())] + [1.0])
    sheet = Sheet(since, until, highest)
    within = [emptying for emptying in emptyings if since < emptying.at <= now]
    believed = [row for row in levels if doubted_since is None or row["at"] < doubted_since]
    return Chart(
        lines=list(_stretches(sheet, believed)),
        doubted=list(_stretches(sheet, levels[len(believed) :])),
        band=_band(sheet, forecast) if forecast else "",
        median=sheet.path((row.at, row.median) for row in forecast.rows) if forecast else "",
        now_x=round(sheet.x(now) / 10, 2),
        full_y=round(sheet.y(full_at) / 10, 2),
        ticks=[(round(sheet.y(level) / 10, 2), level) for level in (0.0, 0.5, 1.0, 1.5) if level <= sheet.top],
        days=list(_days(sheet, zone)),
        emptyings=[(round(sheet.x(emptying.at) / 10, 2), emptying) for emptying in within],
        dots=[
            (round(sheet.x(e.at) / 10, 2), round(sheet.y(e.level) / 10, 2), e.level)
            for e in within
            if e.level is not None and not levels
        ],
    )


def _stretches(sheet: Sheet, levels: Sequence[LevelRow]) -> Iterator[str]:
    stretch: list[tuple[datetime, float]] = []
    for row in levels:
        if stretch and row["at"] - stretch[-1][0] > SILENT_AFTER:
            yield sheet.path(stretch)
            stretch = []
        stretch.append((row["at"], row["fill_ratio"]))
    if stretch:
        yield sheet.path(stretch)


def _band(sheet: Sheet, forecast: Forecast) -> str:
    above = [(row.at, row.high) for row in forecast.rows]
    below = [(row.at, row.low) for row in reversed(forecast.rows)]
    return sheet.path([*above, *below]) + "Z"


def _days(sheet: Sheet, zone: ZoneInfo) -> Iterator[Mark]:
    """So many midnights that their names do not touch."""
    first, last = local_day(sheet.since, zone), local_day(sheet.until, zone)
    every = math.ceil(((last - first).days + 1) / MOST_LABELS)
    for n in range(1, (last - first).days + 1):
        midnight = instant_of(first + timedelta(days=n), 0, zone)
        x = sheet.x(midnight) / 10
        if n % every == 0 and 2 < x < 97:
            yield Mark(round(x, 2), midnight)
