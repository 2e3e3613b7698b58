"""What is known of containers without a sensor, as tables: levels that crews saw when they emptied them.

How full a container is after so many hours is a curve of the whole city, a power of the hours (crews come sooner where
it is full sooner, so it rises by less than in proportion); a container is so many times as fast as that curve.
"""

from typing import NamedTuple

import numpy as np

from services.fill.pooling import Codes, Pool, known_quantiles
from services.fill.tallies import Table, Visits

STRENGTH_VISITS = 1.5
"""Of own full containers that weigh as much as one's likes."""
FADING = 0.93
"""Of a visit's weight with each one after it."""
LEAST_GAP_H, MOST_GAP_H = 1.0, 24.0 * 31
LAGS, GAP_LAGS = 6, 3
ALIKE = 0.4
"""Of gaps that are alike: their logarithms differ by so much."""
USUAL_SPREAD = 0.2
"""Standard deviation of a level about the curve, until a container's own visits tell."""
LEAST_VISITS = 60
"""Of a city before its curve is its own, and no line."""


class Curve(NamedTuple):
    """The share of its volume that a usual container holds, by hours since it was emptied."""

    factor: float
    power: float
    is_line: bool = False
    """Of kinds alone: nobody has seen enough levels."""

    def at(self, gap_h: Table) -> Table:
        """Not bounded: half a container may be one and a half times the curve."""
        level: Table = self.factor * np.clip(gap_h, LEAST_GAP_H, MOST_GAP_H) ** self.power
        return level


def curve_of(visits: Visits, prior_per_day: float) -> Curve:
    """Least squares between the logarithms; a line from nothing, by the kinds' rates, where too little is known."""
    known = (visits.fills > 0.01) & (visits.gaps_h >= LEAST_GAP_H)
    if known.sum() < LEAST_VISITS:
        return Curve(prior_per_day / 24, 1.0, is_line=True)
    hours = np.log(np.clip(visits.gaps_h[known], LEAST_GAP_H, MOST_GAP_H))
    power, factor = np.polyfit(hours, np.log(visits.fills[known]), 1) if np.ptp(hours) > 0.5 else (1.0, 0.0)
    power = float(np.clip(power, 0.05, 1.0))
    factor = float(np.mean(visits.fills[known]) / np.mean(np.exp(hours) ** power))
    return Curve(factor, power)


def pool_of(visits: Visits, curve: Curve, likes: tuple[Codes, ...], prior: Table) -> Pool:
    """How fast containers alike are, against the curve."""
    ratios = visits.fills / curve.at(visits.gaps_h)
    return Pool(ratios, np.ones(ratios.shape[1]), likes, strength=STRENGTH_VISITS, prior=prior)


class Past(NamedTuple):
    """Visits before an instant, (n, m) each, the latest last."""

    hours: Table
    fills: Table
    gaps_h: Table
    likes: tuple[Codes, ...]
    prior: Table
    """So many times as fast as the curve, until known."""


class Expected(NamedTuple):
    """Of a container after so many hours."""

    level: Table
    spread: Table


def columns_of(past: Past, curve: Curve, pool: Pool, begun_h: Table, gap_h: Table) -> tuple[Expected, Table]:
    """What is expected `gap_h` after `begun_h`, by the curve, and what trees go by, (n, k)."""
    fills, known = past.fills, ~np.isnan(past.fills + past.gaps_h)
    weights = np.where(known, FADING ** np.arange(fills.shape[1])[::-1], 0.0)
    by_curve = np.where(known, curve.at(past.gaps_h), 0.0)
    filled = np.where(known, fills, 0.0)
    likes = pool.of(np.full_like(fills, np.nan), past.likes, past.prior)
    times = ((weights * filled).sum(axis=1) + STRENGTH_VISITS * likes) / (
        (weights * by_curve).sum(axis=1) + STRENGTH_VISITS
    )
    usual = curve.at(gap_h)
    level = times * usual
    off = np.where(known, filled - times[:, None] * by_curve, 0.0)
    spread = np.sqrt(((weights * off**2).sum(axis=1) + 3 * USUAL_SPREAD**2) / (weights.sum(axis=1) + 3))
    apart = (np.log(np.where(known, past.gaps_h, 1.0) + 1) - np.log(gap_h + 1)[:, None]) / ALIKE
    alike = np.where(known, np.exp(-(apart**2)), 0.0)
    after_alike = ((alike * filled).sum(axis=1) + 0.7 * level) / (alike.sum(axis=1) + 0.7)
    count = (~np.isnan(fills)).sum(axis=1)
    begun_day, target_day = begun_h // 24, (begun_h + gap_h) // 24
    target_h = begun_h + gap_h
    lags = slice(None, -LAGS - 1, -1)
    latest = slice(None, -GAP_LAGS - 1, -1)
    columns = np.column_stack([
        level, spread, times, gap_h, usual, after_alike, fills[:, lags], past.gaps_h[:, latest],
        np.where(known, off, np.nan)[:, latest], known_quantiles(fills, (0.1, 0.5, 0.9)), count, target_h % 24,
        target_day % 7, begun_h % 24, begun_day % 7, target_day - begun_day, _weekend_days(begun_day, target_day),
    ])  # fmt: skip
    return Expected(level, spread), columns


def _weekend_days(begun_day: Table, target_day: Table) -> Table:
    """Saturdays and Sundays after the day of the beginning. Day 0, 1 January 2020, was a Wednesday."""
    return _weekend_days_before(target_day + 1) - _weekend_days_before(begun_day + 1)


def _weekend_days_before(day: Table) -> Table:
    since_monday = day + 2
    days: Table = since_monday // 7 * 2 + np.maximum(since_monday % 7 - 5, 0)
    return days


def bases_of(expected: Expected) -> Table:
    """(n, 2): nothing, and the level by the curve, where a crew can still say so."""
    return np.column_stack([np.zeros_like(expected.level), np.minimum(expected.level, 1.0)])


class Examples(NamedTuple):
    """What was known before a visit, and the level that was seen: (m, k), and (m,) of each."""

    columns: Table
    reached: Table
    bases: Table
    """(m, 2)."""
    hour: Table


def examples_of(past: Past, curve: Curve, pool: Pool, most: int) -> Examples:
    """Of the visits that are remembered; of a large city of as many as make about `most`."""
    found: list[tuple[Table, ...]] = []
    visits, several = past, past.fills.shape[1]
    made = 0
    for place in range(several - 1, 1, -1):
        begun_h, gap_h, reached = visits.hours[:, place - 1], visits.gaps_h[:, place], visits.fills[:, place]
        whole = ~np.isnan(reached + gap_h) & ~np.isnan(visits.hours[:, place])
        begun_h = np.where(np.isnan(begun_h), visits.hours[:, place] - gap_h, begun_h)
        if not whole.any() or made >= most:
            continue
        empty = np.full((int(whole.sum()), several - place), np.nan)
        before = Past(
            np.hstack([empty, visits.hours[whole, :place]]),
            np.hstack([empty, visits.fills[whole, :place]]),
            np.hstack([empty, visits.gaps_h[whole, :place]]),
            tuple(codes[whole] for codes in visits.likes),
            visits.prior[whole],
        )
        expected, columns = columns_of(before, curve, pool, begun_h[whole], gap_h[whole])
        found.append((columns, reached[whole], bases_of(expected), visits.hours[whole, place]))
        made += len(columns)
    if not found:
        return Examples(np.empty((0, 0)), np.empty(0), np.empty((0, 2)), np.empty(0))
    return Examples(*(np.concatenate(part) for part in zip(*found, strict=True)))
