"""How full a container will be: a straight line since its last emptying, held by what is usual for it.

A first forecast, from what is believed (`belief.py`): the line's slope is weighed against the container's usual rate,
or its kind's, as long as it has none.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.fill.belief import DAY, Belief

READING_SPREAD = 0.08
"""Standard deviation of a reading around the line, as a share of the volume: sensor noise of some centimetres, plus the
rhythm of the day, which a straight line does not know. Assumed, until measured on a city's own sensors."""
USUAL_SPREAD = 0.6
"""How far a cycle's rate strays from the usual one, as a share of it. Assumed: a rain or market day does as much."""

MAX_FILL_RATIO = 1.5
"""Beyond this a heap is not a container's load any more; it bounds the load that a plan reckons with."""


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


def forecast(belief: Belief, kind_fill_per_day: float, *, unknown_since: datetime) -> FillLine:
    """The line of one container.

    Args:
        belief: what is believed of it.
        kind_fill_per_day: the prior of its kind, share of the volume a day.
        unknown_since: when to think it was empty, where nobody knows: the cautious choice is long ago.
    """
    usual = belief.usual_fill_per_day or kind_fill_per_day
    if belief.readings == 0 or belief.epoch_at is None:
        return FillLine(belief.emptied_at or unknown_since, 0.0, usual, "prior")
    mean_x, mean_y = belief.sum_x / belief.readings, belief.sum_y / belief.readings
    return FillLine(belief.epoch_at + mean_x * DAY, mean_y, _rate(belief, usual), "readings")


def _rate(belief: Belief, usual: float) -> float:
    """Slope of the line: the fit and the usual rate, each by its precision (a normal prior on the slope)."""
    slope = belief.slope_per_day
    if slope is None:
        return usual
    fit_precision = belief.spread_days2 / READING_SPREAD**2
    usual_precision = 1 / (USUAL_SPREAD * usual) ** 2
    return max(0.0, (fit_precision * slope + usual_precision * usual) / (fit_precision + usual_precision))
