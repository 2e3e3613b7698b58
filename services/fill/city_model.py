"""How a city's containers fill, learned from what is believed of all of them at one instant, and nothing else.

Two kinds of containers: those whose sensor is believed (`measured.py`) and all others (`counted.py`). Of each there is
a plain model, which needs no history (a rate and a spread, drawn to those of its likes), and boosted trees on what the
plain one knows (`learned.py`), once the city has a past to learn from.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.fill import counted, measured
from services.fill.belief import DAY_FROM_H, Belief, day_of, days_until
from services.fill.health import health_of
from services.fill.learned import LEVELS, Learned, can_teach, learned_from
from services.fill.pooling import Codes
from services.fill.tallies import Days, Table, Visits

MOST_EXAMPLES = 40_000
MOST_TAUGHT_BY = 2_000
"""Containers whose past teaches: more teach the same, slower."""
AT_ONCE = 5_000
"""Containers that are asked for together: a large city's tables would not fit into a small server."""
BEYOND_H = 14 * 24.0
"""No example is of so many hours: there the plain model speaks alone."""
YOUNG_DAYS = 7.0
"""Of a container's own, from which on trees speak alone."""
CEILING = 0.97
"""A sensor tells no more than full: beyond it the plain model says how much lies beside the container."""
NORMAL = np.array([-1.6449, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.6449])
"""Quantiles of `LEVELS` of the standard normal."""
TRUE_REPORT, TRUE_BESIDE_SENSOR = 0.7, 0.3
"""Chance that a container which one resident says is full is so, and where a sensor that is believed tells another
level. Assumed: no city's reports have been held against its crews' words yet."""
DOUBT_PER_DAY = 0.02
"""What a level that somebody saw is off by, or more: eyes tell quarters."""


class Thing(NamedTuple):
    """A container, and what is believed of it."""

    belief: Belief
    likes: tuple[Hashable, ...]
    """What it has in common with others, from the widest to the narrowest: its kind, its kind in its zone."""
    fill_per_day: float
    """Its kind's, until known."""


def likes_of(kind: str, stream: str, zone: str) -> tuple[tuple[str, ...], ...]:
    """What a city's container has in common with others."""
    return (kind, stream), (kind, stream, zone)


def thing_of(belief: Belief, likes: tuple[Hashable, ...], fill_per_day: float, unknown_h: float) -> Thing:
    """Where nobody knows when it was empty, the cautious choice is long ago: `unknown_h`."""
    known = belief if belief.cycle_h is not None else belief._replace(cycle_h=unknown_h)
    return Thing(known, likes, fill_per_day)


class CityModel:
    """Learned once; asked for any container and instant after that."""

    def __init__(self, things: Sequence[Thing], now_h: float) -> None:
        """Learn from a city's containers as they are believed to be at hour `now_h`."""
        self._codes: list[dict[Hashable, int]] = [{} for _ in things[0].likes] if things else []
        for thing in things:
            for numbers, name in zip(self._codes, thing.likes, strict=True):
                numbers.setdefault(name, len(numbers))
        self._prior = float(np.mean([thing.fill_per_day for thing in things])) if things else 0.1
        sensed = [thing for thing in things if is_measured(thing.belief, now_h)]
        every = max(1, len(sensed) // MOST_TAUGHT_BY)
        self._learn_measured(sensed[::every], now_h)
        seen = [thing for thing in things if thing.belief.visits]
        every = max(1, len(seen) // MOST_TAUGHT_BY)
        self._learn_counted(seen[::every], day_of(now_h) * 24 + DAY_FROM_H)

    def _learn_measured(self, things: Sequence[Thing], now_h: float) -> None:
        state = self._state(things, np.full(len(things), now_h))
        days = Days([days_until(thing.belief, now_h)[2] for thing in things])
        self._pools = measured.pools_of(state)
        self._measured: Learned | None = None
        examples = measured.examples_of(days, state, self._pools, MOST_EXAMPLES)
        if can_teach(examples.day):
            self._measured = learned_from(
                examples.columns, examples.reached, examples.bases, examples.day, measured.groups_of(examples.hours)
            )

    def _learn_counted(self, things: Sequence[Thing], until_h: float) -> None:
        """From visits before the day under way, so that all plans of a day learn the same."""
        visits = Visits([thing.belief.visits for thing in things])
        visits.forget_from(until_h)
        self._curve = counted.curve_of(visits, self._prior)
        past = self._past(things, visits)
        self._pool = counted.pool_of(visits, self._curve, past.likes, past.prior)
        self._counted: Learned | None = None
        examples = counted.examples_of(past, self._curve, self._pool, MOST_EXAMPLES)
        if can_teach(examples.hour):
            groups = np.zeros(len(examples.hour), dtype=np.int64)
            self._counted = learned_from(examples.columns, examples.reached, examples.bases, examples.hour, groups)

    def quantiles(self, things: Sequence[Thing], now_h: Table, target_h: Table) -> Table:
        """Fill ratios, (n, 7) of `LEVELS`, if nobody empties them: of each at its own instant, as known at another.

        Args:
            things: n.
            now_h: (n,) hours since `EPOCH`.
            target_h: (n,) hours since `EPOCH`, later than `now_h`.
        """
        parts = [
            self._quantiles(
                things[first : first + AT_ONCE], now_h[first : first + AT_ONCE], target_h[first : first + AT_ONCE]
            )
            for first in range(0, len(things), AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(LEVELS)))

    def _quantiles(self, things: Sequence[Thing], now_h: Table, target_h: Table) -> Table:
        told = np.array([is_measured(one.belief, now) for one, now in zip(things, now_h, strict=True)], dtype=bool)
        found = np.empty((len(things), len(LEVELS)))
        if told.any():
            some = [one for one, is_told in zip(things, told, strict=True) if is_told]
            found[told] = self._of_measured(some, now_h[told], target_h[told])
        if not told.all():
            some = [one for one, is_told in zip(things, told, strict=True) if not is_told]
            found[~told] = self._of_counted(some, target_h[~told])
        found = _with_reports(things, told, found)
        return np.maximum.accumulate(np.maximum(found, 0.0), axis=1)

    def rates(self, things: Sequence[Thing], now_h: Table) -> Table:
        """Share of the volume a day, (n,)."""
        parts = [
            self._rates(things[first : first + AT_ONCE], now_h[first : first + AT_ONCE])
            for first in range(0, len(things), AT_ONCE)
        ]
        return np.concatenate(parts) if parts else np.empty(0)

    def _rates(self, things: Sequence[Thing], now_h: Table) -> Table:
        told = np.array([is_measured(one.belief, now) for one, now in zip(things, now_h, strict=True)], dtype=bool)
        state = self._state(things, now_h)
        mean = self._pools.mean.of(state.rises, state.likes, state.prior_per_day)
        day = np.full(len(things), 24.0)
        expected, _ = counted.columns_of(self._past(things), self._curve, self._pool, now_h, day)
        rates: Table = np.where(told, np.maximum(mean, 0.0), expected.level)
        return rates

    def _of_measured(self, things: Sequence[Thing], now_h: Table, target_h: Table) -> Table:
        state = self._state(things, now_h)
        hours = np.maximum(target_h - now_h, 0.0)
        rates = measured.rates_of(state, self._pools)
        rise, spread = np.maximum(rates.rise(hours), 0.0), rates.rise_spread(hours)
        plain = state.level[:, None] + _rises(rise, spread)
        if self._measured is None:
            return plain
        columns = measured.ahead_of(state, rates, measured.columns_of(state, rates), hours)
        trees = self._measured.quantiles(columns, measured.bases_of(state, rates, hours), measured.groups_of(hours))
        found = np.where((trees >= CEILING) & (plain > trees), plain, trees)
        # Trees know the young from others' first days; of one whose days nobody counted yet they know nothing.
        known = np.clip((~np.isnan(state.rises)).sum(axis=1) / YOUNG_DAYS, 0.0, 1.0)
        share = np.where(hours > BEYOND_H, 0.0, known)[:, None]
        told: Table = plain + share * (found - plain)
        return told

    def _of_counted(self, things: Sequence[Thing], target_h: Table) -> Table:
        beliefs = [thing.belief for thing in things]
        past = self._past(things)
        emptied_h = np.array([np.nan if b.cycle_h is None else b.cycle_h for b in beliefs])
        begun_h = np.where(np.isnan(emptied_h), target_h, emptied_h)
        gap_h = np.maximum(target_h - begun_h, 0.0)
        expected, columns = counted.columns_of(past, self._curve, self._pool, begun_h, gap_h)
        level, spread = expected.level, expected.spread
        plain = _rises(level, np.minimum(spread, np.maximum(level, 0.02)))
        if self._counted is not None:
            taught = (~np.isnan(past.fills)).any(axis=1) & (gap_h >= counted.LEAST_GAP_H)
            bases = counted.bases_of(expected)
            trees = self._counted.quantiles(columns, bases, np.zeros(len(bases), dtype=np.int64))
            plain = np.where(taught[:, None] & ~((trees >= CEILING) & (plain > trees)), trees, plain)
        seen_h = np.array([np.nan if b.seen_h is None else b.seen_h for b in beliefs])
        seen = ~np.isnan(seen_h) & (seen_h <= target_h)
        if seen.any():
            plain[seen] = self._after_seen(things, seen, seen_h, target_h)
        return plain

    def _after_seen(self, things: Sequence[Thing], seen: NDArray[np.bool], seen_h: Table, target_h: Table) -> Table:
        """From the level that somebody saw since it was last empty, at the container's own rate."""
        some = [thing for thing, is_seen in zip(things, seen, strict=True) if is_seen]
        level = np.array([thing.belief.seen_level for thing in some])
        days = (target_h[seen] - seen_h[seen]) / 24
        rise = self.rates(some, seen_h[seen]) * days
        return np.asarray(level[:, None] + _rises(rise, 0.6 * rise + DOUBT_PER_DAY * days + 0.05))

    def _past(self, things: Sequence[Thing], visits: Visits | None = None) -> counted.Past:
        visits, fill_per_day = visits or Visits([thing.belief.visits for thing in things]), _fill_per_day(things)
        # A curve of the city's own says nothing of kinds; the line that stands for it is of their mean.
        prior = fill_per_day / self._prior if self._curve.is_line else np.ones(len(things))
        return counted.Past(visits.hours, visits.fills, visits.gaps_h, self._likes(things), prior)

    def _state(self, things: Sequence[Thing], now_h: Table) -> measured.State:
        beliefs = [thing.belief for thing in things]
        until = [days_until(belief, now) for belief, now in zip(beliefs, now_h, strict=True)]
        days = Days([packed for _, _, packed, _ in until], measured.WINDOW_DAYS)
        return measured.State(
            np.array([belief.level for belief in beliefs]),
            now_h - np.array([np.nan if belief.cycle_h is None else belief.cycle_h for belief in beliefs]),
            np.array([float(day % 7) for day, _, _, _ in until]),
            days.rises,
            days.levels,
            self._likes(things),
            _fill_per_day(things),
        )

    def _likes(self, things: Sequence[Thing]) -> tuple[Codes, ...]:
        unknown = 2**31
        return tuple(
            np.array([numbers.get(thing.likes[n], unknown) for thing in things], dtype=np.int64)
            for n, numbers in enumerate(self._codes)
        )


def is_measured(belief: Belief, now_h: float) -> bool:
    """Its sensor is believed."""
    health = health_of(belief, now_h)
    return health is not None and health.fault is None


def _with_reports(things: Sequence[Thing], told: NDArray[np.bool], quantiles: Table) -> Table:
    """Raised towards full by what residents say, never lowered: of each quantile the mean, weighted by their trust.

    Residents are believed each by themselves, so that k of them are all wrong with a chance of `(1 - trust)^k`.
    """
    said = np.array([thing.belief.reported for thing in things])
    if not said.any():
        return quantiles
    right = 1 - (1 - np.where(told, TRUE_BESIDE_SENSOR, TRUE_REPORT)) ** said
    raised: Table = quantiles + right[:, None] * np.maximum(1.0 - quantiles, 0.0)
    return raised


def _fill_per_day(things: Sequence[Thing]) -> Table:
    return np.array([thing.fill_per_day for thing in things])


def _rises(mean: Table, spread: Table) -> Table:
    """Quantiles of what comes in: a gamma, never below nothing, by Wilson and Hilferty's cube (1931)."""
    shape = np.maximum(mean, 1e-9) ** 2 / np.maximum(spread, 1e-9) ** 2
    cube = 1 - 1 / (9 * shape[:, None]) + NORMAL / (3 * np.sqrt(shape[:, None]))
    rises: Table = mean[:, None] * np.maximum(cube, 0.0) ** 3
    return rises
