"""How many times as fast as on an ordinary day waste comes in, by zone and day: what a city's special days teach.

Of each kind of day one share above the ordinary, learned from all containers together: least squares, drawn to nothing
as far as little is known (a normal prior; Gelman et al., *Bayesian Data Analysis*, 14.8). A day of several kinds has
their sum. All else in the forecast lives on ordinary days: what the past knows is brought to their pace before anybody
learns from it, and what is told of the future is brought to the pace of its days.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from services.city.special_days import MARKET, SpecialDays, days_of_kinds
from services.fill.belief import DAY_FROM_H, EPOCH, day_of
from services.fill.pooling import Codes
from services.fill.tallies import DAYS_KEPT, Table

DAYS_AHEAD = 60
"""A forecast reaches two weeks, and a model may be asked some weeks after it was learned."""
PRIOR_SHARE = 0.5
"""Standard deviation of a kind's share above the ordinary, before anything is known of it."""
TIME_SPREAD = 0.3
"""Of the share by which a whole city is off at one time of a kind, of a day or several in a row: all its containers
together are one witness of a Ramadan, and three years' are three."""
LEAST, MOST = 0.2, 5.0
"""Times as fast as ordinary."""
ROUNDS = 3
"""Of learning what is ordinary and what is not, each by the other."""
NEAR_DAYS = 28
"""What is ordinary is told by so many days before and after."""
STRENGTH_WEEKDAY = 3.0
"""Of ordinary Mondays that weigh as much as all days near."""
LEAST_SHARE = 1 / 8
"""Of a gap between visits, that has to be of some kind: a feast within a month tells nothing."""
UNUSUAL_WEIGHT = 0.02
"""Of a special day's rise in what is ordinary, at its pace: it speaks where there is hardly another."""


class Witnesses(NamedTuple):
    """What came in, beside what was expected of ordinary days: m rows of one container each."""

    expected: Table
    """Levels or rises; those of no kind are left out."""
    found: Table
    kinds: Table
    """(m, K) how much of the time was of each kind, times how far a level goes with the time."""
    time: Codes
    """Rows of one time of a kind err together: of days in a row."""
    noise: float
    """Standard deviation of one row."""


class Pace:
    """Of a city, learned or not: `learn` sets it."""

    def __init__(self, special: SpecialDays, now_h: float) -> None:
        """Of the days that beliefs remember and those that are asked for, as of hour `now_h`; nothing learned."""
        self._first_day = day_of(now_h) - DAYS_KEPT
        count = DAYS_KEPT + DAYS_AHEAD
        # A belief's day begins at 04:00 UTC of its date: nearly the local day, from America to India.
        first = (EPOCH + timedelta(days=self._first_day)).date()
        days = days_of_kinds(special, first, first + timedelta(days=count - 1))
        self.kinds = (*days.everywhere, *((MARKET,) if days.markets else ()))
        self._zones = {zone: number for number, zone in enumerate(days.markets, start=1)}
        self._table = np.zeros((len(self._zones) + 1, count, len(self.kinds)))
        for kind, dates in enumerate(days.everywhere.values()):
            self._table[:, [(day - first).days for day in dates], kind] = 1.0
        for zone, dates in days.markets.items():
            self._table[self._zones[zone], [(day - first).days for day in dates], -1] = 1.0
        self._time_of = _times_of(self._table)
        self.shares: Table = np.zeros(len(self.kinds))
        self._set()

    def _set(self) -> None:
        self._times = np.clip(1 + self._table @ self.shares, LEAST, MOST)
        self._beyond_h = _summed(24 * (self._times - 1))
        self._kinds_h = _summed(24 * self._table)

    def codes(self, zones: Sequence[str]) -> Codes:
        """(n,) of the zones' own days."""
        return np.array([self._zones.get(zone, 0) for zone in zones], dtype=np.int64)

    def times(self, codes: Codes, days: Codes) -> Table:
        """(n, m) for n zones and the numbers (n, m) of days."""
        found: Table = self._times[codes[:, None], self._places(days)]
        return np.where((days >= self._first_day) & (days < self._first_day + self._times.shape[1]), found, 1.0)

    def hours(self, codes: Codes, from_h: Table, to_h: Table) -> Table:
        """So many ordinary hours bring in as much as those between two instants: (n,) or (n, m), NaN where one is."""
        beyond: Table = (
            to_h - from_h + self._until(self._beyond_h, codes, to_h) - self._until(self._beyond_h, codes, from_h)
        )
        return np.maximum(beyond, LEAST * (to_h - from_h))

    def learn(self, witnesses: Sequence[Witnesses]) -> None:
        """What each kind of day brings beyond the ordinary."""
        inverse = np.eye(len(self.kinds)) / PRIOR_SHARE**2
        pulls = np.zeros(len(self.kinds))
        for told in witnesses:
            if len(told.expected):
                design = told.expected[:, None] * told.kinds
                together = np.bincount(told.time, design.sum(axis=1) ** 2)[told.time]
                variance = told.noise**2 + TIME_SPREAD**2 * together
                inverse += design.T @ (design / variance[:, None])
                pulls += design.T @ ((told.found - told.expected) / variance)
        self.shares = np.clip(np.linalg.solve(inverse, pulls), LEAST - 1, MOST - 1)
        self._set()

    def of_rises(self, codes: Codes, days: Codes, rises: Table) -> Witnesses:
        """Of containers' days (n, m), the latest last: against their ordinary ones, most of all of that weekday."""
        times = self.times(codes, days)
        kinds = self._table[codes[:, None], self._places(days)]
        is_special = kinds.any(axis=2) & (days >= self._first_day)
        known = ~np.isnan(rises)
        weights = np.where(known, np.where(is_special, UNUSUAL_WEIGHT, 1.0), 0.0)
        ordinary = np.where(known, rises, 0.0) / times * weights
        total, weight = _near(ordinary), _near(weights)
        mean = total / np.maximum(weight, 1e-9)
        alike, alike_weight = (
            sum(_shifted(table, 7 * week) for week in range(-NEAR_DAYS // 7, NEAR_DAYS // 7 + 1) if week)
            for table in (ordinary, weights)
        )
        expected = np.asarray((alike + STRENGTH_WEEKDAY * mean) / (alike_weight + STRENGTH_WEEKDAY))
        sure = known & (weight > 0) & (expected > 0)
        plain = sure & ~is_special
        noise = float(np.sqrt(np.mean((rises - expected)[plain] ** 2))) if plain.any() else 1.0
        told = sure & is_special
        time = self._time_of[codes[:, None], self._places(days)]
        return Witnesses(expected[told], rises[told], kinds[told], time[told], max(noise, 1e-3))

    def of_levels(
        self, codes: Codes, hours: Table, gaps_h: Table, found: Table, expected: Table, power: float
    ) -> Witnesses:
        """Of each container's visits (n, m): levels after gaps, of which some hours were of each kind.

        `expected` is of ordinary hours, as many as there were; a level goes with their `power`.
        """
        known = ~np.isnan(found + expected + hours + gaps_h) & (gaps_h > 0)
        since = self._until(self._kinds_h, codes, hours) - self._until(self._kinds_h, codes, hours - gaps_h)
        kinds = since / np.where(known, gaps_h, 1.0)[:, :, None] * power
        share = since.max(axis=2, initial=0.0) / np.where(known, gaps_h, 1.0)
        plain, told = known & (share == 0), known & (share >= LEAST_SHARE)
        noise = float(np.sqrt(np.mean((found - expected)[plain] ** 2))) if plain.any() else 1.0
        days = ((np.where(known, hours, 0.0) - DAY_FROM_H) // 24).astype(np.int64)
        time = self._time_of[codes[:, None], self._places(days)]
        return Witnesses(expected[told], found[told], kinds[told], time[told], max(noise, 1e-3))

    def _places(self, days: Codes) -> Codes:
        return np.clip(days - self._first_day, 0, self._times.shape[1] - 1)

    def _until(self, summed_h: Table, codes: Codes, at_h: Table) -> Table:
        """Hours of something from the first day until an instant; `summed_h` has them by zone and day."""
        at = np.clip((np.nan_to_num(at_h) - DAY_FROM_H) / 24 - self._first_day, 0.0, summed_h.shape[1] - 1)
        day = np.minimum(at.astype(np.int64), summed_h.shape[1] - 2)
        zone = codes.reshape(-1, *(1,) * (at.ndim - 1))
        part = (at - day).reshape(*at.shape, *(1,) * (summed_h.ndim - 2))
        until: Table = summed_h[zone, day] * (1 - part) + summed_h[zone, day + 1] * part
        return until


def _times_of(table: Table) -> Codes:
    """(zones, days): when the time of a kind began that a day is in, or the latest one before it."""
    is_special = table > 0
    days = np.arange(table.shape[1])
    begins = is_special & ~np.pad(is_special, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    begun = np.maximum.accumulate(np.where(begins, days[:, None], 0), axis=1)
    own = np.where(is_special, begun, table.shape[1]).min(axis=2, initial=table.shape[1])
    latest = np.maximum.accumulate(np.where(is_special.any(axis=2), days, 0), axis=1)
    times: Codes = np.minimum(np.take_along_axis(own, latest, axis=1), table.shape[1] - 1)
    return times


def _summed(by_day: Table) -> Table:
    """(zones, days + 1, ...) of (zones, days, ...): what there was before each day begins."""
    nothing = np.zeros_like(by_day[:, :1])
    return np.concatenate([nothing, np.cumsum(by_day, axis=1)], axis=1)


def _near(table: Table) -> Table:
    """(n, m): of each day the sum of those near it, without itself."""
    summed = _summed(table)
    at = np.arange(table.shape[1])
    near: Table = summed[:, np.minimum(at + NEAR_DAYS + 1, table.shape[1])] - summed[:, np.maximum(at - NEAR_DAYS, 0)]
    return np.maximum(near - table, 0.0)


def _shifted(table: Table, days: int) -> Table:
    """(n, m): of each day what there was so many before it; nothing beyond the ends."""
    moved = np.zeros_like(table)
    if days > 0:
        moved[:, days:] = table[:, :-days]
    else:
        moved[:, :days] = table[:, -days:]
    return moved


def is_any(special: SpecialDays) -> bool:
    """Whether the city has told of a special day."""
    return special != SpecialDays()
