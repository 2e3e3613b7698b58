"""What is known of containers with a sensor that is believed, as tables: one row a container at an instant.

The same columns are made of a belief now and of the days it remembers, so that a city's past teaches its future.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.fill.belief import FALL
from services.fill.pooling import Codes, Pool, known_mean, known_quantiles
from services.fill.tallies import Days, Table

WINDOW_DAYS = 56
"""Eight of each weekday."""
HALF_LIFE_DAYS = 21.0
STRENGTH_DAYS = 8.0
"""Of own days that weigh as much as a container's likes."""
STRENGTH_WEEKDAY = 3.0
"""Of own Mondays that weigh as much as all days."""
TAKEN = 0.12
"""More than this taken out on a day is an emptying, and no settling."""
MOST_DAYS = 15
"""That a forecast reaches, and the day under way."""


class State(NamedTuple):
    """Of n containers; levels are shares of the volume."""

    level: Table
    since_h: Table
    """Since it was empty; NaN where nobody knows."""
    weekday: Table
    """Of the day that begins, 0 to 6."""
    rises: Table
    """(n, `WINDOW_DAYS`), the latest last."""
    levels: Table
    """The same days, at their ends."""
    likes: tuple[Codes, ...]
    """From the widest to the narrowest."""
    prior_per_day: Table
    """How fast its kind fills, until known."""


class Rates(NamedTuple):
    """How fast n containers fill."""

    mean: Table
    """Share of the volume a day, drawn to that of its likes."""
    spread: Table
    """Standard deviation of a day's rise."""
    by_weekday: Table
    """(n, 7): of the days to come, the next one first."""

    def rise(self, hours: Table) -> Table:
        """Expected within so many hours, weekday by weekday."""
        days = np.arange(MOST_DAYS)
        shares = np.clip(hours[:, None] / 24 - days, 0.0, 1.0)
        rise: Table = (shares * self.by_weekday[:, days % 7]).sum(axis=1)
        beyond = np.maximum(hours / 24 - MOST_DAYS, 0.0)
        return rise + beyond * self.mean

    def rise_spread(self, hours: Table) -> Table:
        """Standard deviation of that, days being independent."""
        spread: Table = self.spread * np.sqrt(np.maximum(hours / 24, 0.2))
        return spread


class Pools(NamedTuple):
    """What a city's containers have in common."""

    mean: Pool
    square: Pool


def _weights() -> Table:
    weights: Table = 0.5 ** (np.arange(WINDOW_DAYS)[::-1] / HALF_LIFE_DAYS)
    return weights


def pools_of(state: State) -> Pools:
    """Recent days count more."""
    prior = state.prior_per_day
    mean = Pool(state.rises, _weights(), state.likes, strength=STRENGTH_DAYS, prior=prior)
    squares = (state.rises - mean.of(state.rises, state.likes, prior)[:, None]) ** 2
    return Pools(mean, Pool(squares, _weights(), state.likes, strength=STRENGTH_DAYS, prior=prior**2))


def rates_of(state: State, pools: Pools) -> Rates:
    """A container's own days, drawn to its likes; a weekday, drawn to the container's mean."""
    mean = pools.mean.of(state.rises, state.likes, state.prior_per_day)
    squares = (state.rises - mean[:, None]) ** 2
    spread = np.sqrt(pools.square.of(squares, state.likes, state.prior_per_day**2))
    by_weekday = np.empty((len(mean), 7))
    weeks = np.arange(1, WINDOW_DAYS // 7 + 1)
    fading = 0.8 ** (weeks - 1)
    for ahead in range(7):
        same = state.rises[:, ahead - 7 * weeks]
        known = ~np.isnan(same)
        total = (np.where(known, same, 0.0) * fading).sum(axis=1)
        by_weekday[:, ahead] = (total + STRENGTH_WEEKDAY * mean) / ((known * fading).sum(axis=1) + STRENGTH_WEEKDAY)
    return Rates(mean, spread, by_weekday)


def window(table: Table, end: int) -> Table:
    """The `WINDOW_DAYS` columns before `end`, NaN before the first."""
    part = table[:, max(0, end - WINDOW_DAYS) : end]
    return np.pad(part, ((0, 0), (WINDOW_DAYS - part.shape[1], 0)), constant_values=np.nan)


def columns_of(state: State, rates: Rates) -> Table:
    """What a forecast goes by, whatever the hours ahead: (n, k)."""
    level, rises, levels = state.level, state.rises, state.levels
    change = np.diff(levels, axis=1)
    emptied = rises[:, 1:] - change > TAKEN
    kept = np.where(emptied, np.nan, change)
    filled = np.where(emptied, levels[:, :-1] + 0.5 * rises[:, 1:], np.nan)
    usual_fill = known_mean(filled)
    month = levels[:, -28:]
    highest = np.where(np.isnan(month).all(axis=1), np.nan, np.fmax.reduce(month, axis=1))
    return np.column_stack([
        level, state.since_h, level - levels[:, -3], level - levels[:, -5], rises[:, -1:-8:-1],
        known_mean(rises[:, -3:]), known_mean(rises[:, -7:]), known_mean(rises[:, -28:]), rates.mean, rates.spread,
        (~np.isnan(rises)).sum(axis=1), known_quantiles(kept, (0.1, 0.5, 0.9)), highest, emptied[:, -28:].sum(axis=1),
        usual_fill, usual_fill - level, state.likes[0] if state.likes else np.zeros(len(level)),
    ])  # fmt: skip


def ahead_of(state: State, rates: Rates, columns: Table, hours: Table) -> Table:
    """With what depends on the hours ahead."""
    rise, spread = rates.rise(hours), rates.rise_spread(hours)
    weekday = (state.weekday + np.ceil(hours / 24)) % 7
    return np.column_stack([
        columns, rise, spread, rise / np.maximum(spread, 1e-6), 1 - state.level - rise, rates.mean * hours / 24 - rise,
        hours, weekday,
    ])  # fmt: skip


def bases_of(state: State, rates: Rates, hours: Table) -> Table:
    """(n, 2): the level as it is, and as it is expected by the rates, where the sensor can still say so."""
    return np.column_stack([state.level, np.minimum(state.level + rates.rise(hours), 1.0)])


def at_pace(level: Table, later: Table, times: Table) -> Table:
    """What would be there later, had so many times as much come in; what settled stays as it is."""
    rise = later - level
    told: Table = level + np.where(rise > 0, rise * times, rise)
    return told


HORIZONS_DAYS = (1, 2, 3, 5, 7, 14)
EVERY_DAYS = (1, 1, 1, 2, 3, 5)
"""Of each of `HORIZONS_DAYS` a day of so many teaches: those between overlap, and teach nearly the same."""
PER_DAY = sum(1 / every for every in EVERY_DAYS)
FIRST_DAYS = 14
"""Of a city before it teaches."""


def taught_around(hours: Table) -> tuple[tuple[Table, Table], tuple[Table, Table]]:
    """The hours of examples before these and after them, and the share of each; before the first its own part."""
    taught_h = 24.0 * np.array(HORIZONS_DAYS)
    place = np.clip(np.searchsorted(taught_h, hours, side="right") - 1, 0, len(taught_h) - 1)
    before, after = taught_h[place], taught_h[np.minimum(place + 1, len(taught_h) - 1)]
    way = np.clip((hours - before) / np.maximum(after - before, 1.0), 0.0, 1.0)
    return (before, np.minimum(hours / before, 1.0) * (1 - way)), (after, way)


class Examples(NamedTuple):
    """What was known, and what came of it: (m, k), (m,), and (m, 2) of the bases."""

    columns: Table
    reached: Table
    """Level so many hours later, had nobody emptied it in between."""
    bases: Table
    hours: Table
    nobody_came: NDArray[np.bool_]
    """It was left alone."""
    day: Table
    """Which of the days it began on, 0 the oldest."""


def examples_of(days: Days, now: State, pools: Pools, most: int, times: Table | None = None) -> Examples:
    """Of the days that are remembered; of a large city as many as `most`, of days spread evenly.

    Where it was emptied in between, the level is what came in since, on top of what was there: those that nobody
    emptied are the slow ones, on days without a round, and would alone teach that nothing fills fast.

    Args:
        days: up to now, of containers whose sensors are believed.
        now: of the same containers.
        pools: of the city.
        most: examples, about.
        times: (n, days) as fast as on an ordinary day; the rises in `days` are of ordinary ones already.
    """
    last = days.rises.shape[1] - 1
    step = max(1, -(-int(PER_DAY * (~np.isnan(days.levels)).sum()) // most))
    found: list[tuple[NDArray[Any], ...]] = []
    for number, day in enumerate(range(last - 1, FIRST_DAYS, -step)):
        known = ~np.isnan(days.levels[:, day])
        if not known.any():
            continue
        state = State(
            days.levels[:, day], days.since_h[:, day], (now.weekday - (last - day)) % 7, window(days.rises, day + 1),
            window(days.levels, day + 1), now.likes, now.prior_per_day,
        )  # fmt: skip
        rates = rates_of(state, pools)
        columns = columns_of(state, rates)
        for ahead, every in zip(HORIZONS_DAYS, EVERY_DAYS, strict=True):
            if day + ahead > last or number % every:
                continue
            hours = np.full(len(known), 24.0 * ahead)
            left_alone = days.since_h[:, day + ahead] >= hours - 1
            came_in = days.rises[:, day + 1 : day + ahead + 1].sum(axis=1)
            settled = days.settled[:, day + ahead]
            if times is not None:
                settled = at_pace(state.level, settled, 1 / times[:, day + 1 : day + ahead + 1].mean(axis=1))
            # One that has fallen so far was emptied, though its fall was not seen yet when the day was tallied.
            left_alone &= ~(settled < state.level - FALL)
            reached = np.where(left_alone, settled, state.level + came_in)
            whole = known & ~np.isnan(reached)
            if not whole.any():
                continue
            bases = bases_of(state, rates, hours)[whole]
            rows = ahead_of(state, rates, columns, hours)[whole]
            of_day = np.full(len(rows), float(day))
            found.append((rows, reached[whole], bases, hours[whole], left_alone[whole], of_day))
    if not found:
        return Examples(np.empty((0, 0)), np.empty(0), np.empty((0, 2)), np.empty(0), np.empty(0, bool), np.empty(0))
    return Examples(*(np.concatenate(part) for part in zip(*found, strict=True)))
