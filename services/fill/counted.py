"""What is known of containers without a sensor, as tables: levels that crews saw when they emptied them.

How full a container is after so many hours is a curve of the whole city, a power of the hours; a container is so many
times as fast as that curve. The power is that of a container against itself: crews come sooner where it is full sooner,
so between containers levels rise by less than each of them does, and a curve through all would say that what is left
alone hardly fills. Who sees a full container does not see how much more there was: it counts as what is expected of
one that is full or more (Tobin 1958, by expectation and maximisation).

Shares of what a truck weighed (`weighed.py`) tell how fast a container is, each by how sure it is, and nothing else:
they are in proportion to what was believed, so the power, the spread about the curve and the trees would learn of
themselves.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.fill.pooling import Codes, Pool, known_quantiles
from services.fill.tallies import Table, Visits
from services.fill.weighed import told_by

STRENGTH_VISITS = 1.5
"""Of own full containers that weigh as much as one's likes."""
FADING = 0.93
"""Of a visit's weight with each one after it."""
LEAST_GAP_H, MOST_GAP_H = 1.0, 24.0 * 31
LAGS, GAP_LAGS = 6, 3
ALIKE = 0.4
"""Of gaps that are alike: their logarithms differ by so much."""
LEAST_POWER = 0.3
USUAL_SPREAD = 0.2
"""Standard deviation of a level about the curve, until a container's own visits tell."""
LEAST_VISITS = 60
"""Of a city before its curve is its own, and no line."""
FULL = 0.95
"""Seen as full: so much, or more."""
LEAST_TIMES = 0.05
"""Of how fast its likes are, however little scales leave a container of its loads."""
ROUNDS = 4
"""Of expectation and maximisation: what is always seen full is bounded by its likes, and moves little after these."""
STRENGTH_LINE = 5.0
"""Of a line, against the city's own power: as much as so many visits after gaps twice and half as long as usual."""


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
    known = (visits.fills > 0.01) & (visits.gaps_h >= LEAST_GAP_H) & (visits.parts == 0)
    if known.sum() < LEAST_VISITS:
        return Curve(prior_per_day / 24, 1.0, is_line=True)
    hours = np.where(known, np.clip(visits.gaps_h, LEAST_GAP_H, MOST_GAP_H), 1.0)
    levels = np.where(known, visits.fills, 1.0)
    curve = Curve(0.0, 1.0)
    for _ in range(ROUNDS):
        power = _power_within(np.log(hours), np.log(levels), known)
        curve = Curve(float(levels[known].mean() / (hours[known] ** power).mean()), power)
        usual = curve.at(hours)
        times = (np.where(known, levels, 0).sum(axis=1) + STRENGTH_VISITS) / (
            np.where(known, usual, 0).sum(axis=1) + STRENGTH_VISITS
        )
        levels = np.where(known, _with_unseen(visits.fills, times[:, None] * usual, USUAL_SPREAD), 1.0)
    return curve


def _power_within(log_hours: Table, log_levels: Table, known: NDArray[np.bool_]) -> float:
    """By how much each container's levels rise with its own gaps, all containers together."""
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    hours, levels = (
        np.where(known, table - np.where(known, table, 0).sum(axis=1, keepdims=True) / count, 0.0)
        for table in (log_hours, log_levels)
    )
    line = STRENGTH_LINE * np.log(2.0) ** 2
    return float(np.clip(((hours * levels).sum() + line) / ((hours**2).sum() + line), LEAST_POWER, 1.0))


def _with_unseen(fills: Table, expected: Table, spread: Table | float) -> Table:
    """Levels; one that was seen full is what is expected of a normal number that is full or more."""
    from_full = np.clip((FULL - expected) / spread, -4.0, 4.0)
    # The normal's distribution within 0.00015 (Page 1977).
    beyond = 1 / (1 + np.exp(1.5976 * from_full + 0.070566 * from_full**3))
    density = np.exp(-(from_full**2) / 2) / np.sqrt(2 * np.pi)
    levels: Table = np.where(fills >= FULL, np.maximum(expected + spread * density / beyond, fills), fills)
    return levels


def pool_of(visits: Visits, curve: Curve, likes: tuple[Codes, ...], prior: Table) -> Pool:
    """How fast containers alike are, against the curve."""
    usual, sure = curve.at(visits.gaps_h), _among_likes(visits.parts)
    ratios = visits.fills / usual
    pool = Pool(ratios, sure, likes, strength=STRENGTH_VISITS, prior=prior)
    for _ in range(ROUNDS):
        expected = pool.of(ratios, likes, prior)[:, None] * usual
        ratios = _with_more(visits.fills, visits.parts, expected) / usual
        pool = Pool(ratios, sure, likes, strength=STRENGTH_VISITS, prior=prior)
    return pool


def _among_likes(parts: Table) -> Table:
    """How much a level counts among those of containers alike: a load that was weighed as one level that was seen."""
    counts: Table = np.where(parts > 0, parts, 1.0)
    return counts


def _with_more(fills: Table, parts: Table, expected: Table) -> Table:
    """A scale tells also what is beyond full; who sees it does not."""
    levels: Table = np.where(parts > 0, fills, _with_unseen(fills, expected, USUAL_SPREAD))
    return levels


class Past(NamedTuple):
    """Visits before an instant, (n, m) each, the latest last."""

    hours: Table
    fills: Table
    gaps_h: Table
    """Ordinary hours: a curve knows no special days."""
    lasted_h: Table
    """The same gaps by the clock."""
    expected: Table
    parts: Table
    """Of levels that were weighed what was believed, and the part of the load; NaN and 0: it was seen."""
    likes: tuple[Codes, ...]
    prior: Table
    """So many times as fast as the curve, until known."""


class Expected(NamedTuple):
    """Of a container after so many hours."""

    level: Table
    spread: Table


def columns_of(
    past: Past, curve: Curve, pool: Pool, begun_h: Table, gap_h: Table, lasted_h: Table
) -> tuple[Expected, Table]:
    """What is expected `lasted_h` after `begun_h`, worth `gap_h` ordinary ones, and what trees go by, (n, k)."""
    fills = _seen(past)
    known = ~np.isnan(fills + past.gaps_h)
    fading = np.asarray(FADING ** np.arange(fills.shape[1])[::-1], dtype=np.float64)
    by_hours = curve.at(past.gaps_h)
    weights = np.where(known, fading, 0.0)
    by_curve = np.where(known, by_hours, 0.0)
    weighed, weighed_by_curve = _weighed(past, by_hours)
    filled = np.where(known, fills, 0.0)
    likes = pool.of(np.full_like(fills, np.nan), past.likes, past.prior, fading)
    weight = weights.sum(axis=1)
    times, spread, off = likes, np.full_like(likes, USUAL_SPREAD), np.zeros_like(fills)
    for _ in range(ROUNDS):
        times = ((weights * filled).sum(axis=1) + weighed + STRENGTH_VISITS * likes) / (
            (weights * by_curve).sum(axis=1) + weighed_by_curve + STRENGTH_VISITS
        )
        times = np.maximum(times, LEAST_TIMES * likes)
        off = np.where(known, filled - times[:, None] * by_curve, 0.0)
        spread = np.sqrt(((weights * off**2).sum(axis=1) + 3 * USUAL_SPREAD**2) / (weight + 3))
        filled = np.where(known, _with_unseen(fills, times[:, None] * by_curve, spread[:, None]), 0.0)
    usual = curve.at(gap_h)
    level = times * usual
    apart = (np.log(np.where(known, past.gaps_h, 1.0) + 1) - np.log(gap_h + 1)[:, None]) / ALIKE
    alike = np.where(known, np.exp(-(apart**2)), 0.0)
    after_alike = ((alike * filled).sum(axis=1) + 0.7 * level) / (alike.sum(axis=1) + 0.7)
    count = (~np.isnan(fills)).sum(axis=1)
    target_h = begun_h + lasted_h
    begun_day, target_day = begun_h // 24, target_h // 24
    lags = slice(None, -LAGS - 1, -1)
    latest = slice(None, -GAP_LAGS - 1, -1)
    columns = np.column_stack([
        level, spread, times, gap_h, usual, after_alike, fills[:, lags], past.gaps_h[:, latest],
        np.where(known, off, np.nan)[:, latest], known_quantiles(fills, (0.1, 0.5, 0.9)), count, target_h % 24,
        target_day % 7, begun_h % 24, begun_day % 7, target_day - begun_day, _weekend_days(begun_day, target_day),
    ])  # fmt: skip
    return Expected(level, spread), columns


def _seen(past: Past) -> Table:
    """The levels without those that were weighed."""
    seen: Table = np.where(past.parts > 0, np.nan, past.fills)
    return seen


def _weighed(past: Past, by_hours: Table) -> tuple[Table, Table]:
    """(n,) and (n,): levels that scales told, summed up by how sure they are, and the curve's beside them.

    All that are remembered count: each tells so little that none is soon out of date.
    """
    there = (past.parts > 0) & ~np.isnan(past.fills + past.gaps_h)
    level, spread = told_by(
        np.where(there, past.fills, 0.0), np.where(there, past.expected, 0.0), np.where(there, past.parts, 1.0)
    )
    sure = np.where(there, USUAL_SPREAD**2 / (USUAL_SPREAD**2 + spread**2), 0.0)
    return (sure * level).sum(axis=1), (sure * np.where(there, by_hours, 0.0)).sum(axis=1)


def told_levels(past: Past, curve: Curve, pool: Pool) -> tuple[Table, Table]:
    """So many times as fast as the curve each container is, (n,), and its levels, (n, m), the full ones as expected.

    Of levels that were weighed there is none: they were shared by what was believed of the days.
    """
    usual, sure = curve.at(past.gaps_h), _among_likes(past.parts)
    expected = pool.of(past.fills / usual, past.likes, past.prior, sure)[:, None] * usual
    levels = _with_more(past.fills, past.parts, expected)
    return pool.of(levels / usual, past.likes, past.prior, sure), np.where(past.parts > 0, np.nan, levels)


def longest_gap_h(past: Past) -> Table:
    """(n,) hours: after more of them nobody has seen its level yet; 0 where nobody ever has."""
    known = ~np.isnan(_seen(past) + past.gaps_h)
    longest: Table = np.where(known, past.gaps_h, 0.0).max(axis=1, initial=0.0)
    return longest


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
        lasted_h = visits.lasted_h[:, place]
        whole = ~np.isnan(reached + gap_h) & ~np.isnan(visits.hours[:, place]) & (visits.parts[:, place] == 0)
        begun_h = np.where(np.isnan(begun_h), visits.hours[:, place] - lasted_h, begun_h)
        if not whole.any() or made >= most:
            continue
        empty = np.full((int(whole.sum()), several - place), np.nan)
        before = Past(
            np.hstack([empty, visits.hours[whole, :place]]),
            np.hstack([empty, visits.fills[whole, :place]]),
            np.hstack([empty, visits.gaps_h[whole, :place]]),
            np.hstack([empty, visits.lasted_h[whole, :place]]),
            np.hstack([empty, visits.expected[whole, :place]]),
            np.hstack([np.zeros_like(empty), visits.parts[whole, :place]]),
            tuple(codes[whole] for codes in visits.likes),
            visits.prior[whole],
        )
        expected, columns = columns_of(before, curve, pool, begun_h[whole], gap_h[whole], lasted_h[whole])
        found.append((columns, reached[whole], bases_of(expected), visits.hours[whole, place]))
        made += len(columns)
    if not found:
        return Examples(np.empty((0, 0)), np.empty(0), np.empty((0, 2)), np.empty(0))
    return Examples(*(np.concatenate(part) for part in zip(*found, strict=True)))
