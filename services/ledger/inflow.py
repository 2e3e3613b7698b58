"""What came into each container, day by day, whoever emptied it; and what stands in it in a life that empties it so.

A sensor's readings tell it (tallies of `services.fill`); where there is none, the levels that crews saw when they
emptied; where nobody saw one, the rate that plans reckoned with. It does not depend on when a container was emptied, so
it is the same in every life.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.fill.belief import DAY_FROM_H, Belief, day_of, days_until, start
from services.fill.tallies import Days, Table, Visits

LEAST_RISES = 7
"""Days of which a sensor has told what came in, from which on it tells of the others too."""
FIRST_TOLD_DAYS = 2
"""In which the first level has to be told, for a container to begin with it."""


@dataclass(frozen=True, eq=False)
class Inflow:
    """Of n containers on k days, in shares of their volume. A day begins at `DAY_FROM_H`, as beliefs count days."""

    containers: Sequence[str]
    first: int
    """Number of the first day, as `services.fill.belief.day_of` counts."""
    per_day: Table
    """(n, k). Below 0 where waste settled, or a sensor erred the day before."""
    begun: Table
    """(n,) levels when the first day began."""
    has_sensor: NDArray[np.bool_]
    """(n,): what came in was read off a sensor."""


def inflow_of(beliefs: Mapping[str, Belief], rates: Mapping[str, float], from_h: float, to_h: float) -> Inflow:
    """What came in between two hours since `EPOCH`.

    A day of which a sensor tells nothing (full all day, silent) has the mean of its others.

    Args:
        beliefs: by container, with all evidence of these days; of one that has none nothing was heard.
        rates: shares of the volume a day as plans knew them, of all containers to tell of.
        from_h: in the first day.
        to_h: in the last day.
    """
    containers = sorted(rates)
    believed = [beliefs.get(container, start()) for container in containers]
    first = day_of(from_h)
    count = day_of(to_h) - first + 1
    rises, levels = _read(believed, first, count, to_h)
    has_sensor = (~np.isnan(rises)).sum(axis=1) >= min(LEAST_RISES, count)
    means = np.array([float(np.nanmean(row)) if tells else 0.0 for row, tells in zip(rises, has_sensor, strict=True)])
    told = np.where(np.isnan(rises), means[:, None], rises)
    seen = _seen(believed, first, count, np.array([rates[container] for container in containers], dtype=np.float64))
    per_day = np.where(has_sensor[:, None], told, seen)
    return Inflow(containers, first, per_day, _begun(levels, per_day), has_sensor)


def _read(believed: Sequence[Belief], first: int, count: int, to_h: float) -> tuple[Table, Table]:
    """(n, count) rises by sensors, (n, `FIRST_TOLD_DAYS`) levels when the first days began; NaN where none tells."""
    until = [days_until(belief, to_h) for belief in believed]
    days = Days([packed for _, _, packed, _ in until])
    kept = days.rises.shape[1]
    rises, levels = np.full((len(believed), count), np.nan), np.full((len(believed), FIRST_TOLD_DAYS), np.nan)
    for number, (under_way, _, _, _) in enumerate(until):
        oldest = under_way - kept  # the day of the first column
        at, end = max(first, oldest), min(first + count, under_way)
        if end > at:
            rises[number, at - first : end - first] = days.rises[number, at - oldest : end - oldest]
        for later in range(FIRST_TOLD_DAYS):
            if oldest < first + later <= under_way:  # a level is told at the end of the day before
                levels[number, later] = days.levels[number, first + later - 1 - oldest]
    return rises, levels


def _begun(levels: Table, per_day: Table) -> Table:
    """(n,): by the first level that is told, less what came in before it; 0 where none is."""
    begun = np.zeros(len(levels))
    for later in reversed(range(min(levels.shape[1], per_day.shape[1]))):
        level = levels[:, later] - per_day[:, :later].sum(axis=1)
        begun = np.where(np.isnan(level), begun, level)
    return begun


def _seen(believed: Sequence[Belief], first: int, count: int, usual: Table) -> Table:
    """(n, count) by what crews saw: from one emptying to the next a day's part of it; else as usual."""
    visits = Visits([belief.visits for belief in believed])
    per_day = np.repeat(usual[:, None], count, axis=1)
    begins_h = (first + np.arange(count)) * 24.0 + DAY_FROM_H
    told = ~np.isnan(visits.fills) & (visits.lasted_h > 0)
    for number, visit in np.argwhere(told).tolist():
        until_h, lasted_h = visits.hours[number, visit], visits.lasted_h[number, visit]
        overlap_h = np.minimum(begins_h + 24, until_h) - np.maximum(begins_h, until_h - lasted_h)
        share = np.clip(overlap_h, 0.0, 24.0) / 24
        per_day[number] += share * (24 * visits.fills[number, visit] / lasted_h - usual[number])
    return per_day


class Standing:
    """What stands in each container in one life: what came in since it was last emptied there."""

    def __init__(self, inflow: Inflow, at_h: float) -> None:
        """From hour `at_h`, in the first day, on; until the first emptying all lives are alike."""
        self._inflow, self._numbers = inflow, {container: n for n, container in enumerate(inflow.containers)}
        self._at_h = inflow.first * 24.0 + DAY_FROM_H
        self._levels = inflow.begun.copy()
        self.over_h = np.zeros(len(inflow.containers))
        """(n,) volumes beside each container times the hours that they lay there, since the last `forget_over`."""
        self.until(at_h)
        self.forget_over()

    def until(self, at_h: float) -> None:
        """Go on to an hour, a day's inflow spread evenly over it."""
        last = self._inflow.first + self._inflow.per_day.shape[1] - 1
        while self._at_h < at_h:
            day = day_of(self._at_h)
            end_h = min((day + 1) * 24.0 + DAY_FROM_H, at_h)
            part = (end_h - self._at_h) / 24
            after = self._levels + part * self._inflow.per_day[:, min(day, last) - self._inflow.first]
            self.over_h += _over(self._levels, after) * (end_h - self._at_h)
            self._levels, self._at_h = after, end_h

    def levels(self) -> dict[str, float]:
        """By container, as a share of its volume: more than 1 where waste lies beside it."""
        return {c: max(level, 0.0) for c, level in zip(self._inflow.containers, self._levels.tolist(), strict=True)}

    def empty(self, containers: Iterable[str]) -> None:
        """Now. Containers of which nothing is known are left out."""
        self._levels[[self._numbers[c] for c in containers if c in self._numbers]] = 0.0

    def forget_over(self) -> None:
        """What lay beside containers until now does not count."""
        self.over_h = np.zeros(len(self._inflow.containers))


def _over(before: Table, after: Table) -> Table:
    """(n,) mean of what is above full while a level goes straight from one to the other."""
    low, high = np.minimum(before, after) - 1, np.maximum(before, after) - 1
    both, rising = (low + high) / 2, np.maximum(high, 0.0) ** 2 / (2 * np.maximum(high - low, 1e-12))
    return np.asarray(np.where(low >= 0, both, np.where(high > 0, rising, 0.0)))
