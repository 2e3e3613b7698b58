"""How full a container will be: a straight line since its last emptying, held by what is usual for it.

A first forecast. The line is a least-squares fit over the readings since the last emptying, kept as running sums by
the store; its slope is weighed against the container's usual rate (or its kind's, as long as it has none).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

READING_SPREAD = 0.08
"""Standard deviation of a reading around the line, as a share of the volume: sensor noise of some centimetres, plus the
rhythm of the day, which a straight line does not know. Assumed, until measured on a city's own sensors."""
USUAL_SPREAD = 0.6
"""How far a cycle's rate strays from the usual one, as a share of it. Assumed: a rain or market day does as much."""

MAX_FILL_RATIO = 1.5
"""Beyond this a heap is not a container's load any more; it bounds the load that a plan reckons with."""

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ContainerState:
    """What the store holds of one container. Sums: x = days since `fill_epoch`, y = fill ratio."""

    container: str
    fill_ratio: float | None = None
    fill_at: datetime | None = None
    last_emptied_at: datetime | None = None
    fill_epoch: datetime | None = None
    readings: int = 0
    sum_x: float = 0.0
    sum_y: float = 0.0
    sum_xx: float = 0.0
    sum_xy: float = 0.0
    usual_fill_per_day: float | None = None


@dataclass(frozen=True, slots=True)
class FillLine:
    """A forecast: `fill_ratio` at `anchor_at`, rising by `fill_per_day`."""

    anchor_at: datetime
    fill_ratio: float
    fill_per_day: float
    evidence: Literal["readings", "prior"]

    def at(self, instant: datetime) -> float:
        """Expected fill ratio, 0 to `MAX_FILL_RATIO`."""
        fill = self.fill_ratio + self.fill_per_day * ((instant - self.anchor_at) / DAY)
        return min(max(fill, 0.0), MAX_FILL_RATIO)


def forecast(state: ContainerState, kind_fill_per_day: float, *, unknown_since: datetime) -> FillLine:
    """The line of one container.

    Args:
        state: what is known of it.
        kind_fill_per_day: the prior of its kind, share of the volume a day.
        unknown_since: when to think it was empty, where nobody knows: the cautious choice is long ago.
    """
    usual = state.usual_fill_per_day or kind_fill_per_day
    if state.readings == 0 or state.fill_epoch is None:
        return FillLine(state.last_emptied_at or unknown_since, 0.0, usual, "prior")
    mean_x, mean_y = state.sum_x / state.readings, state.sum_y / state.readings
    return FillLine(state.fill_epoch + mean_x * DAY, mean_y, _rate(state, usual), "readings")


def _rate(state: ContainerState, usual: float) -> float:
    """Slope of the line: the fit and the usual rate, each by its precision (a normal prior on the slope)."""
    spread_x = state.sum_xx - state.sum_x**2 / state.readings  # days^2, summed
    if spread_x <= 0:
        return usual
    slope = (state.sum_xy - state.sum_x * state.sum_y / state.readings) / spread_x
    fit_precision = spread_x / READING_SPREAD**2
    usual_precision = 1 / (USUAL_SPREAD * usual) ** 2
    return max(0.0, (fit_precision * slope + usual_precision * usual) / (fit_precision + usual_precision))
